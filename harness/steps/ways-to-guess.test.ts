import { expect, test } from 'vitest'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, Exchange } from '../model.ts'
import { waysToGuess } from './ways-to-guess.ts'

const exchange = (answer: Answer, milliseconds = 20) => ({ ...sampleExchange(answer), milliseconds })

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
        ...{
          name,
          kind: name.split('.')[0],
          as: 'admin',
          path: '/',
          example: {},
          steps: [],
          inputs: new Set(inputs),
        },
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

test('what a source is held back for comes last: it shuts that source out from all else', async () => {
  const kit = inFrontOf({ ...signIn, ...users }, { reader: {} }, yes, { ports: [{}] })
  expect((await named(kit)).at(-1)).toBe('one password with many users')
})

test.each([
  [{ signIn: { perAccount: 5, perSource: 9, window: 30 }, badKeys: { perSource: 7 } }, 'key', [5, 7, 9]],
  [{ signIn: { perAccount: 5 } }, 'ann@shop.test', [5, 5, undefined]],
  [{}, 'ann@shop.test', [undefined, undefined, undefined]],
])('%o promises, to a submission by the name of %s, as many failures', async (limits, user, expected) => {
  const kit = inFrontOf({ ...signIn, ...users }, {}, yes, { ports: [{}], user })
  Object.assign(kit.profile, { policies: { limits } })
  const ways = await waysToGuess(kit)
  expect(ways.map(({ promised }) => promised?.limit)).toEqual(expected)
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
    'keys by SMTP AUTH: rejected',
    'one password with many users: fulfilled',
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
  expect(await way?.guess()).toMatchObject({ guessed: 'looked at' })
  expect(shown).toEqual([expect.stringMatching(/^token sk_live_[0-9a-f]{32}$/)])
})
