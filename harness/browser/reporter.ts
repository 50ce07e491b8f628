import { stripVTControlCharacters } from 'node:util'
import type { FullConfig, Reporter, Suite, TestCase, TestError, TestResult } from '@playwright/test/reporter'
import { crashed, type Judgement } from '../check/judgement.ts'
import { plainTitle } from '../check/title.ts'
import type { About, Role } from '../model.ts'

/** What Playwright's process tells the one that started it. */
export type Told =
  | {
      readonly kind: 'collected' | 'ended'
      readonly role: Role
      readonly about: About
      readonly switched: string | null
      readonly title: string
      readonly judgement: Judgement | null
    }
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'done' }

/** Tells what became of each check. Prints nothing. */
export default class implements Reporter {
  constructor() {
    // Who started it is no more.
    const end = () => process.kill(process.pid, 'SIGINT')
    if (process.connected) process.on('disconnect', end)
    else end()
  }
  onBegin(_config: FullConfig, suite: Suite): void {
    for (const test of suite.allTests()) tell('collected', test, null)
  }
  onTestEnd(test: TestCase, { annotations, error, duration }: TestResult): void {
    const judged = annotations.find(({ type }) => type === 'judgement')?.description
    tell(
      'ended',
      test,
      judged === undefined ? crashed(firstLine(error), duration) : (JSON.parse(judged) as Judgement),
    )
  }
  onError({ message = 'an error' }: TestError): void {
    send({ kind: 'fault', message })
  }
  /** Playwright ends its process after it, and with it what was not handed over yet: whoever reads may be busy. */
  onEnd(): Promise<void> {
    return send({ kind: 'done' })
  }
  printsToStdio(): boolean {
    return true
  }
}

function tell(kind: 'collected' | 'ended', test: TestCase, judgement: Judgement | null): void {
  const check = test.annotations.find(({ type }) => type === 'check')?.description
  if (check === undefined) {
    send({ kind: 'fault', message: `"${test.title}": declare a check by test(title, about({ … }), body)` })
    return
  }
  const role = test.parent.project()?.name as Role
  const { about, switched } = JSON.parse(check) as { about: About; switched: string | null }
  send({ kind, role, about, switched, title: plainTitle(test.title), judgement })
}

function firstLine(error: TestError | undefined): string {
  const message = stripVTControlCharacters(error?.message ?? 'the check ended without a judgement')
  return message.split('\n')[0] ?? ''
}

/** Resolves when all that was told so far was handed over, or when nobody takes it. */
function send(told: Told): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve()
    else process.send(told, () => resolve())
  })
}
