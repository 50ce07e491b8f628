import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { bearerCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery, Session } from '../model.ts'
import { scheduledMail } from './scheduled-mail.ts'

interface Way {
  /** Whose end it does not look at when a message is due. */
  readonly forgets?: 'key.revoke' | 'user.deactivate' | 'domain.delete' | 'suppression.create'
  readonly copies?: number
  readonly cancels?: 'never' | 'while it leaves'
  /** Milliseconds from now for which it takes messages. */
  readonly nearest?: number
  readonly isAtOnce?: boolean
  /** How many calls that cancel what leaves are answered when it has left. */
  readonly late?: number
  readonly clockAhead?: number
}

/** Milliseconds from when a recipient is named until an exchanger has the message. */
const leaving = 600

/** What evidence shows. */
const mail = { raw: Buffer.from('\r\n'), envelope: { from: '', to: [] } }

interface Message {
  readonly id: string
  readonly to: string
  readonly at: number
  readonly by: unknown
  readonly from: unknown
}

/** What is said of a target that sends scheduled mail so, by a clock that everybody who waits moves. */
async function judged({ copies = 1, nearest = 0, isAtOnce = false, clockAhead = 0, late = 0, ...way }: Way) {
  let now = 1_700_000_000_000
  const clock = {
    now: () => now,
    async pause(milliseconds: number) {
      const until = now + milliseconds
      for (let turn = 0; turn < 100; turn++) await nextTurn()
      now = Math.max(now, until)
    },
  }
  const messages: Message[] = []
  const over = new Set<unknown>()
  let made = 0
  let calls = 0
  const leaves = ({ id, to, at, by, from }: Message) =>
    at <= now && ![id, to, by, from].some((each) => over.has(each))
  const came = (to: string | undefined) =>
    messages
      .filter((message) => message.to === to && leaves(message))
      .flatMap((message) => Array.from({ length: copies }, () => message))
      .map(
        ({ at }, copy) => ({ id: `${to} ${copy}`, receivedAt: at + leaving, ...mail }) as unknown as Delivery,
      )
  const scene = sampleKit({
    about: { severity: 'medium' },
    profile: {
      ...{ principals: { admin: { session: { input: {} } } }, roles: { Admin: '*' } },
      mail: {
        ...{ from: 'shop@own.test', domains: ['own.test'], delivery: { within: 1 } },
        recipients: { route: 'mx' },
      },
    },
    call(operation, input, as) {
      const accepted = (result: object) => ({
        ...sampleExchange('accepted', { operation, result }),
        ...{ startedAt: now, milliseconds: 1 },
      })
      const id = `${operation} ${++made}`
      if (operation === 'message.send') {
        const at = input['sendAt'] === undefined ? now : Date.parse(String(input['sendAt'])) - clockAhead
        if (at > now && at - now < nearest) return sampleExchange('invalid', { operation })
        const by = JSON.stringify(as)
        messages.push({ id, to: String(input['to']), at: isAtOnce ? now : at, by, from: input['from'] })
        return accepted({ id })
      }
      if (operation === 'message.cancel') {
        const message = messages.find((each) => each.id === input['id'])
        const isLate = message !== undefined && message.at <= now
        const takes = isLate && ++calls <= late ? 2 * leaving : 1
        if (isLate && (takes > 1 || way.cancels !== 'while it leaves'))
          return { ...sampleExchange('invalid', { operation }), startedAt: now, milliseconds: takes }
        if (!isLate && way.cancels !== 'never') over.add(input['id'])
        return accepted({})
      }
      if (operation === way.forgets) return accepted({})
      if (operation === 'key.revoke') over.add(keys.get(String(input['id'])))
      if (operation === 'user.deactivate')
        over.add(JSON.stringify(bearerCredential(`session of ${people.get(String(input['id']))}`)))
      if (operation === 'domain.delete') over.add(`postmaster@${domains.get(String(input['id']))}`)
      if (operation === 'suppression.create') over.add(input['email'])
      if (operation === 'key.create') keys.set(id, JSON.stringify(bearerCredential(id)))
      if (operation === 'user.create') people.set(id, String(input['email']))
      if (operation === 'domain.create') domains.set(id, String(input['name']))
      if (operation === 'session.create') return accepted({ token: `session of ${input['email']}` })
      return accepted({ id, secret: id, records: [{ name: 'x.test', type: 'TXT', value: 'v=spf1 -all' }] })
    },
    wire: {
      deliveries: async ({ to }) => {
        if (scene.trail.scope.fenced) fenced.add(scene.trail.scope.variant)
        return came(to)
      },
      sessions: async ({ recipient }) =>
        messages.some((message) => message.to === recipient && leaves(message))
          ? [{ id: 's' } as unknown as Session]
          : [],
    },
  })
  const fenced = new Set<string | null>()
  const keys = new Map<string, string>()
  const people = new Map<string, string>()
  const domains = new Map<string, string>()
  const kit = {
    ...scene.kit,
    ...{ inSandbox: true, dns: { publish: async () => {} }, endpoints: { clock: async () => clockAhead } },
    reach: { together: (_: number, work: () => unknown) => work() },
  } as unknown as Kit
  const { verdict, reason, findings, variants } = await scene.judge(() =>
    kit.verify.each(scheduledMail(kit, clock), ({ judge }) => judge()),
  )
  return { verdict, reason, found: findings.map(({ variant }) => variant).sort(), variants, fenced }
}

test('a sound target sends what was scheduled once, and nothing that was stopped', async () => {
  const { verdict, reason, found, variants, fenced } = await judged({ clockAhead: 3_600_000 })
  const stopped = variants.map(({ name }) => name).filter((name) => /^it/.test(name))
  // What comes later than a fence is looked for again when a run ends.
  expect([...fenced]).toEqual(expect.arrayContaining(stopped))
  expect([found, reason, verdict]).toEqual([[], null, 'pass'])
  expect(variants.map(({ name, state }) => `${name}: ${state}`)).toEqual([
    'as it was scheduled: held',
    'its key was revoked: held',
    'its sender was deactivated: held',
    'its sending domain was removed: held',
    'its recipient was suppressed: held',
    'it was cancelled: held',
    'it was cancelled twice: held',
    'it was cancelled several times at once: held',
    'cancelled while it leaves: held',
  ])
})

test.each<[string, Way, string[]]>([
  ['keys that were revoked', { forgets: 'key.revoke' }, ['its key was revoked']],
  ['people who were deactivated', { forgets: 'user.deactivate' }, ['its sender was deactivated']],
  ['domains that were removed', { forgets: 'domain.delete' }, ['its sending domain was removed']],
  ['recipients who were suppressed', { forgets: 'suppression.create' }, ['its recipient was suppressed']],
  [
    'cancelled mail',
    { cancels: 'never' },
    ['it was cancelled', 'it was cancelled several times at once', 'it was cancelled twice'],
  ],
  ['mail that is on its way', { cancels: 'while it leaves' }, ['cancelled while it leaves']],
])('a target is found that forgets %s', async (_, way, expected) => {
  expect((await judged(way)).found).toEqual(expected)
})

test('two copies of what was scheduled are found', async () => {
  expect((await judged({ copies: 2 })).found).toEqual(['as it was scheduled'])
})

test('a later time is tried where the target takes none so near, and none at all leaves it unproven', async () => {
  expect(
    (await judged({ nearest: 60_000 })).variants.find(({ name }) => name === 'it was cancelled')?.state,
  ).toBe('held')
  const { verdict, reason } = await judged({ nearest: 600_000 })
  expect([verdict, reason]).toEqual(['unproven', expect.stringContaining('for a time in 8 s and in 70 s')])
})

test('a target that sends at once has scheduled nothing', async () => {
  const { verdict, found } = await judged({ isAtOnce: true })
  expect([verdict, found]).toEqual(['unproven', []])
})

test.each<[string, Way, unknown[]]>([
  ['twice, and then refuses', { late: 2 }, ['pass', []]],
  [
    'twice, and then takes it back',
    { late: 2, cancels: 'while it leaves' },
    ['fail', ['cancelled while it leaves']],
  ],
  ['always', { late: 9, cancels: 'while it leaves' }, ['unproven', []]],
])(
  'a target that answers when the message has left is asked again: it does so %s',
  async (_, way, expected) => {
    const { verdict, found } = await judged(way)
    expect([verdict, found]).toEqual(expected)
  },
)
