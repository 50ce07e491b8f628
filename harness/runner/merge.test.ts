import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { exitCode } from '../../reports/exit.ts'
import { toJson } from '../../reports/json.ts'
import { sample } from '../../reports/sample.testing.ts'
import type { Finding, Outcome, Report, Shard } from '../model.ts'
import { merge } from './merge.ts'

let folder = ''
let out = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-merge-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  out = await mkdtemp(path.join(folder, 'out-'))
  const silent = vi.spyOn(console, 'log').mockImplementation(() => {})
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
  return () => {
    silent.mockRestore()
    quiet.mockRestore()
  }
})

const [model] = (sample.outcomes as readonly Outcome[]).filter(({ verdict }) => verdict === 'pass')
const [found] = sample.outcomes.flatMap(({ findings }) => findings)
if (model === undefined || found === undefined) throw new Error('expected a pass and a finding')

const passed = (check: string): Outcome => ({ ...model, check, reason: null, findings: [], variants: [] })
const failed = (check: string, ...findings: Partial<Finding>[]): Outcome => ({
  ...passed(check),
  verdict: 'fail',
  severity: 'high',
  findings: findings.map((change) => ({ ...found, severity: 'high', ...change })),
})
const nothingLeft = { objects: 0, lines: [], lost: false, mails: 0 }

interface Change {
  readonly shard?: Partial<Shard>
  readonly outcomes?: readonly Outcome[]
  readonly report?: Partial<Report>
}

function part(index: number, { shard, outcomes, report }: Change = {}): Report {
  const run: Omit<Report, 'exitCode'> = {
    ...sample,
    ...{ complete: true, incompleteBecause: null, failOn: 'medium', notSelected: [], leftovers: nothingLeft },
    startedAt: `2026-11-27T10:00:0${index}.000Z`,
    finishedAt: `2026-11-27T10:01:0${index}.000Z`,
    shard: { index, of: 3, digest: 'a'.repeat(64), shared: false, last: false, ...shard },
    outcomes: outcomes ?? [passed(`suite/check-${index}`)],
    ...report,
  }
  return { ...run, exitCode: exitCode(run) }
}

const all = (change: Change = {}, ...others: Change[]) => [
  part(1, change),
  part(2, others[0]),
  part(3, others[1]),
]

let written = 0
async function files(reports: readonly Report[]): Promise<string[]> {
  return Promise.all(
    reports.map(async (report) => {
      const file = path.join(folder, `part-${++written}.json`)
      await writeFile(file, toJson(report))
      return file
    }),
  )
}

async function merged(reports: readonly Report[], options: Partial<Parameters<typeof merge>[1]> = {}) {
  const code = await merge(await files(reports), { out, ...options })
  return { code, report: JSON.parse(await readFile(path.join(out, 'report.json'), 'utf8')) as Report }
}

const refusal = (reports: readonly Report[], options?: Partial<Parameters<typeof merge>[1]>) =>
  merged(reports, options).then(
    () => 'nothing was refused',
    (error: Error) => (error.name === 'UsageError' ? error.message : `${error.stack}`),
  )

test('each check once, in the order of ids, from first to last, in all formats', async () => {
  const { code, report } = await merged(all().toReversed())
  expect(code).toBe(0)
  expect(report.outcomes.map(({ check }) => check)).toEqual([
    'suite/check-1',
    'suite/check-2',
    'suite/check-3',
  ])
  expect(report).toMatchObject({
    ...{ startedAt: '2026-11-27T10:00:01.000Z', finishedAt: '2026-11-27T10:01:03.000Z' },
    ...{ complete: true, baseline: null, leftovers: nothingLeft, exitCode: 0 },
  })
  expect(report).not.toHaveProperty('shard')
  expect((await readdir(out)).sort()).toEqual(['junit.xml', 'report.html', 'report.json', 'report.sarif'])
})

test('what is not selected was left out by all of them', async () => {
  const { report } = await merged(
    all(
      { report: { notSelected: ['x/never', 'suite/check-2', 'suite/check-3'] } },
      { report: { notSelected: ['x/never', 'suite/check-1', 'suite/check-3'] } },
      { report: { notSelected: ['x/never', 'suite/check-1', 'suite/check-2'] } },
    ),
  )
  expect(report.notSelected).toEqual(['x/never'])
})

test.each([
  ['a finding in one', all({ outcomes: [failed('a/b', {})] }), 1],
  ['one that was interrupted', all({ report: { complete: false, incompleteBecause: 'gone' } }), 2],
  [
    'something unproven',
    all({ outcomes: [{ ...passed('a/b'), severity: 'high', verdict: 'unproven', reason: 'r' }] }),
    2,
  ],
  [
    'one in which nothing applied, which by itself says nothing',
    all({ outcomes: [{ ...passed('a/b'), verdict: 'not-applicable', reason: 'r' }] }),
    0,
  ],
] as const)('the exit code is that of the whole: %s', async (_, parts, code) => {
  expect(await merged(parts)).toMatchObject({ code, report: { exitCode: code } })
})

test('what is left behind, and why one stopped, is told by shard', async () => {
  const left = { objects: 2, lines: ['left behind: 2 of key.create'], lost: false, mails: 1 }
  const { report } = await merged(
    all(
      { report: { leftovers: left } },
      { report: { leftovers: left, complete: false, incompleteBecause: 'the target is lost' } },
    ),
  )
  expect(report.leftovers).toEqual({
    ...{ objects: 4, mails: 2, lost: false },
    lines: ['shard 1: left behind: 2 of key.create', 'shard 2: left behind: 2 of key.create'],
  })
  expect(report.incompleteBecause).toBe('shard 2 of 3: the target is lost')
  expect((await merged(all({ report: { leftovers: null } }))).report.leftovers).toBeNull()
})

test('what every machine looked at is one check: what any of them found is found', async () => {
  const variant = (state: 'held' | 'violated' | 'unjudged', reason: string | null = null) => ({
    name: 'v',
    state,
    reason,
  })
  const { code, report } = await merged(
    all(
      { outcomes: [passed('a/one'), { ...passed('z/back'), variants: [variant('held')] }] },
      {
        outcomes: [
          passed('a/two'),
          { ...failed('z/back', { variant: 'v' }), variants: [variant('violated')] },
        ],
      },
      {
        outcomes: [
          passed('a/three'),
          { ...failed('z/back', { variant: 'v' }, { variant: 'w' }), variants: [variant('violated')] },
        ],
      },
    ),
  )
  const back = report.outcomes.filter(({ check }) => check === 'z/back')
  expect(code).toBe(1)
  expect(back).toHaveLength(1)
  expect(back[0]).toMatchObject({
    verdict: 'fail',
    requests: 3 * model.requests,
    variants: [variant('violated')],
  })
  expect(back[0]?.findings.map(({ variant }) => variant)).toEqual(['v', 'w'])
  const inDoubt = { ...passed('z/back'), verdict: 'unproven', reason: 'no answer' } as const
  const doubtful = await merged(
    all({ outcomes: [passed('z/back')] }, { outcomes: [inDoubt] }, { outcomes: [passed('z/back')] }),
  )
  expect(doubtful.report.outcomes).toMatchObject([{ verdict: 'unproven', reason: 'no answer' }])
})

test('what two of a foreign tool and of ours have both seen is counted once, whoever saw it', async () => {
  const alert: Outcome = {
    ...failed('zap/crlf', { operation: 'message.send' }),
    ...{ judge: 'ZAP 2', references: ['CWE-93'] },
  }
  const { report } = await merged(
    all(
      { outcomes: [{ ...failed('a/crlf', { operation: 'message.send' }), references: ['CWE-93'] }] },
      { outcomes: [alert] },
    ),
  )
  expect(report.outcomes.map(({ check }) => check)).toEqual(['a/crlf', 'suite/check-3'])
  expect(report.outcomes[0]?.findings[0]?.alsoSeenBy).toEqual(['ZAP 2 (zap/crlf)'])
})

test('at a shared target, what passed beside another machine although it is to be alone has proved nothing', async () => {
  const shard = { shared: true }
  const parts = (startedAt: string) =>
    all(
      { shard },
      { shard },
      {
        shard: { ...shard, last: true },
        outcomes: [{ ...passed('a/alone'), severity: 'high' }, failed('a/found', {})],
        report: { startedAt, finishedAt: '2026-11-27T10:09:00.000Z' },
      },
    )
  const beside = await merged(parts('2026-11-27T10:01:01.500Z'))
  expect(beside.report.outcomes.find(({ check }) => check === 'a/alone')).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringMatching(/shard 2 was at it until .*: run --shard 3\/3 when the others have ended$/),
  })
  expect(beside.report.outcomes.find(({ check }) => check === 'a/found')?.verdict).toBe('fail')
  const after = await merged(parts('2026-11-27T10:01:02.000Z'))
  expect(after.report.outcomes.find(({ check }) => check === 'a/alone')?.verdict).toBe('pass')
})

test('the whole is judged by a baseline and an earlier run as a run is', async () => {
  const { report: earlier } = await merged(all({ outcomes: [failed('a/old', { variant: null })] }))
  const [previous] = await files([earlier])
  const baseline = path.join(folder, 'b.yaml')
  const entry = 'operation: message.send, severity: high, reason: r, owner: o, until: 2999-12-31'
  await writeFile(
    baseline,
    `accepted:\n  - { check: access/bola-read, ${entry} }\n  - { check: tls/cert, ${entry} }\n`,
  )
  const finding = { operation: 'message.send', variant: null }
  const parts = all(
    { outcomes: [failed('access/bola-read', finding)] },
    { outcomes: [failed('tls/cert', finding)] },
  )
  const { code, report } = await merged(parts, { baseline, previous: previous ?? '' })
  expect([code, report.baseline]).toEqual([0, { file: baseline, accepted: 2, stale: [] }])
  expect(report.previous?.changed.map(({ check, change }) => `${check} ${change}`)).toEqual([
    'a/old not looked at',
    'access/bola-read first looked at',
    'tls/cert first looked at',
  ])
  expect((await merged(parts)).code).toBe(1)
  expect((await merged(parts, { failOn: 'critical' })).code).toBe(0)
  const judged = all({ report: { baseline: { file: 'own.yaml', accepted: 0, stale: [] } } })
  const before = { reason: 'r', owner: 'o', until: '2999-12-31' }
  const accepted = all({ outcomes: [failed('tls/cert', { ...finding, variant: 'x', accepted: before })] })
  expect((await merged(accepted, { baseline })).report.baseline?.accepted).toBe(0)
  expect(await refusal(judged)).toMatch(
    /^--baseline: expected the one by which .* was judged \(own\.yaml\); seen none/,
  )
})

test.each([
  [
    'one is missing',
    all().slice(0, 2),
    /^expected the reports of all 3 shards; seen none of 3\/3; run postern run --shard 3\/3, or name/,
  ],
  [
    'one is there twice',
    [...all(), part(2)],
    /^expected each part once; seen shard 2 of 3 in .*json and .*json; leave one of them out$/,
  ],
  ['none', [], /^expected the report\.json of each part; seen none/],
  [
    'a whole run',
    [{ ...sample }],
    /expected the report of a run with --shard; seen that of a whole one; leave it out$/,
  ],
  [
    'of another profile',
    all({}, { shard: { digest: 'b'.repeat(64) } }),
    /seen another profile, selection, checks or earlier report \(--previous\) \(digest bbbbbbbbbbbb, not digest aaaaaaaaaaaa\)/,
  ],
  ['of another number', all({}, { shard: { of: 4 } }), /seen another number of shards \(4, not 3\)/],
  [
    'of another target',
    all({}, { report: { target: { ...sample.target, name: 'other' } } }),
    /seen another target \(other, not /,
  ],
  [
    'of another version',
    all({}, { report: { tool: { name: 'postern', version: '9.9.9' } } }),
    /seen another version of postern \(9\.9\.9, not /,
  ],
  ['of another seed', all({}, { report: { seed: 99 } }), /seen another seed \(99, not /],
  ['of another reach', all({}, { report: { reach: 'safe' } }), /seen another reach \(safe, not /],
  [
    'of another threshold',
    all({}, { report: { failOn: 'low' } }),
    /seen another threshold \(--fail-on\) \(low, not medium\)/,
  ],
  [
    'a check in two of three',
    all({ outcomes: [passed('a/b')] }, { outcomes: [passed('a/b')] }),
    /^expected a\/b in one part; seen it in .* and /,
  ],
  [
    'a check in none',
    all({ report: { notSelected: ['a/lost'] } }),
    /^expected a\/lost in one of the parts, since .* leaves it to the others; seen it in none/,
  ],
] as const)('refused: %s', async (_, parts, says) => {
  expect(await refusal(parts)).toMatch(says)
  expect(await readdir(out)).toEqual([])
})

test('where the URL is that of a target for all, it is the same', async () => {
  const other = { target: { ...sample.target, url: 'https://elsewhere.test' } }
  expect((await merged(all({}, { report: other }))).code).toBe(0)
  const shard = { shared: true }
  expect(await refusal(all({ shard }, { shard, report: other }, { shard }))).toMatch(
    /another URL of the target/,
  )
})

test('a part that was cut short is no report, and none is written over', async () => {
  const [whole = '', ...others] = await files(all())
  await writeFile(whole, (await readFile(whole, 'utf8')).slice(0, 700))
  await expect(merge([whole, ...others], { out })).rejects.toThrow(
    /which is no whole JSON; it may have been cut short/,
  )
  const inTheWay = path.join(out, 'report.json')
  await writeFile(inTheWay, toJson(part(1)))
  await expect(merge([inTheWay, ...(await files([part(2), part(3)]))], { out })).rejects.toThrow(
    /^--out: expected a folder without a part in it; seen .*, which would be replaced; name another$/,
  )
})
