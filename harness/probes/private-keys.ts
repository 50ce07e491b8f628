import { createPrivateKey } from 'node:crypto'
import { isObject, readJson } from '../json.ts'
import type { HttpResponse } from '../model.ts'
import { textsIn } from './reflections.ts'

/** Longer texts hold more than a key: of RSA with 8192 bits, PKCS #8 has 6400 characters. */
const longest = 20_000
const mostTexts = 200

interface FoundKey {
  readonly form: 'PEM' | 'DER in base64' | 'a JWK'
  /** As it stands there: nobody else is to see it. */
  readonly secret: string
}

/** The first private key that an answer in JSON holds: as PEM, as DER in base64, or as a JWK (RFC 7517 §4). */
export function privateKeyIn(response: Pick<HttpResponse, 'body'> | null): FoundKey | null {
  const body = readJson(response?.body ?? '')
  if (body === undefined) return null
  for (const text of textsIn(body).slice(0, mostTexts)) {
    if (text.length > longest) continue
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return { form: 'PEM', secret: text }
    if (/^[A-Za-z0-9+/]{60,}={0,2}$/.test(text.replace(/\s/g, '')) && isDer(text))
      return { form: 'DER in base64', secret: text }
  }
  const part = privatePartIn(body)
  return part === null ? null : { form: 'a JWK', secret: part }
}

function isDer(text: string): boolean {
  const key = Buffer.from(text, 'base64')
  return (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => {
    try {
      createPrivateKey({ key, format: 'der', type })
      return true
    } catch {
      return false
    }
  })
}

function privatePartIn(value: unknown, depth = 0): string | null {
  if (depth > 20 || value === null || typeof value !== 'object') return null
  if (isObject(value)) {
    const { kty, d } = value
    if (typeof kty === 'string' && typeof d === 'string') return d
  }
  for (const each of Object.values(value).slice(0, mostTexts)) {
    const part = privatePartIn(each, depth + 1)
    if (part !== null) return part
  }
  return null
}
