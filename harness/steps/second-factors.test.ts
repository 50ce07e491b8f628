import { randomUUID } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

const checks = ['alt-channel', 'enforced', 'enroll-recovery', 'otp-binding', 'otp-replay'].map(
  (name) => `mfa/${name}`,
)

/** An API whose one call for signing in takes the code beside the password, as Directus does. */
const profile = (url: string) => `
name: an API with codes beside passwords
target: {url: '${url}'}
principals:
  admin: {session: {input: {email: admin@shop.test, password: "\${env:ADMIN}"}}}
operations:
  session.create: {method: POST, path: /login, body: '{"user": email, "pass": password, "otp": code}', result: {token: body.token}}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  user.create: {method: POST, path: /users, as: admin, body: '{"user": email, "pass": password}', result: {id: body.id}}
  factor.enroll: {method: POST, path: /tfa/generate, body: '{"pass": password}', result: {uri: body.uri}}
  factor.confirm: {method: POST, path: /tfa/enable, body: '{"secret": secret, "otp": code}'}
  factor.remove: {method: POST, path: /tfa/disable, body: '{"otp": code}'}
mail: {from: a@shop.test, recipients: {route: relay}}
`

interface User {
  readonly id: string
  readonly pass: string
  secret?: string
  last: number
}

interface Ways {
  /** Whether a code of that step is taken, beside those that were. */
  readonly takes?: (step: number, now: number, last: number) => boolean
  readonly removesAnyway?: boolean
  readonly endsSessions?: boolean
}

/** Seconds, which are waited for. */
const period = 8
const onceNow: NonNullable<Ways['takes']> = (step, now, last) => step === now && step > last

/** Strict: codes of this very step alone, once. */
function shop({ takes = onceNow, removesAnyway = false, endsSessions = false }: Ways = {}) {
  const users = new Map<string, User>([['admin@shop.test', { id: 'u0', pass: 'key-of-admin', last: 0 }]])
  const sessions = new Map<string, User>()
  const isRight = (user: User, otp: unknown, secret = user.secret) => {
    const totp = new TOTP({ period, secret: Secret.fromBase32(secret ?? '') })
    const now = Math.floor(Date.now() / 1000 / period)
    for (let step = now - 20; step <= now + 20; step++)
      if (totp.generate({ timestamp: step * period * 1000 }) === otp && takes(step, now, user.last)) {
        user.last = step
        return true
      }
    return false
  }
  return ({ path, headers, body }: Recorded): Scripted => {
    const said = JSON.parse(body || '{}')
    if (path === '/login') {
      const user = users.get(said.user)
      if (user?.pass !== said.pass) return { status: 401, body: { error: 'wrong' } }
      if (user?.secret !== undefined && !isRight(user, said.otp))
        return { status: 401, body: { error: 'otp' } }
      const token = randomUUID()
      sessions.set(token, user as User)
      return { body: { token } }
    }
    const bearer = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? ''
    const user = sessions.get(bearer.replace('Bearer ', ''))
    if (user === undefined) return { status: 401 }
    if (path === '/me') return { body: { id: user.id } }
    if (path === '/users') {
      const id = `u${users.size}`
      users.set(said.user, { id, pass: said.pass, last: 0 })
      return { status: 201, body: { id } }
    }
    if (path === '/tfa/generate')
      return said.pass === user.pass && user.secret === undefined
        ? { body: { uri: new TOTP({ period, secret: new Secret() }).toString() } }
        : { status: 403 }
    if (path === '/tfa/enable') {
      if (!isRight(user, said.otp, said.secret)) return { status: 400 }
      user.secret = said.secret
      if (endsSessions) for (const [token, whose] of sessions) if (whose === user) sessions.delete(token)
      return { status: 204 }
    }
    if (!removesAnyway && !isRight(user, said.otp)) return { status: 403 }
    delete user.secret
    return { status: 204 }
  }
}

test.concurrent('codes of this very step alone, each once, beside the password', async () => {
  const { verdicts, said, outcomes } = await runInFrontOf(shop(), profile, checks)
  expect({ said, verdicts }).toMatchObject({
    verdicts: Object.fromEntries(checks.map((id) => [id, 'pass'])),
  })
  const remarks = outcomes.flatMap(({ check, variants }) =>
    variants.filter(({ state }) => state === 'not-applicable').map(({ name }) => [check, name]),
  )
  // Nothing else is taken beside the first, and no recovery codes are given.
  expect(remarks).toEqual(
    expect.arrayContaining([
      ['mfa/enroll-recovery', 'another authenticator, by the session alone'],
      ['mfa/enroll-recovery', 'a recovery code that was used'],
    ]),
  )
})

test.concurrent('who sets a factor up signs in anew where all sessions end by it', async () => {
  const { verdicts, said } = await runInFrontOf(shop({ endsSessions: true }), profile, [
    'mfa/enroll-recovery',
  ])
  expect({ said, verdicts }).toMatchObject({ verdicts: { 'mfa/enroll-recovery': 'pass' } })
})

test.concurrent('codes that are taken for long, and again, and a removal that asks for none', async () => {
  const ways = { takes: () => true, removesAnyway: true }
  const { outcomes } = await runInFrontOf(shop(ways), profile, checks)
  const violated = outcomes.flatMap(({ check, findings }) =>
    findings.map(({ variant, severity }) => `${check}, ${variant}: ${severity}`),
  )
  expect(violated.sort()).toEqual([
    'mfa/enroll-recovery, its removal, by the session alone: high',
    'mfa/otp-replay, a code of the future: medium',
    'mfa/otp-replay, a code of the past: medium',
    'mfa/otp-replay, a code that was used: high',
    'mfa/otp-replay, one code twice at once: high',
  ])
})
