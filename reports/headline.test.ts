import pc from 'picocolors'
import type { Log } from 'sarif'
import { expect, test } from 'vitest'
import type { Outcome, Report } from '../harness/model.ts'
import { countsLine } from './console.ts'
import { exitCode } from './exit.ts'
import { toHtml } from './html.ts'
import { toJunit } from './junit.ts'
import { toMarkdown } from './markdown.ts'
import { sample } from './sample.testing.ts'
import { toSarif } from './sarif.ts'

const plain = pc.createColors(false)
const outcomes: readonly Outcome[] = sample.outcomes
const passed = outcomes.filter(({ verdict }) => verdict === 'pass').slice(0, 1)
const low = outcomes.filter(({ check }) => check === 'auth/user-enum')
const [held] = outcomes.filter(({ verdict }) => verdict === 'held-back')
const beyond = Array.from({ length: 30 }, (_, n) => ({ ...held, check: `suite/check-${n}` }) as Outcome)
const nothing = { objects: 0, lines: [], lost: false, mails: 0 }

function runOf(...parts: readonly (readonly Outcome[])[]): Report {
  const run = {
    ...sample,
    reach: 'safe' as const,
    notSelected: [],
    leftovers: nothing,
    outcomes: parts.flat(),
  }
  return { ...run, exitCode: exitCode(run) }
}

/** Each format that has a headline, as text. */
function headlines(report: Report): Record<string, string> {
  const log: Log = JSON.parse(toSarif(report))
  return {
    console: countsLine(report, plain),
    'report.html': toHtml(report)
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/\s+/g, ' '),
    'summary.md': toMarkdown(report),
    'report.sarif': log.runs[0]?.invocations?.[0]?.exitCodeDescription ?? '',
  }
}

test.each<[what: string, report: Report, then: string]>([
  [
    'nothing was found',
    runOf(passed, beyond),
    '30 of 31 checks were held back: beyond reach safe. No violation was found in the others, and everything applicable among them was proven.',
  ],
  [
    'a finding below the threshold is all there is, and nothing passed',
    runOf(low, beyond),
    '30 of 31 checks were held back: beyond reach safe. Nothing at or above medium was found in the others; 1 finding below it.',
  ],
  [
    'it is the part of one machine',
    {
      ...runOf(passed),
      shard: { index: 2, of: 4, digest: 'a'.repeat(64), shared: false, last: false },
      notSelected: beyond.map(({ check }) => check),
    },
    '30 of 31 checks were not selected, or not of shard 2 of 4. No violation was found in the others, and everything applicable among them was proven.',
  ],
  [
    'it was restricted to one check',
    { ...runOf(passed), notSelected: beyond.map(({ check }) => check) },
    '30 of 31 checks were not selected. No violation was found in the others, and everything applicable among them was proven.',
  ],
])('a run that held most back says so first, where %s', (_what, report, then) => {
  expect(report.exitCode).toBe(0)
  for (const [format, text] of Object.entries(headlines(report)))
    expect({ format, text }).toEqual({ format, text: expect.stringContaining(then) })
})

test('a run that looked at nothing cannot be relied on, and says how much was held back', () => {
  const report = runOf(beyond)
  expect(report.exitCode).toBe(2)
  for (const text of Object.values(headlines(report))) {
    expect(text).toContain('cannot be relied on. 30 of 30 checks were held back')
    expect(text).toContain('No check was run: nothing is said of the target.')
  }
})

test('a violation comes before what was held back', () => {
  for (const text of Object.values(headlines(runOf(outcomes.slice(0, 1), beyond))))
    expect(text).toContain('The target violates 1 property that it must hold. 30 of 31 checks were held back')
})

test('with one finding below --fail-on every format tells the same: advice, and no failure', () => {
  const report = runOf(passed, low)
  expect(report.exitCode).toBe(0)
  for (const text of Object.values(headlines(report)))
    expect(text).toContain('Nothing at or above medium was found; 1 finding below it.')
  expect(toJunit(report)).toContain('tests="2" failures="0" errors="0" skipped="0"')
  const [run] = (JSON.parse(toSarif(report)) as Log).runs
  expect(run?.results?.map(({ level }) => level)).toEqual(['note'])
  expect(run?.invocations).toMatchObject([{ executionSuccessful: true, exitCode: 0 }])
})

test('what a run has left at the target stands in every document, with a count and with names', () => {
  const left = { ...runOf(passed), leftovers: sample.leftovers }
  const said = [
    '2 objects of the run stay at the target.',
    'key.revoke was answered 403',
    'key_7h2',
    'Mail for 3 recipients was accepted by the target and had not come when the run ended',
  ]
  const documents = {
    html: toHtml(left),
    junit: toJunit(left),
    sarif: toSarif(left),
    markdown: toMarkdown(left),
  }
  for (const [format, document] of Object.entries(documents))
    for (const text of said)
      expect({ format, text, there: document.replaceAll('\\', '').includes(text) }).toEqual({
        ...{ format, text, there: true },
      })
  expect(left.exitCode).toBe(0)
  const none = runOf(passed)
  for (const document of [toHtml(none), toJunit(none), toSarif(none), toMarkdown(none)])
    expect(document).not.toMatch(/left behind|stay at the target/)
})

test('a report that was written before cleaning up says that it does not know what is left', () => {
  const early = { ...runOf(passed), leftovers: null }
  for (const document of [toHtml(early), toJunit(early), toSarif(early), toMarkdown(early)])
    expect(document).toContain('What the run has left at the target is not known')
})

test('a run whose leftovers may be known from its report alone cannot be relied on', () => {
  const run = { ...runOf(passed), leftovers: { ...sample.leftovers, lost: true } }
  expect(exitCode(run)).toBe(2)
  expect(toJunit({ ...run, exitCode: 2 })).toContain('known from this report alone')
})

test.each<[string, Pick<Report, 'failOn' | 'baseline'>, string]>([
  ['a severity', { failOn: 'high', baseline: null }, 'findings of severity high or above'],
  ['the lowest one', { failOn: 'low', baseline: null }, 'every finding'],
  [
    '--fail-on new, which is the lowest one with a baseline',
    { failOn: 'low', baseline: { file: 'b.yaml', accepted: 1, stale: [] } },
    'every finding that the baseline does not accept',
  ],
])('what fails a run is said in words: %s', (_, more, said) => {
  const report = { ...runOf(passed), ...more }
  expect(toMarkdown(report)).toContain(`fails on ${said}`)
  expect(headlines(report)['report.html']).toContain(`Fails on${said}`)
})

test('a run that cannot be relied on names the checks for which it cannot, and the page leads to each', () => {
  const doubtful = outcomes.filter(({ check }) =>
    ['injection/crlf-subject', 'mail-auth/dkim-valid'].includes(check),
  )
  const report = runOf(doubtful)
  for (const text of Object.values(headlines(report))) {
    expect(text).toContain('could not be proven: mail-auth/dkim-valid.')
    expect(text).toContain('could not be judged whole: injection/crlf-subject.')
  }
  const page = toHtml(report)
  for (const to of ['check-mail-auth-dkim-valid', 'finding-injection-crlf-subject']) {
    expect(page).toMatch(new RegExp(`<li>[^<]+<a href="#${to}">`))
    expect(page).toContain(` id="${to}"`)
  }
})
