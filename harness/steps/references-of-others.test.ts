import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

/** Where a call says whose it is. */
type Place = 'path' | 'query' | 'body' | 'header'

type Fault =
  | 'takes everybody’s word for whose a call is'
  | 'looks contacts up by id alone'
  | 'takes nobody’s word for who calls'
  | 'asks for no role'

interface Contact {
  readonly id: string
  readonly whose: string
  readonly [field: string]: unknown
}

const callers: Readonly<Record<string, { name: string; tenant: string; role: 'boss' | 'viewer' }>> = {
  'Bearer key-of-admin': { name: 'ann', tenant: 'acme', role: 'boss' },
  'Bearer key-of-viewer': { name: 'vic', tenant: 'acme', role: 'viewer' },
  'Bearer key-of-neighbour': { name: 'nat', tenant: 'globex', role: 'boss' },
}

const viewerMay = ['GET', 'POST search']

/** Contacts of tenants, or of users, whom each call names. */
function contactsApi(whose: 'tenant' | 'name', fault: Fault | null) {
  const contacts = new Map<string, Contact>()
  const answer = (request: Recorded): Scripted => {
    const caller = callers[field(request, 'authorization') ?? '']
    const { pathname, searchParams } = new URL(request.path, 'http://a.test')
    const body = request.body === '' ? {} : JSON.parse(request.body)
    const [inPath, rest = ''] = /^\/of\/([^/]*)(\/.*)$/.exec(pathname)?.slice(1) ?? [undefined, pathname]
    const named = inPath ?? searchParams.get('of') ?? body.of ?? field(request, 'x-of')
    const [, kind, id] = rest.split('/')
    const call = id === 'search' ? `${request.method} search` : request.method
    if (caller === undefined && fault !== 'takes nobody’s word for who calls') return { status: 401 }
    if (kind !== 'contacts' || !named) return { status: 404 }
    const believed = fault === 'takes everybody’s word for whose a call is' || caller === undefined
    if (!believed && caller[whose] !== named) return { status: 403 }
    if (caller?.role === 'viewer' && fault !== 'asks for no role' && !viewerMay.includes(call))
      return { status: 403 }
    const own = [...contacts.values()].filter((contact) => contact.whose === named)
    if (id === 'search' || (id === undefined && request.method === 'GET')) return { body: { data: own } }
    if (id === undefined) {
      const made = { ...body, id: randomUUID(), whose: named }
      contacts.set(made.id, made)
      return { status: 201, body: made }
    }
    const contact =
      fault === 'looks contacts up by id alone' ? contacts.get(id) : own.find((each) => each.id === id)
    if (contact === undefined) return { status: 404 }
    if (request.method === 'DELETE') contacts.delete(id)
    return { body: contact }
  }
  return { contacts, answer }
}

/** As it names a tenant, or whoever a user is, there. */
function operationsWith(place: Place, who: string): string {
  const prefix = place === 'path' ? `/of/{principal.${who}}` : ''
  const query = place === 'query' ? `, query: {of: "{principal.${who}}"}` : ''
  const headers = place === 'header' ? `, headers: {X-Of: "{principal.${who}}"}` : ''
  const of = place === 'body' ? `, "of": $principal.${who}` : ''
  const at = (rest: string) => `path: "${prefix}/contacts${rest}"${query}${headers}`
  const list =
    place === 'body'
      ? `{method: POST, ${at('/search')}, body: '{"of": $principal.${who}}'`
      : `{method: GET, ${at('')}`
  const byId =
    place === 'body'
      ? []
      : [`  contact.get: {method: GET, ${at('/{id}')}}`, `  contact.delete: {method: DELETE, ${at('/{id}')}}`]
  return [
    `  contact.create: {method: POST, ${at('')}, body: '{"email": email, "name": name${of}}', result: {id: body.id}}`,
    `  contact.list: ${list}, result: {items: body.data}}`,
    ...byId,
  ].join('\n')
}

const profile = (url: string, place: Place, whose: 'tenant' | 'name') => `
name: contacts of several
target: {url: '${url}'}
principals:
  admin: {tenant: acme, role: boss, values: {name: ann}, bearer: "\${env:ADMIN}"}
  viewer: {tenant: acme, role: viewer, values: {name: vic}, bearer: "\${env:VIEWER}"}
  neighbour: {tenant: globex, role: boss, values: {name: nat}, bearer: "\${env:NEIGHBOUR}"}
roles: {boss: '*', viewer: [contact.get, contact.list]}
operations:
${operationsWith(place, whose)}
mail: {from: a@shop.test, recipients: {route: relay}}
`

const checks = ['access/bola-read', 'access/rbac-matrix', 'auth/anon-access']

interface Api {
  readonly place?: Place
  readonly whose?: 'tenant' | 'name'
  readonly fault?: Fault
}

/** What the checks say of such an API. */
async function judged({ place = 'path', whose = 'tenant', fault }: Api) {
  const { answer } = contactsApi(whose, fault ?? null)
  const run = await runInFrontOf(answer, (url) => profile(url, place, whose), checks)
  return {
    said: run.said.stdout + run.said.stderr,
    verdicts: run.verdicts,
    findings: run.outcomes.flatMap(({ check, findings }) =>
      findings.map(({ operation, severity, variant }) => ({ check, operation, severity, variant })),
    ),
  }
}

const sound = Object.fromEntries(checks.map((check) => [check, 'pass']))

test.each<Api>([{ place: 'body' }, { whose: 'name' }])(
  'an API that looks whether a caller is of whom the call names has no finding: %o',
  async (api) => {
    const { said, verdicts, findings } = await judged(api)
    expect({ said, verdicts, findings }).toMatchObject({ verdicts: sound, findings: [] })
  },
)

test.each<Api>([{ place: 'query' }, { place: 'body' }, { place: 'header' }, { whose: 'name' }])(
  'whoever names another as the one whose call it is reads what is that one’s: %o',
  async (api) => {
    const { findings } = await judged({ ...api, fault: 'takes everybody’s word for whose a call is' })
    expect(findings).toContainEqual({
      check: 'access/bola-read',
      operation: 'contact.list',
      severity: 'critical',
      variant: 'contact.list, where it names its holder',
    })
  },
)

test('whoever names himself, and the id of another’s object, is tried too', async () => {
  const { verdicts, findings } = await judged({ fault: 'looks contacts up by id alone' })
  expect({ verdicts, findings }).toEqual({
    verdicts: { ...sound, 'access/bola-read': 'fail' },
    findings: [
      {
        check: 'access/bola-read',
        operation: 'contact.get',
        severity: 'critical',
        variant: 'contact.get, where it names the caller',
      },
    ],
  })
})

test('nobody in particular names whom he likes', async () => {
  const { verdicts } = await judged({ fault: 'takes nobody’s word for who calls' })
  expect(verdicts).toEqual({ ...sound, 'auth/anon-access': 'fail' })
})

test('who lacks a role is denied the call on his own as well', async () => {
  const { verdicts, findings } = await judged({ whose: 'name', fault: 'asks for no role' })
  expect(verdicts).toEqual({ ...sound, 'access/rbac-matrix': 'fail' })
  expect(findings).toEqual([
    {
      check: 'access/rbac-matrix',
      operation: 'contact.create',
      severity: 'critical',
      variant: 'viewer tries contact.create, where it names the caller',
    },
  ])
})
