import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { readJson } from '../json.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { changesOfShared } from './shared-objects.ts'

const profile = (more = 'shared: [{ kind: template, id: welcome }]') => `
principals:
  admin: {tenant: acme, role: owner, bearer: '\${env:ADMIN}'}
  support: {tenant: acme, role: viewer, bearer: '\${env:SUPPORT}'}
  neighbour: {tenant: globex, role: owner, bearer: '\${env:NEIGHBOUR}'}
operations:
  template.list: {method: GET, path: /templates, result: {items: body.data}}
  template.create: {method: POST, path: /templates, body: '{"name": name, "html": html}', result: {id: body.id}}
  template.get: {method: GET, path: '/templates/{id}', result: {name: body.name, html: body.html}}
  template.update: {method: PATCH, path: '/templates/{id}', body: '{"name": name, "html": html}'}
  template.delete: {method: DELETE, path: '/templates/{id}'}
mail: {from: a@shop.test}
roles: {owner: '*', viewer: [template.list, template.get]}
${more}
`

interface Kept {
  readonly id: string
  readonly tenant: string | null
  readonly name: string
  readonly html: string
}

/** Ways of an API whose templates are a tenant's own, but for one that is everybody's. */
interface Ways {
  readonly changes?: boolean
  readonly removes?: boolean
  readonly replaces?: boolean
  /** A tenant that changes what is everybody's gets a copy, which stands before it under the same id. */
  readonly copies?: boolean
  /** It is counted how often it is read. */
  readonly counts?: boolean
  /** What is everybody's can be changed once, and not be put back. */
  readonly once?: boolean
  readonly more?: string
}

const tenants: Readonly<Record<string, string>> = {
  'key-of-admin': 'acme',
  'key-of-support': 'acme',
  'key-of-neighbour': 'globex',
}

async function judged(
  { changes, removes, replaces, copies, counts, once, more }: Ways,
  runReach = 'disruptive',
) {
  let rows: Kept[] = [{ id: 'welcome', tenant: null, name: 'Welcome', html: '<p>Hello</p>' }]
  let [made, reads, changed] = [0, 0, 0]
  const answer = (request: Recorded): Scripted => {
    const key = field(request, 'authorization')?.replace('Bearer ', '') ?? ''
    const tenant = tenants[key]
    const [, , id] = request.path.split('/')
    const isOwn = (row: Kept) => row.tenant === tenant
    const own = rows.find((row) => row.id === id && isOwn(row))
    const found = own ?? rows.find((row) => row.id === id && row.tenant === null)
    if (request.method === 'GET') {
      if (id === undefined) return { body: { data: rows.filter(isOwn) } }
      return found === undefined ? { status: 404 } : { body: counts ? { ...found, reads: ++reads } : found }
    }
    if (key === 'key-of-support') return { status: 403 }
    const body = readJson(request.body) as Pick<Kept, 'name' | 'html'>
    if (request.method === 'POST') {
      const known = replaces ? rows.find((row) => row.tenant === null && row.name === body.name) : undefined
      const row = known ?? { id: `t${++made}`, tenant: tenant ?? '' }
      rows = [...rows.filter((each) => each !== known), { ...row, ...body }]
      return { status: 201, body: { id: row.id } }
    }
    const mayTouch =
      own === undefined && (request.method === 'DELETE' ? removes : changes && !(once && ++changed > 1))
    const target = own ?? (mayTouch ? found : undefined)
    if (copies && own === undefined && found !== undefined && request.method === 'PATCH') {
      rows = [...rows, { ...found, ...body, tenant: tenant ?? '' }]
      return { status: 200 }
    }
    if (target === undefined) return { status: 404 }
    rows = rows.filter((row) => row !== target)
    if (request.method === 'PATCH') rows = [...rows, { ...target, ...body }]
    return { status: 200 }
  }
  const env = { ADMIN: 'key-of-admin', SUPPORT: 'key-of-support', NEIGHBOUR: 'key-of-neighbour' }
  const kit = { runReach: runReach as 'disruptive' }
  const outcome = await judgedOver({ profile: profile(more), env, answer, kit }, async (kit) =>
    kit.verify.each(await changesOfShared(kit), ({ judge }) => judge(), 'one by one'),
  )
  const states = outcome.variants.map(({ name, state }) => [
    name.replace(/ on template welcome,?/, ''),
    state,
  ])
  return { ...outcome, states: Object.fromEntries(states), rows }
}

const held = {
  ...{ 'template.create by support': 'held', 'template.create by neighbour': 'held' },
  ...{ 'template.create by admin': 'held', 'template.update by support': 'held' },
  ...{
    'template.update by neighbour': 'held',
    'template.update by admin': 'held',
    'template.delete': 'held',
  },
}

test('what only its tenant changes is everybody’s as before, and copies under its name are gone again', async () => {
  const { verdict, states, rows } = await judged({})
  expect([verdict, states]).toEqual(['pass', held])
  expect(rows.map(({ tenant, name }) => [tenant, name])).toContainEqual([null, 'Welcome'])
  expect(rows.filter(({ tenant, name }) => tenant !== null && name === 'Welcome')).toEqual([])
})

test.each<[string, Ways]>([
  ['a copy that the caller alone sees', { copies: true }],
  ['a number that changes by itself', { counts: true }],
])('%s is no change', async (_, ways) => {
  expect((await judged(ways)).findings).toEqual([])
})

test('what a tenant writes into it is found, and is put back', async () => {
  const { findings, states, rows } = await judged({ changes: true })
  expect(states).toEqual({
    ...held,
    'template.update by neighbour': 'violated',
    'template.update by admin': 'violated',
  })
  expect(findings[0]?.operation).toBe('template.update')
  expect(findings[0]?.actual).toContain('admin, who is of another tenant, reads the text of the call in it')
  expect(rows.find(({ id }) => id === 'welcome')).toMatchObject({ name: 'Welcome', html: '<p>Hello</p>' })
})

test('what cannot be put back is told', async () => {
  const { variants } = await judged({ changes: true, once: true })
  expect(variants.map(({ reason }) => reason)).toContain(
    'the template welcome could not be put back by neighbour: have the provider do it',
  )
})

test('what a tenant makes under its name is found where others read it', async () => {
  const { findings, states, rows } = await judged({ replaces: true })
  expect(states).toMatchObject({
    'template.create by neighbour': 'violated',
    'template.create by admin': 'violated',
  })
  expect(findings[0]?.operation).toBe('template.create')
  expect(rows.find(({ id }) => id === 'welcome')).toMatchObject({ html: '<p>Hello</p>' })
})

test('its removal is found, and tried only where the run may go as far', async () => {
  const { findings, states } = await judged({ removes: true })
  expect([findings.length, states]).toEqual([1, { ...held, 'template.delete': 'violated' }])
  const { states: shorter } = await judged({ removes: true }, 'intrusive')
  expect(shorter).toEqual({ ...held, 'template.delete': 'held-back' })
})

test('where it is read by one tenant alone nothing can be said, and of whole kinds nothing is asked', async () => {
  const { verdict, reason } = await judged({ more: 'shared: [{ kind: template, id: other }]' })
  expect([verdict, reason]).toEqual([
    'unproven',
    expect.stringContaining('the template other is not read by both'),
  ])
  expect((await judged({ more: 'shared: [template]' })).verdict).toBe('not-applicable')
})
