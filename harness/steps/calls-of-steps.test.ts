import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

const checks = ['auth/anon-access', 'access/bola-write', 'access/rbac-matrix']

/** Files of tenants: who is let in gets a place, and whoever has the place may upload to it, as storage services have it. */
function filesApi({ asks }: { readonly asks: boolean }) {
  const files = new Map<string, { readonly id: string; readonly tenant: string; readonly text: string }>()
  const places = new Map<string, string>()
  return ({ method, path, body, ...request }: Recorded): Scripted => {
    const credential = field(request as Recorded, 'authorization')
    const who = ['admin', 'viewer', 'neighbour'].find((name) => credential === `Bearer key-of-${name}`) ?? ''
    const tenant = who === 'neighbour' ? 'globex' : 'acme'
    const [, collection, id = ''] = path.split('/')
    if (method === 'PUT' && collection === 'places') {
      const owner = places.get(id)
      if (owner === undefined) return { status: 404 }
      files.set(id, { id, tenant: owner, text: body })
      return { body: { id } }
    }
    if (who === '' && (asks || collection !== 'places')) return { status: 401 }
    if (who === 'viewer' && method !== 'GET') return { status: 403 }
    if (method === 'POST') {
      const place = randomUUID()
      places.set(place, tenant)
      return { status: 201, body: { place } }
    }
    if (id === '') return { body: { data: [...files.values()].filter((file) => file.tenant === tenant) } }
    const file = files.get(id)
    if (file?.tenant !== tenant) return { status: 404 }
    if (method === 'DELETE') files.delete(id)
    return { body: file }
  }
}

const profile = (url: string) => `
name: files that are uploaded to a place that was asked for
target: {url: '${url}'}
principals:
  admin: {tenant: acme, role: boss, bearer: "\${env:ADMIN}"}
  viewer: {tenant: acme, role: viewer, bearer: "\${env:VIEWER}"}
  neighbour: {tenant: globex, role: boss, bearer: "\${env:NEIGHBOUR}"}
roles: {boss: '*', viewer: [file.get, file.list]}
operations:
  file.upload:
    steps: [{method: POST, path: /places, result: {place: body.place}}]
    method: PUT
    path: '/places/{place}'
    raw: {type: text/plain, content: text}
    example: {text: 'hello \${mark}'}
    result: {id: body.id}
  file.list: {method: GET, path: /files, result: {items: body.data}}
  file.get: {method: GET, path: '/files/{id}'}
  file.delete: {method: DELETE, path: '/files/{id}'}
mail: {from: a@shop.test, recipients: {route: relay}}
`

test('a call of several steps is tried from its first, whose gift may open the last to anybody', async () => {
  const { outcomes, verdicts } = await runInFrontOf(filesApi({ asks: true }), profile, checks)
  expect(
    outcomes.flatMap(({ findings }) => findings.map(({ variant, actual }) => [variant, actual])),
  ).toEqual([])
  expect(verdicts).toMatchObject(Object.fromEntries(checks.map((check) => [check, 'pass'])))
})

test('where the first asks nobody who he is, the whole is open', async () => {
  const { outcomes } = await runInFrontOf(filesApi({ asks: false }), profile, ['auth/anon-access'])
  const [outcome] = outcomes.filter(({ check }) => check === 'auth/anon-access')
  expect(outcome?.findings.map(({ variant, operation }) => [variant, operation])).toEqual([
    ['file.upload', 'file.upload'],
  ])
})
