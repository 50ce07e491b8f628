import { crashed, type Judgement, judge, wrongIn } from '../check/judgement.ts'
import type { Kit } from '../check/kit.ts'
import { switchesOf, titleOf } from '../check/title.ts'
import { type About, type Role, roles } from '../model.ts'
import { Unproven } from '../verdicts.ts'
import { byHand, providedByOrder } from './order.ts'
import { createPages, type Pages } from './pages.ts'
import { playwrightCommand } from './playwright.ts'

export { about } from '../check/about.ts'

export interface BrowserKit extends Kit {
  /** A browser that reaches nothing but the sandbox. */
  readonly pages: Pages
}

const judged = playwrightCommand === null ? null : await inPlaywright()
/** Where there is no Playwright, Vitest runs these as well. */
const inVitest = judged === null ? (await import('../check/check.ts')).test : null

async function inPlaywright() {
  const { test: base } = await import('@playwright/test')
  return base.extend<object, { role: Role; pages: Pages }>({
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
}

interface Declared {
  readonly about: About
  readonly switched: string | null
  readonly body: (kit: BrowserKit) => Promise<void>
}

/** Of the files that this worker has loaded. */
const declared: Declared[] = []
let running: Map<Declared, Promise<Judgement>> | null = null

/**
 * A check in a browser. All that a worker has loaded run at once: they wait for mail and for pages. It is declared for
 * every role, and what a role does not have is skipped.
 */
export function test(title: string, about: About, body: (kit: BrowserKit) => Promise<void>): void {
  inVitest?.(title, about, withoutPlaywright)
  if (judged === null) return
  for (const switched of new Set(roles.flatMap((role) => switchesOf(role, about)))) {
    const check: Declared = { about, switched, body }
    declared.push(check)
    judged(
      titleOf(title, about, switched),
      told('check', { about, switched }),
      async ({ role, pages }, info) => {
        const mine = declared.filter((other) => switchesOf(role, other.about).includes(other.switched))
        running ??= new Map(mine.map((other) => [other, start(other, role, pages)]))
        const judgement = (await running.get(check)) ?? crashed('it was not started', 0)
        info.annotations.push(told('judgement', judgement).annotation)
        const wrong = wrongIn(role, judgement)
        // Playwright ends a worker whose test failed, and all that runs in it.
        if (wrong !== null && byHand()) throw new Error(wrong)
      },
    )
  }
}

async function withoutPlaywright(): Promise<never> {
  throw new Unproven(
    'there is no Playwright, in which pages and mail are looked at',
    'npm install --save-dev @playwright/test @sparticuz/chromium, and run again',
  )
}

function start({ about, switched, body }: Declared, role: Role, pages: Pages): Promise<Judgement> {
  const run = {
    runner: 'browser' as const,
    role,
    switched,
    about,
    provided: providedByOrder(),
    body,
    more: { pages },
  }
  return judge(run).catch((error: unknown) => crashed(String(error), 0))
}

function told(type: 'check' | 'judgement', what: object) {
  return { annotation: { type, description: JSON.stringify(what) } }
}
