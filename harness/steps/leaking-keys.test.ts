import { expect, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { judgedOver } from './judged-ground.testing.ts'
import { notDelivered, notRepeated, refusedInQuery, wordsNotTaken } from './leaking-keys.ts'

const live = 'sk_aB3dE6gH9jKlmN0pQ2rS'

const profile = `
principals:
  admin: {headers: {X-Api-Key: "\${env:KEY}"}}
  anonymous: {none: true}
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id}}
mail: {from: a@shop.test}
`

interface Manners {
  /** Takes a key by this word of the query. */
  readonly word?: string
  /** Who shows nothing is let in too. */
  readonly open?: boolean
  answer?(request: Recorded): Scripted | null
}

function judged(judge: (kit: Kit) => Promise<void>, { word, open = false, answer: other }: Manners) {
  const answer = (request: Recorded): Scripted | null => {
    const { pathname, searchParams } = new URL(request.path, 'http://a.test')
    const isKnown =
      field(request, 'x-api-key') === live || (word !== undefined && searchParams.get(word) === live)
    if (pathname === '/me' && request.method === 'GET' && (isKnown || open)) return { body: { id: 'usr_1' } }
    return other?.(request) ?? (other === undefined ? { status: 401 } : null)
  }
  return judgedOver({ profile, env: { KEY: live }, answer }, judge)
}

test('a key in the query that is refused is no finding, and one that lets in is', async () => {
  expect(await judged(refusedInQuery, {})).toMatchObject({ verdict: 'pass' })
  const { findings } = await judged(refusedInQuery, { word: 'access_token' })
  expect(findings).toMatchObject([{ variant: 'what admin shows, as access_token', severity: 'medium' }])
})

test.each([
  ['a page to sign in on', '<!doctype html><title>Sign in</title>'],
  ['an error', { data: null, errors: [{ message: 'Not authenticated' }] }],
  ['a guest', { id: 'guest' }],
])('who is answered 200 with %s is let in nowhere, and a key in the query still is', async (_, body) => {
  const answer = () => ({ body })
  for (const judge of [refusedInQuery, notRepeated])
    expect(await judged(judge, { answer })).toMatchObject({ verdict: 'pass', findings: [] })
  const { findings } = await judged(refusedInQuery, { answer, word: 'access_token' })
  expect(findings).toMatchObject([{ variant: 'what admin shows, as access_token', severity: 'medium' }])
})

test('words of a query by which no key is taken are told from one by which it is', async () => {
  const said: string[][] = []
  const listed = async (kit: Kit) => {
    kit.verify.held(true, 'a list')
    said.push(await wordsNotTaken(kit))
  }
  for (const manners of [{}, { word: 'access_token' }, { open: true }]) await judged(listed, manners)
  const [none, one, everybody] = said
  expect(none).toContain('access_token')
  expect(one).toEqual(none?.filter((word) => word !== 'access_token'))
  expect(everybody).toEqual([])
})

test('who is led to a sign-in is let in nowhere', async () => {
  const away = () => ({ status: 302, headers: { location: '/login' } })
  expect(await judged(refusedInQuery, { answer: away })).toMatchObject({ verdict: 'pass', findings: [] })
})

test('a read that lets everybody in tells nothing', async () => {
  expect(await judged(refusedInQuery, { open: true })).toMatchObject({ verdict: 'unproven' })
})

test('what an error or a redirect repeats is found, and an answer that is none is not', async () => {
  const repeats = (request: Recorded) => ({
    status: 404,
    body: { message: `no ${request.path}`, key: field(request, 'x-api-key') },
  })
  const { findings } = await judged(notRepeated, { answer: repeats })
  expect(findings.length).toBeGreaterThan(3)
  expect(findings[0]?.actual).toContain('the key stands in the body')
  const leads = ({ path }: Recorded) =>
    path.endsWith('/')
      ? { status: 301, headers: { location: `/me?key=${encodeURIComponent(live)}` } }
      : { status: 404 }
  expect((await judged(notRepeated, { answer: leads })).findings).toMatchObject([
    {
      variant: 'what admin shows, a slash behind the path',
      actual: expect.stringContaining('the field location'),
    },
  ])
  expect(await judged(notRepeated, { answer: () => ({ status: 404 }) })).toMatchObject({ verdict: 'pass' })
})

test('where no mail is seen, nothing is said of it', async () => {
  expect(await judged(notDelivered, {})).toMatchObject({ verdict: 'not-applicable' })
})
