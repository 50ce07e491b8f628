import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { matchedWhole } from './given-keys.ts'
import { judgedOver } from './judged-ground.testing.ts'

const live = 'sk_aB3dE6gH9jKlmN0pQ2rS'

const profile = `
principals:
  admin: {session: {input: {email: a@shop.test, password: "\${env:PASSWORD}"}, headers: {authorization: "Bearer {token}"}}}
  sender: {headers: {X-Api-Key: "\${env:KEY}"}}
operations:
  session.create: {method: POST, path: /session, body: $, as: sender, result: {token: body.token}}
  contact.list: {method: GET, path: /contacts, result: {items: body.data}}
mail: {from: a@shop.test}
`

const judged = (isKey: (key: string) => boolean) => {
  const answer = (request: Recorded): Scripted => {
    const key = field(request, 'x-api-key') ?? ''
    return isKey(key) ? { body: { data: [{ id: 'con_1' }] } } : { status: 401 }
  }
  return judgedOver({ profile, env: { KEY: live, PASSWORD: 'pass-word-1' }, answer }, (kit) =>
    matchedWhole(kit),
  )
}

test('a key that is matched whole lets in nobody else', async () => {
  expect(await judged((key) => key === live)).toMatchObject({ verdict: 'pass', findings: [] })
})

test('what lets in by less than the key is found, and weighs by how little that is', async () => {
  const found = async (isKey: (key: string) => boolean) =>
    (await judged(isKey)).findings.map(({ variant, severity }) => `${variant}: ${severity}`)
  const first = live.slice(0, 10)
  expect(await found((key) => key.startsWith(first))).toEqual([
    'without its last letter: medium',
    'without its last eight letters: high',
    'half of it: high',
    'with another letter in the middle: high',
    'with another letter near the end: high',
    'with a letter more: low',
    'with eighty letters more: low',
  ])
  expect(await found((key) => key.toLowerCase() === live.toLowerCase())).toEqual(['in the other case: low'])
})

test('a read that lets in whatever is shown tells nothing', async () => {
  expect(await judged(() => true)).toMatchObject({ verdict: 'unproven' })
})

const shownOtherwise = (credential: string) => `
principals: {sender: {${credential}}}
operations: {contact.list: {method: POST, path: /contacts, result: {items: body.data}}}
mail: {from: a@shop.test}
`

test('a key in each body is one, and one that signs is never shown', async () => {
  const answer = ({ body }: Recorded): Scripted =>
    body.includes('"k":"sk_aB3dE6gH9j') ? { body: { data: [{ id: 'con_1' }] } } : { status: 401 }
  const over = (credential: string) =>
    judgedOver({ profile: shownOtherwise(credential), env: { KEY: live }, answer }, (kit) =>
      matchedWhole(kit),
    )
  expect((await over(`body: {k: "\${env:KEY}"}`)).findings.map(({ variant }) => variant)).toContain(
    'half of it',
  )
  expect(
    await over(`hmac: {secret: "\${env:KEY}", message: timestamp, headers: {X-Sign: "{signature}"}}`),
  ).toMatchObject({ verdict: 'not-applicable' })
})
