import { expect, test } from 'vitest'
import { authorizationServer } from './authorization-server.ts'
import { livesOfTokens } from './refresh-tokens.ts'
import { oauthScene } from './small-server.testing.ts'

interface Refreshing {
  /** Whether a refresh token that was used so often is taken. */
  readonly takes?: (uses: number, isOver: boolean) => boolean
  readonly rotates?: boolean
  readonly ends?: boolean
  readonly expiresIn?: number
  /** Seconds in which a token that was used is answered with the one that came of it. */
  readonly grace?: number
  /** The same, by the profile. */
  readonly reuse?: number
  /** In the grace it is answered with others. */
  readonly forks?: boolean
}

/** Of a server whose codes and refresh tokens give another token each time, and of which a token that was used ends all. */
async function judged(
  only: RegExp,
  {
    takes = (uses, isOver) => uses === 1 && !isOver,
    rotates = true,
    ends = true,
    expiresIn = 900,
    grace = 0,
    reuse,
    forks = false,
  }: Refreshing = {},
) {
  let made = 0
  let waited = 0
  /** By token: what came of its first use. */
  const successors = new Map<string, string>()
  /** By token: how often it was used, and to which consent it belongs. */
  const tokens = new Map<string, { uses: number; family: number }>()
  const over = new Set<number>()
  const give = (family: number, before?: string, as?: string) => {
    const refresh = as ?? (before !== undefined && !rotates ? before : `refresh-${++made}`)
    if (before !== undefined && !successors.has(before)) successors.set(before, refresh)
    if (!tokens.has(refresh)) tokens.set(refresh, { uses: 0, family })
    return JSON.stringify({
      access_token: `access-${family}-${++made}`,
      refresh_token: refresh,
      expires_in: expiresIn,
    })
  }
  const { judge } = oauthScene({
    instead({ path }, form) {
      if (path !== '/token') return undefined
      if (form.get('grant_type') === 'authorization_code') return { body: give(++made) }
      const shown = form.get('refresh_token') ?? ''
      const known = tokens.get(shown)
      if (known === undefined) return { status: 400, body: '{"error":"invalid_grant"}' }
      known.uses++
      const successor = successors.get(shown)
      if (successor !== undefined && waited < grace)
        return { body: give(known.family, shown, forks ? undefined : successor) }
      const isTaken = takes(known.uses, over.has(known.family))
      if (!isTaken && ends) over.add(known.family)
      return isTaken
        ? { body: give(known.family, shown) }
        : { status: 400, body: '{"error":"invalid_grant"}' }
    },
  })
  const pause = async (milliseconds = 0) => {
    waited += milliseconds / 1000
  }
  const { verdict, findings, variants } = await judge(async (given) => {
    const policies = { ...given.profile.policies, ...(reuse === undefined ? {} : { tokens: { reuse } }) }
    const kit = { ...given, profile: { ...given.profile, policies } }
    const server = await authorizationServer(kit)
    const [client] = server.clientsFor('authorization_code')
    if (client === undefined) throw new Error('a client is in the scene')
    const parts = livesOfTokens(kit, server, client, undefined, pause as never).filter(({ name }) =>
      only.test(name),
    )
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  })
  return {
    verdict,
    found: findings.map(({ variant }) => variant),
    states: variants.map(({ state }) => state),
  }
}

const ofTokens = /^(?:rotation|a refresh token that was used|the refresh token that came|\d+ refreshes)/

test('tokens that are used once, and end each other, are sound', async () => {
  expect(await judged(ofTokens)).toMatchObject({ verdict: 'pass', found: [] })
})

test('a refresh token that stays is found, and nothing else is said of it', async () => {
  const { found, states } = await judged(ofTokens, { rotates: false, takes: () => true })
  expect(found).toEqual(['rotation'])
  expect(states.filter((state) => state === 'not-applicable').length).toBe(3)
})

test('a refresh token that is taken again is found, alone and at once', async () => {
  const { found } = await judged(/was used|at once/, { takes: () => true })
  expect(found).toEqual(['a refresh token that was used', '6 refreshes at once'])
})

test('tokens that outlive the second use of the one before are found', async () => {
  const { found } = await judged(/the refresh token that came/, { ends: false, takes: (uses) => uses === 1 })
  expect(found).toEqual(['the refresh token that came of one that is used again'])
})

test('an access token of a day is found, and of one that tells no end nothing is said', async () => {
  const how = /how long/
  expect((await judged(how, { expiresIn: 86_400 })).found).toEqual(['how long an access token lives'])
  expect((await judged(how, { expiresIn: 3600 })).verdict).toBe('pass')
  expect((await judged(how, { expiresIn: Number.NaN })).verdict).toBe('unproven')
})

const ofReuse = /was used|the refresh token that came/

test('a refresh token that is answered again with the one that came of it is one finding, unless the profile says for how long', async () => {
  const found = ['a refresh token that was used']
  expect(await judged(ofReuse, { grace: 30 })).toMatchObject({ found })
  const sound = await judged(ofReuse, { grace: 30, reuse: 30.5 })
  expect(sound).toMatchObject({ verdict: 'pass', found: [] })
  expect(sound.states.every((state) => state === 'held')).toBe(true)
  // By clocks of whole seconds it is over a little later.
  expect(await judged(ofReuse, { grace: 31, reuse: 30 })).toMatchObject({ verdict: 'pass', found: [] })
  expect(await judged(ofReuse, { grace: 33, reuse: 30 })).toMatchObject({ found })
  // For longer than it says, with others than the one before, or with those that live on behind it.
  expect(await judged(ofReuse, { grace: 60, reuse: 10 })).toMatchObject({ found })
  expect((await judged(ofReuse, { grace: 30, reuse: 30.5, forks: true })).found).toContain(found[0])
  expect((await judged(ofReuse, { grace: 30, reuse: 30.5, ends: false })).found).toEqual([
    'the refresh token that came of one that is used again',
  ])
  const unwaited = await judged(ofReuse, { grace: 9000, reuse: 9000 })
  expect(unwaited.states.every((state) => state === 'not-applicable')).toBe(true)
})
