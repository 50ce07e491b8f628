import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test, vi } from 'vitest'
import { toJson } from '../reports/json.ts'
import { sampleWithBaseline } from '../reports/sample.testing.ts'
import { testWith } from './runner/parts.testing.ts'
import { inPlace } from './runner/spawned.testing.ts'

// What reads comes from a registry, and runs in a process of its own.
vi.setConfig({ testTimeout: 120_000 })

const exec = promisify(execFile)
const folder = await mkdtemp(path.join(tmpdir(), 'postern-readers-'))
afterAll(() => rm(folder, { recursive: true }))

const missing = await exec('python3', [
  ...['-m', 'pip', '-q', '--disable-pip-version-check', 'install', '--target', folder],
  ...['py-ocsf-models==0.10.0', 'in-toto-attestation==0.9.3', 'junitparser==5.0.3'],
]).then(
  () => null,
  (error) =>
    `py-ocsf-models, in-toto-attestation and junitparser were not to be had with pip: ${String(error).split('\n')[0]}`,
)

async function exported(...args: readonly string[]) {
  let ended = { code: 0 as number | null, stdout: '', stderr: '' }
  await inPlace(async ({ folder, postern }) => {
    const file = path.join(folder, 'report.json')
    await writeFile(file, toJson(sampleWithBaseline))
    await writeFile(path.join(folder, 'other.json'), '{"schemaVersion":"2.2"')
    ended = await postern(['export', ...args.map((arg) => arg.replace('{}', folder))]).ended
  })
  return ended
}

/** What Python says of a text on its standard input. */
async function read(text: string, program: string): Promise<unknown> {
  const running = exec('python3', ['-c', program], { env: { ...process.env, PYTHONPATH: folder } })
  running.child.stdin?.end(text)
  return JSON.parse((await running).stdout)
}

testWith('readers', missing)('py-ocsf-models takes an event for each check, with its verdict', async () => {
  const { code, stdout } = await exported('{}/report.json', '--as', 'ocsf')
  expect(code).toBe(0)
  const events = await read(
    stdout,
    `
import json, sys
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
lines = [json.loads(line) for line in sys.stdin]
# The schema has it beside status_id (https://schema.ocsf.io/1.5.0/objects/compliance), and this reader has not.
for line in lines: line['compliance'].pop('status')
events = [ComplianceFinding.model_validate(line, extra='forbid') for line in lines]
print(json.dumps([[e.compliance.control, e.compliance.status_id.name, e.severity_id.name, e.status_id.name] for e in events]))
`,
  )
  const [first] = sampleWithBaseline.outcomes
  expect(events).toHaveLength(sampleWithBaseline.outcomes.length)
  expect(events).toContainEqual([first?.check, 'Fail', 'Critical', 'New'])
  const of = { pass: 'Pass', fail: 'Fail', unproven: 'Warning', error: 'Warning' }
  expect((events as string[][]).map(([, status]) => status)).toEqual(
    sampleWithBaseline.outcomes.map(({ verdict }) => of[verdict as keyof typeof of] ?? 'Other'),
  )
})

testWith('readers', missing)(
  'in-toto-attestation takes the statement, and it is over that very file',
  async () => {
    const { code, stdout } = await exported('{}/report.json', '--as', 'in-toto')
    expect(code).toBe(0)
    const said = await read(
      stdout,
      `
import hashlib, json, sys
import google.protobuf.json_format as pb_json
from in_toto_attestation.v1.statement import Statement
import in_toto_attestation.v1.statement_pb2 as spb
import in_toto_attestation.predicates.test_result.v0.test_result_pb2 as trpb
pb = pb_json.Parse(sys.stdin.read(), spb.Statement())
Statement.copy_from_pb(pb).validate()
result = pb_json.Parse(pb_json.MessageToJson(pb.predicate), trpb.TestResult())
print(json.dumps({'digest': pb.subject[0].digest['sha256'], 'type': pb.predicate_type, 'result': result.result, 'failed': list(result.failed_tests), 'passed': list(result.passed_tests)}))
`,
    )
    expect(said).toMatchObject({
      digest: createHash('sha256').update(toJson(sampleWithBaseline)).digest('hex'),
      type: 'https://in-toto.io/attestation/test-result/v0.1',
      result: 'FAILED',
      failed: expect.arrayContaining(['injection/crlf-subject']),
      passed: sampleWithBaseline.outcomes.flatMap(({ check, verdict }) =>
        verdict === 'pass' ? [check] : [],
      ),
    })
  },
)

testWith('readers', missing)(
  'junitparser reads of JUnit what the report says, each test by a name of its own',
  async () => {
    const { code, stdout } = await exported('{}/report.json', '--as', 'junit')
    expect(code).toBe(0)
    const said = await read(
      stdout,
      `
import json, sys
from junitparser import JUnitXml, Error, Failure, Skipped
xml = JUnitXml.fromstring(sys.stdin.buffer.read())
cases = [case for suite in xml for case in suite]
of = lambda kind: sum(isinstance(result, kind) for case in cases for result in case.result)
print(json.dumps({
  'counted': [len(cases), of(Failure), of(Error), of(Skipped)],
  'declared': [xml.tests, xml.failures, xml.errors, xml.skipped],
  'names': [[case.classname, case.name] for case in cases],
}))
`,
    )
    const { counted, declared, names } = said as Record<'counted' | 'declared', number[]> & {
      names: string[][]
    }
    expect(counted).toEqual(declared)
    expect(names).toEqual(
      expect.arrayContaining(
        sampleWithBaseline.outcomes.map(({ check, title }) => [check.replaceAll('/', '.'), title]),
      ),
    )
    // GitLab takes the first of several, and says nothing of the others (docs.gitlab.com/ci/testing/unit_test_reports).
    expect(new Set(names.map(String)).size).toBe(names.length)
  },
)

test('a report is printed in a format by its name; what is none, and a format that nobody knows, are errors', async () => {
  const markdown = await exported('{}/report.json', '--as', 'markdown')
  expect([markdown.code, markdown.stdout]).toEqual([0, expect.stringMatching(/^## Postern: /)])
  expect(await exported('{}/other.json', '--as', 'html')).toMatchObject({
    ...{ code: 3, stdout: '' },
    stderr: expect.stringMatching(
      /^the report: expected a report\.json; seen .*no whole JSON; it may have been cut/,
    ),
  })
  const unknown = await exported('{}/report.json', '--as', 'pdf')
  expect([unknown.code, unknown.stderr]).toEqual([3, expect.stringMatching(/Allowed choices are defectdojo/)])
})
