import type { Secret } from '../profile/shape.ts'
import type { SandboxClient } from '../sandbox/client.ts'

/** What of a log holds secrets. */
export interface LogFindings {
  /** Lines that were looked at. */
  readonly lines: number
  /** By the names of the secrets: how many lines hold one, and the first of those, without secrets. */
  readonly held: readonly { readonly name: string; readonly lines: number; readonly first: string }[]
}

/** What the target itself writes to its output, where the run has started it. */
export interface Log {
  /** Whether the text stands in it: what is written at all is written soon. */
  shows(text: string): Promise<boolean>
  /** Looks for them in whatever spelling, but not behind these names of parameters in a query. */
  find(secrets: readonly Secret[], leftOut?: readonly string[]): Promise<LogFindings>
}

/** Milliseconds. */
const soon = 2000

/** Of one instance. */
export function createLog(sandbox: SandboxClient, id: string): Log {
  return {
    shows: async (text) => (await sandbox.call('log.shows', [id, text, soon])) === true,
    find: async (secrets, leftOut = []) =>
      (await sandbox.call('log.find', [id, secrets, leftOut])) as LogFindings,
  }
}
