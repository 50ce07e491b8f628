import { expect, test } from 'vitest'
import { type Recorded, withApi } from '../api/recording-target.testing.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { examine, type Patient } from './examine.ts'

const key = 'a-key-of-the-sender-0123456789'
const profile = `
principals: {sender: {bearer: "\${env:KEY}"}}
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  article.list: {method: GET, path: /articles, result: {items: body.items}}
mail: {from: a@shop.test}`

/** What is said of a key that opens no \`principal.get\`, where another read answers so to it, and so to all others. */
async function saidOf(statuses: { readonly own: number; readonly others: number }) {
  const answer = ({ path, headers }: Recorded) => {
    const isOwn = headers.some(([, value]) => value === `Bearer ${key}`)
    const status = path === '/me' ? 401 : isOwn ? statuses.own : statuses.others
    return { status, body: { items: [] } }
  }
  let said: readonly string[] = []
  await withApi({ profile, env: { KEY: key }, answer }, async ({ api, profile }) => {
    const kit = { ...sampleKit().kit, api, profile, submission: { ports: [] } }
    const patient = {
      ...{ kit, reach: 'safe', leftOut: [], redact: (text: string) => text },
      document: { locate: () => ({ file: 'target.yaml', line: 1 }) },
    } as unknown as Patient
    for await (const { area, state, says } of examine(patient))
      if (area === 'principal') {
        said = [state, says.replace(/ “.*” \(refused\).*| \(\d.*/, '')]
        return
      }
  })
  return said
}

test('a key for a part of the API is known by a read of that part, which knows no made-up one', async () => {
  expect(await saidOf({ own: 200, others: 401 })).toEqual([
    'works',
    expect.stringMatching(/^article\.list is accepted with 200/),
  ])
  expect(await saidOf({ own: 403, others: 401 })).toEqual(['works', 'known, and may not make article.list'])
})

test.each([
  ['a read that is everybody’s', { own: 200, others: 200 }],
  ['a read that refuses all alike', { own: 403, others: 403 }],
  ['no read', { own: 401, others: 401 }],
])('a key that opens %s is wrong', async (_, statuses) => {
  expect(await saidOf(statuses)).toEqual([
    'wrong',
    expect.stringMatching(/^expected principal\.get to know the caller; it was answered 401/),
  ])
})
