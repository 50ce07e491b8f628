import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { runInFrontOf } from './judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

interface Ways {
  /** What keeps forms of other sites out. */
  readonly asksFor?: 'a token of the session' | 'a token of anybody' | 'the origin' | 'nothing'
  readonly sameSite?: 'None' | 'Lax'
  /** What was made is not shown. */
  readonly showsNothing?: boolean
  /** The page is shown to whoever asks for it. */
  readonly isOpen?: boolean
}

/** A site as many are: a form to sign in by, a cookie, and a page with what was made and a form to make more. */
function site({ asksFor = 'a token of the session', sameSite = 'Lax', ...ways }: Ways) {
  const { showsNothing = false, isOpen = false } = ways
  const sessions = new Map<string, string>()
  const notes: string[] = []
  let made = 0
  const tokenOf = (sid: string) =>
    asksFor === 'a token of anybody' ? 'token-of-all-of-it' : `token-of-${sid}`
  const signIn =
    '<form method=post action=/in><input name=email><input name=password type=password><button>In</button></form>'
  return (request: Recorded): Scripted => {
    const { pathname, origin } = new URL(request.path, 'http://a.test')
    const form = new URLSearchParams(request.body)
    const [, sid = ''] = /sid=([^;]*)/.exec(field(request, 'cookie') ?? '') ?? []
    const from = field(request, 'origin')
    const isOwn = from === undefined || from === `http://${field(request, 'host')}` || origin === from
    const html = (text: string, headers = {}) => ({
      headers: { 'content-type': 'text/html', ...headers },
      body: text,
    })
    if (pathname === '/in') {
      if (request.method === 'GET') return html(signIn)
      if (form.get('password')?.startsWith('key-of-') !== true) return html(signIn)
      if (!isOwn) return { status: 403, body: {} }
      const fresh = `session${++made}xxxxxxxxxx`
      sessions.set(fresh, String(form.get('email')))
      const cookie = `sid=${fresh}; Path=/; HttpOnly; SameSite=${sameSite}`
      return { status: 303, headers: { Location: '/notes', 'Set-Cookie': [cookie] }, body: {} }
    }
    if (!isOpen && !sessions.has(sid)) return { status: 303, headers: { Location: '/in' }, body: {} }
    if (request.method === 'POST') {
      if (asksFor === 'the origin' && !isOwn) return { status: 403, body: {} }
      if (asksFor.startsWith('a token') && form.get('token') !== tokenOf(sid))
        return { status: 403, body: {} }
      notes.push(String(form.get('title')))
    }
    const shown = showsNothing ? '' : notes.join('<br>')
    return html(
      `<p>${shown}</p><form method=post action=/notes><input type=hidden name=token value=${tokenOf(sid)}><input name=title><button>Make</button></form>`,
    )
  }
}

const profile = (url: string) => `
name: notes with a dashboard
target: {url: '${url}'}
principals:
  admin: {tenant: acme, none: true}
  neighbour: {tenant: globex, session: {operation: session.create, input: {email: other, password: "\${env:NEIGHBOUR}"}}}
operations:
  session.create: {method: POST, path: /login, body: '{"email": email, "password": password}', result: {token: body.token}}
dashboard:
  signIn: {url: /in, fields: {email: admin, password: "\${env:ADMIN}"}}
  pages: {notes: /notes}
  change: {page: notes, field: title}
mail: {from: a@shop.test, recipients: {route: relay}}
`

async function judged(ways: Ways) {
  const { outcomes } = await runInFrontOf(site(ways), profile, ['headers/csrf-cookies'])
  const [{ verdict, reason, findings } = expect.fail('no outcome')] = outcomes
  return { verdict, reason, found: findings.map(({ severity, variant }) => `${severity}: ${variant}`) }
}

test.each<[NonNullable<Ways['asksFor']>]>([['a token of the session'], ['the origin']])(
  'a dashboard whose forms ask for %s passes',
  async (asksFor) => {
    expect(await judged({ asksFor })).toEqual({ verdict: 'pass', reason: null, found: [] })
  },
)

test('one that asks for nothing is found, low where SameSite keeps other sites away', async () => {
  const lax = await judged({ asksFor: 'nothing' })
  expect([lax.verdict, lax.found]).toEqual([
    'fail',
    expect.arrayContaining(['low: dashboard, a form without what only its page holds']),
  ])
  const { found } = await judged({ asksFor: 'nothing', sameSite: 'None' })
  expect(found).toContain('medium: dashboard, a form without what only its page holds')
})

test('a token that is anybody’s is found', async () => {
  const { found } = await judged({ asksFor: 'a token of anybody', sameSite: 'None' })
  expect(found).toContain('medium: dashboard, a form with what pages of somebody else hold')
})

test('what does not show is no pass, nor is a page that anybody sees', async () => {
  expect(await judged({ showsNothing: true })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringMatching(/does not show there/),
  })
  expect(await judged({ isOpen: true })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringMatching(/is shown to anybody/),
  })
})
