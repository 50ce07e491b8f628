import { test as base, inject } from 'vitest'
import type { WeaknessName } from '../fixtures/reference-api/weaknesses/all.ts'
import { type About, type Finding, type Outcome, type Reach, reaches } from './model.ts'
import { createLocks } from './runner/locks.ts'
import { type Check, openSubject, type Subject } from './subject/subject.ts'
import { missing } from './target/needs.ts'

/** What a worker says of a check it ran; the reporter adds the rest. */
export type Judgement = Pick<Outcome, 'verdict' | 'reason' | 'requests' | 'milliseconds' | 'findings'>

declare module 'vitest' {
  interface TaskMeta {
    about?: About
    judgement?: Judgement
  }
}

/** What a check says of itself, as the options of its test. In the weak role the test is expected to fail. */
export function about(about: About & { readonly weakness: WeaknessName }) {
  return { meta: { about }, fails: inject('role') === 'weak' }
}

const locks = createLocks()

/** Vitest's `test` with what a check works with. */
export const test = base.extend<Check & { subject: Subject }>({
  subject: [
    async ({ task, skip }, use) => {
      const about = task.meta.about
      if (about === undefined)
        throw new Error(`"${task.name}": declare a check by test(title, about({ … }), body)`)
      const provided = inject('postern')
      const leave = await locks.enter(about)
      const started = performance.now()
      const subject = await openSubject(inject('role'), provided, about)
      const judge = (
        verdict: Judgement['verdict'],
        reason: string | null,
        findings: readonly Finding[] = [],
      ) => {
        task.meta.judgement = {
          verdict,
          reason: reason === null ? null : subject.redact(reason),
          findings,
          requests: subject.check.api.requests,
          milliseconds: Math.round(performance.now() - started),
        }
      }
      try {
        const obstacle = outOfReach(about, provided.reach) ?? missing(about.needs, subject.check.profile)
        if (obstacle !== null) {
          judge('not-applicable', obstacle)
          skip(obstacle)
        }
        await use(subject)
        judge(...judgement(task.result?.errors?.[0], subject))
      } finally {
        await subject.close()
        leave()
      }
    },
    { auto: true },
  ],
  api: async ({ subject }, use) => use(subject.check.api),
  wire: async ({ subject }, use) => use(subject.check.wire),
  dns: async ({ subject }, use) => use(subject.check.dns),
  callback: async ({ subject }, use) => use(subject.check.callback),
  mailbox: async ({ subject }, use) => use(subject.check.mailbox),
  profile: async ({ subject }, use) => use(subject.check.profile),
  reach: async ({ subject }, use) => use(subject.check.reach),
  submission: async ({ subject }, use) => use(subject.check.submission),
  endpoints: async ({ subject }, use) => use(subject.check.endpoints),
  ground: async ({ subject }, use) => use(subject.check.ground),
  ca: async ({ subject }, use) => use(subject.check.ca),
  nameServer: async ({ subject }, use) => use(subject.check.nameServer),
  suffixes: async ({ subject }, use) => use(subject.check.suffixes),
  random: async ({ subject }, use) => use(subject.check.random),
  evidence: async ({ subject }, use) => use(subject.check.evidence),
  verify: async ({ subject }, use) => use(subject.check.verify),
})

function outOfReach(about: About, reach: Reach): string | null {
  return reaches.indexOf(about.reach) <= reaches.indexOf(reach)
    ? null
    : `the check is ${about.reach} and the run is held to ${reach}: allow it with --reach ${about.reach}`
}

/** Only a finding makes a fail, and only a guard that held with an observation made makes a pass. */
function judgement(
  error:
    | { name?: string; message: string; findings?: readonly Finding[]; unjudged?: string | null }
    | undefined,
  subject: Subject,
): [Judgement['verdict'], string | null, (readonly Finding[])?] {
  if (error?.name === 'Violated' && error.findings !== undefined)
    return ['fail', error.unjudged ?? null, error.findings]
  if (error?.name === 'Unproven') return ['unproven', error.message]
  if (error?.name === 'NotApplicable') return ['not-applicable', error.message]
  if (error !== undefined) return ['error', `${error.name ?? 'Error'}: ${error.message}`]
  const { held, observed } = subject.tally
  if (held === 0) return ['error', 'the check ended without a guard that held: it can say nothing']
  if (observed === 0) return ['error', 'the check ended without an observation: it can say nothing']
  return ['pass', null]
}
