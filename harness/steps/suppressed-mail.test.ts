import { expect, test } from 'vitest'
import type { Input } from '../api/api.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Delivery } from '../model.ts'
import { NotSeen } from '../sandbox/client.ts'
import { listsOfOthers, mailToUnwilling, unwillingReader } from './suppressed-mail.ts'

const profile = {
  principals: {
    admin: { tenant: 'a', role: 'Admin' },
    neighbour: { tenant: 'b' },
    sender: { tenant: 'a', scopes: ['send'] },
  },
  scopes: { send: ['message.send'] },
}

interface List {
  /** Whether a message to `to` is held back, of the addresses on the list of each tenant. */
  readonly holds?: (to: string, listed: (tenant: string) => readonly string[]) => boolean
  /** Whether somebody may take an address off the list of the first tenant. */
  readonly removes?: (as: string) => boolean
  /** Whether what was scheduled is looked at again when it leaves. */
  readonly looksAgain?: boolean
  readonly lost?: boolean
  /** Whether what is scheduled leaves at once. */
  readonly hurries?: boolean
}

const plain = (address: string) => address.toLowerCase()
const soundly: NonNullable<List['holds']> = (to, listed) => listed('a').map(plain).includes(plain(to))

/** An API with a list for each of two tenants. */
async function judged({
  holds = soundly,
  removes = () => false,
  looksAgain = true,
  lost = false,
  hurries = false,
}: List) {
  const lists = new Map<string, string[]>()
  const listed = (tenant: string) => lists.get(tenant) ?? []
  const mails: Delivery[] = []
  const waiting: { readonly to: readonly string[]; leave(): unknown }[] = []
  const addresses = (of: unknown) =>
    [of]
      .flat()
      .flatMap((each) => (each === undefined ? [] : [String((each as { email?: string }).email ?? each)]))
  const send = (input: Input) => {
    const to = [input['to'], input['cc'], input['bcc']].flatMap(addresses)
    const deliver = () => {
      const wanted = to.filter((each) => !holds(each, listed))
      const raw = Buffer.from(`Subject: ${input['subject']}\r\n\r\n`)
      if (wanted.length > 0 && !lost)
        mails.push({ id: `${mails.length}`, envelope: { from: '', to: wanted }, raw } as unknown as Delivery)
      return wanted.length > 0
    }
    if (input['sendAt'] === undefined) return deliver()
    const leave = () => {
      const raw = Buffer.from(`${input['subject']}`)
      const receivedAt = hurries ? Date.now() : Date.parse(String(input['sendAt']))
      const wanted = looksAgain ? to.filter((each) => !holds(each, listed)) : to
      if (wanted.length > 0) mails.push({ envelope: { to: wanted }, raw, receivedAt } as unknown as Delivery)
    }
    if (hurries) leave()
    else waiting.push({ to, leave })
    return true
  }
  const found = ({ to, containing }: { to?: string; containing?: string }) =>
    mails.filter(
      ({ envelope, raw }) =>
        (to === undefined || envelope.to.includes(to)) &&
        (containing === undefined || Buffer.from(raw).includes(containing)),
    )
  const looked: string[] = []
  const { judge } = sampleKit({
    profile,
    about: { severity: 'high' },
    has: (operation) => !/^message\.(batch|raw)$/.test(operation),
    call(operation, input, as) {
      const tenant = as === 'neighbour' ? 'b' : 'a'
      const email = String(input['email'])
      if (operation === 'suppression.create') lists.set(tenant, [...listed(tenant), email])
      if (operation === 'suppression.delete') {
        const isRemoved = removes(String(as))
        if (isRemoved)
          lists.set(
            'a',
            listed('a').filter((each) => each !== email),
          )
        return sampleExchange(isRemoved ? 'accepted' : 'refused', { operation })
      }
      const isTaken = operation !== 'message.send' || send(input)
      return sampleExchange(isTaken ? 'accepted' : 'invalid', { operation })
    },
    wire: {
      async deliveries(filter) {
        if (filter.to !== undefined && filter.containing !== undefined) looked.push(filter.to)
        return found(filter)
      },
      async arrival(filter) {
        // Their time has come when somebody waits for them.
        if (waiting.some(({ to }) => to.includes(filter.to ?? '')))
          for (const { leave } of waiting.splice(0)) leave()
        const all = found(filter)
        if (all.length === 0) throw new NotSeen('nothing')
        return all
      },
    },
  })
  const { verdict, reason, findings } = await judge(async (kit) => {
    const whole = { ...kit, endpoints: { clock: async () => null } as never }
    const reader = await unwillingReader(whole)
    const parts = [...mailToUnwilling(whole, reader), ...listsOfOthers(whole, reader)]
    await kit.verify.each(parts, ({ judge }) => judge())
  })
  const said = findings.map(({ variant, severity }) => `${variant}: ${severity}`)
  return { verdict, reason, found: said, looked }
}

test('a list that is kept and asked by tenant and mailbox holds back everything, where others cannot change it', async () => {
  // What it does not take it need not compare.
  const holds: List['holds'] = (to, listed) => /"|\.$/.test(to) || soundly(to, listed)
  const { verdict, found, looked } = await judged({ holds })
  expect([verdict, found]).toEqual(['pass', []])
  // Mail that comes to them alone after others got theirs is looked for again when a run ends.
  expect(looked).toEqual(expect.arrayContaining([expect.stringMatching(/^unwilling/)]))
})

test('each way and each spelling by which mail comes is a finding, capitals of a local part a low one', async () => {
  const { found } = await judged({ holds: (to, listed) => listed('a').includes(to) })
  expect(found).toEqual([
    'to, domain in capitals: high',
    'to, domain with a dot at its end: high',
    'to, local part in quotes: high',
    'to, local part in capitals: low',
    'listed with its domain in capitals: high',
  ])
  const forgetful = await judged({ holds: () => false })
  expect(forgetful.found).toEqual(expect.arrayContaining(['to: high', 'cc: high', 'scheduled before: high']))
  // A removal makes no difference there.
  expect(forgetful.reason).toContain('so that a removal makes no difference')
})

test('a message that waited is a finding where the list is not asked again', async () => {
  const holds: List['holds'] = (to, listed) => /"|\.$/.test(to) || soundly(to, listed)
  expect((await judged({ holds, looksAgain: false })).found).toEqual(['scheduled before: high'])
})

test('one that left before its time is none', async () => {
  const holds: List['holds'] = (to, listed) => /"|\.$/.test(to) || soundly(to, listed)
  const { found, reason } = await judged({ holds, hurries: true })
  expect(found).toEqual([])
  expect(reason).toContain('left before its time')
})

test('what another tenant, or a key without the right, does to the list is a finding', async () => {
  const holds: List['holds'] = (to, listed) =>
    /"|\.$/.test(to) || soundly(to, (tenant) => (tenant === 'a' ? [...listed('a'), ...listed('b')] : []))
  expect((await judged({ holds })).found).toEqual(['another tenant adds it: high'])
  const soundHolds: List['holds'] = (to, listed) => /"|\.$/.test(to) || soundly(to, listed)
  const all = await judged({ holds: soundHolds, removes: () => true })
  expect(all.found).toEqual(['another tenant removes it: high', 'a key without the right removes it: high'])
  const own = await judged({ holds: soundHolds, removes: (as) => as === 'sender' })
  expect(own.found).toEqual(['a key without the right removes it: high'])
})

test('where no mail is seen to arrive nothing is said', async () => {
  expect(await judged({ lost: true })).toMatchObject({ verdict: 'unproven', found: [] })
})
