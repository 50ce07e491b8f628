import { SaxesParser } from 'saxes'
import { expect, test } from 'vitest'
import type { Outcome, Report, Severity } from '../harness/model.ts'
import { severities, verdicts } from '../harness/model.ts'
import { exitCode } from './exit.ts'
import { toJunit } from './junit.ts'
import { sample } from './sample.testing.ts'

interface Node {
  readonly text: string
  readonly name: string
  readonly attributes: Record<string, string>
}

/** Strict XML 1.0: throws at the first thing that is not well-formed. */
function elements(xml: string): Node[] {
  const found: Node[] = []
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => found.push({ name, attributes, text: '' }))
  parser.on('text', (text) => {
    const last = found.pop()
    if (last !== undefined) found.push({ ...last, text: last.text + text })
  })
  parser.write(xml).close()
  return found
}

function children(report: Report, name: string): Node[] {
  return elements(toJunit(report)).filter((node) => node.name === name)
}

test('the numbers are those of the run', () => {
  const [root] = children(sample, 'testsuites')
  expect(root?.attributes).toMatchObject({ tests: '12', failures: '3', errors: '2', skipped: '3' })
  expect(children(sample, 'testcase')).toHaveLength(12)
  expect(children(sample, 'failure')).toHaveLength(3)
  expect(children(sample, 'skipped')).toHaveLength(3)
  const suites = children(sample, 'testsuite').map(({ attributes }) => [
    attributes['name'],
    attributes['tests'],
  ])
  expect(suites).toContainEqual(['injection', '2'])
  expect(suites).toContainEqual(['auth', '2'])
})

test('unproven is an error that says so; what was not run is skipped, and says why', () => {
  const errors = children(sample, 'error').map(({ attributes }) => attributes['message'])
  expect(errors[0]).toMatch(/^unproven: The baseline message did not arrive/)
  expect(errors[1]).toMatch(/^error: TypeError/)
  const skipped = children(sample, 'skipped').map(({ attributes }) => attributes['message'])
  expect(skipped).toEqual([
    expect.stringMatching(/^not applicable: The profile declares no key.revoke/),
    expect.stringMatching(/^held back: the check is disruptive and the run is held to intrusive/),
    expect.stringMatching(/^2 objects of the run stay at the target\. left behind: .* Mail for 3 recipients/),
  ])
})

test('a finding below the threshold stands in the output of a test that passed', () => {
  const [output] = children(sample, 'system-out')
  expect(output?.text).toMatch(/^below medium: low: session\.create\nexpected: the same distribution/)
})

const [model] = sample.outcomes as readonly Outcome[]
const [finding] = model?.findings ?? []

/** All that can come of one check, at every severity. */
function* everyOutcome(): Generator<Outcome> {
  if (model === undefined || finding === undefined) throw new Error('the sample holds no finding')
  const most = (severity: Severity) => severities.slice(0, severities.indexOf(severity) + 1)
  for (const severity of severities)
    for (const verdict of verdicts)
      for (const reason of [null, 'something could not be judged'])
        for (const judge of [null, 'ZAP 2.17.0'])
          for (const found of verdict === 'fail' ? [null, ...most(severity)] : [null]) {
            const findings = found === null ? [] : [{ ...finding, severity: found }]
            yield { ...model, severity, verdict, reason, judge, findings }
          }
}

test.each(severities)(
  'with --fail-on %s something is red if and only if the exit code is not 0',
  (failOn) => {
    const pass = { ...sample.outcomes[4], verdict: 'pass' } as Outcome
    const nothing = { objects: 0, lines: [], lost: false, mails: 0 }
    const runs = [...everyOutcome()].flatMap((outcome) =>
      [[outcome], [pass, outcome]].flatMap((outcomes) =>
        [nothing, { ...nothing, lost: true }, null].map((leftovers) => ({
          ...sample,
          failOn,
          outcomes,
          leftovers,
        })),
      ),
    )
    for (const run of runs) {
      const report: Report = { ...run, exitCode: exitCode(run) }
      const red = elements(toJunit(report)).filter(({ name }) => name === 'failure' || name === 'error')
      const [outcome] = report.outcomes.slice(-1)
      expect({ red: red.length > 0, outcome }).toEqual({ red: report.exitCode !== 0, outcome })
      const [root] = children(report, 'testsuites')
      expect(Number(root?.attributes['failures']) + Number(root?.attributes['errors'])).toBe(red.length)
    }
  },
)

test('a failure says what was not judged beside it, and how much work its remedy is', () => {
  const [failure] = children(sample, 'failure')
  expect(failure?.text).toContain('\n2 of 9 variants violated, 3 not judged, 1 not applicable\n')
  expect(failure?.text).toContain('\n3 of 9 variants could not be judged, first CR LF folded: The target')
  expect(failure?.text).toContain("\neffort: low, some hours\nbefore:\nsocket.write('Subject: ' + subject")
  expect(failure?.text).toContain('\nafter: await transport.sendMail({ subject, to })')
})

test('a run that stopped early is red, whatever its checks said', () => {
  const stopped: Report = {
    ...sample,
    outcomes: [],
    complete: false,
    incompleteBecause: 'interrupted',
    exitCode: 2,
    leftovers: { objects: 0, lines: [], lost: false, mails: 0 },
  }
  expect(children(stopped, 'testsuites')[0]?.attributes).toMatchObject({ tests: '1', errors: '1' })
  expect(children(stopped, 'error')[0]?.attributes['message']).toBe('incomplete: interrupted')
})

test('quotes, ampersands and brackets in a text come back as they were', () => {
  const awkward = `a "b" 'c' & <d> ]]> &amp;`
  const report: Report = {
    ...sample,
    outcomes: sample.outcomes.map((outcome) => ({ ...outcome, title: awkward })),
  }
  expect(children(report, 'testcase').map(({ attributes }) => attributes['name'])).toContain(awkward)
})
