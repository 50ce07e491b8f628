import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import draft04 from 'ajv-draft-04'
import formats from 'ajv-formats'
import type { Log } from 'sarif'
import { expect, test } from 'vitest'
import type { Outcome, Report } from '../harness/model.ts'
import { sample } from './sample.testing.ts'
import { toSarif } from './sarif.ts'

// The OASIS schema, as Microsoft ships it with its own matchers.
const shipped = dirname(createRequire(import.meta.url).resolve('@microsoft/jest-sarif'))
const schema = JSON.parse(readFileSync(join(shipped, 'schemas/sarif-2.1.0-rtm.5.json'), 'utf8'))
// Its pattern of a language is no Unicode regular expression.
const ajv = new draft04.default({ strict: false, allErrors: true, unicodeRegExp: false })
formats.default(ajv)
const valid = ajv.compile(schema)

function run(report: Report) {
  const log: Log = JSON.parse(toSarif(report))
  const [only] = log.runs
  if (only === undefined) throw new Error('no run')
  return only
}

test.each<[string, Report]>([
  ['a full run', sample],
  ['a partial run', { ...sample, complete: false, incompleteBecause: 'lost', exitCode: 2 }],
  ['a run of nothing', { ...sample, outcomes: [], exitCode: 2 }],
])('the SARIF 2.1.0 schema accepts %s', (_name, report) => {
  valid(JSON.parse(toSarif(report)))
  expect(valid.errors ?? []).toEqual([])
})

test('a finding is a result that GitHub can place, rank and recognise', () => {
  const { results = [], tool } = run(sample)
  expect(results).toHaveLength(5)
  expect(results[0]).toMatchObject({
    ruleId: 'injection/crlf-subject',
    level: 'error',
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: 'suites/injection/crlf-subject.check.ts' } },
        logicalLocations: [{ name: 'message.send' }],
      },
    ],
  })
  const rule = tool.driver.rules?.find(({ id }) => id === 'injection/crlf-subject')
  expect(rule?.properties).toMatchObject({
    'security-severity': '9.5',
    tags: ['security', 'external/cwe/cwe-93', 'P18'],
  })
  expect(results.map(({ level }) => level)).toEqual(['error', 'error', 'error', 'warning', 'note'])
})

test('a finding of a check in a browser is placed in its own file', () => {
  const file = 'suites/content/active-html.browser.check.ts'
  const { results = [] } = run({
    ...sample,
    outcomes: sample.outcomes.map((outcome) => ({ ...outcome, file })),
  })
  expect(results[0]).toMatchObject({
    locations: [{ physicalLocation: { artifactLocation: { uri: file } } }],
  })
})

test('fingerprints differ between findings and stay when words and evidence change', () => {
  const prints = (report: Report) =>
    (run(report).results ?? []).map(({ partialFingerprints }) => partialFingerprints)
  const reworded: Report = {
    ...sample,
    seed: 1,
    outcomes: sample.outcomes.toReversed().map((outcome) => ({
      ...outcome,
      problem: 'other words',
      findings: outcome.findings.map((finding) => ({
        ...finding,
        actual: 'other',
        evidence: [{ kind: 'measurement', text: '', at: 0 }],
      })),
    })),
  }
  expect(new Set(prints(sample).map((print) => JSON.stringify(print))).size).toBe(5)
  expect(prints(reworded)).toHaveLength(5)
  expect(prints(reworded)).toEqual(expect.arrayContaining(prints(sample)))
})

test('what was not proven is a notification, never a result', () => {
  const { invocations, results } = run({ ...sample, complete: false, incompleteBecause: 'lost', exitCode: 2 })
  expect(results?.every(({ kind }) => kind === 'fail')).toBe(true)
  expect(invocations?.[0]?.executionSuccessful).toBe(false)
  const notified = invocations?.[0]?.toolExecutionNotifications?.map(({ descriptor, level }) => [
    descriptor?.id,
    level,
  ])
  expect(notified).toEqual([
    ['incomplete', 'error'],
    ['left-behind', 'warning'],
    ['left-behind', 'warning'],
    ['left-behind', 'warning'],
    ['judged-in-part', 'warning'],
    ['not-applicable', 'note'],
    ['held-back', 'note'],
    ['unproven', 'warning'],
    ['error', 'error'],
  ])
})

test('what could not be judged beside a finding is told once, with the numbers', () => {
  const { invocations, properties } = run(sample)
  const notifications = invocations?.[0]?.toolExecutionNotifications ?? []
  const of = notifications.filter(({ associatedRule }) => associatedRule?.id === 'injection/crlf-subject')
  expect(of).toHaveLength(1)
  const [notified] = of
  expect(notified?.message.text).toMatch(
    /^injection\/crlf-subject: 3 of 9 variants could not be judged, .*\(2 of 9 variants violated, 3 not judged, 1 not applicable\)$/,
  )
  expect(properties?.['variants']).toEqual({
    violated: 3,
    unjudged: 4,
    'held-back': 1,
    'not-applicable': 2,
    held: 11,
  })
})

test('the help of a rule says what a remedy costs, and shows its code as code', () => {
  const rules = run(sample).tool.driver.rules ?? []
  const { help } = rules.find(({ id }) => id === 'injection/crlf-subject') ?? {}
  expect(help?.text).toContain('\neffort: low, some hours\nbefore:\nsocket.write(')
  expect(help?.markdown).toContain('**Effort.** low, some hours')
  expect(help?.markdown).toContain("Before:\n\n```\nsocket.write('Subject: ' + subject + '\\r\\n')\n")
  expect(help?.markdown).toContain('After:\n\n```\nawait transport.sendMail({{ subject, to }})\n```')
  const silent = rules.find(({ id }) => id === 'content/links')
  expect(silent?.help?.markdown).not.toMatch(/Effort|Before|After/)
})

test('a rule says how its check looks, and leads to its page where there is a public one', () => {
  const rulesOf = (home: string | null) => {
    const log: Log = JSON.parse(toSarif(sample, home))
    const { driver } = log.runs[0]?.tool ?? {}
    return { driver, rule: driver?.rules?.find(({ id }) => id === 'injection/crlf-subject') }
  }
  const home = 'https://git.example/postern/blob/main/README.md'
  const { driver, rule } = rulesOf(home)
  expect(driver?.informationUri).toBe(home)
  expect(rule?.helpUri).toBe('https://git.example/postern/blob/main/suites/injection/crlf-subject.md')
  expect(rule?.help?.text).toMatch(/\n\nprobe: Subjects .*\n\noracle: .*\n\nguards: /)
  expect(rule?.help?.markdown).toContain('**Guards.** A benign subject must arrive')
  valid(JSON.parse(toSarif(sample, home)))
  expect(valid.errors ?? []).toEqual([])

  const without = rulesOf(null)
  expect(without.driver).not.toHaveProperty('informationUri')
  expect(without.rule).not.toHaveProperty('helpUri')
  expect(without.rule?.help).toEqual(rule?.help)
})

test('a message of the target makes neither a placeholder nor a link', () => {
  const outcomes = sample.outcomes.map((outcome) => ({
    ...outcome,
    problem: 'see {0} [here](https://example.test)',
  }))
  const [first] = run({ ...sample, outcomes }).results ?? []
  expect(first?.message.text).toContain('see {{0}} [here\\](https://example.test)')
})

test('of more than GitHub takes, the worst stand in the document, and it says how many do not', () => {
  const [outcome] = sample.outcomes as readonly Outcome[]
  const [finding] = outcome?.findings ?? []
  if (outcome === undefined || finding === undefined) throw new Error('expected a finding')
  const findings = Array.from({ length: 25_010 }, (_, at) => ({
    ...finding,
    variant: `${at}`,
    severity: at < 15 ? ('low' as const) : ('high' as const),
  }))
  const { results = [], invocations } = run({ ...sample, outcomes: [{ ...outcome, findings }] as Outcome[] })
  expect(results).toHaveLength(25_000)
  expect(results.filter(({ level }) => level === 'note')).toHaveLength(5)
  expect(invocations?.[0]?.toolExecutionNotifications?.map(({ message }) => message.text)).toContain(
    '10 findings and 0 checks more stand in report.json: consumers take 25000 of each.',
  )
})
