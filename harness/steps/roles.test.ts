import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

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
