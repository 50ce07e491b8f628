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
}

/** Of a server whose codes and refresh tokens give another token each time, and of which a token that was used ends all. */
async function judged(
  only: RegExp,
  {
    takes = (uses, isOver) => uses === 1 && !isOver,
    rotates = true,
    ends = true,
    expiresIn = 900,
  }: Refreshing = {},
) {
  let made = 0
  /** By token: how often it was used, and to which consent it belongs. */
  const tokens = new Map<string, { uses: number; family: number }>()
  const over = new Set<number>()
  const give = (family: number, before?: string) => {
    const refresh = before !== undefined && !rotates ? before : `refresh-${++made}`
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
      const isTaken = takes(known.uses, over.has(known.family))
      if (!isTaken && ends) over.add(known.family)
      return isTaken
        ? { body: give(known.family, shown) }
        : { status: 400, body: '{"error":"invalid_grant"}' }
    },
  })
  const { verdict, findings, variants } = await judge(async (kit) => {
    const server = await authorizationServer(kit)
    const [client] = server.clientsFor('authorization_code')
    if (client === undefined) throw new Error('a client is in the scene')
    const parts = livesOfTokens(kit, server, client).filter(({ name }) => only.test(name))
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
