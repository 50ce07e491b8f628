import { expect, test } from 'vitest'
import type { Recorded, Scripted } from '../api/recording-target.testing.ts'
import { panelsAt, placesOfPanels } from './exposed-panels.ts'
import { judgedOver } from './judged-ground.testing.ts'

const profile = (more = '') => `
principals: {admin: {bearer: '\${env:KEY}'}, anonymous: {none: true}}
operations:
  principal.get: {method: GET, path: /me}
  analytics.get: {method: GET, path: /metrics}
mail: {from: a@shop.test}
${more}
`
const metrics = { headers: { 'content-type': 'text/plain' }, body: '# TYPE up gauge\nup 1\n' }
const missing = { status: 404, body: { error: 'not found' } }

function judged(answer: (request: Recorded) => Scripted | null, more?: string) {
  return judgedOver({ profile: profile(more), env: { KEY: 'abcdefgh' }, answer }, async (kit) => {
    for (const place of placesOfPanels(kit))
      await kit.verify.each(panelsAt(place, kit), ({ judge }) => judge())
  })
}

test('what is shown is told with its severity; where nothing is, each is held', async () => {
  const { findings } = await judged(({ path }) =>
    path === '/internal/metrics'
      ? metrics
      : path === '/.git/HEAD'
        ? { body: 'ref: refs/heads/x\n' }
        : missing,
  )
  expect(findings.map(({ variant, severity }) => [variant, severity])).toEqual(
    expect.arrayContaining([
      ['internal metrics', 'low'],
      ['git HEAD', 'high'],
    ]),
  )
  expect(findings).toHaveLength(2)
  const { verdict, variants } = await judged(() => missing)
  expect(verdict).toBe('pass')
  expect(variants.filter(({ state }) => state === 'held').length).toBeGreaterThan(80)
})

test('nobody shows a credential, and a call of the profile is none of it', async () => {
  const { variants, requests } = await judged(({ path }) => (path === '/metrics' ? metrics : missing))
  expect(variants.find(({ name }) => name === 'metrics')?.state).toBe('not-applicable')
  expect(requests.some(({ headers }) => headers.some(([name]) => name === 'authorization'))).toBe(false)
})

test('the same page for every path, and sign-ins in place of panels, are no panels', async () => {
  const page = {
    headers: { 'content-type': 'text/html' },
    body: '<title>Sidekiq</title><p>swagger-ui.css</p>',
  }
  const { verdict, variants } = await judged(() => page)
  expect(verdict).toBe('pass')
  expect(variants.find(({ name }) => name === 'Sidekiq')?.state).toBe('not-applicable')
  const leads = { status: 302, headers: { location: '/login' }, body: '' }
  expect((await judged(({ path }) => (path.includes('admin') ? leads : missing))).verdict).toBe('pass')
})

test('what a firewall cuts off is not shown; a limit leaves open what is', async () => {
  expect((await judged(({ path }) => (path.startsWith('/.env') ? null : missing))).verdict).toBe('pass')
  const { verdict, variants } = await judged(({ path }) => (path === '/.env' ? { status: 429 } : missing))
  expect(verdict).toBe('unproven')
  expect(variants.find(({ name }) => name === '.env')?.state).toBe('unjudged')
})

test('no report shows a secret that is read', async () => {
  const secret = 'SMTP_PASSWORD=very-secret-word'
  const answer = ({ path }: Recorded) =>
    path === '/.env' ? { headers: { 'content-type': 'text/plain' }, body: `PORT=1\n${secret}\n` } : missing
  await judgedOver({ profile: profile(), env: { KEY: 'abcdefgh' }, answer }, async (kit) => {
    const [place] = placesOfPanels(kit)
    if (place === undefined) throw new Error('expected a place')
    await kit.verify.each(panelsAt(place, kit), ({ judge }) => judge())
    expect(kit.api.redact(`it read ${secret}`)).not.toContain('very-secret-word')
  })
})
