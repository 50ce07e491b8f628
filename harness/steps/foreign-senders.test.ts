import { expect, test } from 'vitest'
import type { Input } from '../api/api.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, Delivery } from '../model.ts'
import { waysToCopyBlindly } from './blind-copies.ts'
import { replacementsOf, waysToClaimASender } from './foreign-senders.ts'

interface Target {
  /** What it answers to a message with custom header fields: names in small letters. */
  readonly fields?: (names: readonly string[]) => Answer
  readonly auth?: Answer
  /** What it answers to a whole message. */
  readonly whole?: (raw: string) => Answer
  /** What it makes of one that it accepts. */
  readonly writes?: (raw: string) => string
}

/** What it accepts arrives. */
function kitAt({
  fields = () => 'accepted',
  auth = 'accepted',
  whole = () => 'accepted',
  writes = (raw) => raw,
}: Target) {
  const came = new Map<string, Delivery>()
  const take = (to: unknown, raw: string, operation: string, answer: Answer) => {
    if (answer === 'accepted')
      came.set(String(to), {
        ...{ id: String(to), raw: Buffer.from(writes(raw)) },
        envelope: { from: 'bounce@relay.provider.test', to: [String(to)] },
      } as Partial<Delivery> as Delivery)
    return sampleExchange(answer, { operation })
  }
  return sampleKit({
    call(operation: string, input: Input) {
      if (operation === 'message.raw') {
        const raw = Buffer.from(String(input['raw']), 'base64').toString()
        return take(input['to'], raw, operation, whole(raw))
      }
      const headers = Object.entries((input['headers'] ?? {}) as Record<string, string>)
      const raw = [...headers.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
      const names = headers.map(([name]) => name.toLowerCase())
      return take(input['to'], raw, operation, names.length === 0 ? 'accepted' : fields(names))
    },
    submission: {
      ports: [{ name: 'implicit' } as never],
      signIn: async () => ({
        exchange: sampleExchange(auth, { operation: 'submission.authenticate' }),
        send: async ({ to, raw }) =>
          take(to[0], raw, 'submission.send', auth === 'accepted' ? whole(raw) : 'refused'),
        close: () => {},
      }),
    },
    wire: {
      deliveries: async ({ to }) => [came.get(String(to))].filter((delivery) => delivery !== undefined),
    },
  })
}

/** What each way to claim a sender or to copy blindly comes to: that it is accepted is a finding here. */
async function triedAt(target: Target): Promise<(ways: RegExp) => string[]> {
  const { variants } = await kitAt(target).judge(async (kit) => {
    const ways = [...waysToClaimASender(kit), ...waysToCopyBlindly(kit)]
    await kit.verify.each(ways, async ({ send }) => {
      const { exchange } = await send({ subject: 'Hello', text: 'Hello' })
      kit.verify.that(exchange.answer !== 'accepted', { of: exchange, expected: '', actual: '' })
    })
  })
  return (ways) => [...new Set(variants.filter(({ name }) => ways.test(name)).map(({ state }) => state))]
}

test('a refusal counts where the like of it in the rightful name is delivered', async () => {
  const states = await triedAt({
    fields: ([name]) => (name === 'x-probe' ? 'accepted' : 'invalid'),
    whole: (raw) => (/^From: <shop@own.test>\r\n(?!From)/m.test(raw) ? 'accepted' : 'refused'),
  })
  for (const ways of [/^custom header/, /^SMTP, From/, /^raw, From/]) expect(states(ways)).toEqual(['held'])
})

test.each<[string, Target, RegExp]>([
  ['custom header fields', { fields: () => 'invalid' }, /^custom header/],
  ['whole messages', { whole: () => 'refused' }, /^SMTP, |^raw, /],
  ['whoever signs in', { auth: 'refused' }, /SMTP/],
])('nothing follows from a target that refuses all %s', async (_, target, ways) => {
  expect((await triedAt(target))(ways)).toEqual(['unjudged'])
})

test('each channel may have the provider write in place of a sender, and at a domain of its own', async () => {
  const refusesByCall = (raw: string) =>
    raw.includes('ceo@other-') ? raw.replace(/^From: .*/m, 'From: <mail@relay.provider.test>') : raw
  const found = async (target: Target) => {
    const seen: unknown[] = []
    await kitAt(target).judge(async (kit) => {
      seen.push(...(await replacementsOf(kit)))
      kit.verify.held(true, 'seen')
    })
    return seen
  }
  const replaced = { author: 'relay.provider.test', bounces: 'relay.provider.test' }
  expect(await found({ writes: refusesByCall })).toEqual([replaced, replaced])
  expect(await found({})).toEqual([])
  expect(await found({ writes: refusesByCall, auth: 'refused' })).toEqual([replaced])
  expect(await found({ whole: () => 'refused' })).toEqual([])
})
