import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { surfaces } from './reflections.ts'

const profile = `
principals: {admin: {bearer: '\${env:KEY}'}, anonymous: {none: true}}
operations:
  domain.list: {method: GET, path: /domains, result: {items: body.data}}
  mailboxes.list: {method: GET, path: /mailboxes, effect: read, result: {items: body.data}}
  door.get: {method: GET, path: /door, effect: read, as: anonymous}
mail: {from: a@shop.test}
`

/** Of an API whose list of mailboxes answers so; `declared` where it was the profile that named it. */
async function judged(
  answer: (request: Recorded) => Scripted,
  declared = false,
  door: (request: Recorded) => Scripted = () => ({ body: { open: true } }),
) {
  const { verdict, variants, findings } = await judgedOver(
    {
      profile,
      env: { KEY: 'key-of-admin' },
      answer(request) {
        if (request.path.startsWith('/mailboxes')) return answer(request)
        if (request.path.startsWith('/door')) return door(request)
        return request.path.startsWith('/domains') ? { body: { data: [] } } : { status: 404 }
      },
    },
    async (kit) => {
      const { 'mailboxes.list': read, ...others } = kit.profile.operations
      if (read === undefined) throw new Error('the profile has no mailboxes.list')
      const operations = {
        ...others,
        'mailboxes.list': { ...read, documented: declared ? null : { asks: true } },
      }
      const all = surfaces({ ...kit, profile: { ...kit.profile, operations } })
      await kit.verify.each(all, async ({ ways }) => {
        await kit.verify.each(await ways(), async ({ ask }) => {
          const { of, what, severity } = await ask()
          kit.verify.that(what === null, { of, severity, expected: 'nothing of it', actual: `${what}` })
        })
      })
    },
  )
  return {
    verdict,
    found: findings.map(({ variant, severity }) => `${variant}: ${severity}`),
    state: variants.find(({ name }) => name === 'mailboxes.list')?.state,
  }
}

test('a read that cannot be made as the document has it is left out; one that the profile names is unproven', async () => {
  const refused = () => ({ status: 403, body: { detail: 'User has no mailbox.' } })
  expect(await judged(refused)).toEqual({ verdict: 'pass', found: [], state: 'not-applicable' })
  expect(await judged(refused, true)).toEqual({ verdict: 'unproven', found: [], state: 'unjudged' })
})

test('of a read that met a limit nothing is held, whoever named it', async () => {
  const limited = () => ({ status: 429, headers: { 'retry-after': '3600' } })
  expect(await judged(limited)).toEqual({ verdict: 'unproven', found: [], state: 'unjudged' })
})

test('what anybody may read is looked at as well', async () => {
  const { found } = await judged(
    () => ({ body: { data: [] } }),
    false,
    (request) => ({ body: { login: `https://${field(request, 'x-forwarded-host') ?? 'shop.test'}/login` } }),
  )
  expect(found).toEqual([expect.stringMatching(/^door\.get, X-Forwarded-Host: /)])
})

test('a host of the request that becomes a link is told', async () => {
  const { found } = await judged((request) => ({
    body: { next: `https://${field(request, 'x-forwarded-host') ?? 'api.shop.test'}/mailboxes?page=2` },
  }))
  expect(found).toEqual([expect.stringMatching(/^mailboxes\.list, X-Forwarded-Host: /)])
})
