import { expect, test } from 'vitest'
import type { Part } from '../check/verify.ts'
import {
  type AuthorizationServer,
  authorizationServer,
  type OAuthClient,
  type OAuthKit,
} from './authorization-server.ts'
import { oddVerifiers, otherVerifiers, withoutS256 } from './code-challenges.ts'
import { usesOfCodes } from './codes-once.ts'
import { type Faults, oauthScene } from './small-server.testing.ts'

type Parts = (kit: OAuthKit, server: AuthorizationServer, client: OAuthClient) => Part[]

async function judged(parts: Parts, faults: Faults = {}, only: (name: string) => boolean = () => true) {
  const { judge } = oauthScene(faults)
  const { verdict, findings, variants } = await judge(async (kit) => {
    const server = await authorizationServer(kit)
    const [client] = server.clientsFor('authorization_code')
    if (client === undefined) throw new Error('a client is in the scene')
    const all = parts(kit, server, client).filter(({ name }) => only(name))
    await kit.verify.each(all, ({ judge }) => judge(), 'one by one')
  })
  const found = findings.map(({ variant, severity }) => `${variant}: ${severity}`)
  return { verdict, found, reasons: variants.flatMap(({ reason }) => reason ?? []) }
}

const everything: Parts = (kit, server, client) => [
  ...withoutS256(kit, server),
  ...oddVerifiers(kit, server, client),
  ...otherVerifiers(kit, server, client),
]

test('a server that asks for S256, and for the verifier of it, has no finding', async () => {
  expect(await judged(everything)).toMatchObject({ verdict: 'pass', found: [] })
})

test('codes without a challenge are found where they give tokens, and told where they give none', async () => {
  const anything = { allows: () => true, exchanges: () => true }
  const { found } = await judged((kit, server) => withoutS256(kit, server), anything)
  expect(found).toEqual(
    ['public', 'confidential'].flatMap((client) => [
      `no challenge, ${client}: critical`,
      `a plain challenge, ${client}: critical`,
      `a challenge without a method, ${client}: critical`,
    ]),
  )
  const late = await judged((kit, server) => withoutS256(kit, server), {
    allows: () => true,
    exchanges: () => false,
  })
  expect(new Set(late.found.map((each) => each.replace(/.*: /, '')))).toEqual(new Set(['low']))
})

test.each<[string, NonNullable<Faults['exchanges']>]>([
  ['no verifier', (form) => !form.has('code_verifier')],
  ['an empty verifier', (form) => form.get('code_verifier') === ''],
  [
    'its challenge for a verifier',
    (form, asked) => form.get('code_verifier') === asked.get('code_challenge'),
  ],
])('a code that is exchanged with %s is found', async (name, exchanges) => {
  const { found } = await judged(otherVerifiers, { exchanges })
  expect(found).toContain(`${name}: critical`)
})

test('a server that breaks, or has had enough, is not one that refuses', async () => {
  for (const status of [500, 429]) {
    const instead: Faults['instead'] = ({ path }) => (path === '/token' ? { status, body: '{}' } : undefined)
    const { verdict, found } = await judged(otherVerifiers, { instead }, (name) => name === 'no verifier')
    expect([verdict, found]).toEqual(['unproven', []])
  }
})

test('an error is a denial where it comes again, and whoever does it right gets tokens', async () => {
  const breaking = (
    times: number,
    isWrong: (form: URLSearchParams) => boolean,
  ): NonNullable<Faults['instead']> => {
    let left = times
    return ({ path }, form) =>
      path === '/token' && isWrong(form) && left-- > 0 ? { status: 500, body: '{}' } : undefined
  }
  const withNone = (form: URLSearchParams) => !form.has('code_verifier')
  const only = (name: string) => name === 'no verifier'
  const denied = await judged(otherVerifiers, { instead: breaking(2, withNone) }, only)
  expect([denied.verdict, denied.found]).toEqual(['pass', []])
  // It broke by chance, and looks at no verifier.
  const once = { instead: breaking(1, withNone), exchanges: () => true }
  expect((await judged(otherVerifiers, once, only)).verdict).toBe('unproven')
})

test('a code that is taken twice, or by another client, is found', async () => {
  const twice = (name: string) => name === 'twice'
  const again = await judged(usesOfCodes, { exchanges: () => true }, twice)
  expect(again.found).toEqual(['twice: critical'])
  expect((await judged(usesOfCodes, {}, twice)).verdict).toBe('pass')
  const foreign = await judged(usesOfCodes, { exchanges: () => true }, (name) =>
    /another (?:client|redirect)/.test(name),
  )
  expect(foreign.found).toEqual(['by another client: critical', 'with another redirect URI: medium'])
})

test('of requests at once one gets tokens, and none at all is told', async () => {
  const at = (name: string) => name.endsWith('at once')
  expect((await judged(usesOfCodes, {}, at)).verdict).toBe('pass')
  const all = await judged(usesOfCodes, { exchanges: () => true }, at)
  expect(all.found).toEqual(['12 times at once: critical'])
})
