import type { About, Outcome, Role } from '../model.ts'
import type { Absence } from './absences.ts'
import { enter, type Runner } from './admission.ts'
import { type Kit, openKit } from './kit.ts'
import { obstacleOf } from './obstacle.ts'
import type { Provided } from './provided.ts'
import { nothingSpent, type Spent } from './spending.ts'

/** What a worker says of a check it ran; the reporter adds the rest. */
export interface Judgement
  extends Pick<
    Outcome,
    'verdict' | 'reason' | 'requests' | 'milliseconds' | 'findings' | 'variants' | 'basis'
  > {
  /** For its proof: what is wrong with how it uses the API, as `uses contact.create: …`. */
  readonly mistake: string | null
  /** For its proof: the operations that it used or asked for. */
  readonly operations: readonly string[]
  /** For its proof, and so for plans. */
  readonly spent: Spent
  /** Of mail, to be looked at again when the run ends. */
  readonly absences: readonly Absence[]
}

export interface CheckRun<More> {
  readonly runner: Runner
  readonly role: Role
  readonly switched: string | null
  readonly about: About
  readonly provided: Provided
  readonly body: (kit: Kit & More) => Promise<void>
  /** What a runner gives beside the kit. */
  readonly more: More
}

/** Runs one check in front of its target, once it is let in, and judges it. Throws where the harness itself fails. */
export async function judge<More>({ body, more, ...run }: CheckRun<More>): Promise<Judgement> {
  const { about, provided } = run
  const place = await enter(provided, run.runner, about, run.switched)
  const [startedAt, started] = [Date.now(), performance.now()]
  try {
    const known = provided.felled?.[about.id]?.[run.switched ?? '']
    const only = known === undefined ? null : new Set(known)
    const opened = await openKit({ ...run, alone: place.alone, only })
    const { kit } = opened
    try {
      const obstacle = obstacleOf(about, kit.profile, provided.reach)
      const judged =
        obstacle === null
          ? opened.judged(await body({ ...kit, ...more }).then(() => undefined, thrown))
          : { ...obstacle, findings: [], variants: [] }
      return {
        ...judged,
        reason: judged.reason === null ? null : opened.redact(judged.reason),
        requests: kit.api.requests,
        milliseconds: Math.round(performance.now() - started),
        ...(obstacle === null ? { basis: opened.basis(startedAt) } : {}),
        mistake: opened.usage.mistake(about.needs),
        operations: opened.usage.operations,
        ...{ spent: opened.spent, absences: opened.absences },
      }
    } finally {
      await opened.close()
    }
  } finally {
    await place.leave()
  }
}

/** Where a check ended without being judged: the reason, first line, is the harness's. */
export function crashed(reason: string, milliseconds: number): Judgement {
  return {
    ...{ verdict: 'error', reason, findings: [], variants: [], requests: 0 },
    ...{ milliseconds: Math.round(milliseconds), mistake: null, operations: [], spent: nothingSpent },
    absences: [],
  }
}

/** For who runs a check by hand: what is wrong with it in that role; `null` where it did what it should. */
export function wrongIn(role: Role, { verdict, reason, findings, mistake }: Judgement): string | null {
  const right = role === 'weak' ? 'fail' : 'pass'
  if (role === 'sound' && mistake !== null) return `it ${mistake}`
  if (verdict === right || verdict === 'not-applicable' || verdict === 'held-back') return null
  return `${verdict}: ${reason ?? findings.map(({ variant, actual }) => `${variant ?? ''} ${actual}`).join('; ')}`
}

function thrown(error: unknown): unknown {
  return error ?? new Error('nothing was thrown as an error')
}
