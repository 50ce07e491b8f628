import { test as base, inject } from 'vitest'
import type { WeaknessName } from '../fixtures/reference-api/weaknesses/all.ts'
import type { About } from './model.ts'
import { createLocks } from './runner/locks.ts'
import { createJudge, type Judgement, obstacleTo, verdictOf } from './subject/judgement.ts'
import { type Check, openSubject, type Subject } from './subject/subject.ts'

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
      const subject = await openSubject(inject('role'), provided, about)
      const judge = createJudge(subject)
      try {
        const obstacle = obstacleTo(about, provided.reach, subject)
        if (obstacle !== null) {
          task.meta.judgement = judge('not-applicable', obstacle)
          skip(obstacle)
        }
        await use(subject)
        task.meta.judgement = judge(...verdictOf(task.result?.errors?.[0], subject))
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
  mailpitTools: async ({ subject }, use) => use(subject.check.mailpitTools),
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
