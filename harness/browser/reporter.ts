import { stripVTControlCharacters } from 'node:util'
import type { FullConfig, Reporter, Suite, TestCase, TestError, TestResult } from '@playwright/test/reporter'
import type { Judgement } from '../check/judgement.ts'
import type { About, Role } from '../model.ts'

/** What Playwright's process tells the one that started it. */
export type Told =
  | {
      readonly kind: 'collected' | 'ended'
      readonly role: Role
      readonly about: About
      readonly title: string
      readonly judgement: Judgement | null
    }
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'done' }

/** Tells what became of each check. Prints nothing. */
export default class implements Reporter {
  constructor() {
    // Who started it is no more.
    process.on('disconnect', () => process.kill(process.pid, 'SIGINT'))
  }
  onBegin(_config: FullConfig, suite: Suite): void {
    for (const test of suite.allTests()) tell('collected', test, null)
  }
  onTestEnd(test: TestCase, { annotations, error, duration }: TestResult): void {
    const judged = annotations.find(({ type }) => type === 'judgement')?.description
    tell('ended', test, judged === undefined ? crashed(error, duration) : (JSON.parse(judged) as Judgement))
  }
  onError({ message = 'an error' }: TestError): void {
    send({ kind: 'fault', message })
  }
  onEnd(): void {
    send({ kind: 'done' })
  }
  printsToStdio(): boolean {
    return true
  }
}

function tell(kind: 'collected' | 'ended', test: TestCase, judgement: Judgement | null): void {
  const about = test.annotations.find(({ type }) => type === 'about')?.description
  if (about === undefined)
    send({ kind: 'fault', message: `"${test.title}": declare a check by test(title, about({ … }), body)` })
  else {
    const role = test.parent.project()?.name as Role
    send({ kind, role, about: JSON.parse(about) as About, title: test.title, judgement })
  }
}

function crashed(error: TestError | undefined, duration: number): Judgement {
  const message = stripVTControlCharacters(error?.message ?? 'the check ended without a judgement')
  const reason = message.split('\n')[0] ?? ''
  return { verdict: 'error', reason, findings: [], requests: 0, milliseconds: Math.round(duration) }
}

function send(told: Told): void {
  process.send?.(told)
}
