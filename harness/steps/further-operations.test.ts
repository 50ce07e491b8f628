import { randomUUID } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 120_000 })

const faults = ['reads by id alone', 'lets everybody archive', 'deletes for strangers'] as const
type Fault = (typeof faults)[number]

interface Thing {
  readonly id: string
  readonly kind: string
  readonly tenant: string
  archived: boolean
  readonly [field: string]: unknown
}

const callers: Readonly<Record<string, { tenant: string; role: 'boss' | 'viewer' }>> = {
  'Bearer key-of-admin': { tenant: 'a', role: 'boss' },
  'Bearer key-of-viewer': { tenant: 'a', role: 'viewer' },
  'Bearer key-of-neighbour': { tenant: 'b', role: 'boss' },
}

/** An API that keeps segments and campaigns, of which we have no words; it sends no mail. */
function segmentsApi(fault: Fault | null) {
  const things = new Map<string, Thing>()
  const answer = (request: Recorded): Scripted => {
    const caller = callers[field(request, 'authorization') ?? '']
    const [, kind = '', id, action] = request.path.split('?')[0]?.split('/') ?? []
    const call = `${request.method} ${[kind, ...(id === undefined ? [] : ['{id}']), ...(action === undefined ? [] : [action])].join('/')}`
    const open = fault === 'deletes for strangers' && request.method === 'DELETE'
    if (!['segments', 'campaigns'].includes(kind)) return { status: 404 }
    if (caller === undefined && !open) return { status: 401 }
    const own = [...things.values()].filter((each) => each.kind === kind && each.tenant === caller?.tenant)
    if (call.startsWith('GET') && id === undefined) return { body: { things: own } }
    const archives = action === 'archive' && fault === 'lets everybody archive'
    if (caller?.role === 'viewer' && request.method !== 'GET' && !archives) return { status: 403 }
    if (id === undefined) {
      const made = { ...JSON.parse(request.body), id: randomUUID(), kind, tenant: caller?.tenant ?? '' }
      things.set(made.id, { archived: false, ...made })
      return { status: 201, body: things.get(made.id) }
    }
    const wide = open || (fault === 'reads by id alone' && request.method === 'GET')
    const thing = wide ? things.get(id) : own.find((each) => each.id === id)
    if (thing === undefined) return { status: 404, body: { error: `no ${id}` } }
    if (request.method === 'DELETE') things.delete(id)
    if (action === 'archive') thing.archived = true
    return { body: thing }
  }
  return { things, answer }
}

const profile = (url: string) => `
name: segments and campaigns
target: {url: '${url}'}
principals:
  admin: {tenant: a, role: boss, bearer: "\${env:ADMIN}"}
  viewer: {tenant: a, role: viewer, bearer: "\${env:VIEWER}"}
  neighbour: {tenant: b, role: boss, bearer: "\${env:NEIGHBOUR}"}
roles: {boss: '*', viewer: [segment.list, segment.get, campaign.list]}
operations:
  segment.create:
    method: POST
    path: /segments
    body: '{"url": url, "events": events}'
    example: {url: "https://hooks.example/\${mark}", events: [delivered]}
    result: {id: body.id}
  segment.list: {method: GET, path: /segments, result: {items: body.things}}
  segment.get: {method: GET, path: '/segments/{id}', result: {id: body.id}}
  segment.delete: {method: DELETE, path: '/segments/{id}'}
  campaign.create:
    method: POST
    path: /campaigns
    body: '{"title": title}'
    example: {title: "\${mark}"}
    result: {id: body.id}
    undo: {operation: campaign.remove, input: '{"id": result.id}'}
  campaign.list: {method: GET, path: /campaigns, result: {items: body.things}}
  campaign.archive: {method: POST, path: '/campaigns/{id}/archive'}
  campaign.remove: {method: DELETE, path: '/campaigns/{id}'}
  campaign.send: {method: POST, path: '/campaigns/{id}/send'}
mail: {from: a@shop.test, recipients: {route: relay}}
`

const checks = ['access/bola-read', 'access/rbac-matrix', 'auth/anon-access']

/** What the three checks say of the API, and what of it is left. */
async function judged(fault: Fault | null) {
  const { things, answer } = segmentsApi(fault)
  const { said, verdicts, outcomes, requests } = await runInFrontOf(answer, profile, checks)
  return {
    ...{ said, verdicts },
    findings: outcomes.flatMap(({ findings }) => findings),
    sent: requests.filter((request) => request.path.endsWith('/send')),
    left: [...things.values()].length,
  }
}

const sound = Object.fromEntries(checks.map((check) => [check, 'pass']))

test('the checks take up operations beyond our words, and leave nothing', async () => {
  const { verdicts, findings, left, sent, said } = await judged(null)
  expect({ verdicts, findings, left, sent, said }).toMatchObject({
    ...{ verdicts: sound, findings: [], left: 0, sent: [] },
  })
})

test.each([
  ['reads by id alone', 'access/bola-read', 'segment.get', 'segment.get'],
  ['lets everybody archive', 'access/rbac-matrix', 'campaign.archive', 'viewer tries campaign.archive'],
  ['deletes for strangers', 'auth/anon-access', 'segment.delete', 'segment.delete'],
] as const)('a fault in them is found: it %s', async (fault, check, operation, variant) => {
  const { verdicts, findings, left, said } = await judged(fault)
  expect({ verdicts, left, said }).toMatchObject({ verdicts: { ...sound, [check]: 'fail' }, left: 0 })
  expect(findings.map((finding) => finding.operation)).toContain(operation)
  expect(findings.map((finding) => finding.variant?.split(',')[0])).toContain(variant)
})
