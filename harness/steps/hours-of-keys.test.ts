import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

const profile = (url: string) => `
name: an API of keys with hours
target: {url: '${url}'}
principals:
  admin: {bearer: "\${env:ADMIN}"}
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  key.create: {method: POST, path: /keys, body: '{"hours": hours}', result: {id: body.id, secret: body.secret}}
  key.update: {method: PUT, path: '/keys/{id}', body: '{"hours": hours}'}
mail: {from: a@shop.test, recipients: {route: relay}}
`

interface Hours {
  readonly from: string
  readonly to: string
}

/** Lets keys in by their hours at the time that `clock` tells. */
function shop(clock: (request: Recorded) => number) {
  const keys = new Map<string, Hours | undefined>([['key-of-admin', undefined]])
  const isIn = (hours: Hours | undefined, time: number) => {
    if (hours === undefined) return true
    const now = new Date(time).toISOString().slice(11, 16)
    const { from, to } = hours
    return from < to ? now >= from && now < to : now >= from || now < to
  }
  return (request: Recorded): Scripted => {
    const { path, body } = request
    const key = field(request, 'authorization')?.replace('Bearer ', '') ?? ''
    if (!keys.has(key) || !isIn(keys.get(key), clock(request))) return { status: 401 }
    if (path === '/me') return { body: { id: 'u1' } }
    const id = path === '/keys' ? `k${keys.size}` : path.slice('/keys/'.length)
    keys.set(`secret-of-${id}`, JSON.parse(body).hours)
    return { body: { id, secret: `secret-of-${id}` } }
  }
}

test.for<[(request: Recorded) => number, string[]]>([
  [() => Date.now(), []],
  [(request) => Date.parse(field(request, 'date') ?? new Date().toUTCString()), ['HTTP, with date']],
])('keys open by their hours at the target’s own time: %#', async ([clock, violated]) => {
  const { outcomes } = await runInFrontOf(shop(clock), profile, ['access/abac-time'])
  const [outcome] = outcomes
  const variants = outcome?.variants ?? []
  expect(outcome?.verdict).toBe(violated.length === 0 ? 'pass' : 'fail')
  expect(variants.filter(({ state }) => state === 'violated').map(({ name }) => name)).toEqual(violated)
  expect(variants.map(({ name }) => name)).toContain('HTTP, once its hours are others')
})
