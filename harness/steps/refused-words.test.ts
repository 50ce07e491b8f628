import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { nonsenseWord, refusedByName, type SaidThere } from './refused-words.ts'

const profile = `
principals:
  admin: {tenant: acme, bearer: "\${env:ADMIN}"}
operations:
  contact.list:
    method: GET
    path: /contacts
    query: {limit: "{limit}"}
    result: {items: body.data}
  contact.create: {method: POST, path: /contacts, body: '{"email": email}', result: {id: body.id}}
mail: {from: a@shop.test}
`
const env = { ADMIN: 'key-of-admin' }

/** What is said of names of the query or the body that are not known. */
type Saying = (unknown: readonly string[], all: readonly string[]) => string

function contactsApi(says: Saying) {
  return ({ path, body }: Recorded): Scripted => {
    const asked = [...new URL(path, 'http://a.test').searchParams.keys()]
    const all = [...asked, ...(body === '' ? [] : Object.keys(JSON.parse(body)))]
    const unknown = all.filter((name) => !['limit', 'email', 'tenantId'].includes(name))
    return unknown.length === 0
      ? { body: { data: [] } }
      : { status: 400, body: { error: says(unknown, all) } }
  }
}

/** What is known to be refused of three words, of which the API knows one. */
async function refused(place: SaidThere['place'], says: Saying) {
  const said = { place, words: ['tenant', 'tenantId', 'owner'], nonsense: nonsenseWord(), values: ['x'] }
  const names = [...said.words, said.nonsense]
  let found: readonly string[] = []
  const { requests } = await judgedOver({ profile, env, answer: contactsApi(says) }, async (kit) => {
    const plain = await kit.api.prepare('contact.create', { email: 'a@b.test' })
    const query = names.map((name) => `${name}=x`).join('&')
    const members = Object.fromEntries(names.map((name) => [name, 'x']))
    const request =
      place === 'query'
        ? { ...plain, path: `${plain.path}?${query}` }
        : { ...plain, body: JSON.stringify({ ...JSON.parse(String(plain.body)), ...members }) }
    const exchange = await kit.api.send(request, {
      ...{ operation: 'contact.create', principal: 'admin', input: {} },
    })
    found = [...(await refusedByName(kit, exchange, said))]
    kit.verify.held(true, 'asked')
    kit.verify.that(true, { expected: '', actual: '' })
  })
  return { found, count: requests.length }
}

const names: Saying = (unknown) => `unknown: ${unknown.join(', ')}`

test('words that are named as nonsense is are known, those of a body by what else it says', async () => {
  expect(await refused('body', names)).toEqual({ found: ['tenant', 'owner'], count: 1 })
})

test('those of a query that says nothing else are compared with what a read says of nonsense', async () => {
  expect(await refused('query', names)).toEqual({ found: ['tenant', 'owner'], count: 2 })
})

test('nothing follows from what names all that was sent, or none of it', async () => {
  for (const says of [(_, all) => `not these: ${all.join(', ')}`, () => 'no'] satisfies Saying[])
    for (const place of ['body', 'query'] as const) expect((await refused(place, says)).found).toEqual([])
})
