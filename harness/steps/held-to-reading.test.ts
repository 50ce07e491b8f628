import { expect, test } from 'vitest'
import type { Scripted } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { callsToTry, prepareAttempt } from './attempts.ts'
import { judgedOver } from './judged-ground.testing.ts'

const profile = `
principals:
  admin: { bearer: "\${env:ADMIN}" }
  anonymous: { none: true }
operations:
  contact.create: { method: POST, path: /contacts, body: '{"name": name, "email": email}', result: { id: body.id } }
  contact.list: { method: GET, path: /contacts, result: { items: body.data } }
  contact.get: { method: GET, path: "/contacts/{id}", result: { id: body.id } }
  contact.delete: { method: DELETE, path: "/contacts/{id}" }
mail: { from: a@shop.test }
`
const contact = { id: 'c1', name: 'Ann of the first tenant', note: 'b1946ac92492d2347c6235b4d2611184' }

/** What somebody without a credential may do there. */
async function tried(runReach: Kit['runReach'], { open = false, contacts = [contact] } = {}) {
  const answer = ({
    path,
    headers,
  }: {
    path: string
    headers: readonly (readonly [string, string])[]
  }): Scripted => {
    const isKnown = headers.some(([name]) => name === 'authorization')
    if (!isKnown && !open) return { status: 401 }
    if (path === '/contacts') return { body: { data: contacts } }
    return contacts.some(({ id }) => path === `/contacts/${id}`) ? { body: contact } : { status: 404 }
  }
  const { verdict, variants, requests } = await judgedOver(
    { profile, env: { ADMIN: 'key-of-admin' }, answer, kit: { runReach } },
    async (kit) =>
      kit.verify.each(callsToTry(kit.api), async ({ operation }) => {
        const attempt = await prepareAttempt(operation, kit)
        await attempt.notCarriedOut(await attempt.tryAs(null), 'a refusal')
      }),
  )
  return {
    verdict,
    states: Object.fromEntries(variants.map(({ name, state }) => [name, state])),
    methods: [...new Set(requests.map(({ method }) => method))],
  }
}

test('held to reading, a run looks at what is there, and makes, changes and deletes nothing', async () => {
  expect(await tried('safe')).toEqual({
    verdict: 'pass',
    states: {
      'contact.create': 'held-back',
      'contact.list': 'held',
      'contact.get': 'held',
      'contact.delete': 'held-back',
    },
    methods: ['GET'],
  })
  expect(await tried('safe', { open: true })).toMatchObject({
    verdict: 'fail',
    states: { 'contact.list': 'violated', 'contact.get': 'violated' },
    methods: ['GET'],
  })
})

test('where there is nothing to look at, it says that it would have to make something', async () => {
  const { states, methods } = await tried('safe', { contacts: [] })
  expect(states['contact.get']).toBe('held-back')
  expect(methods).toEqual(['GET'])
})
