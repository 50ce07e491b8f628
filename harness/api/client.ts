import type { LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { buildConnector, type Dispatcher, Pool } from 'undici'
import type { HttpRequest, HttpResponse } from '../model.ts'
import { decoded, WrongCoding } from './content-coding.ts'
import { assertSendable } from './sendable.ts'
import type { Ready } from './starting-line.ts'

/** Bytes of a response body that are kept, with its content coding and without. */
export const maximumBody = 1024 * 1024
/** Bytes of a response's header fields; one that has more is a failure. */
const maximumHeader = 16 * 1024
/**
 * Milliseconds that a connection nobody uses is kept: a server closes it in its own time, most after 5 s, and what is sent just
 * then is lost (RFC 9112 §9.5).
 */
const keptIdle = 1000
/** RFC 9110 §9.2.1 */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])
/** The longest that a timer can be set to. */
const longestTimer = 2 ** 31 - 1

export interface Client {
  /**
   * Sends exactly this, follows nothing; what is compressed is unpacked. A connection that fails, and an answer that does not
   * end in time, is no exception but a `failure`; `sent` where there was a connection. What changes nothing is asked once more,
   * on a connection of its own, where one that is kept breaks before it is answered: the server may have closed it in the
   * meantime (RFC 9110 §9.2.2). Throws Unsendable, before anything goes out, for what is no HTTP.
   */
  send(
    request: HttpRequest,
    options?: {
      /** One that is opened for it, and closed after it. */
      readonly ownConnection?: boolean
      /** Nothing of it goes out on that connection before this has resolved; it is called when the connection is open. */
      readonly ready?: Ready | undefined
    },
  ): Promise<{ response: HttpResponse | null; failure: string | null; sent: boolean }>
  close(): Promise<void>
}

export interface ClientOptions {
  /** PEM of authorities to trust besides the system's. */
  readonly ca: readonly string[]
  /**
   * Seconds for connecting, and then for the whole of an answer, from the first byte of the request to the last of the body.
   * Waiting for a connection that others use does not count.
   */
  readonly timeout: number
  /** Where names lead; the system says so where it is left out. */
  readonly lookup?: LookupFunction
  /** Where the user sets it; `null` where nobody does. */
  readonly setting?: string | null
}

/** HTTP/1.1 (RFC 9112) with kept-alive connections. */
export function createClient(options: ClientOptions): Client {
  const pools = new Map<string, Pool>()
  const timeout = Math.min(options.timeout * 1000, longestTimer)
  const trust = options.ca.length === 0 ? {} : { secureContext: trusting(options.ca) }
  const lookup = options.lookup === undefined ? {} : { lookup: options.lookup }

  const connector = buildConnector({ timeout, allowH2: false, ...trust, ...lookup })
  // Whatever a request says in Host: TLS is with the server of the origin, and its certificate is looked at for that name.
  const connect: buildConnector.connector = (to, connected) => connector({ ...to, servername: '' }, connected)
  /** The request is written before it is let go, so that of many that wait for one another none comes late. */
  const connectWhen =
    ({ ready, letGo }: Held): buildConnector.connector =>
    (to, connected) =>
      connect(to, (error, socket) => {
        if (error !== null) return connected(error, null)
        socket.cork()
        connected(null, socket)
        const release = () => {
          socket.uncork()
          letGo()
        }
        setImmediate(() => ready().then(release, (failure: Error) => socket.destroy(failure)))
      })
  const newPool = (origin: string, held?: Held) =>
    new Pool(origin, {
      connections: held === undefined ? 24 : 1,
      allowH2: false,
      maxHeaderSize: maximumHeader,
      // These count the silence between two bytes alone.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keptIdle,
      keepAliveMaxTimeout: keptIdle,
      connect: held === undefined ? connect : connectWhen(held),
    })
  const poolOf = (origin: string) => {
    const pool = pools.get(origin) ?? newPool(origin)
    pools.set(origin, pool)
    return pool
  }

  const once = async (request: HttpRequest, isOwn: boolean, ready: Ready | undefined) => {
    const gone = Promise.withResolvers<void>()
    if (ready === undefined) gone.resolve()
    const held = ready === undefined ? undefined : { ready, letGo: gone.resolve }
    const pool = isOwn ? newPool(request.origin, held) : poolOf(request.origin)
    let [sent, answers] = [false, false]
    const told = {
      gone: gone.promise,
      started: () => {
        sent = true
      },
      answers: () => {
        answers = true
      },
    }
    try {
      const response = await exchange(pool, request, timeout, told)
      return { response, failure: null, sent, isLost: false }
    } catch (error) {
      const isLost = sent && !answers && closedOrReset.has(wordOf(error))
      return { response: null, failure: cause(error, options), sent, isLost }
    } finally {
      if (isOwn) await pool.destroy()
    }
  }

  return {
    async send(request, { ownConnection = false, ready } = {}) {
      // A request that undici refuses costs its pool a connection for ever: it takes the refusal for a connection in use.
      assertSendable(request)
      const isOwn = ownConnection || ready !== undefined
      const { isLost, ...first } = await once(request, isOwn, ready)
      if (!isLost || isOwn || !safeMethods.has(request.method)) return first
      const { isLost: _, ...second } = await once(request, true, undefined)
      return second
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

/** The answer has not ended in time. */
class Overrun extends Error {}

/** An answer to nothing: the request is still held. */
class Unasked extends Error {}

/** A request that waits for others to go out with it. */
interface Held {
  readonly ready: Ready
  /** Told when it goes out. */
  letGo(): void
}

interface Told {
  /** It has a connection. */
  started(): void
  /** The first of the answer is here. */
  answers(): void
  /** Resolves when the request goes out. */
  readonly gone: Promise<void>
}

/** One request on a connection of the pool; `timeout` in milliseconds, from when it has one and goes out. */
function exchange(
  pool: Pool,
  request: HttpRequest,
  timeout: number,
  { started, answers, gone }: Told,
): Promise<HttpResponse> {
  const { method, path, headers, body } = request
  return new Promise((resolve, reject) => {
    const kept = boundedBody()
    const answer = { status: 0, headers: [] as HttpResponse['headers'] }
    let deadline: NodeJS.Timeout | undefined
    let [isGone, isOver] = [false, false]
    const end = () => {
      isOver = true
      clearTimeout(deadline)
      resolve(unpacked(answer, kept))
    }
    pool.dispatch(
      { method, path, headers: headers.flat(), body },
      {
        onRequestStart(controller) {
          started()
          // What has arrived while this process was busy is read first.
          const late = () => setImmediate(() => controller.abort(new Overrun()))
          gone.then(() => {
            isGone = true
            if (!isOver) deadline = setTimeout(late, timeout)
          })
        },
        onResponseStart(controller, status) {
          answers()
          if (!isGone) return controller.abort(new Unasked())
          answer.status = status
          answer.headers = pairs(controller)
        },
        onResponseData(controller, chunk) {
          if (kept.add(chunk)) return
          end()
          controller.abort(new Error('nobody reads the rest'))
        },
        onResponseEnd: end,
        onResponseError(_, error) {
          isOver = true
          clearTimeout(deadline)
          reject(error)
        },
      },
    )
  })
}

async function unpacked(
  answer: Pick<HttpResponse, 'status' | 'headers'>,
  kept: ReturnType<typeof boundedBody>,
): Promise<HttpResponse> {
  const codings = answer.headers.filter(([name]) => name === 'content-encoding').map(([, value]) => value)
  const { bytes, cut } = await decoded(
    { bytes: kept.bytes(), cut: kept.isCut() },
    codings.join(),
    maximumBody,
  )
  return { ...answer, body: bytes.toString('utf8'), truncated: cut }
}

/** One buffer that grows: a body that comes byte by byte must not cost an object a byte. */
function boundedBody() {
  let bytes = Buffer.alloc(0)
  let size = 0
  let cut = false
  return {
    /** False where the chunk does not fit any more. */
    add(chunk: Uint8Array): boolean {
      const wanted = Math.min(size + chunk.length, maximumBody)
      if (wanted > bytes.length)
        bytes = Buffer.concat([bytes.subarray(0, size)], Math.min(2 * wanted, maximumBody))
      bytes.set(chunk.subarray(0, wanted - size), size)
      cut = size + chunk.length > maximumBody
      size = wanted
      return !cut
    },
    isCut: () => cut,
    bytes: () => bytes.subarray(0, size),
  }
}

/** As they came: name, value, name, value. */
function pairs({ rawHeaders }: Dispatcher.DispatchController): HttpResponse['headers'] {
  const raw = Array.isArray(rawHeaders) ? rawHeaders : []
  const texts = raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
  return Array.from(
    { length: texts.length / 2 },
    (_, i) => [String(texts[2 * i]).toLowerCase(), String(texts[2 * i + 1])] as const,
  )
}

/** What Node and undici say of a connection that the other side closed or reset. */
export const closedOrReset: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

function wordOf(error: unknown): unknown {
  const { code, name, cause: inner } = error as { code?: unknown; name?: unknown; cause?: { code?: unknown } }
  return inner?.code ?? code ?? name
}

/** A word for what went wrong, with a remedy where it has one: the message of an error may quote what was sent. */
function cause(error: unknown, { timeout, setting = 'target.timeout' }: ClientOptions): string {
  const within = `within ${timeout} s${setting === null ? '' : ` (${setting})`}`
  if (error instanceof WrongCoding) return error.message
  if (error instanceof Overrun) return `no complete answer ${within}`
  if (error instanceof Unasked) return 'it was answered before it was asked'
  const word = wordOf(error)
  if (typeof word !== 'string') return 'connection failed'
  if (word === 'UND_ERR_CONNECT_TIMEOUT') return `no connection ${within}`
  const more = explanations[word]
  return more === undefined ? word : `${word}: ${more}`
}

/** What OpenSSL says of a certificate that is not valid now: either it is wrong, or our `now`. */
const clocks =
  "compare this machine's clock with the target's (date -u on both); where they agree, renew the target's certificate"
const authority =
  'nobody who is trusted here has signed its certificate; name its authority under ca in the profile'
const explanations: Readonly<Record<string, string>> = {
  CERT_NOT_YET_VALID: clocks,
  CERT_HAS_EXPIRED: clocks,
  ERR_SSL_WRONG_VERSION_NUMBER:
    'what answers there speaks no TLS: see whether the profile means http, or another port',
  ENOTFOUND: 'the name does not resolve',
  HTTPParserError: 'the answer is no HTTP/1.1',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: authority,
  SELF_SIGNED_CERT_IN_CHAIN: authority,
  DEPTH_ZERO_SELF_SIGNED_CERT: authority,
  UND_ERR_HEADERS_OVERFLOW: `the answer has more than ${maximumHeader / 1024} KiB of header fields`,
}
