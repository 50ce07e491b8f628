import querystring from 'node:querystring'
import type { DefaultTreeAdapterMap } from 'parse5'
import type { Exchange, HttpResponse } from '../model.ts'
import { documentOf } from './html-document.ts'

/** Something of the inside of a target that an answer tells (CWE-209, CWE-550). */
export interface ErrorLeak {
  /** What it is, as the end of “it tells …”. */
  readonly what: string
  /** As it stands there, shortened: text of the target. */
  readonly text: string
  readonly severity: 'low' | 'medium'
}

interface Sign {
  readonly what: string
  readonly severity: ErrorLeak['severity']
  readonly pattern: RegExp
}

/** Bounded each, so that no text of a target makes one run for long. */
const signs: readonly Sign[] = [
  // Node and browsers; Java and Kotlin; .NET; Python; PHP; Ruby; Go; Rust.
  ...[
    /\bat (?:[\w$.<>[\] ]{1,120} \()?(?:file:\/\/|node:)?[\w/\\.@-]{1,200}:\d{1,6}:\d{1,6}\)?/,
    /\bat [a-z][\w$]{0,60}(?:\.[\w$<>]{1,60}){1,15}\([\w$]{1,80}\.(?:java|kt|scala|groovy):\d{1,6}\)/,
    /\bat [\w.`<>[\],]{1,200}\([^()\n]{0,200}\) in [^\n]{1,200}:line \d{1,6}/,
    /Traceback \(most recent call last\)/,
    /File "[^"\n]{1,200}\.py", line \d{1,6}/,
    /(?:Stack trace:|PHP (?:Fatal|Parse|Warning)[^\n]{0,200}|\bin (?:<b>)?\/[^\s<]{1,200}\.php(?:<\/b>)? on line (?:<b>)?\d)/,
    /[\w/.-]{1,200}\.rb:\d{1,6}:in [`'][^`'\n]{1,100}'/,
    /goroutine \d{1,8} \[[a-z ]{1,40}\]:/,
    /[\w/.-]{1,200}\.go:\d{1,6} \+0x[0-9a-f]{1,16}/,
    /thread '[^'\n]{1,80}' (?:\(\d+\) )?panicked at /,
  ].map((pattern) => ({ what: 'a stack trace', severity: 'medium' as const, pattern })),
  ...[
    /SQLSTATE\[?[ :]?[0-9A-Z]{5}/,
    /You have an error in your SQL syntax/,
    /(?:syntax error at or near|unterminated quoted string at or near) "/,
    /near "[^"\n]{0,80}": syntax error/,
    /\bORA-\d{5}: /,
    /\bSQLITE_[A-Z]{3,20}\b/,
    /(?:UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed/,
    /duplicate key value violates unique constraint/,
    /\bE11000 duplicate key\b/,
    /\b(?:Mongo(?:Server)?Error|CastError|PrismaClient\w{1,40}Error|SequelizeDatabaseError|QueryFailedError|PG::\w{1,40}|psycopg2?\.\w{1,40}|sqlalchemy\.exc\.\w{1,40}|sqlite3\.\w{1,40}Error|org\.hibernate\.\w{1,60}|java\.sql\.\w{1,60})/,
    /\b(?:SELECT [^\n]{1,300} FROM|INSERT INTO|UPDATE [\w".`]{1,80} SET|DELETE FROM) [\w".`[\]]{1,80}/,
  ].map((pattern) => ({
    what: 'what its database said, or was asked',
    severity: 'medium' as const,
    pattern,
  })),
  ...[
    /Werkzeug Debugger|The debugger caught an exception/i,
    /You(?:'|’|&#x27;|&#39;)re seeing this error because you have (?:<code>)?DEBUG = True/,
    /\bRails\.root: \//,
    /Whoops\\|facade\/ignition|spatie\/laravel-ignition/i,
    /<title>[^<]{0,200}Exception[^<]{0,100}(?:\(\d{3} [^)]{1,60}\))?<\/title>[\s\S]{0,4000}symfony/i,
  ].map((pattern) => ({ what: 'the page of a debugger', severity: 'medium' as const, pattern })),
  ...[
    /(?:^|[\s"'(=:])(?:file:\/\/)?\/(?:home|Users|root|srv|opt|var\/(?:www|lib|task|runtime)|usr\/(?:src|lib|local)|app|workspace|code)\/[\w./@-]{1,200}\.(?:[cm]?[jt]sx?|py|rb|php|go|java|class|jar|rs|cs|ex|exs|erl|pl|so)\b/,
    /(?:^|[\s"'(=:])\/[\w./@-]{1,200}\/(?:node_modules|site-packages|dist-packages|vendor\/bundle)\/[\w./@-]{1,200}/,
    /\b[A-Z]:\\(?:[\w .-]{1,80}\\){1,20}[\w .-]{1,80}\.(?:cs|dll|exe|php|py|js|config|cshtml|aspx)\b/,
  ].map((pattern) => ({ what: 'where its files lie', severity: 'low' as const, pattern })),
  ...[
    /\b(?:connect )?(?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH) [\w.:[\]-]{3,100}/,
    /\bgetaddrinfo (?:ENOTFOUND|EAI_AGAIN) [\w.-]{1,100}/,
    /\bdial (?:tcp|udp)[46]? [\w.:[\]-]{3,100}/,
    /\b(?:redis|rediss|amqps?|mongodb(?:\+srv)?|postgres(?:ql)?|mysql|kafka|nats|memcached):\/\/[^\s"'<>]{1,200}/,
  ].map((pattern) => ({ what: 'what it connects to within', severity: 'low' as const, pattern })),
  ...[
    /\b(?:cannot unmarshal [a-z]{1,20} into Go (?:value|struct field)[^\n"]{1,120})/,
    /\b(?:com\.fasterxml\.jackson|org\.springframework|javax?\.(?:servlet|persistence)|io\.netty|System\.(?:Text\.Json|NullReferenceException|InvalidOperationException)|Newtonsoft\.Json)\b[\w.$]{0,120}/,
  ].map((pattern) => ({ what: 'types of its program', severity: 'low' as const, pattern })),
]

/** Of a long text the beginning tells enough: UTF-16 code units. */
const mostRead = 256 * 1024
const mostShown = 160

/**
 * What an error says that is no business of its caller. What stands in the request, `sent`, is the caller's own; an answer that
 * is no error is content, of which an API of mail holds any.
 */
export function leaksOf(
  { body, headers }: Pick<HttpResponse, 'body' | 'headers'>,
  sent: string,
): ErrorLeak[] {
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  const read = body.slice(0, mostRead)
  const texts = [unescaped(read), ...(/html/i.test(type) ? [textOf(read)] : [])]
  const found = signs.flatMap(({ what, severity, pattern }) => {
    const text = texts.map((each) => pattern.exec(each)?.[0].trim()).find((each) => each !== undefined)
    return text === undefined || sent.includes(text) ? [] : [{ what, severity, text: shortened(text) }]
  })
  return [...new Map(found.toReversed().map((leak) => [leak.what, leak])).values()].toReversed()
}

/** What the answer tells of the inside, the worst first; of what was accepted nothing is said: it is content. */
export function leaksIn({ request, response, answer }: Exchange): ErrorLeak[] {
  if (response === null || answer === 'accepted') return []
  const sent = `${querystring.unescape(request.path)} ${request.body ?? ''}`
  const isWorse = ({ severity }: ErrorLeak) => Number(severity === 'medium')
  return leaksOf(response, sent).toSorted((a, b) => isWorse(b) - isWorse(a))
}

/** A line break in JSON is written out; so are quotes. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(u[0-9a-f]{4}|.)/gi, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16))
    return 'nrt'.includes(code) ? '\n' : code
  })
}

/** As it is read, without recursion: a page may be nested as deep as it is long. */
function textOf(html: string): string {
  const texts: string[] = []
  const open: DefaultTreeAdapterMap['node'][] = [documentOf(html)]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if ('value' in node) texts.push(node.value)
    if ('childNodes' in node) for (const child of node.childNodes.toReversed()) open.push(child)
  }
  return texts.join('')
}

function shortened(text: string): string {
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text
}

/** Fields that say which program answers. */
const programs = ['server', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version', 'x-generator']

/** A field that names a program with its version, by which known faults are looked up (CWE-200); `null` for none. */
export function versionTold(headers: HttpResponse['headers']): string | null {
  const [name, value] =
    headers.find(
      ([each, text]) =>
        programs.includes(each) &&
        (each.endsWith('version') ? /\d\.\d/ : /[A-Za-z][\w.-]{1,40}[/ ]v?\d{1,4}\.\d{1,4}/).test(text),
    ) ?? []
  return name === undefined ? null : `${name}: ${shortened(value ?? '')}`
}
