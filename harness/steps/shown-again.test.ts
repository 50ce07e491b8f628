import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { showsNothing, tellingsOfKeys } from './shown-again.ts'

const profile = (next: string) => `
principals: {admin: {bearer: "\${env:ADMIN}"}}
operations:
  key.create: {method: POST, path: /keys, body: '{"name": name}', result: {id: body.id, secret: body.secret}}
  key.list: {method: GET, path: /keys, query: {page: '{cursor}'}, result: {items: body.data${next}}}
mail: {from: a@shop.test}
`

/** Two keys a page, the oldest first; `shows` tells of secrets again. */
function keysApi({ shows, hides = false }: { shows: boolean; hides?: boolean }) {
  const keys = Array.from({ length: 5 }, (_, at) => ({ id: `key-of-before-${at}`, secret: '' }))
  return ({ method, path }: Recorded): Scripted => {
    if (method === 'POST') {
      const key = { id: `key-${randomBytes(8).toString('hex')}`, secret: randomBytes(24).toString('hex') }
      if (!hides) keys.push(key)
      return { body: key }
    }
    const page = Number(new URL(path, 'https://api.test').searchParams.get('page') ?? 0)
    const data = keys
      .slice(page * 2, page * 2 + 2)
      .map(({ id, secret }) => ({ id, ...(shows ? { secret } : {}) }))
    return { body: { data, next: keys.length > page * 2 + 2 ? String(page + 1) : null } }
  }
}

async function judged(answer: ReturnType<typeof keysApi>, next = ', next: body.next') {
  const env = { ADMIN: 'key-of-admin' }
  const { verdict, findings } = await judgedOver({ profile: profile(next), env, answer }, async (kit) => {
    const { hidden, tellings } = await tellingsOfKeys(kit)
    await kit.verify.each(tellings, async ({ ask }) => showsNothing(kit, await ask(), hidden))
  })
  return [verdict, findings.map(({ variant }) => variant)]
}

test('a list is read as far as the page on which the new key stands', async () => {
  expect(await judged(keysApi({ shows: false }))).toEqual(['pass', []])
  expect(await judged(keysApi({ shows: true }))).toEqual(['fail', ['key.list']])
})

test('a list that does not show the new key shows nothing of its secret', async () => {
  expect(await judged(keysApi({ shows: true }), '')).toEqual(['unproven', []])
  expect(await judged(keysApi({ shows: false, hides: true }))).toEqual(['unproven', []])
})
