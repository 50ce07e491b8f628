import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { errors, Pool } from 'undici'
import type { HttpRequest, HttpResponse } from '../model.ts'

/** Bytes of a response body that are kept. */
export const maximumBody = 1024 * 1024

/** What the client cannot put on the wire, such as a line break in a header field; the raw probes can. */
export class Unsendable extends Error {
  override readonly name = 'Unsendable'
}

export interface Client {
  /** Sends exactly this, follows nothing. A connection that fails is no exception but a `failure`. */
  send(request: HttpRequest): Promise<{ response: HttpResponse | null; failure: string | null }>
  close(): Promise<void>
}

/** HTTP/1.1 (RFC 9112) with kept-alive connections. `timeout` in seconds, for each of connecting, headers and body. */
export function createClient(options: { ca: readonly string[]; timeout: number }): Client {
  const pools = new Map<string, Pool>()
  const timeout = options.timeout * 1000
  const trust = options.ca.length === 0 ? {} : { secureContext: trusting(options.ca) }

  const poolOf = (origin: string) => {
    const known = pools.get(origin)
    if (known !== undefined) return known
    const pool = new Pool(origin, {
      connections: 24,
      allowH2: false,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      connect: { timeout, ...trust },
    })
    pools.set(origin, pool)
    return pool
  }

  return {
    async send(request) {
      try {
        const answer = await poolOf(request.origin).request({
          method: request.method,
          path: request.path,
          headers: request.headers.flat(),
          body: request.body,
          responseHeaders: 'raw',
        })
        const { body, truncated } = await readBounded(answer.body)
        // With `responseHeaders: 'raw'` undici gives name, value, name, value; its types do not say so.
        const headers = pairs(answer.headers as unknown as readonly string[])
        return { response: { status: answer.statusCode, headers, body, truncated }, failure: null }
      } catch (error) {
        if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError)
          throw new Unsendable(
            `an HTTP client cannot send this request (${error.message}): send it with the raw HTTP probe`,
          )
        return { response: null, failure: cause(error) }
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
      pools.clear()
    },
  }
}

const contexts = new Map<string, SecureContext>()

/** The system's authorities and these. Reading hundreds takes 10 ms and more, so it is not done for each connection. */
function trusting(ca: readonly string[]): SecureContext {
  const key = ca.join('\n')
  const known = contexts.get(key) ?? createSecureContext({ ca: [...getCACertificates('default'), ...ca] })
  contexts.set(key, known)
  return known
}

type Body = AsyncIterable<Uint8Array> & {
  destroy(): unknown
  on(event: 'error', listener: () => void): unknown
}

async function readBounded(stream: Body): Promise<{ body: string; truncated: boolean }> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maximumBody) break
  }
  const truncated = size > maximumBody
  if (truncated) {
    stream.on('error', () => {})
    stream.destroy()
  }
  return { body: Buffer.concat(chunks).subarray(0, maximumBody).toString('utf8'), truncated }
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [
    String(raw[2 * i]).toLowerCase(),
    String(raw[2 * i + 1]),
  ])
}

/** A word for what went wrong, with a remedy where it has one: the message of an error may quote what was sent. */
function cause(error: unknown): string {
  const { code, name, cause: inner } = error as { code?: unknown; name?: unknown; cause?: { code?: unknown } }
  const word = inner?.code ?? code ?? name
  if (typeof word !== 'string') return 'connection failed'
  return validity.has(word) ? `${word}: ${clocks}` : word
}

/** What OpenSSL says of a certificate that is not valid now: either it is wrong, or our `now`. */
const validity = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'])
const clocks =
  "compare this machine's clock with the target's (date -u on both); where they agree, renew the target's certificate"
