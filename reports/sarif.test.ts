import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import draft04 from 'ajv-draft-04'
import formats from 'ajv-formats'
import type { Log } from 'sarif'
import { describe, expect, test } from 'vitest'
import type { Finding, Outcome, Report } from '../harness/model.ts'
import { sample, sampleWithBaseline } from './sample.testing.ts'
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

const [outcome] = sample.outcomes as readonly Outcome[]
const [finding] = outcome?.findings ?? []
if (outcome === undefined || finding === undefined) throw new Error('expected a finding in the sample')

/** The report of one check with this many findings, the first few of them low. */
function withFindings(count: number, low: number, changes: Partial<Finding> = {}): Report {
  const findings = Array.from({ length: count }, (_, at) => ({
    ...(finding as Finding),
    ...changes,
    variant: `${at}`,
    severity: at < low ? ('low' as const) : ('high' as const),
  }))
  return { ...sample, outcomes: [{ ...outcome, findings }] as Outcome[] }
}

const leftOutOf = ({ invocations }: ReturnType<typeof run>) =>
  (invocations?.[0]?.toolExecutionNotifications ?? []).flatMap(({ descriptor, message }) =>
    descriptor?.id === 'left-out' ? [message.text] : [],
  )

test('of more than is taken, the worst stand in the document, and it says how many do not', () => {
  const told = run(withFindings(5_010, 15))
  expect(told.results).toHaveLength(5_000)
  expect(told.results?.filter(({ level }) => level === 'note')).toHaveLength(5)
  expect(leftOutOf(told)).toEqual([
    '10 findings and 0 checks more stand in report.json: consumers take 5000 findings, and 10 MB.',
  ])
})

test.each<[string, Report]>([
  ['long findings', withFindings(5_000, 10, { reproduce: `curl ${'é'.repeat(9_000)}` })],
  [
    'many checks',
    {
      ...sample,
      outcomes: Array.from({ length: 10_000 }, (_, at) => ({
        ...(at === 9_999
          ? (outcome as Outcome)
          : { ...(outcome as Outcome), verdict: 'pass' as const, findings: [] }),
        check: `suite/check-${at}`,
      })) as Outcome[],
    },
  ],
])('a document of %s has ten megabytes at most, and says what it leaves out', (_name, report) => {
  const text = toSarif(report)
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(10_000_000)
  expect(Buffer.byteLength(text)).toBeGreaterThan(4_000_000)
  const told = run(report)
  expect(told.results?.[0]?.level).toBe('error')
  expect(leftOutOf(told)).toHaveLength(1)
})

/** Each text of the report is as long as one of a target may be, and grows where it is escaped. */
const long: Report = JSON.parse(JSON.stringify(sample), (key, value) =>
  ['problem', 'title', 'why', 'expected', 'actual', 'variant', 'reproduce', 'how', 'reason'].includes(key) &&
  typeof value === 'string'
    ? `${value} ${'{\u202e}](é😀'.repeat(3_000)}`
    : value,
)

describe.each<[string, Report]>([
  ['a report', sample],
  ['a report with a baseline', sampleWithBaseline],
  ['a report of endless texts', long],
])('%s', (_name, report) => {
  const { tool, results = [], ...rest } = run(report)
  const rules = tool.driver.rules ?? []
  const text = expect.stringMatching(/^.{1,1024}$/s)

  // https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning: members that are
  // required, of which none may be empty, and how long they may be. It calls columns required, too; without, a region is its whole lines.
  test('has what GitHub wants', () => {
    expect(rest.automationDetails?.id).toMatch(/^postern\/.*\/$/)
    for (const rule of rules) {
      expect(rule).toMatchObject({
        id: expect.stringMatching(/./),
        shortDescription: { text },
        fullDescription: { text },
        help: { text: expect.stringMatching(/./), markdown: expect.stringMatching(/./) },
        defaultConfiguration: { level: expect.stringMatching(/^(note|warning|error)$/) },
        properties: {
          'security-severity': expect.stringMatching(/^(9\.5|8\.0|5\.5|2\.0)$/),
          precision: expect.stringMatching(/^(very-high|high|medium|low)$/),
        },
      })
      expect(rule.name?.length ?? 0).toBeLessThanOrEqual(255)
      expect(rule.properties?.tags?.[0]).toBe('security')
      expect(rule.properties?.tags?.length).toBeLessThanOrEqual(10)
    }
    for (const { message, locations, partialFingerprints, level } of results) {
      expect(message.text).toEqual(expect.stringMatching(/./))
      expect(level).toMatch(/^(note|warning|error)$/)
      expect(locations).toHaveLength(1)
      const { artifactLocation, region } = locations?.[0]?.physicalLocation ?? {}
      // From the root of the repository, so that alerts stand beside its lines.
      expect(artifactLocation?.uri).toMatch(/^(?!\.{0,2}\/)[^:?#]+$/)
      expect(region?.startLine).toBeGreaterThan(0)
      expect(partialFingerprints?.['primaryLocationLineHash']).toMatch(/^[0-9a-f]{16}:\d+$/)
    }
  })

  // https://docs.gitlab.com/user/application_security/detect/sarif/: what makes it leave a result out, and how it comes to a severity.
  test('has nothing that GitLab leaves out, and the severity that was seen', () => {
    const severityOf = (rank = -1) =>
      rank >= 90 ? 'critical' : rank >= 70 ? 'high' : rank >= 40 ? 'medium' : rank >= 10 ? 'low' : 'info'
    const known = new Set(rules.map(({ id }) => id))
    for (const { ruleId = '', message, rank, properties } of results) {
      expect(known).toContain(ruleId)
      expect(message.text).toEqual(text)
      expect(severityOf(rank)).toBe(properties?.['severity'])
    }
    // It takes a finding for one of dependencies or secrets by such a tag, and splits a report among them.
    expect(
      rules.flatMap(({ properties }) => properties?.tags ?? []).filter((tag) => /^c[vw]e[-:]/i.test(tag)),
    ).toEqual([])
    const suppressed = results.filter(({ suppressions = [] }) => suppressions.length > 0)
    expect(
      suppressed.every(({ suppressions }) => suppressions?.every(({ status }) => status === 'accepted')),
    ).toBe(true)
  })

  test('is SARIF 2.1.0', () => {
    valid(JSON.parse(toSarif(report)))
    expect(valid.errors ?? []).toEqual([])
  })
})

test('a message that is too long with the line that repeats it has it beside', () => {
  const reproduce = `curl ${'x'.repeat(2_000)}`
  const { results = [] } = run(withFindings(1, 0, { reproduce }))
  expect(results[0]?.message.text).not.toContain('Reproduce')
  expect(results[0]?.properties?.['reproduce']).toBe(reproduce)
})
