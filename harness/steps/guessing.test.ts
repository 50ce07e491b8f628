import { setTimeout as after } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Ready } from '../api/starting-line.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer } from '../model.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'
import { Unproven } from '../verdicts.ts'
import {
  type Guess,
  type Guessed,
  type Guessing,
  guessedByHttp,
  guessedBySmtp,
  guessUntilThrottled,
  raceGuesses,
  raceHolds,
  throttleHolds,
  type WayToGuess,
} from './guessing.ts'

const exchange = (answer: Answer, milliseconds = 20) => ({ ...sampleExchange(answer), milliseconds })

const guess = (guessed: Guessed): Guess => ({ guessed, exchange: null, says: 'x' })

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

const submission = (signIn: () => Promise<unknown>) =>
  sampleKit({ submission: { ports: [{}] as never, signIn: signIn as never } }).kit

test.each<[Answer, Guessed]>([
  ['refused', 'looked at'],
  ['limited', 'held back'],
  ['broken', 'held back'],
])('an SMTP guess that was %s was %s', async (answer, guessed) => {
  let closed = 0
  const kit = submission(async () => ({ exchange: exchange(answer), close: () => closed++ }))
  expect(await guessedBySmtp(kit, 'wrong')).toMatchObject({ guessed })
  expect(closed).toBe(1)
})

test('a server that hangs up holds back, and a fault of ours does not', async () => {
  const hungUp = submission(() => Promise.reject(new SmtpFailure('unreachable', 'hung up')))
  expect(await guessedBySmtp(hungUp, 'wrong')).toEqual({ guessed: 'held back', exchange: null })
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
    guess: async () => guess(++made > limit ? then : 'looked at'),
    isTarpit: async () => made > 45,
  })
  expect(await guessUntilThrottled(reach, after(25, 'held back'), {})).toEqual({
    guesses: 30,
    heldBack: true,
    turned: null,
  })
  expect(tens).toEqual([10, 10, 10])
  made = 0
  expect(await guessUntilThrottled(reach, after(25, 'late'), {})).toEqual({
    guesses: 50,
    heldBack: true,
    turned: null,
  })
  made = 0
  expect(await guessUntilThrottled(reach, after(1000, 'late'), {})).toEqual({
    guesses: 120,
    heldBack: false,
    turned: null,
  })
  made = 0
  const demanding = { limits: { signIn: { demand: 30 } } }
  expect(await guessUntilThrottled(reach, after(1000, 'late'), demanding)).toEqual({
    ...{ guesses: 30, heldBack: false, turned: null },
  })
})

/** Milliseconds of a hash: all that goes out together is there by then. */
const hash = 60

/** An account of a target that locks it after 5 failures: it tells so or not, and counts before it hashes or after. */
function account({ counts, tells }: { counts: 'before' | 'after'; tells: boolean }): Guessing {
  let failures = 0
  const attempt = async (isRight: boolean, ready: Ready = async () => {}) => {
    await ready()
    const locked = failures >= 5
    if (counts === 'before' && !locked && !isRight) failures++
    await after(hash)
    if (counts === 'after' && !locked && !isRight) failures++
    if (!locked) return sampleExchange(isRight ? 'accepted' : 'refused', { operation: 'session.create' })
    return sampleExchange(tells ? 'limited' : 'refused', { operation: 'session.create' })
  }
  return {
    async guess(ready) {
      const exchange = await attempt(false, ready)
      return { guessed: exchange.answer === 'limited' ? 'held back' : 'looked at', exchange, says: 'c0ffee' }
    },
    right: (ready) => attempt(true, ready),
  }
}

/** The verdict on guesses at such an account that go out together. */
async function raced(made: () => Guessing, more: Partial<WayToGuess> = {}) {
  const { kit, judge } = sampleKit({ profile: { operations: {} } })
  const together = <T>(_: number, work: () => Promise<T>) => work()
  const way: WayToGuess = {
    ...{ name: 'a way', ready: Promise.resolve(), promised: { limit: 5, window: 60 } },
    ...made(),
    isTarpit: async () => false,
    another: async () => made(),
    ...more,
  }
  return judge(async () => {
    kit.verify.held(true, 'it is there')
    await raceHolds(
      { reach: { together, patience: 60 } as Kit['reach'], profile: kit.profile, verify: kit.verify },
      way,
    )
  })
}

test.each([true, false])(
  'an account that counts before it hashes is no race, whether it tells (%s) that it is locked',
  async (tells) => {
    expect(await raced(() => account({ counts: 'before', tells }))).toMatchObject({ verdict: 'pass' })
  },
)

test('a counter that is written after the hash lets all through that came together, and the line repeats the race', async () => {
  const { findings } = await raced(() => account({ counts: 'after', tells: true }))
  expect(findings).toMatchObject([
    {
      severity: 'high',
      operation: 'session.create',
      expected: expect.stringContaining('the promised 5 in 60 s'),
      actual: expect.stringMatching(/^60 of 60 guesses that were released together were looked at in /),
      reproduce: expect.stringMatching(/\ni=0; while .* -le 60 \]; do curl \/session.create & done; wait$/),
    },
  ])
})

test('where a lock is silent, the right password tells whether it came too late', async () => {
  const { findings } = await raced(() => account({ counts: 'after', tells: false }))
  expect(findings).toMatchObject([{ actual: expect.stringMatching(/^it was let in behind 60 wrong ones/) }])
  const one = account({ counts: 'before', tells: false })
  const { variants, verdict } = await raced(() => one, { another: undefined } as object)
  expect([verdict, variants]).toEqual(['not-applicable', []])
})

test('a connection too many is turned away for that, and not for what is guessed', async () => {
  const atMost = (connections: number): Guessing => {
    let open = 0
    return {
      async guess(ready) {
        if (++open > connections) return { ...guess('held back'), exchange: null }
        await ready?.()
        return { ...guess('looked at'), exchange: sampleExchange('refused') }
      },
    }
  }
  const together = <T>(_: number, work: () => Promise<T>) => work()
  expect(await raceGuesses({ together }, atMost(50), 60)).toMatchObject({ looked: 50, lost: 10 })
  expect(await raced(() => atMost(50))).toMatchObject({ verdict: 'fail' })
  // Nothing is promised that so few could have gone beyond.
  const many = { promised: { limit: 55, window: 60 } }
  expect(await raced(() => atMost(50), many)).toMatchObject({ verdict: 'unproven' })
})

test('as many as two windows let through are looked at again elsewhere, and are of low severity then', async () => {
  const letsThrough = (count: number): Guessing => {
    let made = 0
    return {
      async guess(ready) {
        await ready?.()
        return {
          ...guess(++made > count ? 'held back' : 'looked at'),
          exchange: sampleExchange(made > count ? 'limited' : 'refused'),
        }
      },
    }
  }
  expect(await raced(() => letsThrough(9))).toMatchObject({
    verdict: 'fail',
    findings: [{ severity: 'low' }],
  })
  // Of a source there is no other, but another window.
  const source = letsThrough(9)
  const ofSource = { promised: { limit: 5, window: 0.05 }, another: undefined } as object
  expect((await raced(() => source, ofSource)).verdict).toBe('pass')
  const large = { promised: { limit: 100, window: 60 } }
  expect(await raced(() => letsThrough(105), large)).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringMatching(/^105 of 252 guesses .* at the second time, 105 at the first/),
  })
  const settles = [105, 100]
  expect(await raced(() => letsThrough(settles.shift() ?? 0), large)).toMatchObject({ verdict: 'pass' })
  const counts = [9, 5]
  expect(await raced(() => letsThrough(counts.shift() ?? 0))).toMatchObject({ verdict: 'pass' })
})

test('guesses that took so long that all of them may be looked at were no race', async () => {
  const { verdict, reason } = await raced(() => account({ counts: 'before', tells: true }), {
    promised: { limit: 5, window: 0.001 },
  })
  expect([verdict, reason]).toEqual(['unproven', expect.stringMatching(/: they did not come together; /)])
})

test('guesses that were not answered may have been looked at', async () => {
  let made = 0
  const silent: Guessing = {
    async guess(ready) {
      await ready?.()
      if (++made > 4) throw new Unproven('no answer', '')
      return { ...guess('looked at'), exchange: sampleExchange('refused') }
    },
  }
  const { verdict, reason } = await raced(() => silent)
  expect([verdict, reason]).toEqual([
    'unproven',
    expect.stringMatching(
      /^4 of 60 guesses .* and 56 not answered, which is no clear answer beside 5 in 60 s/,
    ),
  ])
})

test('guesses that are refused in another way later are not taken for looked at, and the reason names the place in the profile', async () => {
  const turned = (status: number): (() => Guessing) => {
    let made = 0
    return () => ({
      async guess(ready) {
        await ready?.()
        const { response, ...exchange } = sampleExchange('refused', { operation: 'principal.get' })
        if (response === null) throw new Error('expected a response')
        const told = { ...exchange, response: { ...response, status: ++made > 5 ? status : 401 } }
        return { guessed: 'looked at', exchange: told, says: 'c0ffee' }
      },
    })
  }
  expect(await raced(turned(403))).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringMatching(
      /^guesses were answered 401, and then 403: .* operations\.principal\.get\.limited .* status = 403$/,
    ),
  })
  expect(await raced(turned(401))).toMatchObject({ verdict: 'fail' })
  const reach = { together: <T>(_: number, work: () => Promise<T>) => work() }
  const byTens = (status: number) =>
    guessUntilThrottled(reach, { ...turned(status)(), isTarpit: async () => false }, {})
  expect(await byTens(403)).toMatchObject({ heldBack: false, turned: { from: 401, to: 403 } })
  expect(await byTens(401)).toEqual({ guesses: 120, heldBack: false, turned: null })
  // Who is shut out by a race before is answered in that way alone.
  const shutOut = turned(403)()
  await guessUntilThrottled(
    reach,
    { ...shutOut, isTarpit: async () => false },
    { limits: { signIn: { demand: 10 } } },
  )
  const later = await guessUntilThrottled(reach, { ...shutOut, isTarpit: async () => false }, {})
  expect(later.turned).toMatchObject({ from: 401, to: 403 })
  // Whoever has the right one tells more: it is refused as well, and so that is a lock.
  const locked = turned(403)
  const behind = async (answer: Answer) => {
    const right = async () => sampleExchange(answer, { operation: 'session.create' })
    const { kit, judge } = sampleKit({ profile: { operations: {} } })
    const judged = await judge(async () => {
      kit.verify.held(true, 'it is there')
      const way = { ...locked(), right, isTarpit: async () => false } as unknown as WayToGuess
      await throttleHolds({ reach: reach as Kit['reach'], profile: kit.profile, verify: kit.verify }, way)
    })
    return judged.verdict
  }
  expect(await behind('refused')).toBe('pass')
  // A code that has ended is no code any more.
  expect(await behind('invalid')).toBe('pass')
})

test('without a promise there is nothing to count a race against', async () => {
  const { verdict, reason } = await raced(() => account({ counts: 'after', tells: true }), { promised: null })
  expect([verdict, reason]).toEqual([
    'not-applicable',
    expect.stringContaining('promises no limit of failures'),
  ])
})
