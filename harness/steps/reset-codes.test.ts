import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import type { Delivery } from '../model.ts'
import { throttleHolds } from './guessing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { resetCodes } from './reset-codes.ts'
import { wireOf } from './sent-mail.testing.ts'

const profile = `
principals: {admin: {bearer: "\${env:ADMIN}"}, anonymous: {none: true}}
operations:
  session.create: {method: POST, path: /login, as: anonymous, body: '{"email": email, "pass": password}'}
  user.create: {method: POST, path: /users, body: '{"email": email, "pass": password}', result: {id: body.id}}
  password.forgot: {method: POST, path: /forgot, as: anonymous, body: '{"email": email}'}
  password.reset:
    {method: POST, path: /reset, as: anonymous, body: '{"email": email, "token": token, "pass": password}'}
mail: {from: a@shop.test, delivery: {within: 0.05}}
`

interface Shop {
  /** How many mails an address gets. */
  readonly mails: number
  /** After how many wrong codes one is over. */
  readonly wrong: number
  /** What whoever shows one too many is answered. */
  readonly tells?: number
  readonly letter?: (code: string) => string
}

/** What is said of an API that mails codes to set a password by. */
async function judged({ mails, wrong, tells = 400, letter = (code) => `Your code is ${code}.` }: Shop) {
  const passwords = new Map<string, string>()
  const codes = new Map<string, { readonly code: string; failures: number }>()
  const sent: Delivery[] = []
  const wire = wireOf(sent)
  const answer = ({ path, body }: Recorded): Scripted => {
    const { email, pass, token } = JSON.parse(body)
    if (path === '/login') return { status: passwords.get(email) === pass ? 200 : 401 }
    if (path === '/users') {
      passwords.set(email, pass)
      return { status: 201, body: { id: email } }
    }
    if (path === '/forgot') {
      if (sent.length >= mails) return { status: 429 }
      const code = String(randomInt(1_000_000)).padStart(6, '0')
      codes.set(email, { code, failures: codes.get(email)?.failures ?? 0 })
      const raw = Buffer.from(`Subject: Hello\r\n\r\n${letter(code)}\r\n`)
      sent.push({ id: String(sent.length), envelope: { from: '', to: [email] }, raw } as unknown as Delivery)
      return { status: 202 }
    }
    const known = codes.get(email)
    if (known === undefined) return { status: 400 }
    if (known.failures >= wrong) return { status: tells }
    if (known.code !== token) known.failures += 1
    else codes.delete(email)
    return { status: known.code === token ? 204 : 400 }
  }
  const scene = { profile, env: { ADMIN: 'key-of-admin' }, answer, about: { severity: 'high' as const } }
  const { verdict, findings } = await judgedOver(scene, async (kit) => {
    const reach = { take: async () => {}, together: <T>(_: number, work: () => Promise<T>) => work() }
    const whole = { ...kit, random: Math.random, reach, wire: { ...kit.wire, ...wire } } as unknown as Kit
    const way = resetCodes(whole)
    await way.ready
    await throttleHolds(whole, way)
  })
  return [verdict, findings.length]
}

const never = Number.POSITIVE_INFINITY

test('who guesses at a code is held back, told so or in silence', async () => {
  expect(await judged({ mails: never, wrong: 10, tells: 429 })).toEqual(['pass', 0])
  expect(await judged({ mails: never, wrong: 10 })).toEqual(['pass', 0])
  expect(await judged({ mails: never, wrong: never })).toEqual(['fail', 1])
})

test('a limit of mail is no throttle of guesses', async () => {
  expect(await judged({ mails: 1, wrong: never })).toEqual(['fail', 1])
  expect(await judged({ mails: 0, wrong: never })).toEqual(['unproven', 0])
})

test('where links are mailed there is nothing to guess', async () => {
  const link = (code: string) => `https://shop.test/set?token=${'a1b2'.repeat(8)}${code}`
  expect(await judged({ mails: never, wrong: never, letter: link })).toEqual(['not-applicable', 0])
})
