import { expect, test } from 'vitest'
import { authorizationServer } from './authorization-server.ts'
import { otherTargets, signsInByGet } from './redirect-targets.ts'
import { type Faults, oauthScene } from './small-server.testing.ts'

async function judged(faults: Faults, what: 'targets' | 'sign-in' = 'targets') {
  const { judge } = oauthScene(faults)
  const { verdict, findings, reason } = await judge(async (kit) => {
    const server = await authorizationServer(kit)
    const [client] = server.clientsFor('authorization_code')
    if (client === undefined) throw new Error('a client is in the scene')
    if (what === 'sign-in') return signsInByGet(kit, server, client)
    await server.codeFor(client)
    await kit.verify.each(otherTargets(kit, server, client), ({ judge }) => judge())
  })
  return { verdict, reason, found: findings.map(({ variant, severity }) => `${variant}: ${severity}`) }
}

/** Lets redirect URIs through that are compared by less than all of them. */
const comparing =
  (isAllowed: (uri: string) => boolean): NonNullable<Faults['allows']> =>
  (asked) =>
    isAllowed(asked.get('redirect_uri') ?? '') &&
    asked.get('response_type') === 'code' &&
    asked.get('client_id') === 'public'

const registered = 'https://app.test/callback'

test('answers that go to the registered URI alone are sound', async () => {
  expect(await judged({})).toMatchObject({ verdict: 'pass', found: [] })
})

test('what is compared by its beginning, or its host, is found by the code that it would send there', async () => {
  const { found } = await judged({ allows: comparing((uri) => uri.startsWith(registered)) })
  expect(found).toEqual([
    'a path below: critical',
    'a path with more letters: critical',
    'a sibling by dots: critical',
    'a sibling by encoded dots: critical',
    'a query: medium',
    'a fragment: medium',
  ])
  const inAnyCase = await judged({ allows: comparing((uri) => uri.toLowerCase() === registered) })
  // Most servers show the same page for it.
  expect(inAnyCase.found).toEqual(['its path in capitals: medium'])
  const byHost = await judged({
    allows: comparing((uri) => URL.parse(uri)?.hostname.endsWith('app.test') === true),
  })
  expect(byHost.found).toEqual(
    expect.arrayContaining([
      'another path: critical',
      'a host below: critical',
      'a host with a prefix: critical',
    ]),
  )
})

test('errors that are sent to a stranger are found, and weigh less', async () => {
  const { found } = await judged({
    instead({ path }) {
      const asked = new URL(path, 'https://auth.test').searchParams
      const uri = asked.get('redirect_uri') ?? ''
      const isRight = uri === registered && asked.get('scope') === 'send'
      return !path.startsWith('/authorize') || isRight
        ? undefined
        : { status: 302, headers: [['location', `${uri}?error=invalid_scope`]] }
    },
  })
  expect(found).toContain('an error for a scope, at another host: medium')
  expect(found.some((each) => each.endsWith('critical'))).toBe(false)
})

test('a server that breaks at a strange URI has refused it where it does so again, and refused nothing where it sends the browser there', async () => {
  const breaking = (times: number): NonNullable<Faults['instead']> => {
    let left = times
    return ({ path }) => (path.includes('attacker') && left-- > 0 ? { status: 500 } : undefined)
  }
  expect((await judged({ instead: breaking(1000) })).verdict).toBe('pass')
  const now = await judged({ instead: breaking(1), allows: () => true })
  expect(now.verdict).toBe('fail')
  expect(now.reason).toContain('gave something later')
})

test('a sign-in that is answered with 307 would send the password on', async () => {
  expect(await judged({}, 'sign-in')).toMatchObject({ verdict: 'pass' })
  const { found } = await judged(
    {
      instead: ({ path }) =>
        path === '/sign-in'
          ? { status: 307, headers: [['location', 'https://app.test/callback?code=c']] }
          : undefined,
    },
    'sign-in',
  )
  expect(found).toEqual(['null: high'])
})
