import { expect, test } from 'vitest'
import type { Outcome, Report } from '../harness/model.ts'
import { toHtml } from './html.ts'
import { toJunit } from './junit.ts'
import { toMarkdown } from './markdown.ts'
import { sample } from './sample.testing.ts'
import { toSarif } from './sarif.ts'

const [ours] = sample.outcomes as readonly Outcome[]
if (ours === undefined) throw new Error('expected an outcome in the sample')
const [finding] = ours.findings
if (finding === undefined) throw new Error('expected a finding in it')

const alert: Outcome = {
  ...ours,
  check: 'zap/sql-injection-40018',
  file: 'harness/zap/alerts.ts',
  judge: 'ZAP 2.17.0',
  weaknesses: [],
  proof: null,
}
const both: Report = {
  ...sample,
  outcomes: [
    { ...ours, findings: [{ ...finding, alsoSeenBy: ['ZAP 2.17.0 (zap/crlf-injection-40003)'] }] },
    alert,
  ],
}

test('what a foreign tool judged names it, and claims no proof', () => {
  expect(toHtml(both)).toContain('judged by ZAP 2.17.0')
  const [run] = JSON.parse(toSarif(both)).runs
  const [mine, theirs] = run.tool.driver.rules
  expect([mine.properties.precision, theirs.properties.precision]).toEqual(['very-high', 'medium'])
  const files = run.results.map(
    (result: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
      result.locations[0]?.physicalLocation.artifactLocation.uri,
  )
  expect(files).toContain('suites/injection/crlf-subject.check.ts')
  expect(files).toContain('harness/zap/alerts.ts')
})

test('a finding names the foreign tool that saw the same', () => {
  expect(toHtml(both)).toContain('Also seen by ZAP 2.17.0 (zap/crlf-injection-40003)')
  expect(toJunit(both)).toContain('also seen by: ZAP 2.17.0')
  expect(toMarkdown(both)).toContain('also seen by ZAP')
})
