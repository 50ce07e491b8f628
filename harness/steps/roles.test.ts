import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { asItsTableSays, cellsOf } from './roles.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

const check = 'access/rbac-matrix'

/** Contacts, each of the tenant of whoever made it, which the credential alone tells. */
function contactsApi(viewersMayMake: boolean) {
  const contacts = new Map<string, { readonly tenant: string; readonly id: string }>()
  return ({ method, path, body, ...request }: Recorded): Scripted => {
    const [, , who = ''] =
      /^Bearer (key-of-)(.*)$/.exec(field(request as Recorded, 'authorization') ?? '') ?? []
    if (who === '') return { status: 401 }
    const tenant = who === 'neighbour' ? 'globex' : 'acme'
    if (who === 'viewer' && method !== 'GET' && !viewersMayMake) return { status: 403 }
    const [, , id] = path.split('/')
    if (method === 'POST') {
      const made = { ...JSON.parse(body), id: randomUUID(), tenant }
      contacts.set(made.id, made)
      return { status: 201, body: made }
    }
    if (id === undefined)
      return { body: { data: [...contacts.values()].filter((each) => each.tenant === tenant) } }
    const contact = contacts.get(id)
    if (contact?.tenant !== tenant) return { status: 404 }
    if (method === 'DELETE') contacts.delete(id)
    return { body: contact }
  }
}

const profile = (url: string) => `
name: contacts of tenants that the profile does not tell of
target: {url: '${url}'}
principals:
  admin: {role: boss, bearer: "\${env:ADMIN}"}
  viewer: {role: viewer, bearer: "\${env:VIEWER}"}
  neighbour: {role: boss, bearer: "\${env:NEIGHBOUR}"}
roles: {boss: '*', viewer: [contact.get, contact.list]}
operations:
  contact.create: {method: POST, path: /contacts, body: '{"email": email, "name": name}', result: {id: body.id}}
  contact.list: {method: GET, path: /contacts, result: {items: body.data}}
  contact.get: {method: GET, path: "/contacts/{id}"}
  contact.delete: {method: DELETE, path: "/contacts/{id}"}
mail: {from: a@shop.test, recipients: {route: relay}}
`

test('the neighbour is of another tenant, also where the profile tells of none: his role there says nothing here', async () => {
  const { outcomes } = await runInFrontOf(contactsApi(false), profile, [check])
  const findings = outcomes.flatMap(({ findings }) =>
    findings.map(({ variant, actual }) => [variant, actual]),
  )
  expect(findings).toEqual([])
  expect(outcomes.find(({ check: id }) => id === check)?.verdict).toBe('pass')
})

test('who may not make what his role does not name is found there, too', async () => {
  const { verdicts } = await runInFrontOf(contactsApi(true), profile, [check])
  expect(verdicts).toMatchObject({ [check]: 'fail' })
})

/** Contacts of one tenant, which members change, read and remove where they made them; so it is meant. */
function teamApi({ of, to }: { readonly of: 'own' | 'all'; readonly to: 'members' | 'nobody' }) {
  const contacts = new Map<string, { readonly id: string; readonly by: string }>()
  return ({ method, path, body, ...request }: Recorded): Scripted => {
    const [, who = ''] = /^Bearer key-of-(.*)$/.exec(field(request as Recorded, 'authorization') ?? '') ?? []
    if (who === '') return { status: 401 }
    const [, , id] = path.split('/')
    const sees = ({ by }: { readonly by: string }) => who === 'admin' || of === 'all' || by === who
    if (method === 'POST') {
      const made = { ...JSON.parse(body), id: randomUUID(), by: who }
      contacts.set(made.id, made)
      return { status: 201, body: made }
    }
    if (id === undefined) return { body: { data: [...contacts.values()].filter(sees) } }
    const contact = contacts.get(id)
    if (contact === undefined || !sees(contact)) return { status: 404 }
    if (method !== 'GET' && who !== 'admin' && to === 'nobody') return { status: 403 }
    if (method === 'DELETE') contacts.delete(id)
    const changed = method === 'PATCH' ? { ...contact, ...JSON.parse(body) } : contact
    if (method === 'PATCH') contacts.set(id, changed)
    return { body: changed }
  }
}

const team = (url: string) =>
  profile(url)
    .replace(
      '[contact.get, contact.list]',
      `[contact.create, ${own.map((name) => `{operation: ${name}, of: own}`).join(', ')}]`,
    )
    .replace(
      '  contact.delete:',
      `  contact.update: {method: PATCH, path: "/contacts/{id}", body: '{"name": name}'}\n  contact.delete:`,
    )
const own = ['contact.get', 'contact.list', 'contact.update', 'contact.delete']

const found = async (api: Parameters<typeof teamApi>[0]) => {
  const { outcomes } = await runInFrontOf(teamApi(api), team, [check])
  const outcome = outcomes.find(({ check: id }) => id === check)
  const findings = outcome?.findings.map(({ variant, severity }) => `${severity}: ${variant}`) ?? []
  return { verdict: outcome?.verdict, findings: findings.sort(), variants: outcome?.variants?.length }
}

test('whoever may change its own alone passes where the target keeps to it, by both halves of the table', async () => {
  expect(await found({ of: 'own', to: 'members' })).toMatchObject({ verdict: 'pass', findings: [] })
})

test('a role that changes what others made, too, is found there', async () => {
  const { verdict, findings } = await found({ of: 'all', to: 'members' })
  expect(verdict).toBe('fail')
  expect(findings).toEqual(own.map((name) => `high: viewer tries ${name} on what others made`).sort())
})

test('a role that may not change its own is found as a promise kept badly', async () => {
  const { findings } = await found({ of: 'own', to: 'nobody' })
  expect(findings).toEqual(
    ['contact.delete', 'contact.update'].map((name) => `low: viewer tries ${name} on its own`),
  )
})

test('whoever makes nothing has nothing of its own, and what it makes for the check is nobody else’s', async () => {
  const env = { ADMIN: 'key-of-admin', VIEWER: 'key-of-viewer', NEIGHBOUR: 'key-of-neighbour' }
  const [, ...rest] = team('')
    .replace('contact.create, {', '{')
    .replace('contact.create: {', 'contact.create: {as: viewer, ')
    .split(/(?=^principals:)/m)
  const { variants } = await judgedOver({ profile: rest.join(''), env, answer: () => ({}) }, (kit) => {
    const cells = cellsOf(kit).filter(({ name }) => name.startsWith('viewer tries contact.update'))
    return kit.verify.each(cells, (cell) => asItsTableSays(cell, { ...kit, runReach: 'intrusive' }))
  })
  expect(variants).toMatchObject([
    {
      state: 'not-applicable',
      reason: 'by its table viewer makes no contact, so that it has none of its own to try contact.update on',
    },
    {
      state: 'unjudged',
      reason:
        'what contact.update is tried on is made by viewer itself; have somebody else make it: contact.create with as in the profile',
    },
  ])
})

test('a key that may change its own alone and changes what others made is found by the matrix of scopes', async () => {
  const keys = (url: string) =>
    team(url)
      .replace(/^roles: .*viewer: (\[.*\])\}$/m, 'scopes: {"contacts:own": $1}')
      .replace('viewer: {role: viewer,', 'viewer: {scopes: ["contacts:own"],')
      .replaceAll('role: boss, ', '')
      .replace(/^ {2}neighbour: .*\n/m, '')
  const of = async (api: Parameters<typeof teamApi>[0]) => {
    const { outcomes } = await runInFrontOf(teamApi(api), keys, ['keys/scope-matrix'])
    return outcomes.flatMap(({ findings }) => findings.map(({ variant, severity }) => [severity, variant]))
  }
  expect(await of({ of: 'own', to: 'members' })).toEqual([])
  expect((await of({ of: 'all', to: 'members' })).map(([severity]) => severity)).toEqual(
    own.map(() => 'high'),
  )
})
