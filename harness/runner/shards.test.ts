import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome, Report } from '../model.ts'
import { collectChecks, type Listed } from './checks.ts'
import { referenceProfile } from './reference-profile.ts'
import { partOf, placeIn } from './shards.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-shards-'))
})
afterAll(() => rm(folder, { recursive: true }))

const shared = (more = '') => `extends: ${referenceProfile}
name: staging
target: { embedded: null, url: "https://api.staging.shop.test" }
authorization: { owner: qa, until: 2999-12-31, scope: ["*.shop.test", "*.postern.test", 127.0.0.1] }
pages: null
jwt: null
openapi: null
${more}`

/** Loaded once: it takes a while. */
let listed: readonly Listed[] = []
beforeAll(async () => {
  listed = await collectChecks(['access', 'auth', 'discovery', 'keys', 'rate-limit', 'smtp'])
})
const collect = async (only: readonly string[]) =>
  listed.filter(({ id }) => only.includes(id.split('/')[0] ?? ''))

let written = 0

async function part(
  text: string,
  yaml: string,
  options: { only?: readonly string[]; previous?: Report } = {},
) {
  const target = path.join(folder, `target-${++written}.yaml`)
  await writeFile(target, yaml)
  const { only = ['access'], previous = null } = options
  return partOf(text, { target, reach: 'disruptive' }, only, previous, collect)
}
const both = async (yaml: string, options?: { only?: readonly string[]; previous?: Report }) =>
  Promise.all(['1/2', '2/2'].map((text) => part(text, yaml, options)))

test('which machine this is, and of how many', () => {
  expect(placeIn('2/4')).toEqual({ index: 2, of: 4 })
  expect(placeIn('64/64')).toEqual({ index: 64, of: 64 })
  const said = (text: string) => {
    try {
      placeIn(text)
    } catch (error) {
      return String(error)
    }
    return 'nothing'
  }
  const expected =
    '--shard: expected i/n, the number of this machine and of how many, from 1/1 to 64/64; seen '
  for (const [text, meant] of [
    ['0/4', '; did you mean 1/4? (they are counted from 1)'],
    ['5/4', '; did you mean 4/5?'],
    ['2 of 4', '; did you mean 2/4?'],
    ['4', '; did you mean 1/4?'],
    ['1/65', ''],
    ['a/b', ''],
    ['1/2/3', ''],
    ['', ''],
    ['-1/4', '; did you mean 1/4?'],
  ] as const)
    expect(said(text)).toBe(`UsageError: ${expected}${JSON.stringify(text)}${meant}`)
})

test('each machine finds its own part, and what all have in common tells whether they began alike', async () => {
  const yaml = `extends: ${referenceProfile}\nbudget: { mails: 101, perSecond: 5 }\nmail: { inFlight: 5 }\n`
  const [one, two] = await both(yaml)
  expect(one?.only.filter((id) => two?.only.includes(id))).toEqual([])
  expect([one, two].map((each) => each?.shard)).toEqual(
    [1, 2].map((index) => ({ index, of: 2, digest: two?.shard.digest, shared: false, last: false })),
  )
  expect(one?.seed).toBe(two?.seed)
  expect([one, two].map((each) => each?.place.share.inFlight)).toEqual([3, 2])
  expect([one, two].map((each) => each?.place.share.budget?.perSecond)).toEqual([2.5, 2.5])
  expect((one?.place.share.budget?.mails ?? 0) + (two?.place.share.budget?.mails ?? 0)).toBe(101)
  const [other] = await both(yaml.replace('101', '102'))
  expect(other?.shard.digest).not.toBe(one?.shard.digest)
  expect((await part('1/2', yaml, { only: ['keys'] })).shard.digest).not.toBe(one?.shard.digest)
})

test('by the times of an earlier run the longest is apart from the others', async () => {
  const [model] = sample.outcomes as readonly Outcome[]
  const took = (check: string, milliseconds: number) => ({ ...(model as Outcome), check, milliseconds })
  const yaml = `extends: ${referenceProfile}\n`
  const all = (await both(yaml)).flatMap((each) => each?.only ?? [])
  const outcomes = all.map((id) => took(id, id === 'access/rbac-matrix' ? 60_000 : 20))
  const previous: Report = { ...sample, outcomes }
  const [one, two] = await both(yaml, { previous })
  expect(one?.only).toEqual(['access/rbac-matrix'])
  expect(two?.only).toHaveLength(all.length - 1)
  expect(one?.shard.digest).not.toBe((await part('1/2', yaml)).shard.digest)
})

test('what exhausts or has others turned away is the last one’s at a target that all attack', async () => {
  const yaml = shared('mail: { recipients: null }')
  const [one, two] = await both(yaml, { only: ['auth', 'rate-limit', 'discovery'] })
  expect(one?.shard).toMatchObject({ shared: true, last: false })
  expect(two?.shard).toMatchObject({ shared: true, last: true })
  expect(two?.only).toEqual(
    expect.arrayContaining([
      'auth/user-enum',
      'rate-limit/send-burst',
      'auth/jwt-alg-none',
      'discovery/error-leak',
    ]),
  )
  expect(one?.only).toContain('discovery/error-leak')
  expect(one?.only.filter((id) => /^rate-limit|user-enum|jwt-alg-none/.test(id))).toEqual([])
  // Held to what is safe, none of it happens.
  const target = path.join(folder, `target-${written}.yaml`)
  const held = await partOf('2/2', { target, reach: 'safe' }, ['rate-limit'], null, collect)
  expect(held.shard).toMatchObject({ shared: true, last: false })
})

test('one target for all, and mail that would come to one machine alone: refused, with what would help', async () => {
  const refused = async (more: string) => part('1/2', shared(more)).catch(String)
  for (const route of ['relay', 'mx'])
    expect(await refused(`mail: { recipients: { route: ${route} } }`)).toMatch(
      /^UsageError: --shard: expected the mail of each machine to come to its own sandbox; seen one target for all, and mail\.recipients\.route (relay|mx) without \$\{run:shard\} in sandbox\.zone; have the target/,
    )
  expect(
    await refused(
      'mail: { recipients: { route: mailpit } }\nsandbox: { zone: fixed.postern.test, mailpit: { url: "http://127.0.0.1:1" } }',
    ),
  ).toMatch(/expected a zone for each machine, since all read one Mailpit; seen sandbox\.zone fixed/)
  for (const more of [
    `mail: { recipients: { route: relay } }\nsandbox: { zone: "s\${run:shard}.postern.test" }`,
    'mail: { recipients: { route: mailpit } }\nsandbox: { mailpit: { url: "http://127.0.0.1:1" } }',
    'mail: { recipients: null }',
  ])
    expect((await part('1/2', shared(more))).shard.shared).toBe(true)
})

test('who has the one Mailpit fail for all of them is apart from the others', async () => {
  const mailpit = 'sandbox: { mailpit: { url: "http://127.0.0.1:1" } }'
  const [, two] = await both(shared(`mail: { recipients: { route: mailpit } }\n${mailpit}`), {
    only: ['smtp'],
  })
  expect([two?.shard.last, two?.only]).toEqual([true, ['smtp/out-retry']])
  const [, other] = await both(shared('mail: { recipients: null }'), { only: ['smtp'] })
  expect(other?.shard.last).toBe(false)
})

test('a target that each machine has for itself is not shared', async () => {
  const url = 'https://api.staging.shop.test'
  for (const own of ['https://127.0.0.1:8443', `https://api-\${run:shard}.shop.test`])
    expect((await part('1/2', shared().replace(url, own))).shard.shared).toBe(false)
})
