import { isObject, readJson } from '../json.ts'
import type { HttpResponse, Severity } from '../model.ts'

/** What a path shows that is for the makers of a target alone. */
export interface Panel {
  /** As the end of “it shows …”. */
  readonly what: string
  readonly severity: Severity
  /** What is read there opens more: no report is to hold it. */
  readonly isSecret: boolean
}

interface Seen {
  /** Its beginning. */
  readonly body: string
  readonly isHtml: boolean
  /** `undefined` where it is none. */
  readonly json: unknown
}

interface Sign extends Panel {
  is(seen: Seen): boolean
}

/** Of a body that is read: UTF-16 code units. */
const mostRead = 256 * 1024

const shows = (what: string, severity: Severity, is: Sign['is'], isSecret = severity === 'high'): Sign => ({
  what,
  severity,
  isSecret,
  is,
})

/** A text of no page: single-page applications answer every path with theirs. */
const inText =
  (pattern: RegExp): Sign['is'] =>
  ({ body, isHtml }) =>
    !isHtml && pattern.test(body)
const inPage =
  (...patterns: RegExp[]): Sign['is'] =>
  ({ body, isHtml }) =>
    isHtml && patterns.every((pattern) => pattern.test(body))
const inJson =
  (is: (json: Readonly<Record<string, unknown>>) => boolean): Sign['is'] =>
  ({ json }) =>
    isObject(json) && is(json)
const has =
  (...names: string[]) =>
  (json: Readonly<Record<string, unknown>>) =>
    names.every((name) => json[name] !== undefined)
const firstHas =
  (...names: string[]): Sign['is'] =>
  ({ json }) =>
    Array.isArray(json) && isObject(json[0]) && has(...names)(json[0])
const within = (json: Readonly<Record<string, unknown>>, name: string) => {
  const inner = json[name]
  return isObject(inner) ? inner : {}
}
const title = (pattern: string) => new RegExp(`<title>[^<]{0,80}(?:${pattern})[^<]{0,80}</title>`, 'i')

/** A name that says what is to be kept, and a value: `DB_PASSWORD=…`, `spring.datasource.password=…`. */
const secretSetting =
  /^[ \t]*(?:export[ \t]+)?[\w.-]{0,60}(?:SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|DATABASE_URL|DSN)[\w.-]{0,40}[ \t]*[=:][ \t]*[^\s#][^\n]{3,}/im

/** By the name that the corpus has for each. Expressions are bounded, so that no text of a target makes one run for long. */
const signs = {
  'git-head': shows(
    'which branch its repository is on, so that all of its source can be read',
    'high',
    inText(/^ref: refs\/[\w./-]{1,200}\s*$|^[0-9a-f]{40}\s*$/),
    false,
  ),
  'git-config': shows('the settings of its repository', 'high', inText(/^\s*\[core\][\s\S]{0,200}=/m)),
  hgrc: shows('the settings of its repository', 'high', inText(/^\s*\[paths\]\s{0,20}default\s{0,5}=/m)),
  'ds-store': shows('the names of its files', 'low', ({ body }) => body.slice(4, 8) === 'Bud1'),
  settings: shows('settings with secrets in them', 'high', inText(secretSetting)),
  npmrc: shows('the token by which its packages are published', 'high', inText(/:_auth(?:Token)?\s{0,5}=/)),
  htpasswd: shows(
    'password hashes',
    'high',
    inText(/^[\w.@-]{1,80}:(?:\$(?:apr1|2[aby]|5|6)\$|\{SHA\})[^\s]{10,}/m),
  ),
  appsettings: shows(
    'settings with connections in them',
    'high',
    inJson((json) => Object.keys(within(json, 'ConnectionStrings')).length > 0),
  ),
  compose: shows(
    'what it consists of',
    'medium',
    inText(/^services:\s{0,10}\n[\s\S]{0,2000}^\s+(?:image|build):/m),
    true,
  ),
  'php-settings': shows(
    'settings with secrets in them',
    'high',
    ({ body }) =>
      body.includes('<?php') && /(?:PASSWORD|passwd|secret|api_?key)['"]?\s{0,5}(?:,|=>?)/i.test(body),
  ),
  'private-key': shows(
    'a private key',
    'high',
    inText(/-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----\s{1,4}[\w+/=]{10}/),
  ),
  'sql-dump': shows(
    'a copy of its database',
    'high',
    inText(
      /^(?:-- (?:MySQL|MariaDB|PostgreSQL database) dump|CREATE TABLE |INSERT INTO |COPY [\w.]{1,80} )/m,
    ),
  ),
  sqlite: shows('a database', 'high', ({ body }) => body.startsWith('SQLite format 3\0')),
  // What is no UTF-8 has become U+FFFD: 0x1f 0x8b 0x08 begins what gzip packs.
  archive: shows('an archive', 'medium', ({ body }) => /^(?:PK\x03\x04|\x1f\ufffd\x08)/.test(body), true),
  actuator: shows(
    'what of it can be looked at from here',
    'low',
    inJson((json) => has('self')(within(json, '_links')) && has('health')(within(json, '_links'))),
  ),
  'spring-env': shows(
    'its environment',
    'high',
    inJson((json) => has('propertySources')(json) || has('systemProperties', 'systemEnvironment')(json)),
  ),
  heap: shows('its memory', 'high', ({ body }) => body.startsWith('JAVA PROFILE 1.0')),
  'spring-health': shows(
    'what it rests on, and how that is',
    'low',
    inJson((json) => has('status')(json) && ['components', 'details'].some((name) => isObject(json[name]))),
  ),
  'spring-mappings': shows(
    'all of its routes',
    'medium',
    inJson((json) =>
      Object.values(within(json, 'contexts')).some((each) => isObject(each) && has('mappings')(each)),
    ),
  ),
  'spring-configprops': shows(
    'its settings',
    'medium',
    inJson((json) =>
      Object.values(within(json, 'contexts')).some((each) => isObject(each) && has('beans')(each)),
    ),
    true,
  ),
  jolokia: shows(
    'a bridge to all that it manages',
    'high',
    inJson((json) => has('agent', 'protocol')(within(json, 'value'))),
    false,
  ),
  pprof: shows(
    'profiles of the running program',
    'medium',
    ({ body }) => body.includes('/debug/pprof/') && /goroutine/.test(body) && /heap/.test(body),
  ),
  expvar: shows('variables of the running program', 'medium', inJson(has('cmdline', 'memstats')), true),
  prometheus: shows(
    'its metrics',
    'low',
    inText(/^# TYPE [\w:]{1,200} (?:counter|gauge|histogram|summary|untyped)\s/m),
  ),
  kumomta: shows(
    'the metrics of its mail server',
    'low',
    inJson((json) =>
      Object.values(json).some((each) => isObject(each) && has('help', 'type', 'value')(each)),
    ),
  ),
  'prometheus-server': shows(
    'what gathers its metrics',
    'medium',
    inJson((json) => has('version', 'revision', 'goVersion')(within(json, 'data'))),
  ),
  'apache-status': shows(
    'who asks the server for what',
    'medium',
    inPage(/<h1>Apache Server (?:Status for|Information)/),
  ),
  'nginx-status': shows(
    'how many ask the server',
    'low',
    inText(/^Active connections: \d+\s+server accepts handled requests/),
  ),
  phpinfo: shows('the settings of its PHP', 'medium', inPage(/phpinfo\(\)/, /PHP Version \d/), true),
  'code-console': shows(
    'a console that runs code',
    'high',
    inPage(/Interactive Console/, /EVALEX|Werkzeug/),
    false,
  ),
  h2: shows('a console of its database', 'high', inPage(title('H2 Console')), false),
  rails: shows('what it runs on', 'medium', inPage(/Rails version/, /Ruby version/)),
  'rails-mail': shows(
    'its mails, made from its data',
    'medium',
    inPage(title('(?:Action )?Mailer Previews')),
  ),
  'letter-opener': shows('the mail that it sent', 'high', inPage(title('LetterOpener(?:Web)?')), false),
  symfony: shows('what others asked it, in every detail', 'high', inPage(title('Symfony Profiler')), false),
  laravel: shows(
    'what others asked it, or what it does beside',
    'high',
    inPage(/window\.(?:Telescope|Horizon)\s{0,5}=/),
    false,
  ),
  ignition: shows('an error page that may run commands', 'high', inJson(has('can_execute_commands')), false),
  yii: shows('what others asked it, in every detail', 'high', inPage(title('Yii Debugger')), false),
  aspnet: shows(
    'what others asked it, or what went wrong',
    'medium',
    inPage(/<h1[^>]{0,80}>\s{0,20}Error Log for|<h1>Application Trace|title[^>]{0,20}>Error log for/i),
  ),
  'database-tool': shows(
    'a way to its database',
    'medium',
    inPage(/<title>[^<]{0,80}(?:Adminer|phpMyAdmin)[^<]{0,40}<\/title>/i),
  ),
  queues: shows(
    'its queues, and what stands in them',
    'high',
    inPage(title('Bull(?:[ -]?(?:Board|Dashboard|MQ))?|Sidekiq|Flower')),
    false,
  ),
  rabbitmq: shows('its queues', 'high', inJson(has('management_version', 'rabbitmq_version')), false),
  elasticsearch: shows(
    'its search engine',
    'high',
    inJson(has('cluster_name', 'number_of_nodes', 'active_shards')),
    false,
  ),
  'elasticsearch-root': shows(
    'its search engine',
    'high',
    inJson((json) => json['tagline'] === 'You Know, for Search'),
    false,
  ),
  mailpit: shows(
    'the mail that Mailpit caught',
    'high',
    inJson(has('Version', 'Database', 'Messages', 'RuntimeStats')),
    false,
  ),
  mailhog: shows(
    'the mail that MailHog caught',
    'high',
    inJson((json) => has('total', 'count', 'start')(json) && Array.isArray(json['items'])),
  ),
  maildev: shows('the mail that MailDev caught', 'high', firstHas('envelope', 'headers', 'subject')),
  mailcatcher: shows(
    'the mail that MailCatcher caught',
    'high',
    firstHas('sender', 'recipients', 'subject', 'size'),
  ),
  rspamd: shows('what its spam filter has seen', 'medium', inJson(has('scanned', 'spam_count', 'ham_count'))),
  powermta: shows('the monitor of its mail server', 'high', inPage(title('PowerMTA')), false),
  haraka: shows('who its mail server talks to', 'medium', inPage(title('Haraka Watch'))),
  listmonk: shows(
    'the settings by which it sends',
    'high',
    inJson((json) => Array.isArray(within(json, 'data')['smtp'])),
  ),
  introspection: shows(
    'all that its GraphQL has',
    'low',
    inJson((json) => isObject(within(json, 'data')['__schema'])),
  ),
  openapi: shows(
    'a document of its calls that the profile does not name',
    'low',
    ({ body, json }) =>
      (isObject(json) && (has('openapi', 'paths')(json) || has('swagger', 'paths')(json))) ||
      /^(?:openapi|swagger): ['"]?[23]\.\d[\s\S]{0,20000}^paths:/m.test(body),
  ),
  docs: shows(
    'pages by which its calls can be tried',
    'low',
    inPage(
      /SwaggerUIBundle|swagger-ui(?:\.css|-bundle)|<redoc|Redoc\.init|GraphiQL|graphql-playground|@scalar\/api-reference/i,
    ),
  ),
} as const satisfies Record<string, Sign>

export type PanelKind = keyof typeof signs

/** Tells what an answer shows, by its content and never by its status; `null` where it is none of this kind. */
export function panelIn(
  kind: PanelKind,
  { headers, body }: Pick<HttpResponse, 'headers' | 'body'>,
): Panel | null {
  const text = body.slice(0, mostRead)
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  const isHtml = /html/i.test(type) || /^\s{0,100}<(?:!doctype html|html)/i.test(text)
  const seen = { body: text, isHtml, json: isHtml ? undefined : readJson(body) }
  const { is, ...panel }: Sign = signs[kind]
  return is(seen) ? panel : null
}

/** An answer to TRACE repeats the request that came, with this in a field of it (RFC 9110 §9.3.8). */
export function isTraced({ body }: Pick<HttpResponse, 'body'>, mark: string): boolean {
  return /^TRACE \/[^\n]{0,500} HTTP\/\d/.test(body) && body.includes(mark)
}
