import { expect, test } from 'vitest'
import { findIn, type Inbox } from './mailed-code.ts'
import { type Recorded, type Scripted, withApi, zone } from './recording-target.testing.ts'

const ann = `ann@inbox.sound.${zone}`

/** A mailbox to which messages come as the test says. */
function inboxOf(): Inbox & { put(address: string, ...texts: string[]): void } {
  const kept = new Map<string, string[][]>()
  const of = (address: string) => kept.get(address) ?? []
  return {
    put: (address, ...texts) => void kept.set(address, [...of(address), texts]),
    count: async (address) => of(address).length,
    after: async (address, count) => of(address).slice(count),
  }
}

const profile = (code = '{request: session.request, find: "code is ([0-9]{6})"}') => `
principals:
  admin: {session: {input: {email: ${ann}}, code: ${code}}}
  anonymous: {none: true}
operations:
  session.request: {method: POST, path: /session/code, effect: create, body: '{"email": email}', result: {challenge: body.id}}
  session.create: {method: POST, path: /session, body: '{"email": email, "code": code, "challenge": challenge}', result: {token: body.token}}
  principal.get: {method: GET, path: /me, as: admin}
mail: {from: a@shop.test, recipients: {route: relay}, delivery: {within: 1}}`

/** An API that mails a new code at each request, and takes the last one alone. */
function mailing(inbox: ReturnType<typeof inboxOf>, ...before: string[]) {
  let code = 111110
  return ({ path, body }: Recorded): Scripted => {
    if (path === '/session/code') {
      code++
      inbox.put(ann, `Your code is ${code}.`, 'https://shop.test/?a=b')
      for (const text of before) inbox.put(ann, text)
      return { status: 202, body: { id: `c-${code}` } }
    }
    if (path !== '/session') return {}
    const given = JSON.parse(body) as Record<string, string>
    return given['code'] === String(code) && given['challenge'] === `c-${code}`
      ? { body: { token: 'tok-12345678' } }
      : { status: 401 }
  }
}

test('a code is mailed, read and shown once for all callers; what came before is not looked at', async () => {
  const inbox = inboxOf()
  inbox.put(ann, 'Your code is 000000.')
  const answer = mailing(inbox, 'Welcome back!')
  await withApi({ profile: profile(), answer, inbox }, async ({ api, another, requests }) => {
    await Promise.all([api, another('other/check')].map((each) => each.call('principal.get')))
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /session/code',
      'POST /session',
      'GET /me',
      'GET /me',
    ])
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ email: ann })
    expect(JSON.parse(requests[1]?.body ?? '')).toEqual({ email: ann, code: '111111', challenge: 'c-111111' })
    expect(api.redact('it was 111111')).toBe('it was $ADMIN_CODE')
    expect(await api.credential('admin')).toMatchObject({ kind: 'bearer', token: 'tok-12345678' })
  })
})

test('two who share an address sign in one after the other', async () => {
  const inbox = inboxOf()
  const shared = profile().replace(
    '  anonymous:',
    `  support: {session: {input: {email: ${ann}}, code: {request: session.request, find: "code is ([0-9]{6})"}}}\n  anonymous:`,
  )
  await withApi({ profile: shared, answer: mailing(inbox), inbox }, async ({ api, requests }) => {
    await Promise.all(['admin', 'support'].map((name) => api.credential(name)))
    expect(requests.map(({ path }) => path)).toEqual([
      '/session/code',
      '/session',
      '/session/code',
      '/session',
    ])
  })
})

test.each<[string, string, (request: Recorded) => Scripted, RegExp]>([
  [
    'none comes',
    profile(),
    () => ({}),
    /^the code for the sign-in of admin did not come to ann@\S+ within 1 s/,
  ],
  [
    'nobody may ask for one',
    profile(),
    () => ({ status: 429 }),
    /^the sign-in of admin was answered 429.*; check principals\.admin\.session and operations\.session\.request/,
  ],
  [
    'it would go elsewhere',
    profile('{request: session.request, to: ann@shop.example.com, find: x}'),
    () => ({}),
    /^a sign-in would have a code mailed to ann@shop\.example\.com: .*mail\.recipients\.domains/,
  ],
])('a sign-in whose code cannot be read says why: %s', async (_, yaml, answer, message) => {
  await withApi({ profile: yaml, answer, inbox: inboxOf() }, async ({ api, requests }) => {
    await expect(api.call('principal.get')).rejects.toMatchObject({
      name: 'Unproven',
      message: expect.stringMatching(message),
    })
    expect(requests.length).toBe(yaml.includes('example.com') ? 0 : 1)
  })
})

test('a pattern that finds nothing, and a place where nothing sees mail', async () => {
  const inbox = inboxOf()
  const other = profile('{request: session.request, find: "pin is ([0-9]+)"}')
  await withApi({ profile: other, answer: mailing(inbox), inbox }, async ({ api }) => {
    await expect(api.call('principal.get')).rejects.toThrow(
      /principals\.admin\.session\.code\.find finds nothing in the message that came to ann@/,
    )
  })
  await withApi({ profile: profile() }, async ({ api, requests }) => {
    await expect(api.call('principal.get')).rejects.toThrow(
      /a code that is mailed, and nothing sees mail here/,
    )
    expect(requests).toEqual([])
  })
})

test('other mail that comes without end ends no later than the wait for the code', async () => {
  const inbox: Inbox = { count: async () => 0, after: async () => [['Welcome back!'], ['News']] }
  await withApi({ profile: profile(), inbox }, async ({ api }) => {
    await expect(api.call('principal.get')).rejects.toThrow(
      /find finds nothing in the \d+ messages that came/,
    )
  })
})

test('what is found is the first group, or all of it, and no text keeps the search for long', () => {
  expect(findIn('Your code is 123456.', String.raw`code is (\d+)`)).toBe('123456')
  expect(findIn('a\nhttps://shop.test/in?token=ab-c_1', String.raw`^https:\S+$`)).toBe(
    'https://shop.test/in?token=ab-c_1',
  )
  expect(findIn('nothing', '(x)?')).toBeNull()
  const started = performance.now()
  expect(findIn(`${'a'.repeat(5000)}!`, '(a+)+$')).toBeNull()
  expect(performance.now() - started).toBeLessThan(60_000)
  expect(findIn(`${' '.repeat(70_000)}code is 123456`, String.raw`code is (\d+)`)).toBeNull()
})
