import { expect, test, vi } from 'vitest'
import type { About, Exchange } from '../model.ts'
import type { Wire } from '../sandbox/client.ts'
import { Unproven, Violated } from '../verdicts.ts'
import { evidenceMakers } from './evidence.ts'
import { type Claim, createVerify, type Scene } from './verify.ts'

const about: About = {
  id: 'suite/check',
  practices: [],
  severity: 'high',
  why: '',
  remediation: '',
  references: [],
  needs: [],
  reach: 'safe',
  weakness: '',
}

const exchange: Exchange = {
  id: '1',
  operation: 'message.send',
  principal: 'sender',
  request: { method: 'POST', origin: 'https://api.test', path: '/', headers: [], body: null },
  response: { status: 202, headers: [], body: 'the canary', truncated: false },
  failure: null,
  startedAt: 1,
  milliseconds: 1,
  answer: 'accepted',
  result: null,
}

function scene(changes: Partial<Scene> = {}): Scene {
  const wire: Pick<Wire, 'sessions' | 'deliveries'> = { sessions: async () => [], deliveries: async () => [] }
  return {
    about,
    wire: wire as Wire,
    evidence: evidenceMakers((text) => text),
    curl: () => 'curl',
    fence: async () => {},
    tally: { held: 0, observed: 0 },
    ...changes,
  }
}

const claim = (): Claim => ({
  operation: 'message.send',
  expected: 'this',
  actual: 'that',
  evidence: [{ kind: 'measurement', text: '1', at: 1 }],
  reproduce: 'curl',
})

async function thrownBy(body: () => unknown): Promise<unknown> {
  try {
    await body()
  } catch (error) {
    return error
  }
  throw new Error('expected it to throw')
}

test('a violated property carries a finding of the severity of its check', async () => {
  const error = await thrownBy(() => createVerify(scene()).that(false, claim))
  expect(error).toBeInstanceOf(Violated)
  expect((error as Violated).findings).toMatchObject([{ severity: 'high', variant: null, actual: 'that' }])
})

test('guards and observations are counted apart', () => {
  const { tally, ...rest } = scene()
  const verify = createVerify({ tally, ...rest })
  verify.held(true, 'it works')
  verify.that(true, claim)
  expect(tally).toEqual({ held: 1, observed: 1 })
  expect(() => verify.held(false, 'it works')).toThrow(Unproven)
})

test('every variant that fails has its finding, named by the way to it', async () => {
  const verify = createVerify(scene())
  const error = await thrownBy(() =>
    verify.each([{ name: 'a' }, { name: 'b' }, { name: 'c' }], (variant, inner) =>
      inner.each([{ name: '1' }], async (_, innermost) => innermost.that(variant.name === 'b', claim)),
    ),
  )
  expect((error as Violated).findings.map(({ variant }) => variant)).toEqual(['a, 1', 'c, 1'])
})

test('a finding outweighs a variant that could not be judged; a crash outweighs that alone', async () => {
  const verify = createVerify(scene())
  const each = (bodies: Record<string, () => void>) =>
    thrownBy(() =>
      verify.each(
        Object.keys(bodies).map((name) => ({ name })),
        async ({ name }) => bodies[name]?.(),
      ),
    )
  const violated = () => verify.that(false, claim)
  const unproven = () => verify.held(false, 'no mail')
  const crash = () => {
    throw new TypeError('bug')
  }
  expect(await each({ unproven, crash, violated })).toBeInstanceOf(Violated)
  expect(await each({ unproven, crash })).toBeInstanceOf(TypeError)
  expect(await each({ unproven })).toBeInstanceOf(Unproven)
})

test('nothing is said of what did not arrive before the fence has', async () => {
  const fence = vi.fn(async () => {
    throw new Unproven('no fence', 'wait')
  })
  const looked = vi.fn(async () => [])
  const wire = { sessions: looked, deliveries: looked } as unknown as Wire
  const verify = createVerify(scene({ fence, wire }))
  await expect(verify.nothingReached('a@x.test', exchange)).rejects.toThrow(Unproven)
  expect(looked).not.toHaveBeenCalled()
})

test('no response is no proof of a refusal, and an error that repeats the token names nobody', async () => {
  const verify = createVerify(scene())
  const repeated = { status: 401, headers: [], body: '{"error":"bad token of 42"}', truncated: false }
  expect(() =>
    verify.notAuthenticated({ ...exchange, response: null, answer: 'broken', failure: 'reset' }, ''),
  ).toThrow(Unproven)
  verify.notAuthenticated({ ...exchange, response: repeated, answer: 'refused' }, 'a refusal')
  expect(() => verify.notAuthenticated({ ...exchange, result: { id: '42' } }, 'a refusal')).toThrow(Violated)
})
