import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import { field } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import type { Delivery } from '../model.ts'
import { NotSeen } from '../sandbox/client.ts'
import { setUpsBefore } from './early-accounts.ts'
import { judgedOver } from './judged-ground.testing.ts'

// Nobody waits for a minute here.
vi.mock('./key-channels.ts', async (original) => ({ ...(await original()), openFor: async () => null }))

const all = `
  signup.confirm: {method: POST, path: /signup/confirm, as: anonymous, body: '{"token": token, "pass": password}'}
  password.forgot: {method: POST, path: /forgot, as: anonymous, body: '{"email": email}'}
  password.reset: {method: POST, path: /reset, as: anonymous, body: '{"token": token, "pass": password}'}`

const profile = (proofs = all) => `
principals:
  admin: {session: {input: {email: boss@shop.test, password: "\${env:ADMIN}"}}}
  anonymous: {none: true}
operations:
  session.create: {method: POST, path: /login, as: anonymous, body: '{"email": email, "pass": password}', result: {token: body.token}}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  signup.create: {method: POST, path: /signup, as: anonymous, body: '{"email": email, "pass": password}'}
  key.create: {method: POST, path: /keys, body: '{"name": name}', result: {id: body.id, secret: body.secret}}
  email.change: {method: POST, path: /me/email, body: '{"email": email}'}
  email.confirm: {method: POST, path: /me/email/confirm, body: '{"token": token}'}${proofs}
mail: {from: a@shop.test, recipients: {route: relay}, delivery: {within: 0.05}}
policies: {tokens: {revocation: 0}}
`

/** Ways of an API where people sign up by themselves. */
interface Ways {
  readonly keeps?: readonly ('sessions' | 'keys' | 'password' | 'addresses')[]
  /** What is refused to who has not proved their address. */
  readonly refuses?: readonly ('sessions' | 'keys')[]
  /** Nobody has a key, whoever they are. */
  readonly refusesAllKeys?: boolean
  /** No new password is mailed before the address is proved. */
  readonly resetsProvedAlone?: boolean
  /** Who signs up again where the address is not proved yet gets a link, and as their password the latest; else nothing at all. */
  readonly again?: 'keeps the first' | 'refuses' | 'says nothing'
  readonly proofs?: string
}

interface Person {
  readonly id: string
  email: string
  password: string
  proved: boolean
}

/** What of its variants the check says of an API with these ways. */
async function judged(ways: Ways) {
  const { keeps = [], refuses = [], refusesAllKeys, resetsProvedAlone, again, proofs } = ways
  const people: Person[] = []
  const credentials = new Map<string, Person>()
  const tokens = new Map<string, { readonly person: Person; readonly to?: string }>()
  const mails: Delivery[] = []
  const mail = (to: string, text: string) =>
    void mails.push({
      id: randomUUID(),
      envelope: { from: '', to: [to] },
      raw: Buffer.from(`To: ${to}\r\n\r\n${text}`),
    } as unknown as Delivery)
  const link = (person: Person, sentTo: string, to?: string) => {
    const token = randomUUID().replaceAll('-', '')
    tokens.set(token, to === undefined ? { person } : { person, to })
    mail(sentTo, `https://app.shop.test/x?token=${token}`)
  }
  const handOver = (person: Person, password: string, mayKeepPassword: boolean) => {
    for (const [token, holder] of credentials)
      if (holder === person && !keeps.includes(token.startsWith('key') ? 'keys' : 'sessions'))
        credentials.delete(token)
    if (!keeps.includes('addresses'))
      for (const [token, { person: asker, to }] of tokens) if (asker === person && to) tokens.delete(token)
    if (!(mayKeepPassword && keeps.includes('password'))) person.password = password
    person.proved = true
  }
  const answer = (request: Recorded): Scripted => {
    const [, shown = ''] = /^Bearer (.*)$/.exec(field(request, 'authorization') ?? '') ?? []
    const caller = credentials.get(shown)
    const said = request.body === '' ? {} : JSON.parse(String(request.body || '{}'))
    const known = people.find(({ email }) => email === said.email)
    switch (request.path) {
      case '/signup': {
        if (known !== undefined && again === 'refuses') return { status: 409 }
        if (known !== undefined && again === 'says nothing') return { status: 202 }
        const person = known ?? { id: randomUUID(), email: said.email, password: said.pass, proved: false }
        if (known === undefined) people.push(person)
        else if (again === undefined) person.password = said.pass
        link(person, said.email)
        return { status: 202 }
      }
      case '/login': {
        if (known === undefined || known.password !== said.pass) return { status: 401 }
        if (!known.proved && refuses.includes('sessions')) return { status: 403 }
        const token = `ses-${randomUUID()}`
        credentials.set(token, known)
        return { body: { token } }
      }
      case '/signup/confirm':
      case '/reset': {
        const found = tokens.get(said.token)
        if (found === undefined) return { status: 400 }
        handOver(found.person, said.pass ?? found.person.password, request.path !== '/reset')
        return { status: 200 }
      }
      case '/forgot':
        if (known !== undefined && (known.proved || !resetsProvedAlone)) link(known, known.email)
        return { status: 202 }
    }
    if (caller === undefined) return { status: 401 }
    switch (request.path) {
      case '/me':
        return { body: { id: caller.id } }
      case '/keys': {
        if (refusesAllKeys || (!caller.proved && refuses.includes('keys'))) return { status: 403 }
        const secret = `key-${randomUUID()}`
        credentials.set(secret, caller)
        return { status: 201, body: { id: 'k', secret } }
      }
      case '/me/email':
        link(caller, said.email, said.email)
        return { status: 202 }
      default: {
        const found = tokens.get(said.token)
        if (found?.person !== caller || found.to === undefined) return { status: 400 }
        caller.email = found.to
        return { status: 200 }
      }
    }
  }
  const deliveries = async ({ to }: { readonly to?: string } = {}) =>
    mails.filter(({ envelope }) => to === undefined || envelope.to.includes(to))
  const wire = {
    deliveries,
    async arrival(filter: { readonly to?: string }) {
      const found = await deliveries(filter)
      if (found.length === 0) throw new NotSeen('nothing')
      return found
    },
  } as unknown as Kit['wire']
  const reach = { take: async () => {} } as unknown as Kit['reach']
  const outcome = await judgedOver(
    {
      profile: profile(proofs),
      env: { ADMIN: 'pass-of-admin' },
      answer,
      about: { severity: 'high' },
      kit: { wire, reach },
    },
    async (kit) => kit.verify.each(setUpsBefore(kit), ({ judge }) => judge()),
  )
  const violated = outcome.variants.filter(({ state }) => state === 'violated').map(({ name }) => name)
  return { ...outcome, violated: violated.sort() }
}

test('what ends with the proof, in either way, is held', async () => {
  const { verdict, reason, variants } = await judged({})
  expect([verdict, reason]).toEqual(['pass', null])
  expect(variants.map(({ name }) => name).sort()).toEqual([
    'a change of address, proved by a new password',
    'a change of address, proved by the link',
    'a session, proved by a new password',
    'a session, proved by the link',
    'an API key, proved by a new password',
    'an API key, proved by the link',
    'the password, proved by the link',
    'the password, where its owner signs up as well',
  ])
})

const bothWays = (what: string) => [`${what}, proved by a new password`, `${what}, proved by the link`]

test.each<[Ways, readonly string[]]>([
  [{ keeps: ['password'] }, ['the password, proved by the link']],
  [
    { keeps: ['password'], again: 'keeps the first' },
    ['the password, proved by the link', 'the password, where its owner signs up as well'],
  ],
  [
    { keeps: ['addresses', 'sessions'], refuses: ['keys'] },
    [...bothWays('a change of address'), ...bothWays('a session')],
  ],
  [{ keeps: ['keys'] }, bothWays('an API key')],
])('of %j that is found', async (ways, found) => {
  expect((await judged(ways)).violated).toEqual(found)
})

test('what is refused before the proof is held by that, and told', async () => {
  const { verdict, reason } = await judged({ refuses: ['sessions'] })
  expect([verdict, reason]).toEqual(['pass', expect.stringContaining('is refused to who has not proved')])
  expect((await judged({ refusesAllKeys: true })).verdict).toBe('unproven')
})

const withoutPassword = `
  signup.confirm: {method: POST, path: /signup/confirm, as: anonymous, body: '{"token": token}'}`

test.each<[Ways, unknown]>([
  [{}, { verdict: 'pass', violated: [] }],
  [
    { again: 'keeps the first' },
    { verdict: 'fail', violated: ['the password, where its owner signs up as well'] },
  ],
  [{ again: 'refuses' }, { verdict: 'not-applicable', violated: [] }],
  [{ again: 'says nothing' }, { verdict: 'not-applicable', violated: [] }],
])('where the link alone proves it, and who signs up again is met by %j', async (ways, said) => {
  expect(await judged({ ...ways, proofs: withoutPassword })).toMatchObject(said as object)
})

test('where no proof has its reader set a password, nothing is asked', async () => {
  expect((await judged({ proofs: '' })).verdict).toBe('not-applicable')
  const { verdict, variants } = await judged({ resetsProvedAlone: true })
  expect([verdict, new Set(variants.map(({ state }) => state))]).toEqual([
    'pass',
    new Set(['held', 'not-applicable']),
  ])
})
