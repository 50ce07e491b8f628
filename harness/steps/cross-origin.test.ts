import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Exchange, HttpRequest, HttpResponse } from '../model.ts'
import { otherOrigins, waysToAsk } from './cross-origin.ts'

const evil = 'https://evil.test'

const read = {
  ...{ name: 'principal.get', kind: 'principal', effect: 'read', sends: false, object: null },
  ...{ path: '/me', inputs: new Set<string>(), example: {}, steps: [], as: 'admin' },
}

type Answer = Pick<HttpResponse, 'status' | 'headers'>

/** What a page of another origin gets by a read, and by the preflight before it. */
async function asked(simple: Answer, preflight: Answer, plain: readonly number[] = [200]) {
  const { kit, judge } = sampleKit({
    profile: { operations: { 'principal.get': read } },
    has: (operation) => operation === 'principal.get',
  })
  const statuses = [...plain]
  const respond = ({ status, headers }: Answer): Exchange => ({
    ...sampleExchange(status < 400 ? 'accepted' : status < 500 ? 'refused' : 'broken'),
    response: { status, headers, body: '{}', truncated: false },
  })
  const send = async ({ method, headers }: HttpRequest) => {
    if (!headers.some(([name]) => name === 'origin'))
      return respond({ status: statuses.shift() ?? 200, headers: [] })
    return respond(method === 'OPTIONS' ? preflight : simple)
  }
  Object.assign(kit.api, { send })
  return judge(async () => {
    await kit.verify.each(await waysToAsk(kit), async ({ ask }) => {
      const { trusted, shared } = await ask(evil)
      kit.verify.that(!trusted, { expected: 'no leave', actual: 'leave' })
      if (shared !== null) kit.verify.that(!shared, { severity: 'low', expected: 'Vary', actual: 'none' })
    })
  })
}

const found = async (...of: Parameters<typeof asked>) => {
  const { findings, verdict } = await asked(...of)
  return findings.length === 0 ? [verdict] : findings.map(({ variant, severity }) => `${variant} ${severity}`)
}

const origin = (value: string) => ['access-control-allow-origin', value] as const
const credentials = ['access-control-allow-credentials', 'true'] as const
const none = { status: 204, headers: [] }

test('an origin that is let in with credentials is a finding, by a read and by a preflight', async () => {
  const lets = { status: 200, headers: [origin(evil), credentials, ['vary', 'Accept, Origin']] as const }
  expect(await found(lets, none)).toEqual(['read high'])
  const names = ['access-control-allow-headers', 'X-Other, Authorization'] as const
  expect(await found({ ...none, status: 200 }, { ...lets, headers: [...lets.headers, names] })).toEqual([
    'preflight high',
  ])
  // A page may not send what it asked for.
  expect(await found({ ...none, status: 200 }, lets)).toEqual(['pass'])
})

test('what lets no page read with credentials is none', async () => {
  for (const headers of [
    [origin('*'), credentials],
    [origin('https://own.test'), credentials],
    [origin(evil), origin(evil), credentials],
  ] as const)
    expect(await found({ status: 200, headers }, { status: 404, headers })).toEqual(['pass'])
})

test('an origin that is answered by name, and in a cache, is a finding of low severity', async () => {
  expect(await found({ status: 200, headers: [origin(evil)] }, none)).toEqual(['read low'])
  for (const field of [
    ['vary', '*'],
    ['cache-control', 'private, no-store'],
  ] as const)
    expect(await found({ status: 200, headers: [origin(evil), field] }, none)).toEqual(['pass'])
})

test('a refusal for the origin alone is a no; an error, or a refusal of everybody, proves nothing', async () => {
  const refused = { status: 403, headers: [] }
  expect(await found(refused, none)).toEqual(['pass'])
  expect(await found(refused, none, [401])).toEqual(['unproven'])
  expect(await found({ status: 302, headers: [] }, none)).toEqual(['pass'])
  expect(await found({ status: 502, headers: [] }, none)).toEqual(['unproven'])
  expect(await found({ status: 200, headers: [] }, { status: 503, headers: [] })).toEqual(['unproven'])
  expect(await found({ status: 200, headers: [] }, { status: 405, headers: [] })).toEqual(['pass'])
})

test.each([
  ['https://api.good.test', { foreign: evil, 'own host in the clear': 'http://api.good.test' }],
  ['https://api.good.test:8443', { 'own host in front of another name': 'https://api.good.test.evil.test' }],
  ['https://api.good.test', { 'own name at the end of another': 'https://evilgood.test' }],
  ['https://127.0.0.1:8443', { 'own name at the end of another': 'https://evilown.test' }],
  [
    'http://localhost',
    {
      'own host in the clear': undefined,
      'own host at another port': 'http://localhost:8081',
      'own name at the end of another': 'http://evilown.test',
    },
  ],
  ['https://[::1]:8443', { 'own host in front of another name': 'https://own.test.evil.test', null: 'null' }],
])('beside %s stand origins that careless comparisons take for it', (url, some) => {
  const { kit } = sampleKit({ profile: { target: { url } } })
  Object.assign(kit, { suffixes: [] })
  const all = Object.fromEntries(otherOrigins(kit).map(({ name, origin }) => [name, origin]))
  expect(all).toMatchObject(some)
  expect(Object.values(all)).not.toContain(new URL(url).origin)
})
