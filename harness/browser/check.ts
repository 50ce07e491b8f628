import { test as base } from '@playwright/test'
import type { WeaknessName } from '../../fixtures/reference-api/weaknesses/all.ts'
import { createJudge, type Judgement, obstacleTo, verdictOf } from '../check/judgement.ts'
import { type Check, openSubject } from '../check/kit.ts'
import type { About, Role } from '../model.ts'
import { providedByOrder } from './order.ts'
import { createPages, type Pages } from './pages.ts'

export interface BrowserCheck extends Check {
  /** A browser that reaches nothing but the sandbox. */
  readonly pages: Pages
}

/** What a check says of itself, as Playwright's details of a test. */
export function about(about: About & { readonly weakness: WeaknessName }) {
  return { annotation: { type: 'about', description: JSON.stringify(about) } }
}

const judged = base.extend<object, { role: Role; pages: Pages }>({
  role: ['sound', { option: true, scope: 'worker' }],
  pages: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from its parameter
    async ({}, use) => {
      const pages = createPages(providedByOrder().sandbox.egress)
      await use(pages)
      await pages.close()
    },
    { scope: 'worker' },
  ],
})

/** A check in a browser: Playwright's `test` with what a check works with. */
export function test(
  title: string,
  details: ReturnType<typeof about>,
  body: (check: BrowserCheck) => Promise<void>,
): void {
  judged(title, details, async ({ role, pages }, info) => {
    const about = JSON.parse(details.annotation.description) as About
    const judgement = await judge(role, about, pages, body)
    info.annotations.push({ type: 'judgement', description: JSON.stringify(judgement) })
    // For who runs Playwright by hand; reports read the judgement.
    const right = role === 'weak' ? 'fail' : 'pass'
    if (judgement.verdict !== right && judgement.verdict !== 'not-applicable')
      throw new Error(
        `${judgement.verdict}: ${judgement.reason ?? judgement.findings.map((f) => f.actual).join('; ')}`,
      )
  })
}

async function judge(
  role: Role,
  about: About,
  pages: Pages,
  body: (check: BrowserCheck) => Promise<void>,
): Promise<Judgement> {
  const provided = providedByOrder()
  const subject = await openSubject(role, provided, about)
  const judge = createJudge(subject)
  try {
    const obstacle = obstacleTo(about, provided.reach, subject)
    if (obstacle !== null) return judge('not-applicable', obstacle)
    const thrown = await body({ ...subject.check, pages }).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
    return judge(...verdictOf(thrown, subject))
  } finally {
    await subject.close()
  }
}
