import type { Exchange, HttpRequest } from '../model.ts'
import type { Piece, Redactor } from '../profile/redact.ts'
import { madeBySigV4, type SigV4Key, sigV4Scope } from './sigv4.ts'

/**
 * A line for a shell that sends the request again; secrets are shell variables, `$CA` is a file of authorities. `key` is
 * whose signature the request carries, if it does: curl signs anew.
 */
export function toCurl(
  exchange: Pick<Exchange, 'request'>,
  redactor: Redactor,
  key?: Pick<SigV4Key, 'accessKeyId' | 'secretAccessKey'>,
): string {
  const { request } = exchange
  const scope = sigV4Scope(request)
  const headers =
    scope === null ? request.headers : request.headers.filter(([name, value]) => !madeBySigV4(name, value))
  const word = (text: string) => quoted(redactor.pieces(text))
  const body = bodyWords(request.body, redactor)
  const words = [
    'curl -sSi --path-as-is --globoff',
    ...(request.origin.startsWith('https:') ? ['--cacert "$CA"'] : []),
    `-X ${word(request.method)}`,
    ...(scope === null ? [] : [signatureWords(scope, redactor, key)]),
    ...headers.map((header) => headerWords(header, redactor)),
    ...(body === null ? [] : [body.word]),
    urlWord(request, redactor),
  ]
  return `${body?.before ?? ''}${words.join(' ')}`
}

function urlWord({ origin, path }: HttpRequest, redactor: Redactor): string {
  return quoted(redactor.pieces(`${origin}${path}`))
}

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

function quote(text: string): string {
  if (!/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(text))
    return `'${text.replaceAll("'", String.raw`'\''`)}'`
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
