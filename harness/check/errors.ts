import type { Exchange } from '../model.ts'
import { leaksIn } from '../probes/error-leaks.ts'
import { redactedStart } from '../profile/redact.ts'
import type { SandboxClient } from '../sandbox/client.ts'
import type { Redact } from './evidence.ts'

/** An error that told of the inside of the target, without secrets. */
export interface LeakingError {
  /** The check that provoked it. */
  readonly check: string
  readonly exchange: Exchange
}

/** What all checks of a run were answered by an instance of the target, so far as they have ended. */
export interface Errors {
  leaking(): Promise<readonly LeakingError[]>
}

/** Of a text that another process is told of: UTF-16 code units. */
const longest = 64 * 1024
/** Of one check: more of them say nothing new. */
const most = 20

/** Sees the exchanges of one check. */
export function createErrors(
  sandbox: SandboxClient,
  instance: string,
  check: string,
  redact: Redact,
): Errors & { note(exchange: Exchange): void; tell(): Promise<void> } {
  const found = new Map<string, Exchange>()
  return {
    note(exchange) {
      const kinds = leaksIn(exchange).map(({ what }) => what)
      const key = [exchange.operation, ...kinds].join()
      if (kinds.length > 0 && found.size < most && !found.has(key)) found.set(key, exchange)
    },
    async tell() {
      const leaking = [...found.values()].map((exchange) => ({ check, exchange: tellable(exchange, redact) }))
      if (leaking.length > 0) await sandbox.call('errors.tell', [instance, leaking])
    },
    leaking: async () => (await sandbox.call('errors.leaking', [instance])) as readonly LeakingError[],
  }
}

function tellable(exchange: Exchange, redact: Redact): Exchange {
  const { request, response } = exchange
  const text = (long: string) => redactedStart(long, longest, redact).start.slice(0, longest)
  const fields = (headers: Exchange['request']['headers']) =>
    headers.map(([name, value]) => {
      const line = text(`${name}: ${value}`)
      return [name, line.slice(name.length + 2)] as const
    })
  const body =
    typeof request.body === 'string' ? request.body : Buffer.from(request.body ?? []).toString('latin1')
  return {
    ...exchange,
    request: {
      ...request,
      path: text(request.path),
      headers: fields(request.headers),
      body: request.body === null ? null : text(body),
    },
    response: response && { ...response, headers: fields(response.headers), body: text(response.body) },
  }
}
