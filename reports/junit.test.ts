import { SaxesParser } from 'saxes'
import { expect, test } from 'vitest'
import type { Report } from '../harness/model.ts'
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
  expect(root?.attributes).toMatchObject({ tests: '11', failures: '4', errors: '2', skipped: '2' })
  expect(children(sample, 'testcase')).toHaveLength(11)
  expect(children(sample, 'failure')).toHaveLength(4)
  expect(children(sample, 'skipped')).toHaveLength(2)
  const suites = children(sample, 'testsuite').map(({ attributes }) => [
    attributes['name'],
    attributes['tests'],
  ])
  expect(suites).toContainEqual(['injection', '2'])
  expect(suites).toContainEqual(['auth', '2'])
})

test('unproven is an error that says so, and not-applicable says why', () => {
  const errors = children(sample, 'error').map(({ attributes }) => attributes['message'])
  expect(errors[0]).toMatch(/^unproven: The baseline message did not arrive/)
  expect(errors[1]).toMatch(/^error: TypeError/)
  expect(children(sample, 'skipped')[0]?.attributes['message']).toMatch(/^The profile declares no key.revoke/)
})

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
