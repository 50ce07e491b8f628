import { expect, test } from 'vitest'
import { toDefectDojo } from './defectdojo.ts'
import { sampleWithBaseline } from './sample.testing.ts'

/** All that its importer takes of what we know; it refuses a file with any other key. */
const known = new Set([
  ...[
    'title',
    'severity',
    'description',
    'date',
    'cwe',
    'cwes',
    'impact',
    'mitigation',
    'steps_to_reproduce',
  ],
  ...['references', 'unique_id_from_tool', 'vuln_id_from_tool', 'service', 'endpoints', 'tags', 'active'],
  ...['effort_for_fixing', 'verified', 'risk_accepted', 'dynamic_finding', 'static_finding'],
])

const scan = JSON.parse(toDefectDojo(sampleWithBaseline))

test('each finding is one, under keys that the importer knows, and none is another’s', () => {
  const findings = sampleWithBaseline.outcomes.flatMap((outcome) => outcome.findings)
  expect(scan).toMatchObject({ name: 'Postern', type: 'Postern', dynamic_tool: true })
  expect(scan.findings).toHaveLength(findings.length)
  for (const each of scan.findings) {
    expect(Object.keys(each).filter((key) => !known.has(key))).toEqual([])
    expect(each.severity).toMatch(/^(?:Critical|High|Medium|Low)$/)
    expect(each.date).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(each.title.length).toBeLessThanOrEqual(511)
  }
  const ids = scan.findings.map((each: { unique_id_from_tool: string }) => each.unique_id_from_tool)
  expect(new Set(ids).size).toBe(findings.length)
})

test('a finding has its problem, its numbers and its evidence; one that is accepted is not active', () => {
  const [worst] = scan.findings
  expect(worst).toMatchObject({
    title: expect.stringContaining('becomes a header, a recipient or a body: message.send, CR LF before Bcc'),
    ...{ severity: 'Critical', cwe: 93, cwes: ['CWE-93'], vuln_id_from_tool: 'injection/crlf-subject' },
    ...{ active: true, risk_accepted: false, verified: true, effort_for_fixing: 'Low' },
  })
  expect(worst.description).toContain('RCPT TO:<hidden-k81f@crlf.sound.')
  const accepted = scan.findings.filter((each: { risk_accepted: boolean }) => each.risk_accepted)
  expect(accepted.map(({ active, severity }: Record<string, unknown>) => [active, severity])).toEqual([
    [false, 'Low'],
  ])
})
