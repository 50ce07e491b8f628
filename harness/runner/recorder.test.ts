import { expect, test } from 'vitest'
import type { TestCase, TestModule } from 'vitest/node'
import type { Judgement } from '../check/judgement.ts'
import { sampleAbout } from '../check/sample-kit.testing.ts'
import type { About, Finding, Role } from '../model.ts'
import { problemOf } from './proof-problem.ts'
import { createRecorder, toOutcome } from './recorder.ts'

const weakness = 'passes-line-breaks-on'
const about: About = { ...sampleAbout, id: 'injection/crlf-subject', weaknesses: [weakness] }

const finding: Finding = {
  operation: 'message.send',
  variant: null,
  severity: 'critical',
  expected: 'none',
  actual: 'one',
  evidence: [{ kind: 'measurement', text: 'one', at: 0 }],
  reproduce: 'true',
}

const passed: Judgement = {
  ...{ verdict: 'pass', reason: null, requests: 3, milliseconds: 5, findings: [], variants: [] },
  ...{ mistake: null, operations: [], spent: { mails: 0, fences: 0, connections: 0 } },
  absences: [],
}

/** As Vitest hands it to a reporter. */
function testCase(meta: { judgement?: Judgement }, errors: readonly { message: string }[] = []): TestCase {
  return {
    name: 'a property holds',
    project: { name: 'target' },
    meta: () => ({ about, ...meta }),
    result: () => ({ state: errors.length > 0 ? 'failed' : 'passed', errors }),
    diagnostic: () => ({ duration: 7 }),
  } as unknown as TestCase
}

test('two checks in one file are a fault: one would be taken for the other', () => {
  const recorder = createRecorder()
  const allTests = () => [testCase({}), testCase({})]
  recorder.onTestModuleCollected?.({ children: { allTests } } as unknown as TestModule)
  const browser = createRecorder()
  for (const title of ['one', 'two'])
    browser.add({ role: 'target', switched: null, about, title, judgement: null })
  for (const { faults } of [recorder, browser])
    expect(faults).toEqual([
      expect.stringContaining('injection/crlf-subject: expected one check in its file'),
    ])
})

test('a test that Vitest calls passed or failed has the verdict of its judgement; without one it is an error', () => {
  const verdictOf = (one: TestCase) => {
    const recorder = createRecorder()
    recorder.onTestCaseResult?.(one)
    return recorder.all('target')[0]?.judgement
  }
  expect(verdictOf(testCase({ judgement: passed }, [{ message: 'late' }]))?.verdict).toBe('pass')
  expect(verdictOf(testCase({}, [{ message: 'crashed' }]))).toMatchObject({
    verdict: 'error',
    reason: 'crashed',
    findings: [],
  })
  expect(verdictOf(testCase({}))?.verdict).toBe('error')
})

test('what was collected and has not ended is unproven, also what ends after the recorder was stopped', () => {
  const recorder = createRecorder()
  const module = { children: { allTests: () => [testCase({})] } } as unknown as TestModule
  recorder.onTestModuleCollected?.(module)
  recorder.stop()
  recorder.onTestCaseResult?.(testCase({ judgement: passed }))
  const [recorded] = recorder.all('target')
  expect(recorded && toOutcome(recorded, null, 'it was interrupted')).toMatchObject({
    verdict: 'unproven',
    reason: 'it was interrupted',
  })
})

test('only a finding on the operation that the weakness touches proves a check, and only a pass shows it sound', () => {
  const problem = (role: Role, judgement: Judgement | null) =>
    problemOf({ role, switched: role === 'weak' ? weakness : null, about, title: 'it holds', judgement })
  const failed: Judgement = { ...passed, verdict: 'fail', findings: [finding] }
  expect(problem('weak', failed)).toBeNull()
  expect(problem('weak', { ...failed, findings: [{ ...finding, operation: 'key.list' }] })).toContain(
    'expected a finding on message.send, got fail',
  )
  expect(problem('weak', { ...passed, verdict: 'error', reason: 'crashed' })).toContain('error crashed')
  expect(problem('weak', null)).toContain('no judgement')
  expect(problem('sound', passed)).toBeNull()
  for (const verdict of ['unproven', 'error', 'not-applicable'] as const)
    expect(problem('sound', { ...passed, verdict, reason: 'because' })).toContain(`${verdict}, because`)
})

test('a check that uses what it neither needs nor asks for is not proved', () => {
  const judgement = { ...passed, mistake: 'uses contact.list, message.send:cc' }
  expect(problemOf({ role: 'sound', switched: null, about, title: 'it holds', judgement })).toContain(
    'it uses contact.list, message.send:cc',
  )
})

test('each weakness of a check is recorded by itself', () => {
  const recorder = createRecorder()
  for (const switched of ['b', 'a', 'b'])
    recorder.add({ role: 'weak', switched, about, title: 'it holds', judgement: null })
  expect(recorder.all('weak').map((recorded) => recorded.switched)).toEqual(['a', 'b'])
})

test('a worker that dies is told with what killed it', () => {
  const recorder = createRecorder()
  const cause = new Error('Worker terminated due to reaching memory limit: JS heap out of memory')
  const errors = [new Error('Worker threads emitted error.', { cause }), new Error('another')]
  recorder.onTestRunEnd?.([], errors as never, 'failed')
  expect(recorder.faults).toEqual([`Worker threads emitted error. ${cause.message}`, 'another'])
})
