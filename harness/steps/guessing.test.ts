import { expect, test } from 'vitest'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, Exchange } from '../model.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'
import { Unproven } from '../verdicts.ts'
import { type Guessed, guessedByHttp, guessedBySmtp, guessUntilThrottled, waysToGuess } from './guessing.ts'

const exchange = (answer: Answer, milliseconds = 20) => ({ ...sampleExchange(answer), milliseconds })

test.each<[Answer, number, Guessed]>([
  ['refused', 20, 'looked at'],
  ['refused', 5001, 'late'],
  ['limited', 20, 'held back'],
])('an HTTP guess that was %s in %d ms was %s', (answer, milliseconds, guessed) => {
  expect(guessedByHttp(sampleKit().kit, exchange(answer, milliseconds))).toBe(guessed)
})

test('an error of the target says nothing of a guess', () => {
  expect(() => guessedByHttp(sampleKit().kit, exchange('broken'))).toThrow(Unproven)
})

/** A kit in front of a target that answers calls so, with principals and operations of a profile; `has` none but these. */
function inFrontOf(
  declared: Record<string, readonly string[]>,
  principals: object,
  call: (operation: string, input: object, as: unknown) => Exchange,
  submission = {},
): Kit {
  const operations = Object.fromEntries(
    Object.entries(declared).map(([name, inputs]) => [
      name,
      {
        ...{ name, kind: name.split('.')[0], as: 'admin', path: '/', example: {}, inputs: new Set(inputs) },
        ...{ effect: name.endsWith('.create') ? 'create' : 'read', object: null, sends: false, mailTo: [] },
      },
    ]),
  )
  const has = (operation: string, input?: string) =>
    operation in declared && (input === undefined || declared[operation]?.includes(input) === true)
  const { kit } = sampleKit({ call: call as never, has, profile: { operations, principals }, submission })
  const credential = async () => ({
    ...{ kind: 'headers', token: 'sk_live_0001', query: [] },
    headers: [['X-Api-Key', 'token sk_live_0001']],
  })
  return { ...kit, api: { ...kit.api, credential } } as unknown as Kit
}

const signIn = { 'session.create': ['email', 'password'] }
const users = { 'user.create': ['email', 'password'] }

test('late answers are a tarpit where one guess by itself is late and other calls are not', async () => {
  const judged = async (alone: number, other: number) => {
    const times: Record<string, number> = { 'session.create': alone, 'contact.list': other }
    let signedIn = 0
    const kit = inFrontOf({ ...signIn, ...users, 'contact.list': [] }, {}, (operation) => {
      const answer = operation !== 'session.create' || signedIn++ === 0 ? 'accepted' : 'refused'
      return exchange(answer, times[operation])
    })
    const [way] = await waysToGuess(kit)
    return way?.isTarpit().catch((error: Error) => error.name)
  }
  expect(await judged(6000, 20)).toBe(true)
  expect(await judged(600, 20)).toBe(false)
  expect(await judged(6000, 6000)).toBe('Unproven')
})

const named = async (kit: Kit) => (await waysToGuess(kit)).map(({ name }) => name)
const yes = () => exchange('accepted')

test('a channel that the profile does not declare is left out, and costs no other', async () => {
  const person = { admin: { session: { input: {} } } }
  expect(await named(inFrontOf({}, {}, yes))).toEqual([])
  expect(await named(inFrontOf({ ...signIn, ...users }, {}, yes))).toEqual([
    'passwords of one user',
    'one password with many users',
  ])
  expect(await named(inFrontOf(signIn, person, yes))).toEqual(['one password with many users'])
  expect(await named(inFrontOf(signIn, { anonymous: { none: true } }, yes))).toEqual([])
  expect(await named(inFrontOf({ 'contact.list': [] }, { reader: {} }, yes))).toEqual(['API keys'])
  expect(await named(inFrontOf({}, { reader: {} }, yes, { ports: [{}] }))).toEqual(['keys by SMTP AUTH'])
})

test('where nobody can be made, who signs in by the profile shows that it can be done', async () => {
  const person = { admin: { session: { input: {} } } }
  const statesOf = async (principals: object) => {
    const kit = inFrontOf({ ...signIn, ...users }, principals, (operation) =>
      exchange(operation === 'user.create' ? 'refused' : 'accepted'),
    )
    const ways = await waysToGuess(kit)
    const outcomes = await Promise.allSettled(ways.map(({ ready }) => ready))
    return outcomes.map(({ status }) => status)
  }
  expect(await statesOf(person)).toEqual(['rejected', 'fulfilled'])
  expect(await statesOf({})).toEqual(['rejected', 'rejected'])
})

test('a login that does not work leaves its own channel unproven, and no other', async () => {
  const refused = { exchange: exchange('refused'), close() {} }
  const kit = inFrontOf({ ...signIn, ...users }, {}, yes, { ports: [{}], signIn: async () => refused })
  const ways = await waysToGuess(kit)
  const outcomes = await Promise.allSettled(ways.map(({ ready }) => ready))
  expect(ways.map(({ name }, n) => `${name}: ${outcomes[n]?.status}`)).toEqual([
    'passwords of one user: fulfilled',
    'one password with many users: fulfilled',
    'keys by SMTP AUTH: rejected',
  ])
})

test('a key is guessed where the target looks for keys, in the words around it, and without a part of a real one', async () => {
  const shown: string[] = []
  const kit = inFrontOf({ 'contact.list': [] }, { sender: {} }, (_, __, as) => {
    const key = typeof as === 'string' ? 'live' : (as as { headers: string[][] }).headers[0]?.[1]
    shown.push(key ?? '')
    return exchange(key === 'live' || key === 'token sk_live_0001' ? 'accepted' : 'refused')
  })
  const [way] = await waysToGuess(kit)
  await way?.ready
  shown.length = 0
  expect(await way?.guess()).toBe('looked at')
  expect(shown).toEqual([expect.stringMatching(/^token sk_live_[0-9a-f]{32}$/)])
})

const submission = (signIn: () => Promise<unknown>) =>
  sampleKit({ submission: { ports: [{}] as never, signIn: signIn as never } }).kit

test.each<[Answer, Guessed]>([
  ['refused', 'looked at'],
  ['limited', 'held back'],
  ['broken', 'held back'],
])('an SMTP guess that was %s was %s', async (answer, guessed) => {
  let closed = 0
  const kit = submission(async () => ({ exchange: exchange(answer), close: () => closed++ }))
  expect(await guessedBySmtp(kit, 'wrong')).toBe(guessed)
  expect(closed).toBe(1)
})

test('a server that hangs up holds back, and a fault of ours does not', async () => {
  const hungUp = submission(() => Promise.reject(new SmtpFailure('unreachable', 'hung up')))
  expect(await guessedBySmtp(hungUp, 'wrong')).toBe('held back')
  const fault = submission(() => Promise.reject(new TypeError('bug')))
  await expect(guessedBySmtp(fault, 'wrong')).rejects.toThrow('bug')
})

test('guessing goes by tens that are sent together, and ends with the first that is held back, or when there were enough', async () => {
  const tens: number[] = []
  const reach = {
    together<T>(count: number, work: () => Promise<T>) {
      tens.push(count)
      return work()
    },
  }
  let made = 0
  const after = (limit: number, then: Guessed) => ({
    guess: async () => (++made > limit ? then : 'looked at'),
    isTarpit: async () => made > 45,
  })
  expect(await guessUntilThrottled(reach, after(25, 'held back'), {})).toEqual({
    guesses: 30,
    heldBack: true,
  })
  expect(tens).toEqual([10, 10, 10])
  made = 0
  expect(await guessUntilThrottled(reach, after(25, 'late'), {})).toEqual({ guesses: 50, heldBack: true })
  made = 0
  expect(await guessUntilThrottled(reach, after(1000, 'late'), {})).toEqual({ guesses: 120, heldBack: false })
  made = 0
  const demanding = { limits: { signIn: { demand: 30 } } }
  expect(await guessUntilThrottled(reach, after(1000, 'late'), demanding)).toEqual({
    ...{ guesses: 30, heldBack: false },
  })
})
