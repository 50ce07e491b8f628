import { randomUUID } from 'node:crypto'
import type { About } from '../model.ts'
import { sandboxOf } from './kit.ts'
import type { Provided } from './provided.ts'

/** What runs checks; each announces all of its checks at once. */
export type Runner = 'vitest' | 'browser'

/** A check that asks to be let in; the main process decides, for the workers of all runners. */
export interface Announced {
  readonly ticket: string
  readonly runner: Runner
  /** The target that it runs against: a check in the weak role has one to itself. */
  readonly instance: string
  /** Nothing else runs against its target. */
  readonly exclusive: boolean
  /** It begins when those that are not, at the same target, have ended. */
  readonly showsBadCredentials: boolean
  readonly disruptive: boolean
  /** It begins before others that may begin as well. */
  readonly awaitsClocks: boolean
}

export interface Place {
  /** Waits until no other check runs; none begins before this one has ended. */
  alone(): Promise<void>
  leave(): Promise<void>
}

let announced: Announced[] = []
let announcing: Promise<unknown> | null = null

/** Resolves when the check may begin. Those that ask in one turn of the event loop are announced together. */
export async function enter(
  provided: Provided,
  runner: Runner,
  { exclusive = false, showsBadCredentials = false, awaitsClocks = false, reach }: About,
  switched: string | null,
): Promise<Place> {
  const sandbox = sandboxOf(provided)
  const ticket = randomUUID()
  const instance = switched === null ? provided.instance.id : ticket
  const manner = { exclusive, showsBadCredentials, awaitsClocks, disruptive: reach === 'disruptive' }
  announced.push({ ticket, runner, instance, ...manner })
  announcing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
    const checks = announced
    announced = []
    announcing = null
    await sandbox.call('checks.announce', { checks })
  })
  await announcing
  await sandbox.call('checks.enter', { ticket })
  return {
    alone: async () => void (await sandbox.call('checks.alone', { ticket })),
    leave: async () => void (await sandbox.call('checks.leave', { ticket })),
  }
}
