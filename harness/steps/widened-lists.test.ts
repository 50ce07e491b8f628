import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { shownNoWider } from './widened-lists.ts'

interface Manners {
  /** The query that shows everything. */
  readonly wide?: RegExp
  readonly strict?: boolean
  /** What it says of parameters that it refuses, of all that there were: their whole text where it is left out. */
  readonly says?: (unknown: readonly string[], all: readonly string[]) => string
  readonly empty?: boolean
  readonly canMake?: boolean
  /** The second page of either holds what both have. */
  readonly paged?: boolean
}

const ofAcme = { id: 'con_0a1b2c3d4e5f', tenant: 'acme' }
const ofBoth = { id: 'con_9f8e7d6c5b4a' }
const ofGlobex = { id: 'con_111122223333', tenant: 'globex' }

function contactsApi({ wide = /(?!)/, strict = false, says, empty = false, paged = false }: Manners) {
  return (request: Recorded): Scripted => {
    const caller = field(request, 'authorization') === 'Bearer key-of-neighbour' ? 'globex' : 'acme'
    const query = decodeURIComponent(request.path.replace(/^[^?]*\??/, ''))
    const cursor = /cursor=2/.test(query)
    const rest = query.replace(/&?(?:limit=100|cursor=2)/g, '')
    if (strict && rest !== '' && !wide.test(rest)) {
      const all = [...new URLSearchParams(query).keys()]
      const unknown = all.filter((name) => name !== 'limit' && !wide.test(`${name}=acme`))
      return { status: 400, body: { error: says?.(unknown, all) ?? query } }
    }
    const all = empty ? [] : [ofAcme, ofGlobex]
    const own = cursor ? [ofBoth] : all.filter(({ tenant }) => tenant === caller)
    const isWide = rest !== '' && wide.test(rest)
    const firstOfAcme = paged && caller === 'acme' ? [ofBoth] : []
    const data = isWide ? [...all, ofBoth] : [...own, ...firstOfAcme]
    return { body: { data, asked: rest, next: paged && caller === 'globex' && !cursor ? '2' : null } }
  }
}

const profile = (create = '') => `
principals:
  admin: {tenant: acme, bearer: "\${env:ADMIN}"}
  neighbour: {tenant: globex, bearer: "\${env:NEIGHBOUR}"}
operations:
  contact.list:
    method: GET
    path: /contacts
    query: {limit: "{limit}", cursor: "{cursor}"}
    result: {items: body.data, next: body.next}
${create}
mail: {from: a@shop.test}
`
const env = { ADMIN: 'key-of-admin', NEIGHBOUR: 'key-of-neighbour' }

const create = `  contact.create: {method: POST, path: /contacts, body: '{"email": email}', result: {id: body.id}}`

const judged = (manners: Manners) =>
  judgedOver(
    {
      profile: profile(manners.canMake ? create : ''),
      env,
      answer: contactsApi(manners),
      kit: { runReach: 'safe' },
    },
    (kit) => shownNoWider('neighbour', 'contact.list', kit),
  )

test('who keeps a list to its caller passes, whether it minds other parameters, or repeats them', async () => {
  for (const strict of [false, true])
    expect(await judged({ strict })).toMatchObject({ verdict: 'pass', findings: [] })
})

test.each([
  [/tenant_id=acme/, 'another tenant'],
  [/account_id=\*/, 'any tenant'],
  [/scope=all/, 'everything'],
  [/filter=tenant_id eq 'acme'|filter=tenant_id\+eq\+'acme'/, 'a condition on the tenant'],
  [/tenant_id=globex&tenant_id=acme/, 'the own tenant and another'],
  [/expand=/, 'what belongs to it'],
])('a list that is wider for %s is found', async (wide, variant) => {
  const { findings } = await judged({ wide })
  expect(findings.map((finding) => finding.variant)).toContain(variant)
  expect(findings[0]).toMatchObject({ severity: 'critical', actual: expect.stringContaining(ofAcme.id) })
})

test('where words that are not known are refused, each is tried by itself', async () => {
  const { findings } = await judged({ wide: /(?:^|&)org_id=acme$/, strict: true })
  expect(findings.map(({ variant }) => variant)).toEqual(['another tenant'])
})

test('who names the words that he refuses is asked for them once, and for each other one', async () => {
  const names = { strict: true, says: (unknown: readonly string[]) => `unknown: ${unknown.join(', ')}` }
  const sound = await judged(names)
  expect(sound).toMatchObject({ verdict: 'pass', findings: [] })
  expect(sound.variants).toHaveLength(7)
  expect(sound.requests.length).toBeLessThan(12)
  const { findings } = await judged({ ...names, wide: /(?:^|&)org_id=acme$/ })
  expect(findings.map(({ variant }) => variant)).toEqual(['another tenant'])
})

test('who names whatever he was sent says nothing of any word', async () => {
  const says = (_: readonly string[], all: readonly string[]) => `not these: ${all.join(', ')}`
  const { findings } = await judged({ strict: true, says, wide: /(?:^|&)org_id=acme$/ })
  expect(findings.map(({ variant }) => variant)).toEqual(['another tenant'])
})

test('what the stranger is shown on another page is no secret of the owner', async () => {
  const { verdict, findings } = await judged({ wide: /deleted=true/, paged: true })
  expect(verdict).toBe('fail')
  expect(findings.every(({ actual }) => actual.includes(ofAcme.id))).toBe(true)
})

test('of an owner who has nothing, nothing is said', async () => {
  expect(await judged({ empty: true })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringContaining('contact.list shows admin nothing'),
  })
  expect(await judged({ empty: true, canMake: true })).toMatchObject({ verdict: 'held-back' })
})
