import type { Instance } from '../check/provided.ts'
import type { ProfileDocument, Secret } from '../profile/shape.ts'
import type { Sandbox, SandboxOptions } from '../sandbox/sandbox.ts'
import type { TargetLog } from './target-log.ts'

/** How a target comes up and goes down. */
export interface Driver {
  /** As it stands in a report: `embedded`, `containers`, `command`, `external`. */
  readonly name: string
  /** Prepares the place for a sandbox, and says where in it the sandbox is to listen and which mailbox it uses. */
  ground(): Promise<Ground>
  /**
   * Brings an instance up; the first is the one under test, others are weak variants of their own. Throws Unavailable,
   * or UsageError for a weakness that the target does not have.
   */
  up(sandbox: Sandbox, options: { readonly weaknesses: readonly string[] }): Promise<Instance>
  down(id: string): Promise<void>
  /** What the instance writes to its output; `null` where nobody here sees it. */
  log(id: string): TargetLog | null
  /** What the run depends on and that no longer runs, in a sentence with the reason; `null` where all does. */
  lost(): Promise<string | null>
  /** All instances and the ground, at once. */
  close(): Promise<void>
}

export type Ground = Pick<SandboxOptions, 'host' | 'seenAs' | 'forwarder' | 'mailbox' | 'behindTarget'>

/** What drivers are told of the run. */
export interface DriverOptions {
  /** Values by `random:NAME`: what the profile means by `${random:NAME}`. */
  readonly randoms: Readonly<Record<string, string>>
  /** What a log must not hold, besides what the driver itself hands on: the target may write down whatever it is sent. */
  readonly secrets: readonly Secret[]
  /** Absolute path of the run's folder, for logs; `null` where nothing is to be left. */
  readonly out: string | null
  /** Interrupts a start that is under way. */
  readonly signal: AbortSignal | null
  /** Says a line to who runs it: what a run has to do without. */
  readonly say: (line: string) => void
}

/** Where a program of this machine runs; `null` where the target is none. */
export function programFolder({ data, pathOf }: ProfileDocument): string | null {
  const { command } = data.target
  if (command === undefined) return null
  const { cwd } = command
  return pathOf(['target', 'command', cwd === undefined ? 'run' : 'cwd'], cwd ?? '.')
}
