import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** A place of the profile's schema; `*` is any name or position. */
export interface SchemaPlace {
  readonly steps: readonly string[]
  /** A text may stand there that is not one of a few words. */
  readonly text: boolean
  /** The schema wants a reference there. */
  readonly secret: boolean
}

type Schema = { readonly [keyword: string]: unknown }
type Data = Record<string, unknown>

const schema = JSON.parse(
  readFileSync(new URL('./profile.schema.json', import.meta.url), 'utf8'),
) as Schema & { $defs: Record<string, Schema> }

/** For tests: every place of the schema at which something stands that is no map and no list. */
export function schemaPlaces(): SchemaPlace[] {
  return [...new Map(walk(schema, []).map((place) => [place.steps.join('.'), place])).values()]
}

function walk(node: Schema, steps: readonly string[]): SchemaPlace[] {
  const reference = node['$ref']
  if (reference === '#/$defs/secret') return [{ steps, text: true, secret: true }]
  if (typeof reference === 'string') return walk(schema.$defs[reference.split('/').at(-1) ?? ''] ?? {}, steps)
  const inner = (['then', 'else'] as const).flatMap((key) => objects(node[key]))
  const chosen = (['anyOf', 'allOf'] as const).flatMap((key) => (node[key] as Schema[] | undefined) ?? [])
  const named = [...Object.entries(node['properties'] ?? {}), ...patterned(node)]
  const deeper = [
    ...[...inner, ...chosen].flatMap((each) => walk(each, steps)),
    ...named.flatMap(([name, each]) => walk(each as Schema, [...steps, name])),
    ...[node['additionalProperties'], node['items']]
      .flatMap(objects)
      .flatMap((each) => walk(each, [...steps, '*'])),
  ]
  const types = [node['type'] ?? ('pattern' in node ? 'string' : [])].flat()
  const isLeaf =
    types.some((type) => type !== 'object' && type !== 'array') || 'enum' in node || 'const' in node
  return isLeaf ? [...deeper, { steps, text: types.includes('string'), secret: false }] : deeper
}

/** Names that stand in a pattern as `^(a|b)$`. */
function patterned(node: Schema): [string, unknown][] {
  return Object.entries(node['patternProperties'] ?? {}).flatMap(([pattern, each]) => {
    const [, names] = /^\^\(([\w|]+)\)\$$/.exec(pattern) ?? []
    if (names === undefined) throw new Error(`expected names in ${pattern}: teach this test what it allows`)
    return names.split('|').map((name): [string, unknown] => [name, each])
  })
}

function objects(value: unknown): Schema[] {
  return value !== null && typeof value === 'object' ? [value as Schema] : []
}

/** A profile that says something nearly everywhere, also what excludes each other. */
const everything = `
name: a target
target:
  url: URL
  submission: { host: 127.0.0.1, starttls: 1, implicit: 2, username: u, secret: "\${env:KEY}" }
  headers: { X-Version: '1' }
  embedded: a.ts
  container:
    image: a
    build: { context: ., dockerfile: D, args: { A: b } }
    run: [a]
    environment: { A: b }
    files: { /a: b }
    ports: [1]
    volumes: [/a]
    ready: { path: / }
  command: { run: [a], cwd: ., environment: { A: b }, ready: { url: URL } }
authorization: { owner: QA, until: 2999-01-01, scope: [a.test] }
principals:
  plain:
    tenant: t
    role: r
    scopes: [s]
    values: { note: n, id: { operation: principal.get, result: id } }
    bearer: \${env:KEY}
  basic: { basic: { username: u, password: "\${env:KEY}" } }
  fields: { headers: { X-Key: "\${env:KEY}" } }
  parameters: { query: { key: "\${env:KEY}" } }
  members: { body: { api_key: "\${env:KEY}" } }
  signing:
    sigv4:
      { accessKeyId: "\${env:KEY}", secretAccessKey: "\${env:KEY}", sessionToken: "\${env:KEY}", region: r, service: s }
  hashing:
    hmac: { secret: "\${env:KEY}", message: timestamp, headers: { X-Key: k, X-Signature: "{signature}" }, query: { t: "{timestamp}" } }
  session:
    session:
      operation: session.create
      input: { note: n, email: a@b.test, password: "\${env:KEY}" }
      headers: { X-Token: "{token}" }
      query: { t: "{token}" }
      cookies: true
      code: { request: session.request, to: a@b.test, find: "[0-9]+", input: code }
  nobody: { none: true }
openapi: URL
operations:
  session.create: { method: POST, as: nobody, path: /session, body: $, result: { token: '"tok-123456"' } }
  session.request: { method: POST, as: nobody, path: /session/code, effect: create }
  principal.get: { method: GET, path: /me, result: { id: '"7"' } }
  message.send:
    method: POST
    as: plain
    path: /send
    pathWith: { template: /by-template }
    inputs: [subject]
    query: { a: b }
    headers: { X-A: "{principal.note}" }
    body: $
    result: { id: '"1"' }
    accepted: status = 200
    refused: status = 401
    limited: status = 429
    invalid: status = 400
    missing: status = 404
  user.create: { method: POST, path: /u, form: '{"a": 1}', undo: { operation: user.delete, input: "{}" } }
  user.delete: { method: POST, path: /d }
  message.raw:
    method: POST
    path: /raw/{draft}
    steps:
      - method: POST
        path: /drafts
        query: { a: b }
        headers: { X-A: b }
        raw: { type: text/plain, content: '"a"' }
        result: { draft: '"1"' }
        accepted: status = 200
        refused: status = 401
        limited: status = 429
        invalid: status = 400
        missing: status = 404
        undo: { operation: user.delete, input: "{}" }
      - { method: POST, path: /a, body: $ }
      - { method: POST, path: /a, form: '{"a": 1}' }
      - { method: POST, path: /a, multipart: '{"a": 1}' }
    afterwards:
      - { method: GET, path: /a, body: $, result: {} }
      - { method: GET, path: /a, form: '{"a": 1}', result: {} }
      - { method: GET, path: /a, multipart: '{"a": 1}', result: {} }
      - { method: GET, path: /raw, query: { a: b }, headers: { X-A: b }, raw: { type: text/plain, content: '"a"' }, result: { id: '"1"' } }
  contact.create: { method: POST, path: /c, multipart: '{"a": 1}' }
  template.create: { method: POST, path: /t, raw: { type: text/plain, content: '"a"' } }
  from: openapi
  except: [/internal]
mail:
  from: a@b.test
  domains: [b.test]
  selectors: [s]
  egressAddresses: [127.0.0.1]
  journal: [a@c.test]
  inbound: { host: 127.0.0.1, port: 1 }
  received: ["a+{tag}@b.test"]
  recipients: { route: relay, domains: [c.test] }
  submission: { host: 127.0.0.1, starttls: 1, implicit: 2, username: u, secret: "\${env:KEY}" }
pages: { a: { url: /a, as: plain }, b: { field: List-Unsubscribe, at: URL } }
policies:
  keys: { projects: { kinds: [template], names: [a, b] } }
  links: { hosts: [a.test] }
  webhooks:
    receiver: URL
    scheme:
      headers: { X-Signature: "{signature}" }
      body: { signature: s, timestamp: t, id: i }
      message: "{timestamp}{body}"
      secretPrefix: p
  limits: { send: { limit: 1, window: 1, principal: plain } }
roles: { r: [key.list, { operation: key.list, of: own }] }
scopes: { s: [key.list, { operation: key.list, of: own }] }
shared: [template, { kind: template, id: welcome }]
artifacts: [a]
accounts: { locked: [a@b.test] }
jwt: { jwks: /jwks, signingKey: "\${env:KEY}", issuer: i, audience: a }
passkeys: { origin: 'https://app.b.test' }
saml: { issuer: i, audience: a, recipient: r, tenant: t, key: "\${env:KEY}", certificate: c }
ingest:
  scheme:
    headers: { X-Signature: "{signature}" }
    body: { signature: s, timestamp: t, id: i }
    message: "{timestamp}{body}"
    secretPrefix: p
  secret: "\${env:KEY}"
mcp:
  url: /mcp
  tools:
    t:
      operation: message.send
      arguments: '{"a": 1}'
      accepted: status = 200
      refused: status = 401
      limited: status = 429
      invalid: status = 400
      missing: status = 404
      result: { id: body }
oauth:
  issuer: URL
  metadata: URL/m
  origins: [URL]
  scopes: [s]
  parameters: { prompt: consent }
  signIn: { fields: { note: n, email: a@b.test, password: "\${env:KEY}" }, buttons: { decision: allow } }
  clients:
    c: { id: c, secret: "\${env:KEY}", redirectUri: "https://app.b.test/cb", scopes: [s] }
    d: { id: d, signingKey: "\${env:KEY}", algorithm: ES256, keyId: k, audience: a }
dashboard:
  signIn: { url: /in, fields: { note: n, email: a@b.test, password: "\${env:KEY}" }, buttons: { go: in } }
  pages: { a: /a }
  change: { page: a, field: name, makes: user.create }
sandbox:
  zone: z.test
  authority: a.pem
  records: [{ name: a.z.test, type: TXT, value: v }]
  mailpit: { url: URL, username: u, password: "\${env:KEY}", smtp: "127.0.0.1:1", image: m }
  forwarder: { image: f }
zap: { image: z, home: z, url: URL, key: "\${env:KEY}", principal: plain, exclude: [a] }
`

/** For tests: a profile with `value` at a place of the schema; `url` is where its target answers. */
export function profileWith({ steps }: Pick<SchemaPlace, 'steps'>, value: unknown, url: string): Data {
  const data = parse(everything.replaceAll('URL', url)) as Data
  const path = concrete(data, steps)
  const last = path.pop() ?? ''
  const parent = path.reduce((here, step) => here[step] as Data, data)
  parent[last] = value
  return withoutOthers(data, [...path, last].join('.'))
}

/** With names and positions for each `*`: those that lead the furthest into the profile. */
function concrete(data: unknown, [step, ...rest]: readonly string[]): string[] {
  if (step === undefined) return []
  const inner = Object(data) as Data
  const names = step === '*' ? Object.keys(inner) : [step]
  const [best = 'any'] = names.sort((a, b) => depth(inner[b], rest) - depth(inner[a], rest))
  return [best, ...concrete(inner[best], rest)]
}

function depth(data: unknown, [step, ...rest]: readonly string[]): number {
  if (step === undefined || data === null || typeof data !== 'object') return 0
  const inner = Object.entries(data).filter(([name]) => step === '*' || step === name)
  return Math.max(0, ...inner.map(([, value]) => 1 + depth(value, rest)))
}

/** Of what excludes each other, that to which the place belongs, else what a target that runs already needs. */
function withoutOthers(data: Data, place: string): Data {
  const { target, sandbox, zap } = data as Record<'target' | 'sandbox' | 'zap', Data>
  const keepOne = (section: Data, prefix: string, names: readonly string[], otherwise: string | null) => {
    const kept = names.find((name) => place.startsWith(`${prefix}.${name}`)) ?? otherwise
    for (const name of names) if (name !== kept) delete section[name]
    return kept
  }
  if (target['container'] !== undefined)
    keepOne(target['container'] as Data, 'target.container', ['image', 'build'], 'image')
  const started = keepOne(target, 'target', ['embedded', 'container', 'command'], null)
  if (started !== null) delete (sandbox['mailpit'] as Data)['url']
  if (place.startsWith('target.submission')) return submissionAlone(data)
  delete target['submission']
  keepOne(zap, 'zap', ['image', 'home', 'url'], 'url')
  return data
}

function submissionAlone({ name, target, mail }: Data): Data {
  const { submission } = target as Data
  const { submission: _, ...rest } = mail as Data
  return { name, target: { submission }, mail: rest }
}

/** How a reference may have to be written: in an expression, as it is, as a path. */
const canary = `\${env:CANARY}`
export const spellings = [`{"canary": "${canary}"}`, canary, `/${canary}`]
