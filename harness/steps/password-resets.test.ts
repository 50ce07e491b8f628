import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import type { Delivery } from '../model.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { plainReset, questionsOfResets } from './password-resets.ts'
import { wireOf } from './sent-mail.testing.ts'

const profileOf = (more: string) => `
principals: {admin: {bearer: "\${env:ADMIN}"}, anonymous: {none: true}}
operations:
  message.send: {method: POST, path: /send, body: '{"to": to}'}
  session.create: {method: POST, path: /login, as: anonymous, body: '{"email": email, "pass": password}'}
  user.create: {method: POST, path: /users, body: '{"email": email, "pass": password}', result: {id: body.id}}
  password.forgot: {method: POST, path: /forgot, as: anonymous, body: '{"email": email}'}
  password.reset: {method: POST, path: /reset, as: anonymous, body: '{"token": token, "pass": password}'}
${more}
mail: {from: a@shop.test, delivery: {within: 0.05}}
`

interface Token {
  readonly email: string
  used: boolean
  superseded: boolean
}

interface Shop {
  /** What a token is, and what stands around it in the mail; `null` mails nothing. */
  readonly token?: (email: string) => string
  readonly letter?: ((token: string) => string) | null
  /** Whether a token may be used. */
  readonly holds?: (token: Token) => boolean
  /** What a reset is answered with that was carried out, or not. */
  readonly answers?: (done: boolean) => number
  /** A look at the page of the link uses it up. */
  readonly endsByLooking?: boolean
  readonly page?: number
  /** How often each mail is delivered. */
  readonly copies?: number
  /** How many mails an address gets. */
  readonly most?: number
  /** Milliseconds from the look at a token to its use. */
  readonly looksFor?: number
}

/** An API of people who forget their passwords, and what it mails. */
function shop({
  token = () => randomBytes(32).toString('hex'),
  letter = (each) => `Welcome, zip code 94107! <a href="https://api.test/set?token=${each}">here</a>`,
  holds = ({ used, superseded }) => !used && !superseded,
  answers = (done) => (done ? 204 : 400),
  endsByLooking = false,
  page = 200,
  copies = 1,
  most = 100,
  looksFor = 0,
}: Shop) {
  const passwords = new Map<string, string>()
  const tokens = new Map<string, Token>()
  const sent: Delivery[] = []
  const wire = wireOf(sent)
  const answer = async ({ method, path, body }: Recorded): Promise<Scripted> => {
    if (method === 'GET' || method === 'HEAD') {
      const shown = tokens.get(new URL(path, 'https://api.test').searchParams.get('token') ?? '')
      if (endsByLooking && shown !== undefined) shown.used = true
      return { status: page }
    }
    const said = JSON.parse(body)
    if (path === '/login') return { status: passwords.get(said.email) === said.pass ? 200 : 401 }
    if (path === '/users') {
      passwords.set(said.email, said.pass)
      return { status: 201, body: { id: said.email } }
    }
    if (path === '/forgot') {
      const made = token(said.email)
      const mails = sent.filter(({ envelope }) => envelope.to.includes(said.email)).length
      if (letter === null || mails >= most) return { status: 202 }
      for (const each of tokens.values()) if (each.email === said.email) each.superseded = true
      tokens.set(made, { email: said.email, used: false, superseded: false })
      const raw = Buffer.from(`Subject: Hello\r\nContent-Type: text/html\r\n\r\n${letter(made)}\r\n`)
      for (let n = 0; n < copies; n++)
        sent.push({
          id: String(sent.length),
          envelope: { from: '', to: [said.email] },
          raw,
        } as unknown as Delivery)
      return { status: 202 }
    }
    if (path.startsWith('/users/')) {
      passwords.set(decodeURIComponent(path.slice('/users/'.length)), said.pass)
      return { status: 200 }
    }
    const found = tokens.get(said.token)
    const isGood = () => found !== undefined && holds(found)
    const wasGood = isGood()
    await setTimeout(looksFor)
    const done = looksFor > 0 ? wasGood : isGood()
    if (found !== undefined && done) {
      found.used = true
      passwords.set(said.email ?? found.email, said.pass)
    }
    return { status: answers(done) }
  }
  return { answer, wire }
}

async function judged(scene: Shop, more = '') {
  const { answer, wire } = shop(scene)
  const kit = {
    wire,
    reach: { take: async () => {}, together: (_: number, work: () => unknown) => work() },
  } as unknown as Partial<Kit>
  const profile = `pages: {reset: {field: List-Unsubscribe, at: "\${env:TARGET_URL}"}}${profileOf(more)}`
  const env = { ADMIN: 'key-of-admin' }
  const said = await judgedOver({ profile, env, answer, kit, about: { severity: 'high' } }, async (kit) => {
    const whole = { ...kit, wire: { ...kit.wire, ...wire } }
    const used = await plainReset(whole)
    await kit.verify.each(questionsOfResets(whole, used), ({ judge }) => judge())
  })
  const variants = said.variants.map(({ name, state }) => `${name}: ${state}`)
  return { ...said, variants, told: said.variants }
}

const names = [
  ...['used twice', 'older than a newer one', 'used many times at once'],
  ...['its link followed before', 'many of them'],
]
const stateOf = (variants: readonly string[]) =>
  variants.filter((variant) => !variant.endsWith(': held') && !variant.endsWith(': skipped'))

test('tokens that work once are held, of each way that the profile has', async () => {
  const { verdict, variants, findings } = await judged({})
  expect({ verdict, variants, findings }).toMatchObject({
    ...{ verdict: 'pass', findings: [] },
    variants: names.map((name) => `${name}: held`),
  })
  const changes = `  user.update: {method: PUT, path: '/users/{id}', body: '{"pass": password}'}`
  const more = await judged({}, changes)
  expect(more.variants).toContain('from before another password: violated')
})

test('what sets a password is a finding, however it was answered', async () => {
  const { findings, variants } = await judged({
    ...{ holds: ({ superseded }) => !superseded, answers: (done) => (done ? 204 : 500) },
  })
  expect(stateOf(variants)).toEqual(['used twice: violated', 'used many times at once: not-applicable'])
  expect(findings).toMatchObject([
    { operation: 'password.reset', severity: 'high', actual: expect.stringContaining('set another one') },
  ])
  const raced = await judged({ looksFor: 100 })
  expect(raced.findings).toMatchObject([
    { variant: 'used many times at once', severity: 'low', actual: '4 of 4 uses at once were accepted' },
  ])
  const older = await judged({ holds: ({ used }) => !used })
  expect(older.findings).toMatchObject([{ variant: 'older than a newer one', severity: 'low' }])
})

test('a link that is used up by a look at it, and one that shows nothing', async () => {
  const used = await judged({ endsByLooking: true })
  expect(used.findings).toMatchObject([{ variant: 'its link followed before', severity: 'medium' }])
  const { verdict, variants } = await judged({ page: 404 })
  expect([verdict, stateOf(variants)]).toEqual(['unproven', ['its link followed before: unjudged']])
})

test('codes are judged as codes, and no program follows them', async () => {
  let last = 100_000
  const letter = (code: string) => `Your code is <b>${code}</b>, good for ten minutes.`
  const sound = await judged({ letter, token: () => String(randomInt(100_000, 1_000_000)) })
  expect(sound.verdict).toBe('pass')
  const weak = await judged({ letter, token: () => String(last++) })
  expect(weak.findings).toMatchObject([{ expected: 'codes of six digits or more' }])
})

test('tokens that are made of the address or of few letters are found', async () => {
  let count = 0
  const few = await judged({
    token: () => `${randomBytes(4).toString('hex')}${String(++count).padStart(8, '0')}`,
  })
  expect(few.findings).toMatchObject([{ variant: 'many of them', severity: 'high' }])
  const token = () =>
    createHash('md5')
      .update(String(Date.now() + count++))
      .digest('hex')
  const hashed = await judged({ token })
  expect(hashed.findings).toMatchObject([{ actual: 'it is the md5 of the time' }])
})

test('a token that is signed, the same within a second, is judged by the signature and of several people', async () => {
  const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = (sign: (input: string) => string) => (email: string) => {
    const iat = Math.floor(Date.now() / 1000)
    const input = `${json({ alg: 'HS256', typ: 'JWT' })}.${json({ email, scope: 'reset', iat, exp: iat + 900 })}`
    return `${input}.${sign(input)}`
  }
  const key = randomBytes(32)
  const holds = () => true
  const sound = await judged({
    ...{ holds, token: signed((input) => createHmac('sha256', key).update(input).digest('base64url')) },
  })
  expect(stateOf(sound.variants).filter((variant) => variant.startsWith('many'))).toEqual([])
  const few = await judged({ holds, token: signed((input) => (input.length % 7).toString()) })
  expect(few.findings).toContainEqual(expect.objectContaining({ variant: 'many of them', severity: 'high' }))
  const one = randomBytes(32).toString('hex')
  const same = await judged({ holds, token: () => one })
  expect(same.findings).toContainEqual(expect.objectContaining({ variant: 'many of them' }))
})

test('mail that is delivered twice is no token that is mailed again', async () => {
  const { told } = await judged({ copies: 2 })
  expect(told.find(({ name }) => name === 'many of them')).toMatchObject({ state: 'held', reason: null })
})

test('without a mail, without a token in it, and without an effect nothing is said', async () => {
  const reasons = [{ letter: null }, { letter: () => 'Call us' }, { holds: () => false, answers: () => 200 }]
  const said = await Promise.all(reasons.map(async (scene) => (await judged(scene)).reason))
  expect(said).toEqual([
    expect.stringContaining('nothing was mailed'),
    expect.stringContaining('no link with a token'),
    expect.stringContaining('nobody can sign in with the password'),
  ])
  const { variants } = await judged({ most: 5 })
  expect(stateOf(variants)).toEqual(['many of them: unjudged'])
})
