import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from '../steps/judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

/** It breaks on what nobody shows for a credential, and says how. */
function notesApi(request: Recorded): Scripted {
  const key = field(request, 'x-api-key')
  if (key === undefined)
    return { status: 500, body: { error: `Error: no key\n    at readKey (/srv/app/keys.js:12:7)` } }
  if (key !== 'key-of-admin') return { status: 401, body: { error: 'who are you?' } }
  return request.path === '/me'
    ? { body: { id: 'admin', email: 'admin@shop.test' } }
    : { body: { plan: 'of forty dollars', since: '2024-05-06T07:08:09Z' } }
}

const profile = (url: string) => `
name: who am I
target: {url: '${url}'}
principals:
  admin: {tenant: acme, headers: {X-Api-Key: "\${env:ADMIN}"}}
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id, email: body.email}}
  bill.read: {method: GET, path: /bill, effect: read}
mail: {from: a@shop.test, recipients: {route: relay}}
`

const leaks = 'discovery/error-leak'

test('an error that another check was answered is looked at as well, without its secrets', async () => {
  const alone = await runInFrontOf(notesApi, profile, [leaks])
  expect(alone.verdicts).toEqual({ [leaks]: 'pass' })
  const { outcomes } = await runInFrontOf(notesApi, profile, [leaks, 'auth/anon-access'])
  const found = outcomes.find(({ check }) => check === leaks)?.findings ?? []
  expect(found.map(({ operation, severity }) => ({ operation, severity }))).toEqual([
    { operation: 'bill.read', severity: 'medium' },
  ])
  expect(found[0]?.actual).toMatch(/^to auth\/anon-access: 500 .*it tells a stack trace \(at readKey /)
  expect(JSON.stringify(outcomes)).not.toContain('key-of-admin')
})
