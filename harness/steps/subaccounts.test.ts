import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { escapes, newSubaccount } from './subaccounts.ts'

type Fault =
  | 'sends for whoever is named'
  | 'sends for whoever is named, and lists no recipients'
  | 'acts for whoever is named'
  | 'reads by id alone'
  | 'reads by id alone, and gives keys for itself whoever is named'
  | 'reads by id alone, and gives keys for whoever is named'
  | 'suspends for anybody'
  | 'hides what is made'
  | 'lists what all have'
  | 'shares all'
  | 'falls over for whoever is named'

interface Row {
  readonly id: string
  readonly account: string
  readonly [member: string]: unknown
}

/** Contacts of a tenant that is called acme, and of its sub-accounts. */
function contactsApi(fault: Fault | null, aboveSees: 'its own' | 'all' = 'its own') {
  const rows: Row[] = []
  const accounts = new Map<string, string>([['Bearer key-of-admin', 'acme']])
  const suspended = new Set<string>()
  return (request: Recorded): Scripted => {
    const own = accounts.get(field(request, 'authorization') ?? '')
    if (own === undefined || suspended.has(own)) return { status: 401 }
    const { pathname } = new URL(request.path, 'http://a.test')
    const body: Record<string, unknown> = request.body === '' ? {} : JSON.parse(request.body)
    const named = field(request, 'x-subaccount')
    const isSent = pathname === '/mails' && request.method === 'POST'
    const sends = isSent && fault?.startsWith('sends for whoever') === true
    const may = named === undefined || own === 'acme' || fault === 'acts for whoever is named' || sends
    const isOfKeys = pathname === '/keys' && fault?.includes('and gives keys') === true
    const isKeyForItself = isOfKeys && own !== 'acme' && fault?.includes('for itself') === true
    if (!may && !isOfKeys) return { status: fault === 'falls over for whoever is named' ? 500 : 404 }
    const account = isKeyForItself ? own : (named ?? own)
    const [, kind, id, verb] = pathname.split('/')
    if (kind === 'me') return { body: { id: account, tenant: account } }
    if (verb === 'suspend' && id !== undefined) {
      if (own !== 'acme' && fault !== 'suspends for anybody') return { status: 403 }
      suspended.add(id)
      return { body: {} }
    }
    if (kind === 'accounts') return { status: 201, body: { id: randomUUID() } }
    if (kind === 'keys') {
      const secret = `key-${randomUUID()}`
      accounts.set(`Bearer ${secret}`, account)
      return { status: 201, body: { id: secret.slice(0, 8), secret } }
    }
    if (id === undefined && request.method === 'GET') {
      const isShared = fault === 'lists what all have' || fault === 'shares all'
      const isShown = isShared || (aboveSees === 'all' && account === 'acme')
      const those = rows.filter((row) => (row.account === account || isShown) && row['kind'] === kind)
      const isBare = fault === 'sends for whoever is named, and lists no recipients'
      return { body: { data: kind === 'mails' && isBare ? those.map(({ id }) => ({ id })) : those } }
    }
    if (id === undefined) {
      const row = { ...body, account, kind, id: randomUUID() }
      if (fault !== 'hides what is made') rows.push(row)
      return { status: 201, body: { id: row.id } }
    }
    const isOpen = fault?.startsWith('reads by id alone') === true || fault === 'shares all'
    const isAbove = aboveSees === 'all' && account === 'acme'
    const isOwn = (row: Row) => row.account === account || isOpen || isAbove
    const found = rows.find((row) => row.id === id && isOwn(row))
    return found === undefined ? { status: 404 } : { body: found }
  }
}

const profile = `
principals:
  admin: {tenant: acme, bearer: "\${env:ADMIN}"}
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id, tenant: body.tenant}}
  subaccount.create: {method: POST, path: /accounts, body: '{"name": name}', result: {id: body.id}}
  subaccount.suspend: {method: POST, path: '/accounts/{id}/suspend'}
  key.create: {as: admin, method: POST, path: /keys, headers: {X-Subaccount: '{subaccount}'}, body: '{"name": name}', result: {id: body.id, secret: body.secret}}
  contact.create: {method: POST, path: /contacts, body: '{"email": email, "name": name}', result: {id: body.id}}
  contact.list: {method: GET, path: /contacts, result: {items: body.data}}
  contact.get: {method: GET, path: '/contacts/{id}', result: {id: body.id}}
mail: {from: a@shop.test, recipients: {route: relay}}
`

const judged = (fault: Fault | null, aboveSees?: 'all') =>
  judgedOver(
    { profile, env: { ADMIN: 'key-of-admin' }, answer: contactsApi(fault, aboveSees) },
    async (kit) => {
      const [one, other] = await Promise.all([newSubaccount(kit), newSubaccount(kit)])
      await kit.verify.each(await escapes(kit, { one, other }), ({ judge }) => judge())
    },
  )

const bothBy = (name: (who: string) => string) => ['its sibling', 'the account above'].map(name)

test.for<[Fault | null, string, string[]]>([
  [null, 'pass', []],
  [
    'acts for whoever is named',
    'fail',
    [
      ...['its sibling', 'the account above'].flatMap((who) => [
        ...[`a key for ${who}`, `contact.create, with ${who} in the header`],
        `contact.list, with ${who} in the header`,
      ]),
    ],
  ],
  ['reads by id alone', 'fail', ['contact.get of its sibling', 'contact.get of the account above']],
  [
    'reads by id alone, and gives keys for itself whoever is named',
    'fail',
    bothBy((who) => `contact.get of ${who}`),
  ],
  [
    'reads by id alone, and gives keys for whoever is named',
    'fail',
    [...bothBy((who) => `contact.get of ${who}`), ...bothBy((who) => `a key for ${who}`)],
  ],
  ['suspends for anybody', 'fail', ['suspending its sibling']],
  ['hides what is made', 'unproven', []],
  ['lists what all have', 'fail', bothBy((who) => `contact.list, without a word of ${who}`)],
  [
    'shares all',
    'fail',
    [
      ...bothBy((who) => `contact.get of ${who}`),
      ...bothBy((who) => `contact.list, without a word of ${who}`),
    ],
  ],
  // An error that comes again is a denial.
  ['falls over for whoever is named', 'pass', []],
])('a sub-account gets at others, or not: %s', async ([fault, verdict, variants]) => {
  // The account above may be shown what its sub-accounts make.
  for (const aboveSees of [undefined, 'all'] as const) {
    const seen = await judged(fault, aboveSees)
    expect(seen.verdict).toBe(verdict)
    expect(seen.findings.map(({ variant }) => variant).toSorted()).toEqual(variants.toSorted())
  }
})

const sending = profile.replace(
  'mail:',
  `  message.send: {method: POST, path: /mails, body: '{"to": [to.email], "subject": subject}', result: {id: body.id}}
  message.list: {method: GET, path: /mails, result: {items: body.data}}
mail:`,
)

test.each<[Fault | null, boolean, 'all'?]>([
  [null, true],
  [null, true, 'all'],
  ['sends for whoever is named', true],
  ['sends for whoever is named', true, 'all'],
  ['sends for whoever is named, and lists no recipients', false],
])(
  'messages are looked for in the lists of others, where lists tell them: %s',
  async (fault, isTold, aboveSees) => {
    const scene = {
      ...{ profile: sending, env: { ADMIN: 'key-of-admin' }, answer: contactsApi(fault, aboveSees) },
      kit: { reach: { take: async () => {} } as never },
    }
    const { findings, variants, verdict } = await judgedOver(scene, async (kit) => {
      const [one, other] = await Promise.all([newSubaccount(kit), newSubaccount(kit)])
      await kit.verify.each(await escapes(kit, { one, other }), ({ judge }) => judge())
    })
    const ofMail = variants.filter(({ name }) => name.startsWith('message.'))
    expect(ofMail.length).toBeGreaterThan(5)
    expect(ofMail.every(({ state }) => state === 'not-applicable')).toBe(!isTold)
    const found = fault === null || !isTold ? [] : ['its sibling', 'the account above']
    expect(verdict).toBe(found.length === 0 ? 'pass' : 'fail')
    expect(findings.map(({ variant }) => variant).toSorted()).toEqual(
      found.map((who) => `message.send, with ${who} in the header`),
    )
  },
)
