import type { Exchange, HttpRequest } from '../model.ts'
import type { Principal } from '../profile/shape.ts'
import { templateNames } from '../profile/templates.ts'
import { printing, quoted, type ShellPiece, singleQuoted } from '../shell.ts'
import { type HmacKey, type HmacSignature, hmacOf } from './hmac.ts'
import { madeBySigV4, type SigV4Key, sigV4Scope } from './sigv4.ts'

/** How a text stands in a line: secrets, and what is another one at each start of the target, are variables. */
export interface Spelling {
  pieces(text: string): readonly ShellPiece[]
}

/** Whose signature requests carry, if they do: a line signs anew. */
export type Signer = Pick<Principal, 'sigv4' | 'hmac'>

/** A line for `sh` that sends the request again; `$CA` is a file of authorities. */
export function toCurl(
  { request }: Pick<Exchange, 'request'>,
  spelling: Spelling,
  signer: Signer = {},
): string {
  const { pieces } = spelling
  const anew = signer.hmac === undefined ? null : signedAnew(request, signer.hmac, spelling)
  const scope = sigV4Scope(request)
  const kept = (name: string, value: string) =>
    anew === null ? scope === null || !madeBySigV4(name, value) : !anew.fields.has(name)
  const body = bodyWords(request.body, spelling)
  const words = [
    'curl -sSi --path-as-is --globoff',
    ...(request.origin.startsWith('https:') ? ['--cacert "$CA"'] : []),
    `-X ${quoted(pieces(request.method))}`,
    ...(scope === null ? [] : [signatureWords(scope, spelling, signer.sigv4)]),
    ...request.headers.filter((pair) => kept(...pair)).map((header) => headerWords(header, spelling)),
    ...(anew?.headers ?? []),
    ...(body === null ? [] : [body.word]),
    anew?.url ?? quoted(pieces(urlOf(request))),
  ]
  return `${anew?.before ?? ''}${body?.before ?? ''}${words.join(' ')}`
}

const urlOf = ({ origin, path }: HttpRequest) => `${origin}${path}`

/** curl leaves a field out where nothing follows the colon; a semicolon keeps it. */
function headerWords([name, value]: readonly [string, string], spelling: Spelling): string {
  const userAndPassword = basic(name, value, spelling)
  if (userAndPassword !== null) return `-u ${quoted(userAndPassword)}`
  return `-H ${quoted(spelling.pieces(value === '' ? `${name};` : `${name}: ${value}`))}`
}

/** The region and the service as they were signed for; the key's two parts as variables. */
function signatureWords(
  { region, service }: { region: string; service: string },
  spelling: Spelling,
  key: Pick<SigV4Key, 'accessKeyId' | 'secretAccessKey'> | undefined,
): string {
  const user =
    key === undefined
      ? [{ variable: 'CREDENTIAL' }]
      : [...spelling.pieces(key.accessKeyId), { text: ':' }, ...spelling.pieces(key.secretAccessKey)]
  return `--aws-sigv4 ${singleQuoted(`aws:amz:${region}:${service}`)} -u ${quoted(user)}`
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
function signedAnew(request: HttpRequest, key: HmacKey, spelling: Spelling) {
  const signature = hmacOf(request)
  const message = signature === null ? null : utf8(signature.message)
  if (signature === null || message === null || message.includes('\0')) return null
  const { headers = {}, query = {} } = key
  const inUrl = Object.values(query).flatMap(templateNames)
  const { bodyHash, ...fresh } = signature.made
  if (inUrl.some((name) => /[^\w.~-]/.test(signature.made[name as keyof typeof fresh] ?? ''))) return null
  const templates = [...Object.values(headers), ...Object.values(query)].flatMap(templateNames)
  const words = (text: string) => quoted(withVariables(text, fresh, spelling))
  const uses = (name: 'timestamp' | 'nonce') => templates.includes(name)
  return {
    before: [
      ...(uses('timestamp') ? [`TIMESTAMP=$(${clocks[key.timestamp ?? 'seconds']})`] : []),
      ...(uses('nonce') ? ['NONCE=$(openssl rand -hex 16)'] : []),
      `SIGNATURE=$(printf '%s' ${words(message)} | ${hmacWords(key, spelling)}); `,
    ].join('; '),
    fields: new Set(Object.keys(headers)),
    headers: Object.entries(headers).map(([name, template]) => {
      const value = template.replaceAll('{bodyHash}', bodyHash)
      return `-H ${quoted([{ text: `${name}: ` }, ...withVariables(filled(value, fresh), fresh, spelling)])}`
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
  spelling: Spelling,
): readonly ShellPiece[] {
  const name = (['signature', 'nonce', 'timestamp'] as const).find((each) => text.includes(fresh[each]))
  if (name === undefined) return text === '' ? [] : spelling.pieces(text)
  const [before = '', ...after] = text.split(fresh[name])
  return [
    ...withVariables(before, fresh, spelling),
    ...after.flatMap((part) => [{ variable: variables[name] }, ...withVariables(part, fresh, spelling)]),
  ]
}

/** What a shell makes of a message on its standard input. */
function hmacWords({ secret, secretEncoding, algorithm, encoding }: HmacKey, spelling: Spelling): string {
  const word = quoted(spelling.pieces(secret))
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
function basic(name: string, value: string, spelling: Spelling): readonly ShellPiece[] | null {
  const [, encoded] = /^basic ([a-z0-9+/]+=*)$/i.exec(value) ?? []
  if (name.toLowerCase() !== 'authorization' || encoded === undefined) return null
  const pieces = spelling.pieces(Buffer.from(encoded, 'base64').toString('utf8'))
  return pieces.some((piece) => 'variable' in piece) ? pieces : null
}

/** Characters: a program takes no longer argument everywhere, and nobody reads one. */
const longestArgument = 16 * 1024

function bodyWords(
  body: HttpRequest['body'],
  { pieces }: Spelling,
): { readonly before: string; readonly word: string } | null {
  if (body === null) return null
  const text = typeof body === 'string' ? body : utf8(body)
  if (text !== null && text.length <= longestArgument && !/[\x00-\x1f\x7f]/.test(text))
    return { before: '', word: `--data-raw ${quoted(pieces(text))}` }
  const printed =
    text === null
      ? printing(pieces(Buffer.from(body as Uint8Array).toString('latin1')), 'latin1')
      : printing(pieces(text))
  return { before: `${printed} | `, word: '--data-binary @-' }
}

function utf8(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return null
  }
}
