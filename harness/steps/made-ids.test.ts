import { createHash, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { judgedOver } from './judged-ground.testing.ts'
import { callsThatGiveIds, leadNowhere } from './made-ids.ts'

const profile = `
principals: {admin: {bearer: "\${env:ADMIN}"}}
operations:
  contact.create: {method: POST, path: /contacts, body: '{"email": email}', result: {id: body.id}}
  contact.list: {method: GET, path: /contacts, result: {items: body.data}}
  suppression.create: {method: POST, path: /suppressions, body: '{"email": email}', result: {email: body.email}}
  note.create: {method: POST, path: /notes, body: '{"text": text}', result: {id: body.id}}
mail: {from: a@shop.test}
`

const judged = (idOf: (at: number, body: string) => unknown) => {
  let made = 0
  return judgedOver(
    {
      profile,
      env: { ADMIN: 'key-of-admin' },
      answer: ({ body }) => ({ status: 201, body: { id: idOf(++made, body) } }),
    },
    async (kit) => {
      expect(callsThatGiveIds(kit).map(({ name }) => name)).toEqual(['contact.create'])
      await leadNowhere('contact.create', kit)
    },
  )
}

test('random ids lead nowhere, and counted ones to one another', async () => {
  expect(await judged(() => randomUUID())).toMatchObject({ verdict: 'pass' })
  const { findings } = await judged((at) => at)
  expect(findings).toMatchObject([{ actual: expect.stringMatching(/^the ids of 8 .* such as 7 and 8$/) }])
})

test('an id that is a digest of an address leads to all who have that', async () => {
  const idOf = (_: number, body: string) => createHash('sha1').update(JSON.parse(body).email).digest('hex')
  const { findings } = await judged(idOf)
  expect(findings).toMatchObject([{ actual: expect.stringContaining('are SHA-1 digests') }])
})

test('a call that gives none after all says nothing', async () => {
  expect(await judged(() => null)).toMatchObject({ verdict: 'unproven' })
})
