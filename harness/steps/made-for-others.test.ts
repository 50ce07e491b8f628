import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { madeForNobodyElse } from './made-for-others.ts'

type Fault =
  | 'takes the tenant of the body'
  | 'takes the account of the query'
  | 'takes the tenant of a field'
  | 'takes the tenant of one field and refuses another'
  | 'takes one word of the query and refuses another'

interface Manners {
  readonly fault?: Fault
  /** Refuses members and parameters that it does not know. */
  readonly strict?: boolean
  /** Names those that it refuses. */
  readonly names?: boolean
  /** Shows everybody all there are. */
  readonly open?: boolean
  readonly mayMake?: boolean
}

/** Contacts of two tenants. */
function contactsApi({ fault, strict = false, names = false, open = false, mayMake = true }: Manners) {
  const rows: Record<string, unknown>[] = []
  return (request: Recorded): Scripted => {
    const caller = field(request, 'authorization') === 'Bearer key-of-neighbour' ? 'globex' : 'acme'
    const { pathname, searchParams } = new URL(request.path, 'http://a.test')
    if (pathname === '/me') return { body: { id: `usr-of-${caller}`, tenant: `ten-of-${caller}` } }
    const own = `ten-of-${caller}`
    const others = [...searchParams.keys()].filter((name) => name !== 'limit')
    if (request.method === 'GET' && others.length > 0)
      return { status: 400, body: { error: `unknown: ${others.join(', ')}` } }
    if (request.method === 'GET') return { body: { data: rows.filter(({ of }) => open || of === own) } }
    if (!mayMake && caller === 'globex') return { status: 403 }
    // Known, and looked at: what stands beside it is never come to.
    const foreign = [
      fault === 'takes the tenant of one field and refuses another' ? field(request, 'x-org-id') : own,
      fault === 'takes one word of the query and refuses another' ? searchParams.get('tenant_id') : own,
    ]
    if (foreign.some((said) => said != null && said !== own)) return { status: 403 }
    const body: Record<string, unknown> = JSON.parse(request.body)
    const known = ['email', 'name', ...(fault === 'takes the tenant of the body' ? ['tenantId'] : [])]
    const asked = fault?.includes('of the query') === true ? ['account_id'] : []
    const unknown = [
      ...Object.keys(body).filter((name) => !known.includes(name)),
      ...[...searchParams.keys()].filter((name) => !asked.includes(name)),
    ]
    if (strict && unknown.length > 0)
      return { status: 400, body: names ? { error: `unknown: ${unknown.join(', ')}` } : {} }
    const named = {
      'takes the tenant of the body': body['tenantId'],
      'takes the account of the query': searchParams.get('account_id'),
      'takes the tenant of a field': field(request, 'x-tenant-id'),
      'takes the tenant of one field and refuses another': field(request, 'x-workspace-id'),
      'takes one word of the query and refuses another': searchParams.get('account_id'),
    }
    const made = { ...body, id: randomUUID(), of: (fault && named[fault]) || own }
    rows.push(made)
    return { status: 201, body: { id: made.id } }
  }
}

const profile = `
principals:
  admin: {tenant: acme, bearer: "\${env:ADMIN}"}
  neighbour: {tenant: globex, bearer: "\${env:NEIGHBOUR}"}
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id, tenant: body.tenant}}
  contact.create: {method: POST, path: /contacts, body: '{"email": email, "name": name}', result: {id: body.id}}
  contact.list: {method: GET, path: /contacts, query: {limit: '{limit}'}, result: {items: body.data}}
mail: {from: a@shop.test, recipients: {route: relay}}
`
const env = { ADMIN: 'key-of-admin', NEIGHBOUR: 'key-of-neighbour' }

const judged = (manners: Manners) =>
  judgedOver({ profile, env, answer: contactsApi(manners) }, (kit) =>
    madeForNobodyElse({ principal: 'neighbour', mayOnOwn: true }, 'contact.create', kit),
  )

test.each([false, true])(
  'who makes things for himself alone passes, whether he minds other words or not (%s)',
  async (strict) => {
    expect(await judged({ strict })).toMatchObject({ verdict: 'pass', findings: [] })
  },
)

test.each<[Fault, string]>([
  ['takes the tenant of the body', 'with its holder in the body'],
  ['takes the account of the query', 'with its holder in the query'],
  ['takes the tenant of a field', 'with its holder in the header'],
  ['takes the tenant of one field and refuses another', 'with its holder in the header'],
  ['takes one word of the query and refuses another', 'with its holder in the query'],
])('an API that %s is found, also where it refuses words that it does not know', async (fault, variant) => {
  for (const manners of [{}, { strict: true }, { strict: true, names: true }]) {
    const { findings } = await judged({ fault, ...manners })
    expect(findings.map((finding) => finding.variant)).toContain(variant)
    expect(new Set(findings.map((finding) => finding.variant))).toEqual(new Set([variant]))
    expect(findings[0]?.actual).toContain('stands in the contacts of the tenant')
  }
})

test('who names the words that he refuses is asked for them once', async () => {
  const each = await judged({ strict: true })
  const named = await judged({ strict: true, names: true })
  expect(named).toMatchObject({ verdict: 'pass', findings: [] })
  expect(each.requests.length - named.requests.length).toBeGreaterThan(25)
})

test('where all see everything, or a stranger makes nothing at all, nothing is said', async () => {
  expect(await judged({ open: true })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('access/bola-read'),
  })
  expect(await judged({ mayMake: false })).toMatchObject({ verdict: 'not-applicable' })
})

test('where the path names a tenant, that of another is tried as well', async () => {
  const inPath = profile
    .replaceAll('path: /contacts', `path: '/of/{principal.tenant}/contacts'`)
    .replaceAll(/tenant: (acme|globex),/g, 'values: {tenant: ten-of-$1},')
  const over = (believes: boolean) => {
    const rows: { of: string | undefined; email: string }[] = []
    const answer = (request: Recorded): Scripted => {
      const caller = field(request, 'authorization') === 'Bearer key-of-neighbour' ? 'globex' : 'acme'
      if (request.path === '/me') return { body: { id: `usr-of-${caller}`, tenant: `ten-of-${caller}` } }
      const [, , of] = request.path.split('/')
      if (!believes && of !== `ten-of-${caller}`) return { status: 403 }
      if (request.method === 'GET') return { body: { data: rows.filter((row) => row.of === of) } }
      rows.push({ of, email: JSON.parse(request.body).email })
      return { status: 201, body: {} }
    }
    return judgedOver({ profile: inPath, env, answer }, (kit) =>
      madeForNobodyElse({ principal: 'neighbour', mayOnOwn: true }, 'contact.create', kit),
    )
  }
  expect(await over(false)).toMatchObject({ verdict: 'pass', findings: [] })
  expect((await over(true)).findings).toMatchObject([
    { variant: 'where it names its holder', severity: 'critical' },
  ])
})
