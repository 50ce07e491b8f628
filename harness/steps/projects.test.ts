import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { trespasses, twoProjects } from './projects.ts'

type Fault =
  | 'lists all'
  | 'reads by id alone'
  | 'reads by id alone, and takes no word for keys'
  | 'changes by id alone'
  | 'takes the project of the body'
  | 'takes the project of the query'
  | 'takes the project of a field'
  | 'hides from everybody but who made it'
  | 'loses what is made'
  | 'makes keys for any project'
  | 'falls over where a key is for another project'
  | 'lets no key of a project make keys'

interface Row {
  readonly id: string
  readonly project: string | null
  readonly [member: string]: unknown
}

/** Contacts of one tenant, by projects. */
function contactsApi(fault: Fault | null, adminSees: 'all' | 'its own project' | 'nothing' = 'all') {
  let rows: Row[] = []
  const projects = new Map<string, string | null>([['Bearer key-of-admin', null]])
  return (request: Recorded): Scripted => {
    const by = field(request, 'authorization') ?? ''
    const bound = projects.get(by)
    if (bound === undefined) return { status: 401 }
    const { pathname, searchParams } = new URL(request.path, 'http://a.test')
    const body: Record<string, unknown> = request.body === '' ? {} : JSON.parse(request.body)
    if (pathname === '/keys') {
      if (bound !== null && fault === 'lets no key of a project make keys') return { status: 403 }
      const isItsOwn = fault === 'reads by id alone, and takes no word for keys'
      if (bound !== null && bound !== body['project'] && fault !== 'makes keys for any project' && !isItsOwn)
        return { status: fault === 'falls over where a key is for another project' ? 500 : 403 }
      const secret = `key-${randomUUID()}`
      projects.set(`Bearer ${secret}`, isItsOwn && bound !== null ? bound : String(body['project']))
      return { status: 201, body: { id: secret.slice(0, 8), secret } }
    }
    const named = {
      'takes the project of the body': body['project_id'],
      'takes the project of the query': searchParams.get('project_id'),
      'takes the project of a field': field(request, 'x-project-id'),
    } as Partial<Record<Fault, unknown>>
    const project = (bound !== null && fault !== null && (named[fault] as string | undefined)) || bound
    const isOwn = (row: Row) => {
      if (fault === 'hides from everybody but who made it') return row['by'] === by
      return row.project === project || (project === null && adminSees === 'all')
    }
    if (project === null && adminSees === 'nothing') return { status: 403 }
    const [, , id] = pathname.split('/')
    if (id === undefined && request.method === 'GET')
      return { body: { data: rows.filter((row) => isOwn(row) || fault === 'lists all') } }
    if (id === undefined) {
      const row = { ...body, project, by, id: randomUUID() }
      if (fault !== 'loses what is made') rows.push(row)
      return { status: 201, body: { id: row.id } }
    }
    const any = request.method === 'GET' ? 'reads by id alone' : 'changes by id alone'
    const found = rows.find((row) => row.id === id && (isOwn(row) || fault?.startsWith(any)))
    if (found === undefined) return { status: 404 }
    if (request.method === 'DELETE') rows = rows.filter((row) => row !== found)
    return { body: found }
  }
}

const profile = `
principals:
  admin: {tenant: acme, bearer: "\${env:ADMIN}"}
operations:
  key.create: {as: admin, method: POST, path: /keys, body: '{"project": project}', result: {id: body.id, secret: body.secret}}
  contact.create: {method: POST, path: /contacts, body: '{"email": email, "name": name}', result: {id: body.id}}
  contact.list: {method: GET, path: /contacts, result: {items: body.data}}
  contact.get: {method: GET, path: '/contacts/{id}', result: {id: body.id}}
  contact.delete: {method: DELETE, path: '/contacts/{id}'}
mail: {from: a@shop.test, recipients: {route: relay}}
policies: {keys: {projects: {kinds: [contact]}}}
`

const judged = (fault: Fault | null, of = profile, answer = contactsApi(fault)) =>
  judgedOver({ profile: of, env: { ADMIN: 'key-of-admin' }, answer }, async (kit) =>
    kit.verify.each(trespasses(kit, await twoProjects(kit)), ({ judge }) => judge()),
  )

test('a target that keeps projects apart is sound, by projects that there are and by made-up ones', async () => {
  const made = await judged(null)
  expect(made).toMatchObject({ verdict: 'pass', findings: [] })
  expect(made.variants.map(({ name }) => name).sort()).toEqual([
    'a key for the other project',
    'contact.create, with the other project in the body',
    'contact.create, with the other project in the header',
    'contact.create, with the other project in the query',
    'contact.delete',
    'contact.get',
    'contact.list',
    'contact.list, with the other project in the header',
    'contact.list, with the other project in the query',
  ])
  const given = await judged(null, profile.replace('[contact]', '[contact], names: [red, blue]'))
  expect(given.verdict).toBe('pass')
  const bodies = given.requests.filter(({ path }) => path === '/keys').map(({ body }) => body)
  // Two by the tenant, and two by the key of the one.
  expect(bodies.map((body) => JSON.parse(body).project).sort()).toEqual(['blue', 'blue', 'red', 'red'])
})

test.each<[Fault, RegExp]>([
  ['lists all', /^contact\.list/],
  ['reads by id alone', /^contact\.get$/],
  ['reads by id alone, and takes no word for keys', /^contact\.get$/],
  ['changes by id alone', /^contact\.delete$/],
  ['takes the project of the body', /^contact\.create, with the other project in the body$/],
  ['makes keys for any project', /^a key for the other project$/],
  ['takes the project of the query', /^contact\.(?:create|list), with the other project in the query$/],
  ['takes the project of a field', /^contact\.(?:create|list), with the other project in the header$/],
])('a target that %s is found, and in nothing else', async (fault, variants) => {
  for (const adminSees of ['all', 'its own project'] as const) {
    const { verdict, findings } = await judged(fault, profile, contactsApi(fault, adminSees))
    expect(verdict).toBe('fail')
    for (const { variant } of findings) expect(variant).toMatch(variants)
  }
})

test.each(['its own project', 'nothing'] as const)(
  'where the admin sees %s, further keys of the other project witness',
  async (adminSees) => {
    const seen = await judged(null, profile, contactsApi(null, adminSees))
    expect(seen).toMatchObject({ verdict: 'pass', findings: [] })
    expect(seen.variants.filter(({ state }) => state !== 'held')).toEqual([])
  },
)

test.each<[Fault, string]>([
  [
    'hides from everybody but who made it',
    'neither the admin nor a further key of its project sees the contact that a key of a project made',
  ],
  ['loses what is made', 'a key of a project does not see the contact that it made'],
])('a target that %s is not judged', async (fault, reason) => {
  expect(await judged(fault)).toMatchObject({ verdict: 'unproven', reason: expect.stringContaining(reason) })
})

test.each<[Fault, string]>([
  // An error that comes again is a denial.
  ['falls over where a key is for another project', 'held'],
  ['lets no key of a project make keys', 'not-applicable'],
])('a target that %s makes no key for another project', async (fault, state) => {
  const { verdict, variants } = await judged(fault)
  expect(verdict).toBe('pass')
  expect(variants.find(({ name }) => name === 'a key for the other project')?.state).toBe(state)
})
