import { randomUUID } from 'node:crypto'
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type WebAuthnCredential,
} from '@simplewebauthn/server'
import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted, withApi } from '../api/recording-target.testing.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { ceremoniesOfPasskeys } from './passkeys.ts'

/** An API that begins with the address, knows a ceremony by a cookie, and does not want users verified. */
const profile = `
principals: {admin: {session: {input: {email: admin@shop.test, password: '\${env:KEY}'}}}}
operations:
  session.create: {method: POST, path: /login, body: '{"email": email, "password": password}', result: {token: body.token}}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  user.create: {method: POST, path: /users, as: admin, body: '{"email": email, "password": password}', result: {id: body.id}}
  passkey.creationOptions: {method: POST, path: /passkeys/options, result: {options: body}}
  passkey.register: {method: POST, path: /passkeys, body: credential}
  passkey.requestOptions: {method: POST, path: /passkeys/begin, body: '{"email": email}', result: {options: body}}
  passkey.signIn: {method: POST, path: /passkeys/finish, body: credential, result: {token: body.token}}
passkeys: {origin: 'https://app.shop.test'}
mail: {from: a@shop.test}
`

interface Ways {
  readonly keepsCeremonies?: boolean
  readonly ignoresOrigins?: boolean
  readonly takesAnybodys?: boolean
  readonly signsNobodyIn?: boolean
}

/** By a library, but for what is switched on. */
function relyingParty({ keepsCeremonies, ignoresOrigins, takesAnybodys, signsNobodyIn }: Ways = {}) {
  const users = new Map([['admin@shop.test', { id: 'u0', password: 'key-of-admin' }]])
  const sessions = new Map<string, string>()
  const passkeys = new Map<string, WebAuthnCredential & { readonly user: string }>()
  const ceremonies = new Map<string, { readonly challenge: string; readonly user: string }>()
  const opened = (user: string): Scripted => {
    const token = `session-${randomUUID()}`
    sessions.set(token, user)
    return { body: { token } }
  }
  const begun = (options: { readonly challenge: string }, user: string): Scripted => {
    const id = randomUUID()
    ceremonies.set(id, { challenge: options.challenge, user })
    return { headers: { 'set-cookie': `ceremony=${id}; HttpOnly` }, body: { publicKey: options } }
  }
  return async (request: Recorded): Promise<Scripted> => {
    const said = JSON.parse(request.body || '{}')
    const id = /ceremony=([\w-]+)/.exec(field(request, 'cookie') ?? '')?.[1] ?? ''
    const ceremony = ceremonies.get(id) ?? { challenge: '', user: '' }
    const client = JSON.parse(Buffer.from(said.response?.clientDataJSON ?? 'e30', 'base64url').toString())
    const expected = {
      ...{ expectedChallenge: ceremony.challenge, expectedRPID: 'shop.test', requireUserVerification: false },
      expectedOrigin: ignoresOrigins === true ? client.origin : 'https://app.shop.test',
    }
    if (request.path === '/login') {
      const user = users.get(said.email)
      return user?.password === said.password && user !== undefined ? opened(user.id) : { status: 401 }
    }
    if (request.path === '/passkeys/begin')
      return begun(
        await generateAuthenticationOptions({ rpID: 'shop.test', userVerification: 'preferred' }),
        users.get(said.email)?.id ?? '',
      )
    if (request.path === '/passkeys/finish') {
      const passkey = passkeys.get(said.id)
      if (passkey === undefined || signsNobodyIn === true) return { status: 401 }
      if (keepsCeremonies !== true) ceremonies.delete(id)
      const result = await verifyAuthenticationResponse({
        ...expected,
        ...{ response: said, credential: passkey },
      }).catch(() => null)
      const isOwn = passkey.user === ceremony.user || takesAnybodys === true
      if (result?.verified !== true || !isOwn) return { status: 401 }
      passkeys.set(said.id, { ...passkey, counter: result.authenticationInfo.newCounter })
      return opened(ceremony.user)
    }
    const user = sessions.get((field(request, 'authorization') ?? '').replace('Bearer ', ''))
    if (user === undefined) return { status: 401 }
    if (request.path === '/me') return { body: { id: user } }
    if (request.path === '/users') {
      const made = `u${users.size}`
      users.set(said.email, { id: made, password: said.password })
      return { body: { id: made } }
    }
    if (request.path === '/passkeys/options')
      return begun(
        await generateRegistrationOptions({
          rpName: 'shop',
          rpID: 'shop.test',
          userName: user,
          supportedAlgorithmIDs: [-7],
        }),
        user,
      )
    ceremonies.delete(id)
    const result = await verifyRegistrationResponse({ ...expected, response: said }).catch(() => null)
    const made = result?.registrationInfo?.credential
    if (made === undefined || passkeys.has(made.id) || ceremony.user !== user) return { status: 400 }
    passkeys.set(made.id, { ...made, user })
    return { status: 201 }
  }
}

async function judged(ways?: Ways) {
  const answer = relyingParty(ways)
  const sample = sampleKit()
  let outcome: Awaited<ReturnType<typeof sample.judge>> | null = null
  await withApi({ profile, env: { KEY: 'key-of-admin' }, answer }, async ({ api, profile }) => {
    outcome = await sample.judge(async (kit) => {
      const parts = await ceremoniesOfPasskeys({ ...kit, api, profile })
      await kit.verify.each(parts, ({ judge }) => judge())
    })
  })
  if (outcome === null) throw new Error('expected a judgement')
  return outcome as Awaited<ReturnType<typeof sample.judge>>
}

test('an API that leaves it to a library stands all of it; what it does not ask for is not judged', async () => {
  const { verdict, reason, variants } = await judged()
  expect({ verdict, reason }).toEqual({ verdict: 'pass', reason: null })
  const of = (name: string) => variants.find((variant) => variant.name === name)?.state
  expect(of('no user verification')).toBe('not-applicable')
  expect(of('the passkey of somebody else')).toBe('held')
  expect(variants.filter(({ state }) => state === 'held')).toHaveLength(variants.length - 1)
})

test.each<[Ways, readonly string[]]>([
  [{ keepsCeremonies: true }, ['a challenge that was answered']],
  [{ takesAnybodys: true }, ['the passkey of somebody else']],
  [
    { ignoresOrigins: true },
    [
      ...['another origin', 'an origin that begins with the right one'],
      ...['an origin that ends with the right host', 'a new passkey for another origin'],
    ],
  ],
])('%o is found', async (ways, found) => {
  const { verdict, findings } = await judged(ways)
  expect(verdict).toBe('fail')
  expect(findings.map(({ variant }) => variant).sort()).toEqual([...found].sort())
})

test('where a right answer signs nobody in, nothing follows from refusals', async () => {
  const { verdict, reason } = await judged({ signsNobodyIn: true })
  expect({ verdict, reason }).toEqual({
    verdict: 'unproven',
    reason: expect.stringContaining('a right answer of a passkey does not sign in its holder'),
  })
})
