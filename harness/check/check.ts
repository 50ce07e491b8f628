import { test as base, inject, type TaskMeta } from 'vitest'
import type { WeaknessName } from '../../fixtures/reference-api/weaknesses/all.ts'
import type { About } from '../model.ts'
import { createLocks } from '../runner/locks.ts'
import { createPutOff, type PutOff } from '../steps/putting-off.ts'
import { createJudge, type Judgement, obstacleTo, verdictOf } from './judgement.ts'
import { type Check, openSubject, type Subject } from './kit.ts'

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

interface Own {
  /** The check runs beside others; once called, by itself until it ends. */
  alone: () => Promise<void>
  subject: Subject
  putOff: PutOff
}

function aboutOf({ name, meta }: { name: string; meta: TaskMeta }): About {
  if (meta.about === undefined)
    throw new Error(`"${name}": declare a check by test(title, about({ … }), body)`)
  return meta.about
}

/** Vitest's `test` with what a check works with. */
export const test = base.extend<Own & Check>({
  alone: async ({ task }, use) => {
    let leave = await locks.enter(aboutOf(task))
    await use(async () => {
      leave()
      leave = await locks.enter({ exclusive: true, reach: 'disruptive' })
    })
    leave()
  },
  subject: [
    // Whoever has a subject was let in.
    async ({ task, skip, alone: _letIn }, use) => {
      const about = aboutOf(task)
      const provided = inject('postern')
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
  putOff: async ({ subject: { check, mailpit }, alone }, use) =>
    use(createPutOff({ ...check, client: mailpit, runReach: inject('postern').reach, alone })),
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
