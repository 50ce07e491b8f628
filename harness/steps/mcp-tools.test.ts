import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { decodeJwt, forgeJwt, signingBy } from '../probes/jwt.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { tryingTools } from './mcp-tools.ts'

type Fault =
  | 'lets anybody in'
  | 'asks for no scope'
  | 'reads for every tenant'
  | 'takes the tenant from an argument'
  | 'hides words'
  | 'takes tokens for others'
  | 'verifies no token'
  | 'takes sessions for credentials'
  | 'breaks'
  | 'lists nothing'
  | 'lists more'

interface Holder {
  readonly tenant: string
  readonly writes: boolean
}

const holders: Readonly<Record<string, Holder>> = {
  'key-of-admin': { tenant: 'acme', writes: true },
  'key-of-reader': { tenant: 'acme', writes: false },
  'key-of-neighbour': { tenant: 'globex', writes: true },
}

const profile = `
principals:
  admin: {tenant: acme, bearer: '\${env:ADMIN}'}
  reader: {tenant: acme, scopes: [read], bearer: '\${env:READER}'}
  neighbour: {tenant: globex, bearer: '\${env:NEIGHBOUR}'}
operations:
  contact.create: {method: POST, path: /contacts, as: admin, body: '{"email": email, "name": name}', result: {id: body.id}}
  contact.list: {method: GET, path: /contacts, as: admin, result: {items: body.items}}
  contact.get: {method: GET, path: '/contacts/{id}', as: admin, result: {id: body.id, name: body.name}}
jwt: {algorithm: HS256, signingKey: '\${env:SECRET}'}
scopes: {read: [contact.list, contact.get], write: [contact.create]}
mcp:
  url: /mcp
  tools:
    add: {operation: contact.create, arguments: '{"email": email, "name": name}', result: {id: body.id}}
    show: {operation: contact.get, arguments: '{"id": id}', result: {id: body.id, name: body.name}}
mail: {from: a@shop.test}
`
const secret = 'a-secret-to-sign-tokens-with-0123456789'
const admin = { sub: 'admin', aud: 'contacts', exp: Math.floor(Date.now() / 1000) + 3600 }
const token = forgeJwt({ alg: 'HS256' }, admin, signingBy('HS256', secret))
const env = { ADMIN: token, SECRET: secret, READER: 'key-of-reader', NEIGHBOUR: 'key-of-neighbour' }

function isSigned(shown: string): boolean {
  const { header = {}, payload = {} } = decodeJwt(shown) ?? {}
  return forgeJwt(header, payload, signingBy('HS256', secret)) === shown
}

interface Contact {
  readonly id: string
  readonly tenant: string
  readonly email: unknown
  readonly name: unknown
}

/** An API of contacts, and two tools beside it. */
function contactsApi(fault: Fault | 'keeps sessions' | null) {
  const keepsSessions = fault === 'keeps sessions' || fault === 'takes sessions for credentials'
  const sessions = new Map<string, Holder>()
  const all: Contact[] = []
  const add = (tenant: string, { email, name }: Record<string, unknown>) => {
    const made = { id: `contact-${all.length + 1}-of-this-test`, tenant, email, name }
    all.push(made)
    return made
  }
  const rpc = (result: object): Scripted => ({ body: { jsonrpc: '2.0', id: 1, result } })
  const content = (said: object, isError = false) =>
    rpc({ isError, content: [{ type: 'text', text: JSON.stringify(said) }] })
  const hidden = fault === 'hides words' ? '\u{E0068}'.repeat(20) : ''
  const names = fault === 'lists nothing' ? [] : ['add', 'show', ...(fault === 'lists more' ? ['wipe'] : [])]

  const called = (holder: Holder, name: string, given: Record<string, unknown>): Scripted => {
    if (fault === 'breaks') return content({ error: 'later' }, true)
    const named = fault === 'takes the tenant from an argument' ? given['tenant_id'] : undefined
    const tenant = typeof named === 'string' ? named : holder.tenant
    if (Object.keys(given).some((each) => !['id', 'email', 'name'].includes(each)) && named === undefined)
      return content({ error: 'unknown argument' }, true)
    if (name === 'add')
      return holder.writes || fault === 'asks for no scope'
        ? content(add(tenant, given))
        : content({ error: 'forbidden' }, true)
    const found = all.find(({ id }) => id === given['id'])
    const isTheirs = found?.tenant === tenant || fault === 'reads for every tenant'
    return found !== undefined && isTheirs ? content(found) : content({ error: 'missing' }, true)
  }

  return ({ method, path, headers, body }: Recorded): Scripted => {
    const key = (field({ method, path, headers, body }, 'authorization') ?? '').replace('Bearer ', '')
    const isTool = path === '/mcp'
    const session = field({ method, path, headers, body }, 'mcp-session-id') ?? ''
    const ofSession = fault === 'takes sessions for credentials' ? sessions.get(session) : undefined
    const first = isTool && fault === 'lets anybody in' ? holders['key-of-admin'] : ofSession
    const { aud } =
      isSigned(key) || (isTool && fault === 'verifies no token') ? (decodeJwt(key)?.payload ?? {}) : {}
    const isForUs = aud === 'contacts' || (isTool && fault === 'takes tokens for others' && aud !== undefined)
    const holder = holders[key] ?? (isForUs ? holders['key-of-admin'] : first)
    if (holder === undefined) return { status: 401 }
    const asked = body === '' ? {} : JSON.parse(body)
    if (isTool) {
      if (asked.method === 'initialize') {
        const id = `session-${sessions.size + 1}-of-this-test`
        if (keepsSessions) sessions.set(id, holder)
        return {
          ...rpc({ protocolVersion: '2025-06-18' }),
          headers: keepsSessions ? { 'mcp-session-id': id } : {},
        }
      }
      if (keepsSessions && !sessions.has(session)) return { status: 404 }
      if (asked.method === 'notifications/initialized') return { status: 202, body: '' }
      if (asked.method === 'tools/list')
        return rpc({ tools: names.map((name) => ({ name, description: `It does.${hidden}` })) })
      return called(holder, asked.params.name, asked.params.arguments)
    }
    if (method === 'POST')
      return holder.writes ? { status: 201, body: add(holder.tenant, asked) } : { status: 403 }
    const own = all.filter(({ tenant }) => tenant === holder.tenant)
    if (path === '/contacts') return { body: { items: own } }
    const found = own.find(({ id }) => path.endsWith(`/${id}`))
    return found === undefined ? { status: 404 } : { body: found }
  }
}

async function judged(fault: Parameters<typeof contactsApi>[0]) {
  const { verdict, variants } = await judgedOver(
    { profile, env, answer: contactsApi(fault) },
    async (kit) => {
      const { mcpCalls } = kit.profile
      if (mcpCalls === null) throw new Error('expected tools')
      const parts = await tryingTools(kit, mcpCalls)
      await kit.verify.each(parts, ({ judge }) => judge())
    },
  )
  const of = (wanted: string) => variants.filter(({ state }) => state === wanted).map(({ name }) => name)
  return { verdict, violated: of('violated'), unjudged: of('unjudged'), told: of('not-applicable') }
}

test.for([null, 'keeps sessions'] as const)(
  'tools that do what the API does, and no more, pass: %s',
  async (fault) => {
    expect(await judged(fault)).toEqual({ verdict: 'pass', violated: [], unjudged: [], told: [] })
  },
)

test.for<[Fault, string[]]>([
  [
    'lets anybody in',
    [
      'add, as nobody',
      'add, with a made-up credential',
      'show, as nobody',
      'show, with a made-up credential',
      'show, with a token for another service',
    ],
  ],
  ['asks for no scope', ['add, as reader']],
  ['reads for every tenant', ['show, as another tenant']],
  [
    'takes the tenant from an argument',
    ['add, as another tenant that names the owner', 'show, as another tenant that names the owner'],
  ],
  ['hides words', ['what tools say of themselves']],
  ['verifies no token', ['add, with a made-up credential', 'show, with a made-up credential']],
  ['takes tokens for others', ['show, with a token for another service']],
  [
    'takes sessions for credentials',
    ['add, as nobody, in a session of another', 'show, as nobody, in a session of another'],
  ],
])('a server that %s is found', async ([fault, violated]) => {
  const seen = await judged(fault)
  expect(seen.violated.toSorted()).toEqual(violated)
  expect([seen.verdict, seen.unjudged]).toEqual(['fail', []])
})

test.for<[Fault, told: boolean]>([
  ['breaks', true],
  ['lists nothing', false],
])('where a server %s, nothing is said of its tools', async ([fault, isTold]) => {
  const { verdict, violated, unjudged } = await judged(fault)
  expect([verdict, violated]).toEqual(['unproven', []])
  expect(unjudged).toHaveLength(isTold ? 9 : 10)
  expect(unjudged.includes('what tools say of themselves')).toBe(!isTold)
})

test('a tool that the profile does not name is told, and not passed over', async () => {
  expect(await judged('lists more')).toMatchObject({
    ...{ verdict: 'pass', told: ['wipe, which the profile does not name'] },
  })
})
