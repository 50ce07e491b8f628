import { expect, test } from 'vitest'
import type { HttpRequest, HttpResponse } from '../model.ts'
import type { Form } from '../probes/forms.ts'
import { oauthScene } from './small-server.testing.ts'
import { asksForMore, createUserAgent } from './user-agent.ts'

/** A browser in front of pages by path. */
function browserOf(pages: Readonly<Record<string, Partial<HttpResponse>>>) {
  const { kit, requests } = oauthScene({ instead: ({ path }) => pages[path] ?? { status: 404 } })
  const agent = createUserAgent(kit, {
    ...{ operation: 'oauth.authorize', origins: new Set(['https://auth.test']), principal: 'somebody' },
    ...{ fields: { email: 'a@own.test', password: 'right' }, buttons: { decision: 'allow' } },
  })
  const visit = (path: string) => agent.visit(`https://auth.test${path}`, () => false)
  return { visit, agent, requests }
}

const leads = (to: string, status = 302): Partial<HttpResponse> => ({ status, headers: [['location', to]] })
const page = (body: string): Partial<HttpResponse> => ({ body })
const sent = (requests: readonly HttpRequest[]) =>
  requests.map(({ method, path, body }) => [method, path, body])

test('redirections are followed to where they lead away, and nothing is sent there', async () => {
  const { visit, requests } = browserOf({
    '/a': leads('/b?x=1'),
    '/b?x=1': leads('https://app.test/cb?code=c#state=s'),
  })
  const { to, said } = await visit('/a')
  expect([to?.href, said.get('code'), said.get('state')]).toEqual([
    'https://app.test/cb?code=c#state=s',
    'c',
    's',
  ])
  expect(sent(requests)).toEqual([
    ['GET', '/a', null],
    ['GET', '/b?x=1', null],
  ])
})

test('forms are filled in by the names of their fields, and the button that is named is pressed', async () => {
  const form =
    '<form method=post action="/in?a=1"><input name=email><input name=csrf type=hidden value=t><input type=checkbox name=stay><button name=decision value=deny>No</button><button name=decision value=allow>Yes</button></form>'
  const { visit, requests } = browserOf({
    '/page': page(`<form action=/search><input name=q></form>${form}`),
    '/in?a=1': leads('https://app.test/'),
  })
  await visit('/page')
  expect(sent(requests)[1]).toEqual(['POST', '/in?a=1', 'email=a%40own.test&csrf=t&decision=allow'])
})

test('of forms with a field that is named, the one with the most of them is filled in', async () => {
  const { visit, requests } = browserOf({
    '/page': page(
      '<form method=post action=/news><input name=email></form><form method=post action=/in><input name=email><input name=password type=password></form>',
    ),
    '/in': leads('https://app.test/'),
  })
  await visit('/page')
  expect(sent(requests)[1]).toEqual(['POST', '/in', 'email=a%40own.test&password=right'])
})

test('of buttons that nobody named, none that denies is pressed; a form that is read is a query', async () => {
  const { visit, requests } = browserOf({
    '/page': page(
      '<form action=/go><input name=email value=x><button name=b value=cancel>X</button><button name=b value=ok>O</button></form>',
    ),
    '/go?email=a%40own.test&b=ok': page(''),
  })
  expect((await visit('/page')).to).toBeNull()
  expect(sent(requests)[1]).toEqual(['GET', '/go?email=a%40own.test&b=ok', null])
})

test('a form that leads away by itself tells what it holds', async () => {
  const { visit, requests } = browserOf({
    '/page': page(
      '<form method=post action="https://app.test/cb"><input type=hidden name=code value=c></form>',
    ),
  })
  const { to, said } = await visit('/page')
  expect([to?.href, said.get('code'), requests.length]).toEqual(['https://app.test/cb', 'c', 1])
})

test.each([
  [303, null, ['GET', '/next', null]],
  [302, null, ['GET', '/next', null]],
  [307, 307, ['POST', '/next', 'email=a%40own.test&password=right']],
  [308, 308, ['POST', '/next', 'email=a%40own.test&password=right']],
])(
  'a form that is answered %i is sent on where a browser does, and that is told',
  async (status, repeated, expected) => {
    const { visit, requests } = browserOf({
      '/page': page('<form method=post action=/in><input name=email><input name=password></form>'),
      '/in': leads('/next', status),
      '/next': page('done'),
    })
    const ended = await visit('/page')
    expect(ended.repeated?.response?.status ?? null).toBe(repeated)
    expect(sent(requests)[2]).toEqual(expected)
  },
)

test('cookies go back to who set them, and to nobody else', async () => {
  const { visit, requests } = browserOf({
    '/a': {
      ...leads('/deep/b'),
      headers: [
        ['location', '/deep/b'],
        ['set-cookie', 'x=1; Path=/deep'],
        ['set-cookie', 'y=2; Domain=other.test'],
      ],
    },
    '/deep/b': leads('/c'),
    '/c': page(''),
  })
  await visit('/a')
  const cookies = requests.map(({ headers }) => headers.find(([name]) => name === 'cookie')?.[1])
  expect(cookies).toEqual([undefined, 'x=1', undefined])
})

test('a form that comes again and again, and redirections without an end, leave it unproven', async () => {
  const again = browserOf({
    '/page': page('<title>Sign in</title><form method=post action=/page><input name=email></form>'),
  })
  await expect(again.visit('/page')).rejects.toThrow(/the page “Sign in” comes again .* \(email\)/)
  const round = browserOf({ '/a': leads('/a') })
  await expect(round.visit('/a')).rejects.toThrow('led from one page to the next 16 times')
})

test('who stops at a form presses nothing', async () => {
  const { agent, requests } = browserOf({
    '/page': page('<form method=post action=/yes><button>Yes</button></form>'),
  })
  const { to } = await agent.visit('https://auth.test/page', () => false, { stopsAt: () => true })
  expect([to, requests.length]).toEqual([null, 1])
})

test.each<[string, string, typed: boolean, sent: string | null]>([
  ['the one field that there is', '<input name=otc>', true, 'otc=BCDF'],
  ['none of two', '<input name=otc><input name=note>', false, 'otc=&note='],
  ['none that holds something', '<input name=note value=x>', false, 'note=x'],
  ['none to search by', '<input name=q type=search>', false, 'q='],
  ['none beside what is named', '<input name=email><input name=otc>', false, 'email=a%40own.test&otc='],
])('what somebody has read is typed once, into %s', async (_, fields, isTyped, sent) => {
  const form = page(`<form method=post action=/next>${fields}</form>`)
  const { agent, requests } = browserOf({
    '/page': form,
    '/next': page('<form method=post action=/end><input name=nickname></form>'),
    '/end': page(''),
  })
  const { typed } = await agent.visit('https://auth.test/page', () => false, { types: 'BCDF' })
  const [, first, second] = requests.map(({ body }) => body)
  expect([typed, first, second]).toEqual([true, sent, isTyped ? 'nickname=' : 'nickname=BCDF'])
})

test('two visits of one browser come after one another', async () => {
  const { visit, requests } = browserOf({ '/a': leads('/b'), '/b': page(''), '/c': page('') })
  await Promise.all([visit('/a'), visit('/c')])
  expect(requests.map(({ path }) => path)).toEqual(['/a', '/b', '/c'])
})

test('who knows no more than some fields stops where a password is asked for again, or anything else', () => {
  const field = (name: string, type = 'text', value = '') => ({ name, type, value })
  const form = (...fields: Form['fields']): Form => ({ action: '', method: 'post', fields, buttons: [] })
  const stops = (...forms: readonly Form[]) => {
    const stopsAt = asksForMore({ user: 'a', password: 'b' })
    return forms.map(stopsAt)
  }
  const [name, password] = [field('user', 'email'), field('password', 'password')]
  const code = field('code')
  expect(stops(form(name, password, code), form(name, password, code))).toEqual([false, true])
  expect(stops(form(name), form(password), form(code))).toEqual([false, false, true])
  expect(
    stops(form(name, password), form(field('csrf', 'hidden', 'x'), field('note', 'text', 'as it was'))),
  ).toEqual([false, false])
})
