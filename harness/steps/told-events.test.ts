import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import type { Api, Input } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { HttpRequest } from '../model.ts'
import { forgedEvents } from './told-events.ts'

type Fields = Readonly<Record<string, string>>

interface Endpoint {
  readonly id: string
  readonly tenant: string
  readonly secret: string
}

interface Event {
  readonly message?: string
  readonly recipient: string
}

interface Provider {
  /** Whether it is believed of an endpoint; by the library of Standard Webhooks where it is left out. */
  readonly believes?: (endpoint: Endpoint, body: string, fields: Fields, all: readonly Endpoint[]) => boolean
  readonly remembers?: boolean
  readonly ofAnyTenant?: boolean
  /** Nothing comes of events. */
  readonly idle?: boolean
  /** Nobody leaves the list any more. */
  readonly lasting?: boolean
  /** The neighbour may not read theirs. */
  readonly private?: boolean
  /** Of operations and their inputs, those that there are not. */
  readonly without?: readonly string[]
  readonly ingest?: object
  readonly principals?: object
}

function verifies({ secret }: Endpoint, body: string, fields: Fields): boolean {
  try {
    new Webhook(secret).verify(body, fields)
    return true
  } catch {
    return false
  }
}

/** A target with endpoints for events, and what a check says of it. */
async function judged({
  believes = verifies,
  remembers = true,
  ofAnyTenant = false,
  idle = false,
  lasting = false,
  private: isPrivate = false,
  without = [],
  ingest,
  principals = { neighbour: {} },
}: Provider) {
  const fixed: Endpoint = { id: 'fixed', tenant: 'all', secret: 'whsec_c2V0dGluZ3Mgb2YgdGhlIHRhcmdldA==' }
  const endpoints: Endpoint[] = []
  const messages = new Map<string, { tenant: string; to: readonly string[] }>()
  const suppressed = new Map<string, Set<string>>([
    ['a', new Set()],
    ['b', new Set()],
  ])
  const seen = new Set<string>()
  const tenantOf = (as: unknown) => (as === 'neighbour' ? 'b' : 'a')
  const listOf = (tenant: string) => suppressed.get(tenant) as Set<string>
  let count = 0
  const { judge } = sampleKit({
    about: { severity: 'critical' },
    has: (operation, input) =>
      !without.includes(operation) &&
      !without.includes(`${operation}:${input}`) &&
      input !== 'idempotencyKey',
    profile: {
      principals,
      ingest: { within: 0.01, ...ingest },
      operations: { 'event.ingest': { as: 'anonymous' } },
    },
    call(operation, input: Input, as) {
      const tenant = tenantOf(as)
      const answer = (result: object = {}) => sampleExchange('accepted', { operation, result })
      const email = String(input['email'])
      switch (operation) {
        case 'relay.create': {
          const made = { id: `r${++count}`, tenant, secret: `whsec_${randomBytes(24).toString('base64')}` }
          endpoints.push(made)
          return answer(made)
        }
        case 'message.send': {
          const id = `m${++count}`
          messages.set(id, { tenant, to: [input['to']].flat() as string[] })
          return answer({ id })
        }
        case 'suppression.list':
          if (isPrivate && tenant === 'b') return sampleExchange('refused', { operation })
          return answer({ items: [...listOf(tenant)].map((each) => ({ email: each })) })
        default:
          return lasting || listOf(tenant).delete(email) ? answer() : sampleExchange('missing', { operation })
      }
    },
  })
  const api: Partial<Api> = {
    async prepare(_operation, { relay = 'fixed', message, recipient } = {}) {
      const body = JSON.stringify({ message, recipient })
      return { method: 'POST', origin: 'https://api.test', path: `/${relay}`, headers: [], body }
    },
    async send({ path, headers, body }: HttpRequest) {
      const operation = 'event.ingest'
      const fields: Record<string, string> = {}
      for (const [name, value] of headers) fields[name] = name in fields ? `${fields[name]}, ${value}` : value
      const endpoint = endpoints.find(({ id }) => path === `/${id}`) ?? fixed
      const text = String(body)
      if (!believes(endpoint, text, fields, endpoints)) return sampleExchange('refused', { operation })
      const id = fields['webhook-id'] ?? JSON.parse(text).token
      const { message, recipient }: Event = JSON.parse(text)
      const known = message === undefined ? { tenant: 'a', to: [recipient] } : messages.get(message)
      const isTheirs = endpoint === fixed || ofAnyTenant || known?.tenant === endpoint.tenant
      const isNew = !remembers || !seen.has(id)
      seen.add(id)
      if (!idle && isNew && isTheirs && known?.to.includes(recipient) === true)
        listOf(known.tenant).add(recipient)
      return sampleExchange('accepted', { operation })
    },
  }
  const { verdict, reason, findings, variants } = await judge(async (kit) => {
    const whole: Kit = { ...kit, api: { ...kit.api, ...api } }
    const parts = await forgedEvents(whole)
    await kit.verify.each(parts, ({ judge }) => judge())
  })
  return {
    ...{ verdict, reason },
    found: findings.map(({ variant, severity }) => `${variant}: ${severity}`),
    open: variants.flatMap(({ name, state }) => (state === 'held' || state === 'violated' ? [] : [name])),
    count: variants.length,
  }
}

test('a receiver that verifies by the library of Standard Webhooks, keeps ids, and knows whose messages are whose', async () => {
  expect(await judged({})).toMatchObject({ verdict: 'pass', found: [], open: [], count: 29 })
})

test.each<[string, Provider, readonly string[]]>([
  [
    'it looks at a signature only where there is one',
    {
      believes: (endpoint, body, fields) => !fields['webhook-signature'] || verifies(endpoint, body, fields),
    },
    ['no signature: critical', 'an empty signature: critical'],
  ],
  [
    'it verifies what it has parsed',
    {
      believes: (endpoint, body, fields) => verifies(endpoint, JSON.stringify(JSON.parse(body)), fields),
    },
    ['a body in other spacing: low'],
  ],
  [
    'any endpoint may sign for another',
    {
      believes: (_endpoint, body, fields, all) => all.some((endpoint) => verifies(endpoint, body, fields)),
    },
    ['the secret of another endpoint: critical', 'the secret of another tenant: critical'],
  ],
  ['it keeps no ids', { remembers: false }, ['the same event again: medium']],
  [
    'an endpoint may tell of messages of everybody',
    { ofAnyTenant: true },
    ['a message of another tenant: critical'],
  ],
])('%s', async (_, provider, found) => {
  expect(await judged(provider)).toMatchObject({ verdict: 'fail', found })
})

const again = ['the same event again', 'the same event again, under another id']

test('without a neighbour, or with nothing that undoes an effect, the rest is judged', async () => {
  const alone = await judged({ principals: {}, without: ['suppression.delete'] })
  expect(alone).toMatchObject({ verdict: 'pass', found: [], open: again })
})

test('where nobody is let off the list, or the list of a neighbour is not shown, the rest is judged', async () => {
  expect(await judged({ lasting: true })).toMatchObject({
    ...{ verdict: 'unproven', found: [], open: again },
    reason: expect.stringContaining('is still on it'),
  })
  expect(await judged({ private: true })).toMatchObject({
    ...{ verdict: 'unproven', found: [], open: ['a message of another tenant'] },
  })
})

test('one endpoint for all, by the secret of the profile, where events name no message', async () => {
  const without = ['relay.create', 'event.ingest:message', 'event.ingest:relay']
  const secret = 'whsec_c2V0dGluZ3Mgb2YgdGhlIHRhcmdldA=='
  expect(await judged({ without, ingest: { secret } })).toMatchObject({ verdict: 'pass', found: [] })
  expect(await judged({ without, ingest: { secret }, remembers: false })).toMatchObject({
    found: ['the same event again: medium'],
  })
  expect(await judged({ without })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('nothing says what signs the events'),
  })
})

test('where nothing comes of an event that is signed rightly, nothing is said', async () => {
  const unseen = {
    verdict: 'unproven',
    reason: expect.stringContaining('is not on the suppression list within'),
  }
  expect(await judged({ idle: true })).toMatchObject(unseen)
  expect(await judged({ believes: () => false })).toMatchObject(unseen)
})
