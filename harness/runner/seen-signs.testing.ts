import escapeStringRegexp from 'escape-string-regexp'
import type { Finding } from '../model.ts'

/** For tests: what running the lines of a finding has brought about. */
export interface Seen {
  /** What the lines printed. */
  readonly output: string
  /** What `postern sandbox` printed. */
  readonly arrivals: string
  /** Each message that arrived, octet for octet. */
  readonly mails: readonly string[]
}

/** What must be there, in words; `null` where it is. */
type Sign = (match: RegExpExecArray, seen: Seen, finding: Finding) => string | null

/** For tests: what of the violation is not to be seen; `null` where all of it is. */
export function signsOf(finding: Finding, seen: Seen): string | null {
  const own = { ...seen, mails: ownMails(finding, seen.mails) }
  const looked = signs.flatMap(([says, sign]) => {
    const match = says.exec(finding.actual)
    return match === null ? [] : [sign(match, own, finding)]
  })
  if (looked.length === 0) return `nothing tells how to see “${finding.actual.slice(0, 120)}”`
  return looked.find((missing) => missing !== null) ?? null
}

const canary = /c[0-9a-f]{31}/g

/** Those that bear a mark of the lines; without the soft line breaks of quoted-printable as well. */
function ownMails({ reproduce }: Finding, mails: readonly string[]): string[] {
  const marks = new Set(reproduce.match(canary) ?? [])
  return mails
    .flatMap((mail) => [mail, mail.replaceAll('=\r\n', '')])
    .filter((mail) => (mail.match(canary) ?? []).some((mark) => marks.has(mark)))
}

const printed =
  (what: (match: RegExpExecArray, finding: Finding) => string): Sign =>
  (match, { output }, finding) => {
    const text = what(match, finding)
    return output.toLowerCase().includes(text.toLowerCase()) ? null : `“${text}” is not in ${ending(output)}`
  }

const arrived: Sign = ([, address = ''], { arrivals }) => {
  const [local] = address.split('@')
  return arrivals.includes(`to <${local}`) ? null : `no mail came for ${local}`
}

const mailed =
  (what: RegExp | ((match: RegExpExecArray, finding: Finding) => RegExp)): Sign =>
  (match, { mails }, finding) => {
    const pattern = what instanceof RegExp ? what : what(match, finding)
    if (mails.length === 0) return 'no mail came'
    return mails.some((mail) => pattern.test(mail)) ? null : `no mail that came has ${pattern}`
  }

const status: Sign = ([, wanted = ''], { output }) => {
  const said = [...output.matchAll(/(?:HTTP\/[\d.]+|^<) (\d{3})\b/gm)].map(([, code]) => code)
  const bare = new RegExp(`^${wanted}[ -]`, 'm').test(output)
  const isSaid = output.includes('\n< 2') ? said.includes(wanted) : said.slice(-2).includes(wanted)
  return isSaid || bare ? null : `it was answered ${said.join(', ')}: ${ending(output)}`
}

const lastAccepted: Sign = (_, { output }) =>
  /^HTTP\/\S+ (\d)/m.exec(output.slice(output.lastIndexOf('\nHTTP/') + 1))?.[1] === '2'
    ? null
    : ending(output)

/** What a caller wrote is among what is answered: a mark of the last call that writes. */
const ownMark: Sign = (_, { output }, { reproduce }) => {
  const marks = new Set(reproduce.match(/c[0-9a-f]{14,}/g))
  return [...marks].some((mark) => output.includes(mark)) ? null : `no mark is in ${ending(output)}`
}

const escaped = (text: string) => escapeStringRegexp(text)

/** What a finding says, and by what that is seen. */
const signs: readonly (readonly [RegExp, Sign])[] = [
  [/\blets (?:its reader )?in\b|signs in by it$|^it does twice$|^both are$/, lastAccepted],
  [/^(?:it was answered )?(\d{3})(?=$|[ ,:])/, status],
  [/holds (c[0-9a-f]{15,}),/, printed(([, mark = '']) => mark)],
  [/(?:bears the text of the call|stands in the \w+ of the tenant)/, ownMark],
  [/holds a new secret/, printed(() => '"secret":"')],
  [/a later read shows (\w+): (\w+)/, printed(([, name, value]) => `"${name}":${value}`)],
  [/answer (?:has the same fields|holds [a-z]{3}_0)/, printed(() => '"')],
  [/the ids of \d+ .* such as ([a-z]+_0{8})/, printed(([, begin = '']) => begin)],
  [/^From: <?([\w-]+@[\w-]+)/, mailed(([, begin = '']) => new RegExp(`^From: .*${escaped(begin)}`, 'm'))],
  [
    /Access-Control-Allow-Origin: (https:\/\/[\w-]+)/,
    printed(([, origin]) => `access-control-allow-origin: ${origin}`),
  ],
  [/^(Cache-Control: .*)$/, printed(([, field = '']) => field)],
  [/the cookie (?:session|(\w+))/, printed(() => 'set-cookie: session=')],
  [/^[45]\d\d (\{"error".*?\}\}) /, printed(([, body = '']) => body)],
  [/(?:a message for|it went to|reached the wire for) ([\w-]+@)/, arrived],
  // The exchanger may refuse it: then that the API takes it is all there is to see.
  [/^RCPT TO:</, (_, { output }) => (/^HTTP\/\S+ 2\d\d/m.test(output) ? null : ending(output))],
  [/the message holds the text of a template of/, mailed(canary)],
  [/mail from it arrived/, mailed(/^From:/m)],
  [/leads to a host that is not for readers/, mailed(/http:\/\/staging\./)],
  [/answered (200) with data/, status],
  [/the message that .* holds ([\w-]+@)/, mailed(([, local = '']) => new RegExp(escaped(local)))],
  [
    /the delivered message has.* header field ([\w-]+)/,
    mailed(([, name = '']) => new RegExp(`(?:^|[^\\x20-\\x7e])${name}:`, 'm')),
  ],
  [/a body that begins with injected text/, mailed(/INJECTED/)],
  [/a NUL in the header block/, mailed(/\0/)],
  [/a control character in the header block/, mailed(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/)],
  [/an ill-formed field name in the header block|\d+ field\(s\)/, mailed(/^From:/m)],
  [/has (?:two file names|the file name)/, mailed(/filename/)],
  [/delivered message has a parameter ([\w-]+)/, mailed(([, name = '']) => new RegExp(`${name}\\s*=`, 'i'))],
  [/a part of the caller’s own/, mailed(/INJECTED/)],
  [/^added: /, mailed(/<h1>|<img|onerror|<a /)],
  [/^missing: /, mailed(/./)],
  [/holds \/etc\/passwd/, mailed(/cm9vdDp|root:/)],
  [
    /RCPT for two recipients/,
    (_, { arrivals }, { reproduce }) => {
      const [local] = /hidden-c[0-9a-f]{31}/.exec(reproduce) ?? []
      return arrivals.includes(`to <${local}@`) ? null : `no mail came for ${local}`
    },
  ],
  [/servers on the way are told to go on without TLS/, mailed(/^TLS-Required: No/im)],
  [
    /the message was handed over, with (TLSv1\.\d|no TLS)/,
    ([, version = ''], { arrivals }, { reproduce }) => {
      const marks = (reproduce.match(canary) ?? []).join('|')
      const how = version === 'no TLS' ? 'in clear text' : version
      return new RegExp(`${how} .*\\n(?: +to <.*>\\n)* +to <[^>]*(?:${marks})`).test(arrivals)
        ? null
        : `nothing of it came ${how}`
    },
  ],
  [
    /: it tells (.*?) \(/,
    (_, { output }) => (/\bat .*:\d+|SELECT|stack/.test(output) ? null : ending(output)),
  ],
  [/it opened this way/, printed(() => '< 235')],
  [/^it stands in the body/, printed(() => 'secret')],
  [/it let its holder in|by its new secret it reads/, lastAccepted],
  [/one to \d+ was accepted/, ([,], { output }) => (/^HTTP\/\S+ 20\d/m.test(output) ? null : ending(output))],
  [
    /delivered in clear text/,
    (_, { arrivals }, { reproduce }) =>
      new RegExp(
        `in clear text .*\n(?: +to <.*>\n)* +to <[^>]*(?:${(reproduce.match(canary) ?? []).join('|')})`,
      ).test(arrivals)
        ? null
        : 'nothing of it came in clear text',
  ],
  [/^(AUTH [A-Z -]+) is offered/, printed(([, offer = '']) => offer)],
  [
    /the call was carried out in clear/,
    (_, { output }) => (/^HTTP\/\S+ 2\d\d/m.test(output) ? null : ending(output)),
  ],
  [
    /^ServerHello: (TLSv[\d.]+), /,
    (_, { output }) => (/Cipher is (?!\(NONE\))/.test(output) ? null : ending(output)),
  ],
  [
    /hold \d+ characters that are not shown: U\+([0-9A-F]+)/,
    printed(([, code = '']) => String.fromCodePoint(Number.parseInt(code, 16))),
  ],
  [/the key in the query lets/, printed(() => '"id"')],
]

function ending(output: string): string {
  return JSON.stringify(output.slice(-400))
}
