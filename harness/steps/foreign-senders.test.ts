import { expect, test } from 'vitest'
import type { Input } from '../api/api.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer, Delivery } from '../model.ts'
import { NotSeen } from '../sandbox/client.ts'
import { waysToCopyBlindly } from './blind-copies.ts'
import { waysToClaimASender } from './foreign-senders.ts'

interface Target {
  /** What it answers to a message with custom header fields: names in small letters. */
  readonly fields?: (names: readonly string[]) => Answer
  readonly auth?: Answer
  /** What it answers to a whole message. */
  readonly whole?: (raw: string) => Answer
}

/** What it accepts arrives. */
function kitAt({ fields = () => 'accepted', auth = 'accepted', whole = () => 'accepted' }: Target) {
  const came = new Map<string, Delivery>()
  const take = (to: unknown, raw: string, operation: string, answer: Answer) => {
    if (answer === 'accepted')
      came.set(String(to), { id: String(to), raw: Buffer.from(raw) } as Partial<Delivery> as Delivery)
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
      async arrival({ to }) {
        const delivery = came.get(String(to))
        if (delivery === undefined) throw new NotSeen('nothing')
        return [delivery]
      },
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
