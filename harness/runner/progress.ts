import pc from 'picocolors'
import { type Colours, progressLine } from '../../reports/console.ts'
import { duration, plural, verdictWords } from '../../reports/wording.ts'
import type { Outcome, Verdict } from '../model.ts'

/** What the terminal is told while a run goes on: of each check, of those that say something, of none. */
export type Loudness = 'quiet' | 'usual' | 'verbose'

/** Tells how a run goes on. */
export interface Progress {
  /** So many checks there are. */
  expect(count: number): void
  began(check: string): void
  judged(outcome: Outcome): void
  /** What was folded is told, and the live line is gone. */
  end(): void
}

/** As much of a terminal as this needs. */
export interface Screen {
  write(text: string): unknown
  /** Nobody looks at a pipe, and a CI keeps each state of a line. */
  readonly isLive: boolean
  readonly columns: number
  /** Milliseconds, of any origin. */
  now(): number
}

/** Verdicts that say what was not looked at: many, and alike. */
const foldable: readonly Verdict[] = ['held-back', 'not-applicable']

export function createProgress(screen: Screen, loud: Loudness, colours: Colours = pc): Progress {
  const started = screen.now()
  const running = new Set<string>()
  const folded: Outcome[] = []
  let [expected, done] = [0, 0]
  let isShown = false

  const clear = () => {
    if (isShown) screen.write('\r\u001b[K')
    isShown = false
  }
  const line = (text: string) => {
    clear()
    screen.write(`${text}\n`)
  }
  const live = () => {
    if (!screen.isLive || loud === 'quiet') return
    clear()
    screen.write(
      liveLine({ done, expected, running: [...running], spent: screen.now() - started }, screen.columns),
    )
    isShown = true
  }
  return {
    expect(count) {
      expected += count
      live()
    },
    began(check) {
      running.add(check)
      live()
    },
    judged(outcome) {
      running.delete(outcome.check)
      done++
      const isFolded = loud === 'usual' && foldable.includes(outcome.verdict)
      if (isFolded) folded.push(outcome)
      else if (loud !== 'quiet') line(progressLine(outcome, colours))
      live()
    },
    end() {
      clear()
      for (const verdict of foldable) {
        const alike = folded.filter((outcome) => outcome.verdict === verdict)
        if (alike.length > 0)
          line(
            `${verdictWords[verdict].label.padEnd(14)} ${colours.dim(`${plural(alike.length, 'check')}: report.html says which and why, and so does --verbose`)}`,
          )
      }
    },
  }
}

interface Going {
  readonly done: number
  readonly expected: number
  readonly running: readonly string[]
  /** Milliseconds. */
  readonly spent: number
}

/** `12 of 65, 18 s; about 40 s more: tls/cert, injection/sqli …`, within the width. What is estimated is so by the number of checks alone. */
export function liveLine({ done, expected, running, spent }: Going, columns: number): string {
  const left = expected - done
  const more = done < 5 || left <= 0 ? '' : `; about ${duration((spent / done) * left)} more`
  const now = running.length === 0 ? '' : `: ${running.join(', ')}`
  const text = `${done} of ${Math.max(expected, done)}, ${duration(spent)}${more}${now}`
  const width = Math.max(20, columns - 1)
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

/** Standard output, as it is. */
export function screenOf({ stdout, env }: Pick<NodeJS.Process, 'stdout' | 'env'>): Screen {
  return {
    write: (text) => stdout.write(text),
    isLive: stdout.isTTY === true && (env['CI'] ?? '') === '' && env['TERM'] !== 'dumb',
    get columns() {
      return stdout.columns ?? 80
    },
    now: () => performance.now(),
  }
}
