import { expect, test } from 'vitest'
import type { As } from '../api/api.ts'
import { bearerCredential } from '../api/principals.ts'
import type { Handed } from '../check/inbound.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Answer } from '../model.ts'
import { readBack } from './received-mail.ts'

interface Came {
  readonly id: string
  readonly to: string
  readonly raw: string
}

interface Target {
  /** Who reads received mail, of which tenant: `own` of the owner's. */
  readonly reads?: (caller: string, by: 'inbound.list' | 'inbound.get' | 'search') => 'own' | 'other' | null
  readonly refuses?: Answer
  /** What else tells of it, to whoever asks. */
  readonly tells?: readonly string[]
  readonly takes?: (to: string) => boolean
  readonly has?: (operation: string, input?: string) => boolean
  readonly shows?: boolean
  /** Whose credentials are good for nothing. */
  readonly dead?: readonly string[]
}

const sound: NonNullable<Target['reads']> = (caller) =>
  caller === 'admin' ? 'own' : caller === 'neighbour' ? 'other' : null

const whoAmI = {
  ...{ name: 'principal.get', kind: 'principal', effect: 'read', object: null, path: '/me', sends: false },
  ...{ inputs: new Set<string>(), example: {}, steps: [], as: null, caller: null, result: {} },
}

const profile = {
  operations: { 'principal.get': whoAmI },
  principals: {
    admin: { tenant: 'a', role: 'Admin' },
    support: { tenant: 'a', role: 'Support' },
    reader: { tenant: 'a', scopes: ['messages:read'] },
    mailroom: { tenant: 'a', scopes: ['inbound:read'] },
    guest: { tenant: 'a' },
    neighbour: { tenant: 'b', role: 'Admin' },
    revoked: { tenant: 'a' },
  },
  roles: { Admin: '*', Support: ['audit.list'] },
  scopes: {
    'messages:read': ['message.list', 'message.get'],
    'inbound:read': ['inbound.list', 'inbound.get'],
  },
  mail: {
    ...{ from: 'shop@own.test', domains: ['own.test'], delivery: { within: 0 } },
    received: ['codes@in.own.test', 'codes+{tag}@in.own.test'],
  },
}

/** Who is found to read what came in. */
async function judged({
  reads = sound,
  refuses = 'refused',
  tells = [],
  takes = () => true,
  has = () => true,
  shows = true,
  dead = [],
}: Target) {
  const came: Came[] = []
  const callerOf = (as: As | undefined) =>
    as === undefined ? 'admin' : as === null ? 'nobody' : typeof as === 'string' ? as : 'made-up'
  const answer = (operation: string, items: readonly unknown[]) =>
    sampleExchange('accepted', { operation, body: JSON.stringify(items), result: { items } })
  const { judge } = sampleKit({
    ...{ profile, has },
    call(operation, { id, search }, as) {
      if (dead.includes(callerOf(as))) return sampleExchange('refused', { operation })
      if (tells.includes(operation)) return answer(operation, came)
      if (operation !== 'inbound.list' && operation !== 'inbound.get') return answer(operation, [])
      const of = reads(callerOf(as), search === undefined ? operation : 'search')
      if (of === null) return sampleExchange(refuses, { operation })
      const mail = of === 'own' && shows ? came : []
      if (operation === 'inbound.list') return answer(operation, mail)
      const one = mail.filter((each) => each.id === id)
      return one.length > 0 ? answer(operation, one) : sampleExchange('missing', { operation })
    },
  })
  const inbound = {
    async hand({ to: [to = ''], raw }: { to: readonly string[]; raw: string }): Promise<Handed> {
      const isTaken = takes(to)
      if (isTaken) came.push({ id: `m${came.length}`, to, raw })
      const exchange = sampleExchange(isTaken ? 'accepted' : 'refused', { operation: 'inbound.send' })
      return { exchange, show() {} }
    },
  }
  const { verdict, reason, findings, variants } = await judge(async (kit) => {
    const credential = async () => bearerCredential('sk_live_b41c9d2e7f60')
    const parts = await readBack({ ...kit, inbound, api: { ...kit.api, credential } })
    await kit.verify.each(parts, ({ judge }) => judge())
  })
  const names = variants.map(({ name }) => name)
  return {
    ...{ verdict, reason, names },
    unjudged: names.filter((_, at) => variants[at]?.state === 'unjudged'),
    found: names.filter((name) => findings.some(({ variant }) => variant === name)),
  }
}

test('who may read what comes in reads it, and nobody else', async () => {
  const { verdict, names } = await judged({})
  expect(verdict).toBe('pass')
  expect(names).toEqual([
    ...['support, in the list', 'support, by its id', 'support, in audit.list'],
    ...['reader, in the list', 'reader, by its id'],
    ...['reader, in message.list', 'reader, by its id, in message.get'],
    ...['neighbour, in the list, mail to codes@…', 'neighbour, in the list, mail to codes+{tag}@…'],
    ...['neighbour, in a search for the address', 'neighbour, by its id'],
    ...['neighbour, in message.list', 'neighbour, in audit.list'],
    ...['nobody, in the list', 'nobody, by its id'],
    ...['a made-up credential, in the list', 'a made-up credential, by its id'],
    ...['revoked, in the list', 'revoked, by its id'],
  ])
})

test.each<[string, Target, string[]]>([
  [
    'a role that the table denies it',
    { reads: (caller) => (caller === 'support' ? 'own' : sound(caller, 'inbound.get')) },
    ['support, in the list', 'support, by its id'],
  ],
  [
    'a key, by an id',
    { reads: (caller, by) => (caller === 'reader' && by === 'inbound.get' ? 'own' : sound(caller, by)) },
    ['reader, by its id'],
  ],
  [
    'another tenant, in the list',
    { reads: (caller, by) => (caller === 'neighbour' && by === 'inbound.list' ? 'own' : sound(caller, by)) },
    ['neighbour, in the list, mail to codes@…', 'neighbour, in the list, mail to codes+{tag}@…'],
  ],
  [
    'another tenant, in a search',
    { reads: (caller, by) => (caller === 'neighbour' && by === 'search' ? 'own' : sound(caller, by)) },
    ['neighbour, in a search for the address'],
  ],
  [
    'nobody at all, and whatever credential',
    {
      reads: (caller) =>
        ['nobody', 'made-up', 'revoked'].includes(caller) ? 'own' : sound(caller, 'search'),
    },
    [
      ...['nobody, in the list', 'nobody, by its id'],
      ...['a made-up credential, in the list', 'a made-up credential, by its id'],
      ...['revoked, in the list', 'revoked, by its id'],
    ],
  ],
  ['a log', { tells: ['audit.list'] }, ['support, in audit.list', 'neighbour, in audit.list']],
  [
    'messages',
    { tells: ['message.list', 'message.get'] },
    ['reader, in message.list', 'reader, by its id, in message.get', 'neighbour, in message.list'],
  ],
])('what shows it to somebody else is found: %s', async (_, target, found) => {
  expect(await judged(target)).toMatchObject({ verdict: 'fail', found, unjudged: [] })
})

test('a denial by an error is one, and a limit says nothing', async () => {
  expect((await judged({ refuses: 'broken' })).verdict).toBe('pass')
  expect((await judged({ refuses: 'limited' })).unjudged).toContain('support, in the list')
})

test('what its owner is not shown says nothing of others', async () => {
  const unseen = await judged({ shows: false })
  expect(unseen).toMatchObject({ verdict: 'unproven', found: [] })
  expect(unseen.reason).toContain('is shown to who may read it')
  const oneForm = await judged({ takes: (to) => !to.includes('+') })
  expect(oneForm.unjudged).toEqual(['neighbour, in the list, mail to codes+{tag}@…'])
})

test('a refusal of who is let in nowhere says nothing', async () => {
  const { unjudged } = await judged({ dead: ['support', 'neighbour'] })
  expect(unjudged).toEqual([
    ...['support, in the list', 'support, by its id', 'support, in audit.list'],
    ...['neighbour, in the list, mail to codes@…', 'neighbour, in the list, mail to codes+{tag}@…'],
    ...['neighbour, in a search for the address', 'neighbour, by its id'],
    ...['neighbour, in message.list', 'neighbour, in audit.list'],
  ])
})

test('where one cannot be read by its id or searched for, the list alone is judged', async () => {
  const { names } = await judged({
    has: (name, input) => ['inbound.list', 'principal.get'].includes(name) && input !== 'search',
  })
  expect(names.filter((name) => name.startsWith('neighbour') || name.startsWith('support'))).toEqual([
    ...['support, in the list'],
    ...['neighbour, in the list, mail to codes@…', 'neighbour, in the list, mail to codes+{tag}@…'],
  ])
})
