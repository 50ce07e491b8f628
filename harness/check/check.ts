import { test as base, inject } from 'vitest'
import type { About } from '../model.ts'
import { crashed, type Judgement, judge, wrongIn } from './judgement.ts'
import type { Kit } from './kit.ts'
import { switchesOf, titleOf } from './title.ts'

export { about, ofHeaderText } from './about.ts'

declare module 'vitest' {
  interface TaskMeta {
    about?: About
    /** The fault that is switched on, in the weak role; the habit, in the sound one. */
    switched?: string | null
    judgement?: Judgement
  }
}

/** A check: one question about the target, and how it is answered. It is asked once for each of its `switchesOf`. */
export function test(title: string, about: About, body: (kit: Kit) => Promise<void>): void {
  const role = inject('role')
  for (const switched of switchesOf(role, about)) {
    base(titleOf(title, about, switched), { meta: { about, switched } }, async ({ task }) => {
      const run = {
        runner: 'vitest' as const,
        role,
        switched,
        about,
        provided: inject('postern'),
        body,
        more: {},
      }
      const judgement = await judge(run).catch((error: unknown) => crashed(String(error), 0))
      task.meta.judgement = judgement
      // For who runs Vitest by hand; reports read the judgement.
      const wrong = wrongIn(role, judgement)
      if (wrong !== null) throw new Error(wrong)
    })
  }
}
