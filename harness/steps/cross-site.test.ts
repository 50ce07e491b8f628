import { expect, test, vi } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import { isObject, readJson } from '../json.ts'
import { runInFrontOf } from './judged-api.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

const check = 'headers/csrf-cookies'

interface Ways {
  /** The token that stands in a cookie is asked for in a header field as well. */
  readonly asksForToken?: boolean
  /** Bodies are read as JSON whatever their type. */
  readonly readsAnyType?: boolean
  /** What is not read as JSON is an empty note. */
  readonly makesEmptyNotes?: boolean
  readonly sessions?: 'one a person' | 'none in cookies' | 'not asked for' | undefined
  /** What becomes at a sign-in of the session that the browser shows. */
  readonly shown?: 'ended' | 'kept, and reads are limited'
  /** Whoever is not signed in gets a session, and is told by 200 why he is not. */
  readonly knowsVisitors?: boolean
  /** A sign-in sets its cookie twice, and of two that it is shown the first counts: so does PHP. */
  readonly setsTwice?: boolean
  /** Two cookies open it together, of which scripts read one, and no other site has the other sent. */
  readonly halves?: boolean
}

/** An API as many are that have pages of their own: a session in a cookie, which says nothing of sites. */
function notesApi({ asksForToken = true, readsAnyType = false, makesEmptyNotes = false, ...ways }: Ways) {
  const { sessions, shown, knowsVisitors = false, setsTwice = false, halves = false } = ways
  const open = new Map<string, string>()
  const limited = new Set<string>()
  const notes: { id: number; title: string }[] = []
  let made = 0
  return (request: Recorded): Scripted => {
    const { pathname } = new URL(request.path, 'http://a.test')
    const isJson = readsAnyType || field(request, 'content-type')?.startsWith('application/json') === true
    const body = (isJson ? readJson(request.body) : undefined) ?? {}
    if (!isObject(body)) return { status: 400, body: { error: 'no object' } }
    const cookies = Object.fromEntries(
      (field(request, 'cookie') ?? '')
        .split('; ')
        .map((pair) => pair.split('=') as [string, string])
        .reverse(),
    )
    if (pathname === '/login') {
      if (body['password'] === undefined)
        return knowsVisitors
          ? { headers: { 'Set-Cookie': [`sid=visitor${++made}`] }, body: { error: 'no password' } }
          : { status: 400, body: { error: 'no password' } }
      const before = cookies['sid'] ?? ''
      if (shown === 'ended') open.delete(before)
      if (shown === 'kept, and reads are limited' && before !== '') limited.add(before)
      if (sessions === 'one a person')
        for (const [sid, person] of open) if (person === body['email']) open.delete(sid)
      const sid = `session${++made}xxxxxxxx`
      open.set(sid, String(body['email']))
      const half = `half=${sid.slice(4)}; HttpOnly; SameSite=Strict`
      if (halves) return { headers: { 'Set-Cookie': [`sid=${sid.slice(0, 4)}`, half] }, body: { token: sid } }
      if (sessions === 'none in cookies') return { body: { token: sid } }
      const again = setsTwice ? ['sid=of-a-visitor; HttpOnly; SameSite=Lax'] : []
      const set = [
        ...again,
        `sid=${sid}; HttpOnly; SameSite=Lax`,
        `csrf=token-of-${sid}; SameSite=Lax`,
        'lang=de',
      ]
      return { headers: { 'Set-Cookie': set }, body: { token: sid } }
    }
    const bearer = field(request, 'authorization')?.replace('Bearer ', '')
    const sid =
      sessions === 'not asked for'
        ? (bearer ?? '')
        : (bearer ?? `${cookies['sid'] ?? ''}${cookies['half'] ?? ''}`)
    if (limited.has(sid)) return { status: 429, body: { error: 'slow down' } }
    const person = open.get(sid)
    if (person === undefined) return { status: 401, body: { error: 'sign in' } }
    if (pathname === '/me') return { body: { id: person } }
    if (request.method === 'GET') return { body: { notes } }
    if (asksForToken && bearer === undefined && field(request, 'x-csrf') !== cookies['csrf'])
      return { status: 403, body: { error: 'CSRF token missing' } }
    if (body['title'] === undefined && !makesEmptyNotes) return { status: 422, body: { error: 'no title' } }
    notes.push({ id: ++made, title: String(body['title'] ?? '') })
    return { status: 201, body: { id: made } }
  }
}

const profile = (url: string) => `
name: notes with a page
target: {url: '${url}'}
principals:
  admin: {tenant: acme, session: {operation: session.create, input: {email: admin, password: "\${env:ADMIN}"}}}
  neighbour: {tenant: globex, session: {operation: session.create, input: {email: other, password: "\${env:NEIGHBOUR}"}}}
operations:
  session.create: {method: POST, path: /login, body: '{"email": email, "password": password}', result: {token: body.token}}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  note.list: {method: GET, path: /notes, result: {items: body.notes}}
  note.create: {method: POST, path: /notes, body: '{"title": title}', example: {title: "\${mark}"}, result: {id: body.id}}
mail: {from: a@shop.test, recipients: {route: relay}}
`

async function judged(ways: Ways) {
  const { outcomes } = await runInFrontOf(notesApi(ways), profile, [check])
  const [{ verdict, reason, findings } = expect.fail('no outcome')] = outcomes
  return { verdict, reason, found: findings.map(({ severity, variant }) => `${severity}: ${variant}`) }
}

test('an API that asks for a token beside its cookie passes', async () => {
  expect(await judged({})).toEqual({ verdict: 'pass', reason: null, found: [] })
})

test('one that reads whatever is sent, and asks for none, is found: low where SameSite keeps other sites away', async () => {
  const { verdict, found } = await judged({ asksForToken: false, readsAnyType: true })
  expect([verdict, found]).toEqual([
    'fail',
    expect.arrayContaining(['low: note.create, JSON as text', 'low: a sign-in, JSON as text']),
  ])
  expect(found.filter((each) => !each.startsWith('low: '))).toEqual([])
})

test('what is accepted and bears nothing of the call is no pass', async () => {
  expect(await judged({ asksForToken: false, makesEmptyNotes: true })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringMatching(/nothing that bears its text is there/),
  })
})

test.each<[string, Ways]>([
  ['what the browser showed has ended with it', { shown: 'ended' }],
  ['visitors get cookies that open nothing', { knowsVisitors: true }],
  ['its cookie is set twice, and the last counts', { setsTwice: true }],
  ['one of two cookies keeps the session from scripts', { halves: true }],
])('a sign-in is sound where %s', async (_, ways) => {
  expect(await judged(ways)).toEqual({ verdict: 'pass', reason: null, found: [] })
})

test('a limit does not say that what the browser showed opens nothing', async () => {
  expect(await judged({ shown: 'kept, and reads are limited' })).toMatchObject({
    verdict: 'unproven',
    reason: expect.stringMatching(/a session that was made up: .*429/),
  })
})

test.each<[Ways['sessions'], RegExp]>([
  ['none in cookies', /the sign-in of admin sets no cookie/],
  ['not asked for', /no read of admin is open to the cookies of a sign-in/],
])('it is not applicable where sessions are %s', async (sessions, reason) => {
  expect(await judged({ sessions })).toMatchObject({
    verdict: 'not-applicable',
    reason: expect.stringMatching(reason),
  })
})

test('it is unproven where a code is mailed to whoever signs in', async () => {
  const byCode = (url: string) =>
    profile(url)
      .replace(
        /(password: "\$\{env:ADMIN\}"\})\}/,
        '$1, code: {request: session.request, find: "[0-9]+", to: a@b.test}}',
      )
      .replace('operations:', 'operations:\n  session.request: {method: POST, path: /code, effect: create}')
  const { outcomes, requests } = await runInFrontOf(notesApi({}), byCode, [check])
  expect(outcomes).toMatchObject([
    { verdict: 'unproven', reason: expect.stringMatching(/a code that is mailed/) },
  ])
  expect(requests.filter(({ path }) => path === '/login')).toEqual([])
})

test('where a person has one session at a time, what ends meanwhile is no pass of the calls', async () => {
  const { verdict, found } = await judged({ sessions: 'one a person' })
  expect([verdict === 'pass' || verdict === 'unproven', found]).toEqual([true, []])
})
