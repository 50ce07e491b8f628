import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

const session = 'session-of-a-test'
const address = 'another-way-in-0001'

interface Ways {
  /** Where whoever has signed in is led to. */
  readonly leadsTo?: string
  /** A link on the page. */
  readonly link?: string
  readonly cache?: string
  /** The page is shown to whoever has this address. */
  readonly opensByAddress?: boolean
}

/** A site with a sign-in and one page behind it. */
function site({ leadsTo = '/notes', link = '/help', cache = 'no-store', opensByAddress = false }: Ways) {
  const signIn =
    '<form method=post action=/in><input name=email><input name=password type=password><button>In</button></form>'
  return (request: Recorded): Scripted => {
    const { pathname, searchParams } = new URL(request.path, 'http://a.test')
    const html = (body: string, headers = {}) => ({
      headers: { 'content-type': 'text/html', ...headers },
      body,
    })
    if (pathname === '/in') {
      if (!new URLSearchParams(request.body).get('password')?.startsWith('key-of-')) return html(signIn)
      const cookie = `sid=${session}; Path=/; HttpOnly; SameSite=Lax`
      return { status: 303, headers: { Location: leadsTo, 'Set-Cookie': [cookie] }, body: {} }
    }
    const isIn =
      field(request, 'cookie') === `sid=${session}` || (opensByAddress && searchParams.get('key') === address)
    if (!isIn) return { status: 303, headers: { Location: '/in' }, body: {} }
    return html(`<p>notes</p><a href="${link}">on</a>`, { 'cache-control': cache })
  }
}

const profile = (url: string) => `
name: notes with a dashboard
target: {url: '${url}'}
principals:
  admin: {tenant: acme, none: true}
operations:
  session.create: {method: POST, path: /login, body: '{"email": email, "password": password}', result: {token: body.token}}
dashboard:
  signIn: {url: /in, fields: {email: admin, password: "\${env:ADMIN}"}}
  pages: {notes: /notes}
mail: {from: a@shop.test, recipients: {route: relay}}
`

test.each<[string, Ways, string[]]>([
  [
    'keeps its session in a cookie, and other things in links',
    { link: '/notes?sort=a-name-that-is-long' },
    [],
  ],
  ['hands it on by a redirect', { leadsTo: `/notes?s=${session}` }, ['medium: sessions in URLs']],
  [
    'is opened by an address',
    { link: `/notes?key=${address}`, opensByAddress: true },
    ['medium: sessions in URLs'],
  ],
  ['has caches keep its page', { cache: 'private' }, ['low: page notes, Cache-Control']],
])('a dashboard that %s', async (_, ways, found) => {
  const { outcomes } = await runInFrontOf(site(ways), profile, ['headers/cache-referrer'])
  const [{ reason, findings } = expect.fail('no outcome')] = outcomes
  expect([reason, findings.map(({ severity, variant }) => `${severity}: ${variant}`)]).toEqual([null, found])
})
