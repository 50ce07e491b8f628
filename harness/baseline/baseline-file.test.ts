import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AcceptedFinding, baselineText, isDay, readBaseline } from './baseline-file.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-baseline-'))
})
afterAll(() => rm(folder, { recursive: true }))

const known = ['access/bola-read', 'tls/versions']

async function read(text: string) {
  const file = path.join(folder, 'b.yaml')
  await writeFile(file, text)
  return readBaseline(file, known)
}

const entry: AcceptedFinding = {
  ...{ check: 'access/bola-read', operation: 'message.get', variant: 'message.get', severity: 'critical' },
  ...{ reason: 'one: tenant, "until" #2 is split', owner: 'mail-team', until: '2026-12-31' },
}

test('what is written is read again, in an order of its own', async () => {
  const other = { ...entry, check: 'zap/cors-40040', variant: null }
  expect(await read(baselineText([other, entry]))).toEqual([entry, other])
  expect(baselineText([other, entry])).toBe(baselineText([entry, other]))
  expect(await read(baselineText([]))).toEqual([])
})

const written = (change: object) => baselineText([{ ...entry, ...change } as AcceptedFinding])

test.each([
  ['no YAML', 'accepted: [', /b\.yaml:\d+ expected YAML; seen/],
  ['no list', 'accept: []', /expected a list accepted; seen none/],
  ['an entry that is a word', 'accepted: [x]', /accepted\.0\.check: expected check, operation/],
  [
    'a check that there is not',
    written({ check: 'access/bola-raed' }),
    /b\.yaml:4 accepted\.0\.check: expected the id of a check; seen access\/bola-raed; did you mean access\/bola-read\?/,
  ],
  [
    'a key with a slip',
    written({}).replace('owner:', 'onwer:'),
    /seen onwer; did you mean owner\?[\s\S]*accepted\.0\.owner: expected who answers for it; seen nothing/,
  ],
  [
    'a day in another order',
    written({ until: '31.12.2026' }),
    /accepted\.0\.until: expected a day, such as 2026-12-31; seen 31\.12\.2026/,
  ],
  ['a day that there is not', written({ until: '2026-02-30' }), /expected a day/],
  [
    'a severity of another tool',
    written({ severity: 'severe' }),
    /expected one of low, medium, high, critical; seen severe/,
  ],
  ['no reason', written({ reason: ' ' }), /expected why it is accepted/],
  [
    'the same twice',
    baselineText([entry, { ...entry, owner: 'other' }]),
    /expected each finding once; seen access\/bola-read, message\.get, message\.get again/,
  ],
])('%s: red, with its line', async (_, text, says) => {
  await expect(read(text)).rejects.toMatchObject({ name: 'UsageError', message: expect.stringMatching(says) })
})

test('of many mistakes the first are told, and how many more there are', async () => {
  const many = Array.from({ length: 400 }, () => '{ check: x }').join(', ')
  const message = await read(`accepted: [${many}]`).catch(String)
  expect(String(message).split('\n')).toHaveLength(21)
  expect(message).toMatch(/… and \d+ more of the kind$/)
})

test('aliases that grow without end are no baseline', async () => {
  const bomb = Array.from(
    { length: 9 },
    (_, n) => `a${n}: &a${n} [${n === 0 ? 'x' : `${`*a${n - 1}, `.repeat(9)}`}]`,
  )
  await expect(read(`${bomb.join('\n')}\naccepted: [*a8]\n`)).rejects.toThrow()
})

test('a file that is not there', async () => {
  await expect(readBaseline(path.join(folder, 'none.yaml'), known)).rejects.toThrow(
    /^--baseline: expected a file that postern baseline wrote; seen .*none\.yaml \(ENOENT\)/,
  )
})

test('days', () => {
  expect(['2026-02-28', '2028-02-29'].map(isDay)).toEqual([true, true])
  expect(['2026-02-29', '2026-13-01', '2026-1-1', '', '2026-12-31T00:00:00Z'].map(isDay)).toEqual(
    Array(5).fill(false),
  )
})
