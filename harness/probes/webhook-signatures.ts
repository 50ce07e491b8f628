import { createHmac, createPublicKey, verify } from 'node:crypto'
import escapeStringRegexp from 'escape-string-regexp'
import type { CallbackHit, WebhookScheme } from '../model.ts'

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const standardWebhooks: WebhookScheme = {
  headers: {
    'webhook-id': '{id}',
    'webhook-timestamp': '{timestamp}',
    'webhook-signature': 'v1,{signature}',
  },
  message: '{id}.{timestamp}.{body}',
  encoding: 'base64',
  secretEncoding: 'base64',
  secretPrefix: 'whsec_',
}

/** The same by a key pair, whose public key is what is given out: `whpk_` and its 32 octets in base 64. Signatures are of Ed25519 (RFC 8032). */
export const standardWebhooksByPublicKey: WebhookScheme = {
  ...standardWebhooks,
  headers: { ...standardWebhooks.headers, 'webhook-signature': 'v1a,{signature}' },
  secretPrefix: 'whpk_',
}

/** What is given out of a scheme is no secret: who has it knows signatures, and makes none. */
export function isOfPublicKeys({ secretPrefix }: WebhookScheme): boolean {
  return secretPrefix === standardWebhooksByPublicKey.secretPrefix
}

/** A scheme by what was given out for it: Standard Webhooks has two. */
export function schemeBySecret(scheme: WebhookScheme, secret: string): WebhookScheme {
  const isPublic = secret.startsWith(standardWebhooksByPublicKey.secretPrefix ?? '')
  return scheme === standardWebhooks && isPublic ? standardWebhooksByPublicKey : scheme
}

/** As a profile says it. */
export function schemeOfName(
  scheme: 'standard-webhooks' | WebhookScheme = 'standard-webhooks',
): WebhookScheme {
  return scheme === 'standard-webhooks' ? standardWebhooks : scheme
}

/** What is posted to a webhook. */
export type Posted = Pick<CallbackHit, 'headers' | 'body'>

/** What a request says of its signature, by a scheme; `null` for what it does not have. */
export interface Signed {
  /** During a rotation there may be several. */
  readonly signatures: readonly string[]
  readonly timestamp: string | null
  readonly id: string | null
}

/** Of what is signed, what it may lack. */
export const parts = ['body', 'timestamp', 'id'] as const
export type SignedPart = (typeof parts)[number]
type SignedValues = Readonly<Record<SignedPart, string>>

export function readSigned(scheme: WebhookScheme, posted: Posted): Signed {
  const found = (name: keyof NonNullable<WebhookScheme['body']>) => [
    ...Object.entries(scheme.headers ?? {}).flatMap(([field, template]) =>
      posted.headers
        .filter(([each]) => each.toLowerCase() === field.toLowerCase())
        .flatMap(([, value]) => valuesIn(value, template, name)),
    ),
    ...memberOf(posted.body, scheme.body?.[name]),
  ]
  const [timestamp = null] = found('timestamp')
  const [id = null] = found('id')
  return { signatures: found('signature'), timestamp, id }
}

/** Each value of `{name}` in a field, after what stands before it in the template. */
function valuesIn(field: string, template: string, name: string): string[] {
  const [, before] = new RegExp(`([^{}]*)\\{${name}\\}`).exec(template) ?? []
  if (before === undefined) return []
  const start = template.startsWith(`${before}{`) ? '(?:^|[\\s,;])' : ''
  const value = new RegExp(`${start}${escapeStringRegexp(before)}([^\\s,;]+)`, 'g')
  return [...field.matchAll(value)].map(([, each = '']) => each)
}

function memberOf(body: string, path: string | undefined): string[] {
  if (path === undefined) return []
  try {
    const value = path
      .split('.')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | null)?.[name], JSON.parse(body))
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
  } catch {
    return []
  }
}

/** The octets of a secret as it was shown. */
export function keyOf({ secretPrefix = '', secretEncoding = 'utf8' }: WebhookScheme, secret: string): Buffer {
  const bare = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : secret
  return Buffer.from(bare, secretEncoding)
}

/** The signature that a request with these has by a secret. */
export function signatureOf(scheme: WebhookScheme, secret: string, values: SignedValues): string {
  return signatureOver(scheme, secret, contentOf(scheme, values))
}

/** The same of what is signed. */
export function signatureOver(scheme: WebhookScheme, secret: string, content: string): string {
  const { algorithm = 'sha256', encoding = 'hex' } = scheme
  return createHmac(algorithm, keyOf(scheme, secret)).update(content).digest(encoding)
}

/** What is signed of a request with these. */
export function contentOf({ message }: WebhookScheme, values: SignedValues): string {
  return message.replace(/\{(id|timestamp|body)\}/g, (_, part: SignedPart) => values[part])
}

/** Whether any of its signatures is by the secret. */
export function isSignedBy(scheme: WebhookScheme, secret: string, posted: Posted): boolean {
  const { signatures, timestamp, id } = readSigned(scheme, posted)
  const values = { id: id ?? '', timestamp: timestamp ?? '', body: posted.body }
  if (isOfPublicKeys(scheme)) {
    const content = contentOf(scheme, values)
    return signatures.some((signature) => isOfKeyPair(keyOf(scheme, secret), content, signature))
  }
  const right = signatureOf(scheme, secret, values)
  return signatures.some((signature) => plain(scheme, signature) === plain(scheme, right))
}

/** What stands before the 32 octets in a SubjectPublicKeyInfo (RFC 8410 §4). */
const beforeEd25519 = Buffer.from('302a300506032b6570032100', 'hex')

function isOfKeyPair(octets: Buffer, content: string, signature: string): boolean {
  if (octets.length !== 32) return false
  const key = createPublicKey({ key: Buffer.concat([beforeEd25519, octets]), format: 'der', type: 'spki' })
  return verify(null, Buffer.from(content), key, Buffer.from(signature, 'base64'))
}

/** Letters of base 16 may be large, and base 64 may go without what fills it up. */
function plain({ encoding = 'hex' }: WebhookScheme, signature: string): string {
  return encoding === 'hex' ? signature.toLowerCase() : signature.replace(/=+$/, '')
}

/** Whether what is signed by a scheme has the part. */
export function covers({ message, body }: WebhookScheme, part: SignedPart): boolean {
  const isInBody = part !== 'body' && body?.[part] !== undefined
  return message.includes(`{${part}}`) || (isInBody && message.includes('{body}'))
}

/** The scheme itself, and as it is where parts of the message were forgotten. */
export function likeSchemes(scheme: WebhookScheme): WebhookScheme[] {
  const orders = ['{id}.{timestamp}', '{timestamp}.{body}', '{id}.{body}', '{body}', '{timestamp}', '{id}']
  return [scheme, ...orders.map((message) => ({ ...scheme, message }))]
}

/** Epoch milliseconds; `null` for what is no time. */
export function timeOf({ timestamp = 'seconds' }: WebhookScheme, written: string): number | null {
  const time =
    timestamp === 'iso' ? Date.parse(written) : Number(written) * (timestamp === 'seconds' ? 1000 : 1)
  return Number.isFinite(time) ? time : null
}

/** As many as a secret can have by its length: each of its characters is taken for chance. */
export function mostBits(scheme: WebhookScheme, secret: string): number {
  const bare = keyOf(scheme, secret)
  if ((scheme.secretEncoding ?? 'utf8') !== 'utf8') return bare.length * 8
  const text = bare.toString()
  const perCharacter = /^[0-9a-f]+$/i.test(text) ? 4 : /^[\w+/=-]+$/.test(text) ? 6 : 8
  return text.length * perCharacter
}
