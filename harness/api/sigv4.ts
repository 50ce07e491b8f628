import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import type { HttpRequest } from '../model.ts'

/** An access key of AWS, and what its signatures are valid for. */
export interface SigV4Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
  readonly region: string
  readonly service: string
}

const algorithm = 'AWS4-HMAC-SHA256'
const generated = ['authorization', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token']

/**
 * Signs a request as AWS Signature Version 4 has it, over method, path, query, all header fields that no proxy changes, host,
 * date and body; a signature that it carries is replaced. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function signSigV4(
  request: HttpRequest,
  { region, service, ...credentials }: SigV4Key,
  now = new Date(),
): Promise<HttpRequest> {
  const { host, hostname, protocol } = new URL(request.origin)
  const [path = '/', ...query] = request.path.split('?')
  const headers = request.headers.filter(([name]) => !generated.includes(name.toLowerCase()))
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 })
  const signed = await signer.sign(
    {
      method: request.method,
      protocol,
      hostname,
      path,
      query: grouped(query.join('?').split('&').filter(Boolean).map(pair)),
      headers: { ...joined(headers), host },
      body: request.body ?? undefined,
    },
    { signingDate: now },
  )
  return {
    ...request,
    headers: [
      ...headers,
      ...generated.flatMap((name) =>
        signed.headers[name] === undefined ? [] : [[name, signed.headers[name]] as const],
      ),
    ],
  }
}

/** The scope of the signature that a request carries; `null` without one. */
export function sigV4Scope({
  headers,
}: Pick<HttpRequest, 'headers'>): { readonly region: string; readonly service: string } | null {
  const field = headers.find(([name, value]) => isSignature(name, value))?.[1] ?? ''
  const [, region, service] = /Credential=[^,]*?\/\d{8}\/([^/,]+)\/([^/,]+)\/aws4_request/.exec(field) ?? []
  return region === undefined || service === undefined ? null : { region, service }
}

/** Fields that a signature consists of: who signs again makes them anew. A session token is given, not made. */
export function madeBySigV4(name: string, value: string): boolean {
  return isSignature(name, value) || ['x-amz-date', 'x-amz-content-sha256'].includes(name.toLowerCase())
}

function isSignature(name: string, value: string): boolean {
  return name.toLowerCase() === 'authorization' && value.startsWith(`${algorithm} `)
}

/** Of a field that occurs twice the values, in order, with a comma between. */
function joined(headers: HttpRequest['headers']): Record<string, string> {
  const bag: Record<string, string> = {}
  for (const [field, value] of headers) {
    const name = field.toLowerCase()
    bag[name] = bag[name] === undefined ? value.trim() : `${bag[name]},${value.trim()}`
  }
  return bag
}

function grouped(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const bag: Record<string, string[]> = {}
  for (const [name, value] of pairs) bag[name] = [...(bag[name] ?? []), value]
  return bag
}

function pair(text: string): [string, string] {
  const [name = '', ...value] = text.split('=')
  return [decoded(name), decoded(value.join('='))]
}

/** What is no percent-encoding stays: an attack may hold anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
