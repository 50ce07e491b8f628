import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

type Fault = 'changes by number alone' | 'lists by the account of the query' | 'writes whatever it is given'

interface Row {
  readonly id: number
  readonly [member: string]: unknown
}

const accounts: Readonly<Record<string, string>> = { 'key-of-admin': 'acme', 'key-of-neighbour': 'globex' }

/** An API as many are: numbers for ids, all members taken and few written, a sign-in page for whoever is nobody. */
function notesApi(fault: Fault | null) {
  const rows = new Map<number, Row>()
  let made = 40
  const shown = ({ account: _, ...row }: Row) => row
  return (request: Recorded): Scripted => {
    const account = accounts[field(request, 'x-api-key') ?? '']
    const { pathname, searchParams } = new URL(request.path, 'http://a.test')
    if (account === undefined) return { status: 302, headers: { location: '/login' }, body: '' }
    const [, kind, number] = pathname.split('/')
    if (kind === 'account') return { body: { account: { name: account, plan: 'free' } } }
    if (kind !== 'notes')
      return { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>Not found</h1>' }
    const asked = fault === 'lists by the account of the query' ? searchParams.get('account_id') : null
    const own = [...rows.values()].filter((row) => row['account'] === (asked ?? account))
    if (number === undefined && request.method === 'GET')
      return { body: { notes: own.slice(-50).map(shown), echo: Object.fromEntries(searchParams) } }
    const given: Record<string, unknown> = request.body === '' ? {} : JSON.parse(request.body).note
    const members =
      fault === 'writes whatever it is given' ? given : { title: given['title'], text: given['text'] }
    if (number === undefined) {
      const row = { is_admin: false, credits: 3, ...members, id: ++made, account }
      rows.set(row.id, row)
      return { status: 201, body: { note: { ...given, ...shown(row) } } }
    }
    const row = rows.get(Number(number))
    const isOwn = row?.['account'] === account
    if (row === undefined || (!isOwn && fault !== 'changes by number alone'))
      return { body: { error: 'no such note' } }
    if (request.method === 'DELETE') rows.delete(row.id)
    if (request.method === 'PUT')
      rows.set(row.id, { ...row, ...members, id: row.id, account: row['account'] })
    return { body: { note: shown(rows.get(row.id) ?? row) } }
  }
}

const profile = (url: string) => `
name: notes of two accounts
target: {url: '${url}'}
principals:
  admin: {tenant: acme, headers: {X-Api-Key: "\${env:ADMIN}"}}
  neighbour: {tenant: globex, headers: {X-Api-Key: "\${env:NEIGHBOUR}"}}
operations:
  account.read: {method: GET, path: /account, effect: read}
  note.list: {method: GET, path: /notes, result: {items: body.notes}}
  note.create:
    method: POST
    path: /notes
    body: '{"note": {"title": title, "text": text}}'
    example: {title: "\${mark}", text: Hello}
    result: {id: body.note.id}
  note.get: {method: GET, path: '/notes/{id}', missing: '$exists(body.error)'}
  note.update:
    method: PUT
    path: '/notes/{id}'
    body: '{"note": {"title": title, "text": text}}'
    example: {title: "\${mark}", text: Hello}
    missing: '$exists(body.error)'
  note.delete: {method: DELETE, path: '/notes/{id}', missing: '$exists(body.error)'}
mail: {from: a@shop.test, recipients: {route: relay}}
`

const checks = [
  ...['access/bola-write', 'access/mass-assign', 'access/server-filter', 'access/id-enum'],
  ...['keys/entropy-match', 'keys/leak-in-output'],
]

async function judged(fault: Fault | null) {
  const { verdicts, outcomes } = await runInFrontOf(notesApi(fault), profile, checks)
  const found = outcomes.flatMap(({ check, findings }) =>
    findings.map(({ operation, severity, variant }) => `${check} ${severity}: ${variant ?? operation}`),
  )
  return { verdicts, found }
}

test('a sound API of numbers, echoes and pages has its ids found to be counted, and nothing else', async () => {
  const { verdicts, found } = await judged(null)
  expect(found).toEqual(['access/id-enum low: note.create'])
  expect(verdicts).toEqual({
    ...Object.fromEntries(checks.map((check) => [check, 'pass'])),
    'access/id-enum': 'fail',
  })
})

test.each<[Fault, string]>([
  ['changes by number alone', 'access/bola-write critical: note.update'],
  ['lists by the account of the query', 'access/server-filter high: note.list, another tenant'],
  ['writes whatever it is given', 'access/mass-assign medium: note.create, is_admin'],
])('one that %s is found', async (fault, finding) => {
  expect((await judged(fault)).found).toContain(finding)
})
