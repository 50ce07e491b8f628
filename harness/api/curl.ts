import type { Exchange, HttpRequest } from '../model.ts'
import type { Piece, Redactor } from '../profile/redact.ts'
import type { Principal } from '../profile/shape.ts'
import { templateNames } from '../profile/templates.ts'
import { type HmacKey, type HmacSignature, hmacOf } from './hmac.ts'
import { madeBySigV4, type SigV4Key, sigV4Scope } from './sigv4.ts'

/**
 * A line for a shell that sends the request again; secrets are shell variables, `$CA` is a file of authorities. `signer` is
 * whose signature the request carries, if it does: the line signs anew.
 */
export function toCurl(
  exchange: Pick<Exchange, 'request'>,
  redactor: Redactor,
  signer: Pick<Principal, 'sigv4' | 'hmac'> = {},
): string {
  const { request } = exchange
  const anew = signer.hmac === undefined ? null : signedAnew(request, signer.hmac, redactor)
  const scope = sigV4Scope(request)
  const kept = (name: string, value: string) =>
    anew === null ? scope === null || !madeBySigV4(name, value) : !anew.fields.has(name)
  const body = bodyWords(request.body, redactor)
  const words = [
    'curl -sSi --path-as-is --globoff',
    ...(request.origin.startsWith('https:') ? ['--cacert "$CA"'] : []),
    `-X ${quoted(redactor.pieces(request.method))}`,
    ...(scope === null ? [] : [signatureWords(scope, redactor, signer.sigv4)]),
    ...request.headers.filter((pair) => kept(...pair)).map((header) => headerWords(header, redactor)),
    ...(anew?.headers ?? []),
    ...(body === null ? [] : [body.word]),
    anew?.url ?? quoted(redactor.pieces(urlOf(request))),
  ]
  return `${anew?.before ?? ''}${body?.before ?? ''}${words.join(' ')}`
}

/**
 * The same of an operation of several calls, each on a line of its own: what one gave and a later one says stands between them as a shell
 * variable, to put in what is given this time.
 */
export function toCurls(
  exchange: Pick<Exchange, 'request' | 'steps'>,
  redactor: Redactor,
  signer?: Pick<Principal, 'sigv4' | 'hmac'>,
): string {
  const given = new Map<string, string>()
  const pieces = (text: string) =>
    redactor.pieces(text).flatMap((piece) => ('text' in piece ? withGiven(piece.text, given) : [piece]))
  const lines: string[] = []
  for (const step of exchange.steps ?? []) {
    lines.push(toCurl(step, { ...redactor, pieces }, signer))
    for (const [name, value] of Object.entries(step.result ?? {}))
      if (typeof value === 'string' && isPlain(value) && redactor.redact(value) === value) {
        const variable = name
          .replace(/([a-z])([A-Z])/g, '$1_$2')
          .replace(/\W/g, '_')
          .toUpperCase()
        given.set(value, variable)
        lines.push(
          `${variable}=${quote(value)} # what it gave as ${name.replace(/\W/g, '_')}: put in what it gives now`,
        )
      }
  }
  return [...lines, toCurl(exchange, { ...redactor, pieces }, signer)].join('\n')
}

/** An id that stands in a URL as in a body, and long enough to be nothing else. */
const isPlain = (value: string) => /^[\w.~-]{4,200}$/.test(value)

function withGiven(text: string, given: ReadonlyMap<string, string>): Piece[] {
  let pieces: Piece[] = [{ text }]
  for (const [value, variable] of given)
    pieces = pieces.flatMap((piece) =>
      'text' in piece
        ? piece.text
            .split(value)
            .flatMap((part, at): Piece[] => [...(at === 0 ? [] : [{ variable }]), { text: part }])
        : [piece],
    )
  return pieces.filter((piece) => !('text' in piece) || piece.text !== '')
}

const urlOf = ({ origin, path }: HttpRequest) => `${origin}${path}`

/** curl leaves a field out where nothing follows the colon; a semicolon keeps it. */
function headerWords([name, value]: readonly [string, string], redactor: Redactor): string {
  const userAndPassword = basic(name, value, redactor)
  if (userAndPassword !== null) return `-u ${quoted(userAndPassword)}`
  return `-H ${quoted(redactor.pieces(value === '' ? `${name};` : `${name}: ${value}`))}`
}

/** The region and the service as they were signed for; the key's two parts as variables. */
function signatureWords(
  { region, service }: { region: string; service: string },
  redactor: Redactor,
  key: Pick<SigV4Key, 'accessKeyId' | 'secretAccessKey'> | undefined,
): string {
  const user =
    key === undefined
      ? [{ variable: 'CREDENTIAL' }]
      : [...redactor.pieces(key.accessKeyId), { text: ':' }, ...redactor.pieces(key.secretAccessKey)]
  return `--aws-sigv4 ${quote(`aws:amz:${region}:${service}`)} -u ${quoted(user)}`
}

/** What is made for each signature, as shell variables. */
const variables = { signature: 'SIGNATURE', timestamp: 'TIMESTAMP', nonce: 'NONCE' } as const

const clocks = {
  seconds: 'date +%s',
  milliseconds: 'date +%s000',
  iso: 'date -u +%Y-%m-%dT%H:%M:%SZ',
  http: "LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT'",
}

/** How a shell makes the same signature now; `null` where it cannot: of octets that are no text, and of what a URL holds escaped. */
function signedAnew(request: HttpRequest, key: HmacKey, redactor: Redactor) {
  const signature = hmacOf(request)
  const message = signature === null ? null : utf8(signature.message)
  if (signature === null || message === null || message.includes('\0')) return null
  const { headers = {}, query = {} } = key
  const inUrl = Object.values(query).flatMap(templateNames)
  const { bodyHash, ...fresh } = signature.made
  if (inUrl.some((name) => /[^\w.~-]/.test(signature.made[name as keyof typeof fresh] ?? ''))) return null
  const templates = [...Object.values(headers), ...Object.values(query)].flatMap(templateNames)
  const words = (text: string) => quoted(withVariables(text, fresh, redactor))
  const uses = (name: 'timestamp' | 'nonce') => templates.includes(name)
  return {
    before: [
      ...(uses('timestamp') ? [`TIMESTAMP=$(${clocks[key.timestamp ?? 'seconds']})`] : []),
      ...(uses('nonce') ? ['NONCE=$(openssl rand -hex 16)'] : []),
      `SIGNATURE=$(printf '%s' ${words(message)} | ${hmacWords(key, redactor)}); `,
    ].join('; '),
    fields: new Set(Object.keys(headers)),
    headers: Object.entries(headers).map(([name, template]) => {
      const value = template.replaceAll('{bodyHash}', bodyHash)
      return `-H ${quoted([{ text: `${name}: ` }, ...withVariables(filled(value, fresh), fresh, redactor)])}`
    }),
    url: inUrl.length === 0 ? null : words(urlOf(request)),
  }
}

const filled = (template: string, fresh: Pick<HmacSignature['made'], keyof typeof variables>) =>
  template.replace(/\{(signature|timestamp|nonce)\}/g, (_, name: keyof typeof variables) => fresh[name])

/** With a variable for whatever was made for one signature alone. */
function withVariables(
  text: string,
  fresh: Pick<HmacSignature['made'], keyof typeof variables>,
  redactor: Redactor,
): Piece[] {
  const name = (['signature', 'nonce', 'timestamp'] as const).find((each) => text.includes(fresh[each]))
  if (name === undefined) return text === '' ? [] : redactor.pieces(text)
  const [before = '', ...after] = text.split(fresh[name])
  return [
    ...withVariables(before, fresh, redactor),
    ...after.flatMap((part) => [{ variable: variables[name] }, ...withVariables(part, fresh, redactor)]),
  ]
}

/** What a shell makes of a message on its standard input. */
function hmacWords({ secret, secretEncoding, algorithm, encoding }: HmacKey, redactor: Redactor): string {
  const word = quoted(redactor.pieces(secret))
  const inHex = `od -An -v -tx1 | tr -d ' \\n'`
  const key =
    secretEncoding === 'base64'
      ? `-mac HMAC -macopt hexkey:"$(printf '%s' ${word} | openssl base64 -d -A | ${inHex})"`
      : secretEncoding === 'hex'
        ? `-mac HMAC -macopt hexkey:${word}`
        : `-hmac ${word}`
  const written = {
    hex: inHex,
    base64: 'openssl base64 -A',
    base64url: "openssl base64 -A | tr '+/' '-_' | tr -d =",
  }
  return `openssl dgst -${algorithm ?? 'sha256'} ${key} -binary | ${written[encoding ?? 'hex']}`
}

/** A variable cannot stand within base64: what holds a secret is left for curl to encode (RFC 7617 §2). */
function basic(name: string, value: string, redactor: Redactor): Piece[] | null {
  const [, encoded] = /^basic ([a-z0-9+/]+=*)$/i.exec(value) ?? []
  if (name.toLowerCase() !== 'authorization' || encoded === undefined) return null
  const pieces = redactor.pieces(Buffer.from(encoded, 'base64').toString('utf8'))
  return pieces.some((piece) => 'variable' in piece) ? pieces : null
}

function bodyWords(body: HttpRequest['body'], redactor: Redactor): { before: string; word: string } | null {
  if (body === null) return null
  const text = typeof body === 'string' ? body : utf8(body)
  if (text !== null && !text.includes('\0'))
    return { before: '', word: `--data-raw ${quoted(redactor.pieces(text))}` }
  // No argument of a program holds a NUL; secrets in such a body are written as their names.
  const bytes = Buffer.from(redactor.redact(Buffer.from(body as Uint8Array).toString('latin1')), 'latin1')
  return { before: `base64 -d <<< '${bytes.toString('base64')}' | `, word: '--data-binary @-' }
}

function utf8(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return null
  }
}

/** Nothing but the variables is expanded: text in single quotes, or `$'…'` where it has control characters. */
function quoted(pieces: readonly Piece[]): string {
  if (pieces.length === 0) return "''"
  return pieces.map((piece) => ('variable' in piece ? `"$${piece.variable}"` : quote(piece.text))).join('')
}

/** Text for a shell, line breaks and all. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function quote(text: string): string {
  if (!/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(text)) return singleQuoted(text)
  const escaped = text.replace(
    /[\\'\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    escapeCharacter,
  )
  return `$'${escaped}'`
}

function escapeCharacter(character: string): string {
  const named: Record<string, string> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r', '\t': '\\t' }
  const code = character.charCodeAt(0)
  return (
    named[character] ??
    (code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  )
}
