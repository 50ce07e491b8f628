import ZapClient from 'zaproxy'
import { Unavailable } from '../obstacles.ts'

/** Where a ZAP listens, and the key to its API. */
export interface ZapAddress {
  /** `http://host:port`. */
  readonly url: string
  readonly key: string
}

export interface Zap {
  readonly version: string
  readonly api: ZapClient
  /** The ids of the add-ons that are installed. */
  readonly addOns: ReadonlySet<string>
}

/** ZAP answered that it will not: `no_implementor` where an add-on is missing, `bad_other`, `illegal_parameter`, … */
export class ZapRefused extends Error {
  override readonly name = 'ZapRefused'
  readonly code: string
  constructor(call: string, code: string) {
    super(`ZAP refused ${call}: ${code}`)
    this.code = code
  }
}

/** Nothing listens any more, or what does answers nothing. */
export class ZapLost extends Error {
  override readonly name = 'ZapLost'
}

/** An import of a large document takes its time; milliseconds. */
const patience = 300_000
const longestAnswer = 64 * 1024 * 1024

/** Connects to a ZAP that is up. Throws Unavailable, with the remedy, where it does not answer or not with this key. */
export async function connectZap(address: ZapAddress): Promise<Zap> {
  const api = clientOf(address)
  try {
    const version = text(await api.core.version(), 'version')
    const installed = records(await api.autoupdate.installedAddons(), 'installedAddons')
    return { version, api, addOns: new Set(installed.map((addOn) => text(addOn, 'id'))) }
  } catch (error) {
    if (error instanceof ZapLost) throw new Unavailable(complaint(address, error.message))
    if (error instanceof ZapRefused) throw new Unavailable(complaint(address, error.message))
    throw error
  }
}

/** Whether an HTTP server answers there; ZAP closes connections that bring no key, which is an answer too. */
export async function listens(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(2000) })
    return true
  } catch (error) {
    const { cause } = error as { cause?: { code?: unknown } }
    return cause?.code === 'UND_ERR_SOCKET' || cause?.code === 'ECONNRESET'
  }
}

function complaint({ url }: ZapAddress, seen: string): string {
  const remedy = /socket hang up|ECONNRESET/.test(seen)
    ? 'this is how ZAP answers a wrong key: see zap.key in the profile, ZAP’s option api.key, and api.addrs for whom it lets in'
    : 'start it (zap.sh -daemon), and see zap.url in the profile'
  return `expected ZAP at ${new URL(url).origin}; seen ${seen}; ${remedy}`
}

/**
 * The client keeps its settings in a global that it reads when a call begins: they are put there for each call, so that
 * two clients do not mix. Its errors hold the key and what else was sent: nothing of them is passed on but code and status.
 */
function clientOf({ url, key }: ZapAddress): ZapClient {
  const { protocol, hostname, port } = new URL(url)
  const proxy = {
    protocol: protocol.slice(0, -1),
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
  }
  const options = { apiKey: key, proxy }
  Object.assign(globalThis, { defaultAxiosConfig: {} })
  const client = new ZapClient(options)
  const send = client.request
  const settings = {
    params: {},
    baseURL: 'http://zap/JSON',
    headers: { 'X-ZAP-API-Key': key },
    proxy,
    timeout: patience,
    maxContentLength: longestAnswer,
    maxRedirects: 0,
  }
  client.request = async (path, ...rest) => {
    Object.assign(globalThis, { defaultAxiosConfig: settings })
    const call = path.replace(/^\/|\/$/g, '')
    const answer = await send(path, ...rest).catch((error: unknown) => {
      throw failure(call, error)
    })
    // Of calls of the kind `other` a refusal comes with status 200.
    const refused = code(answer)
    if (refused !== null) throw new ZapRefused(call, refused)
    return answer
  }
  return client
}

function failure(call: string, error: unknown): Error {
  const { response, cause } = error as {
    response?: { status?: number; data?: unknown }
    cause?: { code?: unknown; message?: unknown }
  }
  if (response?.status !== undefined)
    return new ZapRefused(call, code(response.data) ?? `status ${response.status}`)
  const reset = /socket hang up/.test(String(cause?.message)) ? 'socket hang up' : null
  return new ZapLost(`no answer to ${call} (${reset ?? String(cause?.code ?? 'connection lost')})`)
}

function code(answer: unknown): string | null {
  if (answer === null || typeof answer !== 'object' || !('code' in answer) || !('message' in answer))
    return null
  return /^\w{1,60}$/.test(String(answer.code)) ? String(answer.code) : 'an error without a code'
}

/** A text, or a number as text, of an answer; `''` where there is none: answers are foreign. */
export function text(answer: unknown, name: string): string {
  const value = field(answer, name)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function records(answer: unknown, name: string): unknown[] {
  const value = field(answer, name)
  return Array.isArray(value) ? value : []
}

function field(answer: unknown, name: string): unknown {
  return answer !== null && typeof answer === 'object' && Object.hasOwn(answer, name)
    ? (answer as Record<string, unknown>)[name]
    : undefined
}
