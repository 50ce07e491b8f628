import { expect, test } from 'vitest'
import type { Reach } from '../api/reach.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, Exchange, Finding } from '../model.ts'
import { mulberry32 } from '../probes/statistics.ts'
import { Unproven } from '../verdicts.ts'
import {
  answersAlike,
  askAgainPerPair,
  askInPairs,
  askOncePerPair,
  timesAboutAlike,
  timesAlike,
} from './timing.ts'

const names = { a: 'with an account', b: 'without one' }

function by(difference?: number, window?: number) {
  const leave: number[] = []
  const together: Reach['together'] = (count, work) => {
    leave.push(count)
    return work()
  }
  const policies = {
    ...(difference === undefined ? {} : { timing: { difference } }),
    ...(window === undefined ? {} : { limits: { signIn: { window } } }),
  }
  const { kit, judge } = sampleKit({ profile: { policies }, about: { severity: 'medium' } })
  return { ...kit, reach: { together, patience: 1 } as Reach, random: mulberry32(1), leave, judge }
}

/** The findings of a judge, or what it throws. */
async function findingsOf(
  judge: typeof timesAlike,
  result: Parameters<typeof timesAlike>[1],
  difference?: number,
): Promise<readonly Finding[]> {
  const scene = by(difference)
  const { findings, verdict, reason } = await scene.judge(async () => judge(scene, result, names))
  if (verdict === 'unproven') throw new Unproven(reason ?? '', '')
  return findings
}

interface Said {
  readonly answer?: Answer
  readonly status?: number
  readonly body?: string
  readonly milliseconds?: number
}

function exchange({ answer = 'refused', status = 401, body = '{"error":"no"}', milliseconds = 20 }: Said) {
  const response = { status, headers: [['date', 'now']], body, truncated: false }
  const request = { method: 'POST', origin: 'https://api.test', path: '/', headers: [], body: null }
  return {
    ...{
      id: `exchange ${body} ${milliseconds}`,
      operation: 'session.create',
      principal: 'anonymous',
      answer,
      milliseconds,
      startedAt: 1,
      failure: null,
    },
    ...{ request, response },
  } as unknown as Exchange
}

/** Asks about subjects that are called `a0`, `b0`, `a1` …, which are answered so. */
async function asked(
  answer: (subject: string, call: number) => Said,
  bounds = { tries: 8, subjects: 8 },
  window?: number,
) {
  let [subjects, calls] = [0, 0]
  const calledOf: string[] = []
  const scene = by(undefined, window)
  const result = await askInPairs(scene, {
    bounds,
    make: async () => ({ a: `a${subjects}`, b: `b${subjects++}` }),
    ask: async (subject) => {
      calledOf.push(subject)
      return exchange(answer(subject, calls++))
    },
  })
  return { ...result, calledOf, leave: scene.leave }
}

const slow = (kind: string, more: number) => (subject: string, call: number) => ({
  milliseconds: 20 + (call % 3) / 10 + (subject.startsWith(kind) ? more : 0),
})

test('each subject is asked about so often, pairs get their leave as a whole, and the first of each is kept', async () => {
  const { calledOf, leave, firsts, comparison } = await asked(slow('a', 0))
  expect(comparison).toMatchObject({ verdict: 'equal' })
  const often = (subject: string) => calledOf.filter((one) => one === subject).length
  // One pair warms up.
  expect(['a0', 'b0', 'a1', 'b1', 'a3', 'b3', 'a4'].map(often)).toEqual([9, 9, 8, 8, 8, 8, 0])
  expect(new Set(leave)).toEqual(new Set([2]))
  expect([firsts.a.length, firsts.b.length]).toEqual([4, 4])
})

test('a longer time of one kind is a finding, of low severity where the profile says that only more matters', async () => {
  const result = await asked(slow('a', 60))
  expect(await findingsOf(timesAlike, result)).toMatchObject([
    {
      severity: 'medium',
      expected: 'the same time with an account and without one',
      actual: expect.stringMatching(
        /^answers took 60\.\d ms longer with an account than without one, with 99% certainty [\d.]+ to [\d.]+ ms \(32 pairs\)$/,
      ),
    },
  ])
  const small = await asked(slow('b', 12))
  expect(await findingsOf(timesAlike, small)).toMatchObject([
    { severity: 'medium', actual: expect.stringContaining('longer without one than with an account') },
  ])
  expect(await findingsOf(timesAlike, small, 30)).toMatchObject([{ severity: 'low' }])
  expect(await findingsOf(timesAlike, small, 10)).toMatchObject([{ severity: 'medium' }])
})

test('where nobody may ask often, what is less than matters is told, and a limit is one for whoever measures', async () => {
  const judged = async (result: Awaited<ReturnType<typeof asked>>) => {
    const scene = by()
    return scene.judge(async () => {
      scene.verify.held(true, 'they were asked')
      await scene.verify.each([{ name: 'times' }], async () => timesAboutAlike(scene, result, names))
    })
  }
  expect(await judged(await asked(slow('a', 60)))).toMatchObject({ findings: [{ severity: 'medium' }] })
  const small = await judged(await asked(slow('a', 12)))
  expect(small).toMatchObject({ verdict: 'pass', findings: [] })
  expect(small.reason).toContain('less than matters')
  const limited = { answer: 'limited', status: 429 } as const
  const { variants } = await judged(await asked((_, call) => (call > 20 ? limited : {})))
  expect(variants).toMatchObject([{ state: 'not-applicable' }])
})

test('noise that may hide a difference leaves the times unproven, and says what would help', async () => {
  const random = mulberry32(5)
  const result = await asked(() => ({ milliseconds: 20 + random() ** 4 * 4000 }))
  expect(result.comparison).toMatchObject({ verdict: 'undecided' })
  await expect(findingsOf(timesAlike, result)).rejects.toThrow(
    /or more than the 25 ms that matter; run it on a quieter/,
  )
  expect(await findingsOf(answersAlike, result)).toEqual([])
})

test('who is told at once to come later, as strangers are not, is told from them by it', async () => {
  const limited = { answer: 'limited', status: 429 } as const
  const locked = await asked((subject) => (subject.startsWith('a') ? limited : {}))
  expect(await findingsOf(answersAlike, locked)).toMatchObject([
    { actual: expect.stringMatching(/^429 .* with an account, 401 .* without one$/) },
  ])
  expect(locked.comparison).toBeInstanceOf(Unproven)
  const throttled = await asked((_, call) => (call > 20 ? limited : {}), { tries: 4, subjects: 8 })
  expect(await findingsOf(answersAlike, throttled)).toEqual([])
  const everybody = await asked(() => limited)
  await expect(findingsOf(answersAlike, everybody)).rejects.toThrow('the target throttled the measurement')
})

test('a limit that others have used up, and of which something comes free now and then, tells nobody from anybody', async () => {
  const limited = { answer: 'limited', status: 429 } as const
  for (const frees of [
    (call: number) => call % 2 === 1,
    (call: number) => call % 2 === 0,
    (call: number) => call % 3 === 0,
    (call: number) => call > 4,
    (call: number) => call > 6,
  ]) {
    const slid = await asked((_, call) => (frees(call) ? {} : limited))
    const findings = await findingsOf(answersAlike, slid).catch((error: Error) => error)
    expect(findings, String(frees)).toSatisfy(
      (found) => found instanceof Unproven || (Array.isArray(found) && found.length === 0),
    )
  }
})

test('a throttle leaves the times unproven, and the answers until then are judged', async () => {
  const limited = { answer: 'limited', status: 429 } as const
  const other = (subject: string) => ({
    body: subject.startsWith('a') ? '{"error":"password"}' : '{"error":"who"}',
  })
  const result = await asked((subject, call) => (call < 10 ? other(subject) : limited))
  await expect(findingsOf(timesAlike, result)).rejects.toThrow(
    'the target throttled the measurement; raise its limit',
  )
  expect(await findingsOf(answersAlike, result)).toMatchObject([
    { actual: '401 {"error":"password"} [date] with an account, 401 {"error":"who"} [date] without one' },
  ])
  const atOnce = await asked(() => limited)
  for (const judge of [answersAlike, timesAlike])
    await expect(findingsOf(judge, atOnce)).rejects.toThrow('the target throttled the measurement')
})

test('what others had nearly used up is waited for once, and all is asked again', async () => {
  const limited = { answer: 'limited', status: 429 } as const
  const once = (_: string, call: number) => (call === 20 ? limited : { milliseconds: 20 + (call % 3) / 10 })
  const bounds = { tries: 8, subjects: 8 }
  const again = await asked(once, bounds, 0.01)
  expect(again.comparison).toMatchObject({ verdict: 'equal' })
  expect(again.firsts.a.some(({ answer }) => answer === 'limited')).toBe(false)
  // Longer than anybody waits.
  expect((await asked(once, bounds, 2)).comparison).toBeInstanceOf(Unproven)
})

test('what no answer says leaves both unproven, and a fault of ours is thrown', async () => {
  const broken = await asked(() => ({ answer: 'broken', status: 500 }))
  for (const judge of [answersAlike, timesAlike])
    await expect(findingsOf(judge, broken)).rejects.toThrow(Unproven)
  const fault = asked(() => {
    throw new TypeError('ours')
  })
  await expect(fault).rejects.toThrow('ours')
})

test('what changes from answer to answer tells nothing of the kind', async () => {
  const nonces = await asked((subject, call) => ({ body: `{"error":"${subject}","trace":"${call}"}` }))
  expect(await findingsOf(answersAlike, nonces)).toEqual([])
  const member = await asked((subject, call) => ({
    body: `{"error":"${call}"${subject.startsWith('a') ? ',"tries":1' : ''}}`,
  }))
  expect(await findingsOf(answersAlike, member)).toHaveLength(1)
})

test.each([
  ['one of each kind', { tries: 8, subjects: 1 }],
  ['several of each kind', { tries: 8, subjects: 4 }],
])(
  'a clock in each answer, and who was asked about, hide no other words and are none: %s',
  async (_, bounds) => {
    const says = (words: (subject: string) => string) =>
      asked((subject, call) => {
        const time = `2026-11-26T18:30:00.${100 + call}+00:00`
        return { body: `{"timestamp":"${time}","status":401,"message":"${words(`${subject}@own.test`)}"}` }
      }, bounds)
    const alike = await says((who) => `no account ${who}, or a wrong password`)
    expect(await findingsOf(answersAlike, alike)).toEqual([])
    const telling = await says((who) =>
      who.startsWith('a') ? `wrong password of ${who}` : `no account ${who}`,
    )
    expect(await findingsOf(answersAlike, telling)).toHaveLength(1)
  },
)

test('a number that is another in each answer hides no other words', async () => {
  const telling = await asked((subject, call) => ({
    body: `{"n":${call},"error":"${subject.startsWith('a') ? 'wrong password' : 'no account'}"}`,
  }))
  expect(await findingsOf(answersAlike, telling)).toHaveLength(1)
})

test('what is refused to everybody, and is not meant to be, is no verdict; what differs is a finding all the same', async () => {
  const once = async (answer: (subject: string) => Said) => {
    let subjects = 0
    const make = async () => ({ a: `a${subjects}`, b: `b${subjects++}` })
    return askOncePerPair(by(), { make, ask: async (subject) => exchange(answer(subject)) })
  }
  const accepted = await once(() => ({ answer: 'accepted', status: 200, body: '{"ok":true}' }))
  expect(await findingsOf(answersAlike, accepted)).toEqual([])
  const refused = await once(() => ({ answer: 'refused', status: 403 }))
  await expect(findingsOf(answersAlike, refused)).rejects.toThrow('it must be accepted')
  const telling = await once((subject) => ({
    ...{ answer: 'invalid', status: 400 },
    body: subject.startsWith('a') ? '{"error":"taken"}' : '{"error":"no such domain"}',
  }))
  expect(await findingsOf(answersAlike, telling)).toHaveLength(1)
})

test('a limit for whoever asks again tells where it is one for a kind alone', async () => {
  const twice = async (limited: (subject: string, asked: number) => boolean) => {
    const asked = new Map<string, number>()
    let [subjects, all] = [0, 0]
    const make = async () => ({ a: `a${subjects}`, b: `b${subjects++}` })
    const again = async (subject: string) => {
      const count = (asked.get(subject) ?? 0) + 1
      asked.set(subject, count)
      const isLimited = count > 1 && limited(subject, ++all)
      return exchange(
        isLimited ? { answer: 'limited', status: 429 } : { answer: 'accepted', status: 202, body: '{}' },
      )
    }
    return findingsOf(answersAlike, await askAgainPerPair(by(), { make, ask: again, again }))
  }
  expect(await twice(() => false)).toEqual([])
  expect(await twice(() => true)).toEqual([])
  // Of one that all share, from some question on.
  expect(await twice((_subject, asked) => asked > 3)).toEqual([])
  expect(await twice((subject) => subject.startsWith('a'))).toMatchObject([
    { actual: expect.stringMatching(/^429 .*with an account, 202/) },
  ])
})

test('who is refused at the first question already tells nothing by the second', async () => {
  const twice = async (most: number, limits: boolean) => {
    let [subjects, all] = [0, 0]
    const make = async () => ({ a: `a${subjects}`, b: `b${subjects++}` })
    const ask = async () =>
      exchange(all++ < most ? { answer: 'accepted', status: 202 } : { answer: 'refused', status: 403 })
    const again = async (subject: string) =>
      limits && subject.startsWith('a') ? exchange({ answer: 'limited', status: 429 }) : ask()
    return findingsOf(answersAlike, await askAgainPerPair(by(), { make, ask, again }))
  }
  await expect(twice(2, false)).rejects.toThrow('it must be accepted')
  expect(await twice(12, false)).toEqual([])
  expect(await twice(12, true)).toHaveLength(1)
})
