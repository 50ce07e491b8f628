import { setTimeout as after } from 'node:timers/promises'
import { Unavailable } from '../obstacles.ts'
import type { Announcement } from './announcement.ts'
import type { TargetLog } from './target-log.ts'

/** Keeps what is being started in view; all of it ends for its caller when the run is interrupted. */
export function startsUntil(signal: AbortSignal | null) {
  const pending = new Set<Promise<unknown>>()
  const interrupted = Promise.withResolvers<never>()
  interrupted.promise.catch(() => {})
  const abort = () => interrupted.reject(new Unavailable('the run was interrupted while its target came up'))
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  return {
    started<Result>(work: Promise<Result>): Promise<Result> {
      pending.add(work)
      work.catch(() => {})
      return Promise.race([work.finally(() => pending.delete(work)), interrupted.promise])
    },
    /** Waits for all of it; whether there was any. */
    async settled(): Promise<boolean> {
      const some = pending.size > 0
      await Promise.allSettled(pending)
      return some
    },
  }
}

/** The announcement in the log. Throws Unavailable where there is none `within` seconds; `setting` asks for it. */
export async function announcementOf(log: TargetLog, within: number, setting: string): Promise<Announcement> {
  const late = new AbortController()
  const deadline = after(within * 1000, null, { signal: late.signal, ref: false }).catch(() => null)
  const announced = await Promise.race([log.announced, deadline])
  late.abort()
  if (announced !== null) return announced
  throw new Unavailable(
    `expected a line of JSON with exports or records in the target's log within ${within} s; seen none; see ${setting}.announces in the profile; the end of its log:\n${log.tail()}`,
  )
}
