import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted, withApi } from '../api/recording-target.testing.ts'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Judged } from '../check/verify.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { callsToTry, eachReference } from './attempts.ts'
import { sharedItems } from './shared-items.ts'

const ann = { id: 'usr_0a1b2c3d01', email: 'ann@acme.test' }
const bob = { id: 'usr_0a1b2c3d02', email: 'bob@acme.test' }
const both = { id: 'usr_0a1b2c3d03', email: 'both@acme.test' }
const nat = { id: 'usr_0a1b2c3d04', email: 'nat@globex.test' }

type Person = typeof ann

/** What of the reads the neighbour may not see, of an API that shows him `seen`, of these and by their ids. */
async function judged(
  tenants: { readonly owners: readonly Person[]; readonly neighbours: readonly Person[] },
  { reads = tenants.neighbours, shared = '' }: { reads?: readonly Person[]; shared?: string } = {},
): Promise<Judged> {
  const answer = (request: Recorded): Scripted => {
    const isOwner = field(request, 'authorization') === 'Bearer key-of-admin'
    const [, , id] = request.path.split('/')
    if (id === undefined) return { body: { data: isOwner ? tenants.owners : tenants.neighbours } }
    const person = (isOwner ? tenants.owners : reads).find((each) => each.id === id)
    return person === undefined ? { status: 404 } : { body: { ...person, account: `acc_${person.id}` } }
  }
  const profile = `
principals: {admin: {tenant: a, bearer: '\${env:ADMIN}'}, neighbour: {tenant: b, bearer: '\${env:NEIGHBOUR}'}}
operations:
  user.list: {method: GET, path: /users, result: {items: body.data}}
  user.get: {method: GET, path: '/users/{id}'}
mail: {from: a@shop.test}
${shared}`
  const env = { ADMIN: 'key-of-admin', NEIGHBOUR: 'key-of-neighbour' }
  let outcome: Judged | undefined
  await withApi({ profile, env, answer }, async ({ api }) => {
    const stranger = { principal: 'neighbour', mayOnOwn: true }
    outcome = await sampleKit().judge(({ mailbox, post, verify }) =>
      verify.each(callsToTry(api, 'read'), ({ operation }) =>
        eachReference(stranger, operation, { api, mailbox, post, verify }, async (attempt) =>
          attempt.notCarriedOut(await attempt.tryAs('neighbour'), 'nothing'),
        ),
      ),
    )
  })
  if (outcome === undefined) throw new Error('expected a judgement')
  return outcome
}

const states = ({ variants }: Judged) => Object.fromEntries(variants.map(({ name, state }) => [name, state]))

test('a person who is of two tenants is in both of their lists, and that is told', async () => {
  const outcome = await judged({ owners: [both, ann, bob], neighbours: [both, nat] })
  expect(outcome).toMatchObject({ verdict: 'pass', findings: [] })
  expect(outcome.reason).toContain(`of what user.list shows, both tenants see 1 alike, first ${both.id}`)
})

test('what the neighbour has no list of is read by him where ids alone lead to it', async () => {
  const tenants = { owners: [both, ann, bob], neighbours: [both, nat] }
  const outcome = await judged(tenants, { reads: [both, ann, nat] })
  expect(states(outcome)).toEqual({ 'user.list': 'held', 'user.get': 'violated' })
})

test('a list that shows everybody the same is shown to the wrong ones', async () => {
  const everybody = [both, ann, bob, nat]
  const outcome = await judged({ owners: everybody, neighbours: everybody })
  expect(states(outcome)).toEqual({ 'user.list': 'violated', 'user.get': 'unjudged' })
  expect(outcome.reason).toContain('where all tenants share them, say so: shared: [user]')
})

test('a neighbour who sees more than the owner sees too much', async () => {
  const outcome = await judged({ owners: [ann, bob], neighbours: [ann, bob, nat] })
  expect(states(outcome)).toMatchObject({ 'user.list': 'violated' })
})

test('what all tenants share by design, as the profile says, is no finding, and no pass', async () => {
  const everybody = [ann, bob]
  const tenants = { owners: everybody, neighbours: everybody }
  const outcome = await judged(tenants, { shared: 'shared: [user]' })
  expect(outcome).toMatchObject({ verdict: 'not-applicable', findings: [] })
  expect(outcome.reason).toBe('all tenants share every user, as the profile says')
})

const listOf = (items: readonly object[], next?: string) =>
  sampleExchange('accepted', { operation: 'user.list' as DeclaredOperation, result: { items, next } })
const whole = { limit: null, cursor: false }
const item = (id: number, more: object = {}) => ({ id, ...more })
const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, n) => item(from + n))

test.each([
  ['one of three', [1, 2, 3], [3, 4], [1, 2, 3], whole, ['3']],
  ['all', [1, 2], [1, 2, 4], [1, 2], whole, null],
  ['the newest of a log that goes on', [1, 2], [2, 3, 4], [4, 5], whole, null],
])('of the owner’s list, %s', (_, before, others, after, page, shared) => {
  const [first, theirs, last] = [before, others, after].map((ids) => listOf(ids.map((id) => item(id))))
  if (first === undefined || theirs === undefined || last === undefined) throw new Error('expected three')
  expect(sharedItems({ before: first, others: theirs, after: last }, page, ['a', 'b'])).toEqual(shared)
})

test('a page of a longer list says nothing by what it lacks', () => {
  const owners = listOf(upTo(3))
  const readings = (others: ReturnType<typeof listOf>) => ({ before: owners, others, after: owners })
  expect(sharedItems(readings(listOf(upTo(10, 2))), whole, ['a', 'b'])).toBeNull()
  expect(sharedItems(readings(listOf(upTo(10, 2))), { limit: 100, cursor: false }, ['a', 'b'])).toEqual(['2'])
  expect(
    sharedItems(readings(listOf(upTo(5, 2), 'more')), { limit: 100, cursor: true }, ['a', 'b']),
  ).toBeNull()
})

test('an item that names its owner’s tenant, and not the other one, is of the owner alone', () => {
  const own = listOf([item(1, { tenant: 'a' }), item(2, { tenant: 'a' })])
  const shown = (shared: object) =>
    sharedItems({ before: own, others: listOf([item(2, shared)]), after: own }, whole, ['a', 'b'])
  expect([shown({ tenant: 'a' }), shown({ tenants: ['a', 'b'] }), shown({})]).toEqual([null, ['2'], ['2']])
})

/** What `account.get` comes to, of an API that answers so to the owner and to the neighbour. */
async function judgedAccount(owners: object, neighbours: object): Promise<Judged> {
  const answer = (request: Recorded): Scripted => ({
    body: field(request, 'authorization') === 'Bearer key-of-admin' ? owners : neighbours,
  })
  const profile = `
principals: {admin: {tenant: a, bearer: '\${env:ADMIN}'}, neighbour: {tenant: b, bearer: '\${env:NEIGHBOUR}'}}
operations: {account.get: {method: GET, path: /account}}
mail: {from: a@shop.test}`
  const env = { ADMIN: 'key-of-admin', NEIGHBOUR: 'key-of-neighbour' }
  let outcome: Judged | undefined
  await withApi({ profile, env, answer }, async ({ api }) => {
    outcome = await sampleKit().judge(({ mailbox, post, verify }) =>
      eachReference(
        { principal: 'neighbour', mayOnOwn: true },
        'account.get' as DeclaredOperation,
        { api, mailbox, post, verify },
        async (attempt) => attempt.notCarriedOut(await attempt.tryAs('neighbour'), 'nothing'),
      ),
    )
  })
  if (outcome === undefined) throw new Error('expected a judgement')
  return outcome
}

const account = (own: string, more: object = {}) => ({
  id: `acc_${own}0a1b2c3d4e`,
  server: 'mta-7f3a9c21de',
  publicKey: 'MFkwEwYHKoZIzj0CAQYI',
  ...more,
})

test('the name of a server and a public key that every tenant is shown are nobody’s secret, and that is told', async () => {
  const outcome = await judgedAccount(account('own'), account('other'))
  expect(outcome).toMatchObject({ verdict: 'pass', findings: [] })
  expect(outcome.reason).toContain(
    'account.get shows both tenants 2 of the same values, first mta-7f3a9c21de',
  )
})

test.each([
  ['the whole answer', account('own'), account('own')],
  [
    'a key of the owner’s',
    account('own', { smtpKey: 'smtp-0a1b2c3d4e' }),
    account('other', { smtpKey: 'smtp-0a1b2c3d4e' }),
  ],
  [
    'what is a secret by its looks',
    account('own', { hook: 'whsec_0a1b2c3d4e5f' }),
    account('other', { hook: 'whsec_0a1b2c3d4e5f' }),
  ],
  ['his id in another place', account('own'), account('other', { last: 'acc_own0a1b2c3d4e' })],
])('%s is his alone', async (_, owners, neighbours) => {
  expect((await judgedAccount(owners, neighbours)).findings).toHaveLength(1)
})
