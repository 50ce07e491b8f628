import { expect, test } from 'vitest'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome } from '../model.ts'
import { withoutSeenTwice } from './seen-twice.ts'

const own = (sample.outcomes as readonly Outcome[]).find(({ check }) => check === 'injection/crlf-subject')
const finding = own?.findings[0]
if (own === undefined || finding === undefined) throw new Error('expected a finding in the sample')

const alertOf = (cwe: string, ...operations: string[]): Outcome => ({
  ...own,
  check: 'zap/crlf-injection-40003',
  judge: 'ZAP 2.17.0',
  weaknesses: [],
  references: [cwe],
  findings: operations.map((operation) => ({ ...finding, operation })),
})

test('what both saw at one operation is counted once, and our finding names the alert', () => {
  const [ours, ...left] = withoutSeenTwice([own], [alertOf('CWE-93', 'message.send', 'template.create')])
  expect(ours?.findings[0]?.alsoSeenBy).toEqual(['ZAP 2.17.0 (zap/crlf-injection-40003)'])
  expect(left.map(({ findings }) => findings.map(({ operation }) => operation))).toEqual([
    ['template.create'],
  ])
  expect(withoutSeenTwice([own], [alertOf('CWE-93', 'message.send')])).toHaveLength(1)
})

test('another weakness, or another operation, is another finding', () => {
  for (const alert of [alertOf('CWE-89', 'message.send'), alertOf('CWE-93', 'GET /health')]) {
    const [ours, left] = withoutSeenTwice([own], [alert])
    expect(ours?.findings[0]?.alsoSeenBy).toBeUndefined()
    expect(left).toEqual(alert)
  }
})
