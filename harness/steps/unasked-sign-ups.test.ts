import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { bossSignsIn } from './boss-of-shop.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { waysAtSignUp } from './unasked-sign-ups.ts'

interface Manners {
  /** Members of a sign-up that it believes. */
  readonly believes?: readonly string[]
  /** Every other member is refused, and which is not said. */
  readonly strict?: boolean
  /** Who has not proved the address yet: may not sign in, may sign in and read nothing, or is as everybody. */
  readonly unproved?: 'shut out' | 'idle' | 'welcome'
  /** All users are of one tenant. */
  readonly shared?: boolean
  /** So many people sign up, in all. */
  readonly signUps?: number
}

interface User {
  readonly password: string
  readonly isBoss: boolean
  readonly isProved: boolean
  readonly tenant: string
}

/** A shop where customers sign up by themselves, and see the contacts of their own tenant; the keys are for its boss. */
function shop({
  believes = [],
  strict = false,
  unproved = 'welcome',
  shared = false,
  signUps = 99,
}: Manners) {
  const users = new Map<string, User>([
    ['boss@shop.test', { password: 'pass-word-1', isBoss: true, isProved: true, tenant: 'ten_acme' }],
  ])
  const contacts: { readonly email: string; readonly tenant: string }[] = []
  return (request: Recorded): Scripted => {
    const { method, path, body: text } = request
    const { email = '', password = '', ...others } = text === '' ? {} : JSON.parse(text)
    if (path === '/session') {
      const known = users.get(email)
      const isIn = known?.password === password && (known?.isProved || unproved !== 'shut out')
      return isIn ? { body: { token: `token-of-${email}` } } : { status: 401 }
    }
    if (path === '/sign-ups') {
      if (users.size > signUps) return { status: 429, headers: { 'retry-after': '7200' } }
      if (strict && Object.keys(others).some((name) => !believes.includes(name))) return { status: 400 }
      const said = Object.fromEntries(Object.entries(others).filter(([name]) => believes.includes(name)))
      const { tenant_id: tenant = shared ? 'ten_acme' : `ten_${users.size}`, ...rest } = said
      const isProved = unproved === 'welcome' || rest['emailVerified'] === true
      const isBoss = rest['isAdmin'] === true || rest['role'] === 'admin'
      users.set(email, { password, isBoss, isProved, tenant: String(tenant) })
      return { status: 201, body: {} }
    }
    const name = /^Bearer token-of-(.*)$/.exec(field(request, 'authorization') ?? '')?.[1] ?? ''
    const user = users.get(name)
    if (user === undefined) return { status: 401 }
    if (path === '/me') return { body: { tenant: user.tenant } }
    if (!user.isProved || (path === '/keys' && !user.isBoss)) return { status: 403 }
    if (method === 'POST') contacts.push({ email, tenant: user.tenant })
    return {
      body: {
        id: 'con_1',
        data: path === '/keys' ? [] : contacts.filter(({ tenant }) => tenant === user.tenant),
      },
    }
  }
}

const profile = `${bossSignsIn}
  signup.create: {method: POST, path: /sign-ups, as: anonymous, body: '{"email": email, "password": password}'}
  principal.get: {method: GET, path: /me, result: {tenant: body.tenant}}
  contact.create: {method: POST, path: /contacts, body: '{"email": email}', result: {id: body.id}}
  contact.list: {method: GET, path: /contacts, result: {items: body.data}}
  key.list: {method: GET, path: /keys, result: {items: body.data}}
mail: {from: a@shop.test}
`

const ofProof = 'somebody who signs up and says that the address is proved'
const ofPower = 'somebody who signs up and says that he may do everything'
const ofTenant = 'somebody who signs up and says whose he is'

const scene = {
  profile,
  env: { PASSWORD: 'pass-word-1' },
  kit: { reach: { take: async () => {} } as unknown as Kit['reach'] },
}

const judged = (manners: Manners, only: readonly string[] = [ofProof, ofPower, ofTenant]) =>
  judgedOver({ ...scene, answer: shop(manners) }, async (kit) => {
    const ways = waysAtSignUp(kit)
    expect(ways.map(({ name }) => name)).toEqual([ofProof, ofPower, ofTenant])
    await kit.verify.each(
      ways.filter(({ name }) => only.includes(name)),
      ({ judge }) => judge(),
    )
  })

test('who believes nobody who signs up passes, whether it minds other words or not', async () => {
  for (const manners of [{}, { strict: true }])
    expect(await judged(manners)).toMatchObject({ verdict: 'pass', findings: [] })
  for (const unproved of ['shut out', 'idle'] as const)
    expect(await judged({ unproved }, [ofProof])).toMatchObject({ verdict: 'pass', findings: [] })
})

test.each(['shut out', 'idle'] as const)(
  'an address that is proved by a word is found where who has not proved it is %s',
  async (unproved) => {
    for (const strict of [false, true]) {
      const { findings } = await judged({ believes: ['emailVerified'], unproved, strict }, [ofProof])
      expect(findings.map(({ variant }) => variant)).toContain(ofProof)
      expect(findings[0]).toMatchObject({ operation: 'signup.create' })
    }
  },
)

test.each(['isAdmin', 'role'])('a boss by their own %s is found', async (word) => {
  for (const strict of [false, true]) {
    const { findings } = await judged({ believes: [word], strict })
    expect(findings.map(({ expected }) => expected)).toContainEqual(
      expect.stringContaining('key.list refused'),
    )
  }
})

test('whoever signs up into the tenant of another is found, and where all are of one, nobody is', async () => {
  for (const strict of [false, true]) {
    const { findings } = await judged({ believes: ['tenant_id'], strict }, [ofTenant])
    expect(findings).toMatchObject([{ operation: 'signup.create', variant: ofTenant }])
  }
  expect(await judged({ shared: true }, [ofTenant])).toMatchObject({
    verdict: 'not-applicable',
    findings: [],
  })
})

test('where nobody is let in before the address is proved, and nothing proves it, nothing is said of their rights', async () => {
  expect(await judged({ unproved: 'shut out' }, [ofPower, ofTenant])).toMatchObject({
    verdict: 'unproven',
    findings: [],
  })
})

test('a limit on sign-ups is no refusal of what they say', async () => {
  expect(await judged({ believes: ['isAdmin'], signUps: 1 }, [ofPower])).toMatchObject({
    verdict: 'unproven',
    findings: [],
  })
})
