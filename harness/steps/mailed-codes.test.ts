import { randomInt, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import type { Delivery } from '../model.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { mailedCodesAgain, mailedCodesOfOthers } from './mailed-codes.ts'
import { wireOf } from './sent-mail.testing.ts'

const profile = `
principals:
  admin: {session: {input: {email: boss@shop.test, password: "\${env:ADMIN}"}}}
operations:
  session.create: {method: POST, path: /login, body: '{"email": email, "pass": password}', result: {token: body.token, challenge: body.begun}}
  session.mailCode: {method: POST, path: /code, body: '{"begun": challenge}'}
  session.verify: {method: POST, path: /verify, body: '{"begun": challenge, "code": code}', result: {token: body.token}}
  factor.mail: {method: POST, path: /me/factor}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  user.create: {method: POST, path: /users, as: admin, body: '{"email": email, "pass": password}', result: {id: body.id}}
mail: {from: a@shop.test, recipients: {route: relay}, delivery: {within: 0.05}}
`

interface Ways {
  readonly takesAgain?: boolean
  readonly takesOlder?: boolean
  readonly tellsIt?: boolean
  readonly mails?: boolean
  /** Whose code is taken, beside that of the sign-in. */
  readonly takesOf?: 'anybody' | 'its user'
}

interface Person {
  readonly id: string
  readonly email: string
  readonly pass: string
  byMail: boolean
}

function shop({ takesAgain, takesOlder, tellsIt, mails = true, takesOf }: Ways) {
  const people: Person[] = [{ id: 'u0', email: 'boss@shop.test', pass: 'key-of-admin', byMail: false }]
  const sessions = new Map<string, Person>()
  const begun = new Map<string, Person>()
  let codes: { readonly code: string; readonly begun: string; readonly person: Person }[] = []
  const sent: Delivery[] = []
  const opened = (person: Person): Scripted => {
    const token = randomUUID()
    sessions.set(token, person)
    return { body: { token } }
  }
  const answer = ({ path, headers, body }: Recorded): Scripted => {
    const said = JSON.parse(body || '{}')
    const waiting = begun.get(said.begun)
    if (path === '/login') {
      const person = people.find(({ email, pass }) => email === said.email && pass === said.pass)
      if (person === undefined) return { status: 401 }
      if (!person.byMail) return opened(person)
      const id = randomUUID()
      begun.set(id, person)
      return { body: { begun: id } }
    }
    if (path === '/code') {
      if (waiting === undefined) return { status: 401 }
      const code = String(randomInt(100_000, 1_000_000))
      if (takesOlder !== true) codes = codes.filter((each) => each.begun !== said.begun)
      codes.push({ code, begun: said.begun, person: waiting })
      const raw = Buffer.from(`Subject: Hello\r\nContent-Type: text/plain\r\n\r\nYour code is ${code}.\r\n`)
      const envelope = { from: '', to: [waiting.email] }
      if (mails) sent.push({ id: String(sent.length), envelope, raw } as unknown as Delivery)
      return { status: 202, body: tellsIt === true ? { code } : {} }
    }
    if (path === '/verify') {
      const found = codes.find(
        ({ code, begun, person }) =>
          code === said.code &&
          (begun === said.begun || takesOf === 'anybody' || (takesOf === 'its user' && person === waiting)),
      )
      if (found === undefined || waiting === undefined) {
        const isUsed = takesAgain === true && used.has(`${waiting?.id} ${said.code}`)
        return isUsed && waiting !== undefined ? opened(waiting) : { status: 401 }
      }
      codes = codes.filter((each) => each !== found)
      used.add(`${waiting.id} ${found.code}`)
      return opened(waiting)
    }
    const shown = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1] ?? ''
    const me = sessions.get(shown.replace('Bearer ', ''))
    if (me === undefined) return { status: 401 }
    if (path === '/me') return { body: { id: me.id } }
    if (path === '/me/factor') {
      me.byMail = true
      return { status: 204 }
    }
    const id = `u${people.length}`
    people.push({ id, email: said.email, pass: said.pass, byMail: false })
    return { status: 201, body: { id } }
  }
  const used = new Set<string>()
  const wire = wireOf(sent)
  return { answer, wire }
}

async function judged(ways: Ways, more = '') {
  const { answer, wire } = shop(ways)
  const others = { wire, reach: { take: async () => {} }, endpoints: { clock: async () => 0 } }
  const kit = others as unknown as Partial<Kit>
  const scene = { profile: `${profile}${more}`, env: { ADMIN: 'key-of-admin' }, answer, kit }
  const { verdict, variants, findings } = await judgedOver(scene, (kit) =>
    kit.verify.each([...mailedCodesAgain(kit), ...mailedCodesOfOthers(kit)], ({ judge }) => judge()),
  )
  const states = variants.flatMap(({ name, state }) => (state === 'held' ? [] : [`${name}: ${state}`]))
  return { verdict, states, severities: findings.map(({ severity }) => severity), count: variants.length }
}

test('a code by mail that is good once, for its own sign-in, is held of each way', async () => {
  expect(await judged({})).toEqual({ verdict: 'pass', states: [], severities: [], count: 5 })
})

test.each<[Ways, readonly string[]]>([
  [{ takesAgain: true }, ['a mailed code that was used: violated']],
  [{ takesOlder: true }, ['a mailed code after a newer one: violated']],
  [{ tellsIt: true }, ['a mailed code in the answer: violated']],
  [{ takesOf: 'its user' }, ['a mailed code of another sign-in: violated']],
  [
    { takesOf: 'anybody' },
    ['a mailed code of somebody else: violated', 'a mailed code of another sign-in: violated'],
  ],
])('%o is found by the sign-in', async (ways, expected) => {
  expect((await judged(ways)).states).toEqual(expected)
})

test('where no code comes, nothing is said', async () => {
  const { verdict, states } = await judged({ mails: false })
  expect(verdict).toBe('unproven')
  expect(states).toHaveLength(5)
})
