import { expect, test } from 'vitest'
import { missing } from '../check/needs.ts'
import { scriptText } from '../shell.ts'
import type { Api } from './api.ts'
import { field, type Recorded, type Scripted, withApi, zone } from './recording-target.testing.ts'

const profile = `
principals:
  admin: {session: {input: {email: qa@shop.test, password: '\${env:PASSWORD}'}}}
  sender: {bearer: '\${env:KEY}'}
  anonymous: {none: true}
operations:
  session.create: {method: POST, path: /session, body: $, result: {token: body.token, expiresIn: body.expires_in}}
  principal.get: {method: GET, path: /me}
  key.create: {method: POST, path: /keys, body: '{"name": name}', result: {id: body.id, secret: body.secret}}
  key.revoke: {method: DELETE, path: '/keys/{id}'}
  key.list: {method: GET, path: /keys, query: {scope: '{search}', page: '{cursor}'}, result: {items: body.data}}
  message.send: {method: POST, path: /send, as: sender, body: '{"to": [to.email]}'}
mail: {from: news@shop.test}
`
const env = { PASSWORD: 'p4ssw0rd', KEY: 'sk_live_12345' }
const ann = `ann@inbox.sound.${zone}`
const session = { token: 'tok-1234567890', expires_in: 3600 }

test('many callers share one sign-in, and its token never shows', async () => {
  const answer = ({ path }: Recorded) => ({ body: path === '/session' ? session : {} })
  await withApi({ profile, env, answer }, async ({ api, another, requests }) => {
    const checks = ['a', 'b', 'c', 'd'].map(another)
    const exchanges = await Promise.all(checks.map((check) => check.call('principal.get')))
    expect(requests.filter((r) => r.path === '/session')).toHaveLength(1)
    expect(requests.slice(1).map((r) => field(r, 'authorization'))).toEqual(
      Array(4).fill('Bearer tok-1234567890'),
    )
    const [first] = exchanges
    expect(first && scriptText(api.script(first))).toContain(`-H 'authorization: Bearer '"$ADMIN_TOKEN"`)
    expect(api.redact(JSON.stringify(session))).toBe('{"token":"$ADMIN_TOKEN","expires_in":3600}')
  })
})

test('a sign-in that is refused is tried once, and says who and what', async () => {
  await withApi({ profile, env, answer: () => ({ status: 401 }) }, async ({ api, requests }) => {
    const reason =
      'the sign-in of admin was answered 401; check principals.admin.session and operations.session.create in the profile'
    await expect(api.call('principal.get')).rejects.toThrow(reason)
    await expect(api.call('key.list')).rejects.toThrow(reason)
    expect(requests).toHaveLength(1)
  })
})

test('an API that answers 401 to the forbidden is not asked for sessions over and over', async () => {
  const answer = ({ path }: Recorded) => (path === '/session' ? { body: session } : { status: 401 })
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    for (const _ of [1, 2, 3]) expect((await api.call('principal.get')).answer).toBe('refused')
    expect(requests.map((r) => r.path)).toEqual(['/session', '/me', '/session', '/me', '/me', '/me'])
  })
})

test('an expired session is opened anew', async () => {
  const answer = ({ path }: Recorded) => ({
    body: path === '/session' ? { ...session, expires_in: 1e-9 } : {},
  })
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    await api.call('principal.get')
    await api.call('principal.get')
    expect(requests.map((r) => r.path)).toEqual(['/session', '/me', '/session', '/me'])
  })
})

test('what is sent is what was asked for: raw path, duplicate fields, bytes', async () => {
  await withApi({ profile, env }, async ({ api, requests }) => {
    const request = await api.prepare('key.list', { search: 'a&b/c', cursor: '' }, null)
    expect(request.path).toBe('/keys?scope=a%26b%2Fc&page=')
    const path = '/v1/../keys/%2e%2e//./x;y?a=[1]&a=%ff'
    const headers = [
      ['X-Forwarded-For', '10.0.0.1'],
      ['x-forwarded-for', '10.0.0.2'],
      ['X-Case', 'Kept'],
    ] as const
    await api.send(
      { ...request, method: 'PUT', path, headers, body: Buffer.from([0, 255, 13]) },
      { operation: null, principal: 'x' },
    )
    expect(requests[0]?.path).toBe(path)
    expect(requests[0]?.headers.filter(([name]) => name.toLowerCase().startsWith('x-'))).toEqual(
      headers.map((h) => [...h]),
    )
    expect(requests[0]?.body).toBe('\0\xff\r')
    const broken = { ...request, headers: [['x', 'a\r\nb: c']] as const }
    await expect(api.send(broken, { operation: null, principal: 'x' })).rejects.toMatchObject({
      name: 'Unproven',
      message: expect.stringMatching(
        /^no HTTP client sends the header field x with a line break .*the check/,
      ),
    })
    expect([requests.length, api.requests]).toEqual([1, 1])
  })
})

const awkward = `
principals:
  admin: {session: {input: {email: qa@shop.test, password: '\${env:PASSWORD}'}}}
  sender: {bearer: '\${env:KEY}'}
  signing: {sigv4: {accessKeyId: '\${env:KEY}', secretAccessKey: '\${env:PASSWORD}', region: a, service: b}}
  anonymous: {none: true}
operations:
  session.create: {method: POST, path: /session, as: anonymous, result: {token: body.token}}
  message.send:
    method: POST
    path: /send
    as: anonymous
    query: {tag: '{tags}'}
    headers: {X-Subject: '{subject}'}
    body: '{"text": text, "size": $length(html)}'
  key.create: {method: POST, path: /keys, as: anonymous, body: $, result: {id: body.id, secret: body.secret}}
  key.get: {method: GET, path: '/keys/{id}', as: anonymous}
  contact.create: {method: POST, path: /contacts, as: anonymous, form: '{"name": name}'}
  template.create: {method: POST, path: /templates, as: anonymous, raw: {type: text/plain, content: text}}
mail: {from: news@shop.test}
`

test.for<[string, Parameters<Api['call']>, RegExp]>([
  [
    'a token of the target’s own',
    ['key.create', {}, 'admin'],
    /header field authorization with a line break .*: it comes from the credential of admin, which the target gave at its sign-in \(session\.create\); /,
  ],
  [
    'a secret of the profile',
    ['key.create', {}, 'sender'],
    /header field authorization with a line break .*: it comes from the credential of sender, principals\.sender in the profile; /,
  ],
  [
    'a key that signs',
    ['key.create', {}, 'signing'],
    /header field authorization with a line break .*: it comes from the credential of signing, principals\.signing in the profile; /,
  ],
  [
    'a token of the check',
    ['key.create', {}, { bearer: 'clé €' }],
    /header field authorization with U\+20AC .*: it comes from a token of the check/,
  ],
  [
    'an input in a header field',
    ['message.send', { to: [], subject: 'Invoice\r\nBcc: <x@y.test>' }],
    /header field X-Subject with a line break .*: it comes from operations\.message\.send\.headers\.X-Subject in the profile, which puts \{subject\} there; /,
  ],
  [
    'an id in a path',
    ['key.get', { id: 'a\ud800' }],
    /lone surrogate .*: it comes from operations\.key\.get\.path in the profile, which puts \{id\} there; .*where an answer of the target gave it/,
  ],
  [
    'an input in a query',
    ['message.send', { to: [], tags: ['a', '\udc00'] }],
    /lone surrogate .*: it comes from operations\.message\.send\.query\.tag in the profile, which puts \{tags\} there; /,
  ],
  [
    'an input in a form',
    ['contact.create', { name: '\ud83d' }],
    /lone surrogate .*: it comes from operations\.contact\.create\.form in the profile; /,
  ],
  [
    'an input in a body of another kind',
    ['template.create', { text: '\ud83d' }],
    /lone surrogate .*: it comes from operations\.template\.create\.raw\.content in the profile; /,
  ],
  [
    'an input that the expression cannot take',
    ['message.send', { to: [], html: 7 }],
    /^operations\.message\.send\.body in the profile fails on what a check gives it: JSONata error T0410/,
  ],
])('what no request can hold is unproven, and says whose fault it is: %s', async ([, call, reason]) => {
  const answer = ({ path }: Recorded) => ({ body: path === '/session' ? { token: 'tok-1234\r\nx: y' } : {} })
  const secrets = { PASSWORD: 'p4ssw0rd', KEY: 'sk_live_12345\n' }
  await withApi({ profile: awkward, env: secrets, answer }, async ({ api, requests }) => {
    for (const _ of Array(30)) {
      const error = await api.call(...call).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'Unproven', message: expect.stringMatching(reason) })
      expect(api.redact(String(error))).not.toMatch(/tok-1234|sk_live/)
    }
    expect(requests.filter(({ path }) => path !== '/session')).toEqual([])
    expect((await api.call('key.get', { id: 'a' })).answer).toBe('accepted')
  })
})

test('JSON holds what is no text, and a secret that is none is known all the same', async () => {
  const answer = ({ body }: Recorded) => ({ body: body === '' ? '{}' : body })
  await withApi({ profile: awkward, env, answer }, async ({ api, requests }) => {
    const made = await api.call('key.create', { id: '\ud800', secret: 'abcd\ud800' })
    expect(made.result).toEqual({ id: '\ud800', secret: 'abcd\ud800' })
    expect(requests[0]?.body).toBe(String.raw`{"id":"\ud800","secret":"abcd\ud800"}`)
    expect(scriptText(api.script(made))).toContain('$KEY_CREATE_SECRET')
    expect(api.redact(requests[0]?.body ?? '')).not.toContain('abcd')
  })
})

test('any caller: a token of the check, header fields, nobody', async () => {
  await withApi({ profile, env }, async ({ api, requests }) => {
    await api.call('principal.get', {}, { bearer: 'forged' })
    await api.call(
      'principal.get',
      {},
      {
        headers: [
          ['Authorization', 'a'],
          ['Authorization', 'b'],
        ],
      },
    )
    await api.call('principal.get', {}, null)
    await api.call('principal.get', {}, 'anonymous')
    expect(
      requests.map((r) => r.headers.filter(([n]) => n.toLowerCase() === 'authorization').map(([, v]) => v)),
    ).toEqual([['Bearer forged'], ['a', 'b'], [], []])
    await expect(api.call('principal.get', {}, 'nobody')).rejects.toThrow(
      'expected a principal of the profile (admin, sender, anonymous); seen nobody',
    )
    await expect(api.call('user.list')).rejects.toThrow("name it in the check's needs")
  })
})

test('where each send wants an idempotency key, calls and requests have one of their own, unless they say it', async () => {
  const send = `message.send: {method: POST, path: /send, as: sender, headers: {Idempotency-Key: '{idempotencyKey}'}, body: '{"to": [to.email]}'`
  const wanting = (example: string) =>
    profile.replace(/message\.send: .*'\}$/m, `${send}, example: {${example}}}`)
  for (const [example, wanted] of [
    [`idempotencyKey: '\${uuid}'`, 2],
    ['text: Hello', 0],
  ] as const)
    await withApi({ profile: wanting(example), env, answer: () => ({}) }, async ({ api, requests }) => {
      for (const more of [{}, {}, { idempotencyKey: 'mine' }])
        await api.call('message.send', { to: ann, ...more })
      const prepared = await api.prepare('message.send', { to: ann }, null)
      const keys = requests.map((request) => field(request, 'idempotency-key'))
      expect(keys.at(-1)).toBe('mine')
      const made = keys.slice(0, -1).filter((key) => /^[0-9a-f-]{36}$/.test(key ?? ''))
      expect(new Set(made).size).toBe(wanted)
      expect(prepared.headers.some(([name]) => name === 'Idempotency-Key')).toBe(wanted > 0)
    })
})

test('no redirect is followed, a long body is cut', async () => {
  const answer = ({ path }: Recorded) =>
    path === '/me' ? { status: 302, headers: { location: '/keys' } } : { body: 'x'.repeat(2 * 1024 * 1024) }
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    expect((await api.call('principal.get', {}, null)).response?.status).toBe(302)
    const long = await api.call('key.list', {}, null)
    expect([long.response?.body.length, long.response?.truncated, requests.length]).toEqual([
      1024 * 1024,
      true,
      2,
    ])
  })
})

test('a connection that is lost is a failure of the target, not of the harness', async () => {
  await withApi({ profile, env, answer: () => null }, async ({ api }) => {
    expect(await api.call('principal.get', {}, null)).toMatchObject({
      answer: 'broken',
      response: null,
      failure: 'UND_ERR_SOCKET',
    })
  })
})

test('JSON is asked for, or what the profile says in its place', async () => {
  const csv = profile.replace(
    'operations:',
    `operations:\n  contact.export: {method: GET, path: /csv, as: sender, headers: {Accept: text/csv}}`,
  )
  await withApi({ profile: csv, env, answer: () => ({}) }, async ({ api, requests }) => {
    await api.call('contact.export', {})
    await api.call('message.send', { to: ann })
    const accepted = requests.map(({ headers }) => headers.filter(([name]) => /^accept$/i.test(name)))
    expect(accepted.map((pairs) => pairs.map(([, value]) => value))).toEqual([
      ['text/csv'],
      ['application/json'],
    ])
  })
})

test('Retry-After is waited out where it is short and nobody wants to see the limit', async () => {
  const waits = ['0', '0', '3600']
  const answer = () => ({ status: 429, headers: { 'retry-after': waits.shift() ?? '3600' } })
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    expect((await api.call('message.send', { to: ann }, undefined, { unlimited: true })).answer).toBe(
      'limited',
    )
    expect(requests).toHaveLength(1)
    expect((await api.call('message.send', { to: ann })).answer).toBe('limited')
    expect(requests).toHaveLength(3)
  })
})

test('of many who meet a limit together each gets through in the end, and who never does gives up', async () => {
  const window = 100
  let [opened, left] = [0, 0]
  const answer = ({ path }: Recorded): Scripted => {
    const limited = { status: 429, headers: { 'retry-after-ms': String(window) } }
    if (path !== '/me') return path === '/session' ? { body: session } : limited
    if (Date.now() - opened >= window) [opened, left] = [Date.now(), 5]
    return left-- > 0 ? { status: 200 } : limited
  }
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    const all = await Promise.all(Array.from({ length: 16 }, () => api.call('principal.get')))
    expect(all.map(({ answer }) => answer)).toEqual(all.map(() => 'accepted'))
    const asked = requests.length
    expect((await api.call('message.send', { to: ann })).answer).toBe('limited')
    expect(requests.length - asked).toBe(3)
  })
})

test('a request that a check wrote itself waits out Retry-After as a call does', async () => {
  const waits = ['0', '0', '3600']
  const answer = () => ({ status: 429, headers: { 'retry-after': waits.shift() ?? '3600' } })
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    const request = await api.prepare('message.send', { to: ann })
    const about = { operation: 'message.send', principal: 'sender', input: { to: ann } }
    expect((await api.send(request, { ...about, unlimited: true })).answer).toBe('limited')
    expect(requests).toHaveLength(1)
    expect((await api.send(request, about)).answer).toBe('limited')
    expect(requests).toHaveLength(3)
  })
})

test('a baseline is made once, and unproven unless accepted', async () => {
  const answer = ({ path }: Recorded) => ({ status: path === '/me' ? 500 : 200 })
  await withApi({ profile, env, answer }, async ({ api, another, requests }) => {
    const [a, b] = await Promise.all(
      [api, another('x')].map((one) => one.baseline('message.send', { to: ann })),
    )
    expect(a).toBe(b)
    expect(requests).toHaveLength(1)
    await expect(api.baseline('principal.get', {}, null)).rejects.toMatchObject({
      name: 'Unproven',
      message: expect.stringContaining('a legitimate principal.get as anonymous was answered 500 (broken)'),
    })
  })
})

test('what a check needs and the profile lacks', async () => {
  await withApi({ profile, env }, async ({ profile: p }) => {
    expect(missing(['message.send', 'message.send:to', 'principal:sender', 'callback'], p)).toBeNull()
    expect(
      missing(
        [
          'message.send:cc',
          'key.rotate',
          'principal:neighbour',
          'wire',
          'submission:starttls',
          'jwt',
          'profile:policies.limits.send',
        ],
        p,
      ),
    ).toBe(
      'message.send of the profile carries no cc; profile declares no key.rotate; profile declares no principal neighbour; profile declares no mail.recipients; profile declares no mail.submission.starttls; profile declares no jwt; profile declares no policies.limits.send',
    )
    expect(() => missing(['message.sent'], p)).toThrow("correct the check's needs")
  })
})

test('a call in another’s name says of him whatever the profile says of callers, and proves who calls', async () => {
  const session = (tenant: string) =>
    `session: {input: {password: '\${env:PASSWORD}'}, headers: {X-Token: '{token}', X-Tenant: ${tenant}}, query: {v: '\${env:KEY}'}}`
  const named = `
principals:
  admin: {tenant: acme, values: {user: u-1}, ${session('acme')}}
  neighbour: {tenant: globex, values: {user: u-2, from: news@globex.test}, ${session('globex')}}
  stranger: {tenant: initech, bearer: '\${env:KEY}'}
operations:
  session.create: {method: POST, path: /session, body: $, result: {token: body.token}}
  message.send:
    method: POST
    path: /users/{principal.user}/send
    query: {tenant: '{principal.tenant}'}
    headers: {X-User: '{principal.user}'}
    body: '{"from": from.email, "tenant": $principal.tenant}'
mail: {from: news@acme.test}
`
  let signIns = 0
  const answer = ({ path }: Recorded) => ({
    body: path === '/session' ? { token: `tok-1234567890-${++signIns}` } : {},
  })
  await withApi({ profile: named, env, answer }, async ({ api }) => {
    const asked = async (as: string | null, refersTo?: string) => {
      const request = await api.prepare('message.send', { to: ann }, as, { refersTo })
      const fields = request.headers.filter(([name]) => /^x-|^authorization$/i.test(name)).map(String)
      return [request.path, fields.join(' '), request.body]
    }
    const own = await asked('admin')
    expect(own).toEqual([
      '/users/u-1/send?tenant=acme&v=sk_live_12345',
      'X-User,u-1 X-Token,tok-1234567890-1 X-Tenant,acme',
      '{"from":"news@acme.test","tenant":"acme"}',
    ])
    const [path, , body] = own
    expect(await asked('neighbour', 'admin')).toEqual([
      path,
      'X-User,u-1 X-Token,tok-1234567890-2 X-Tenant,acme',
      body,
    ])
    expect(await asked('stranger', 'admin')).toEqual([
      '/users/u-1/send?tenant=acme',
      'X-User,u-1 authorization,Bearer sk_live_12345',
      body,
    ])
    expect(await asked(null, 'admin')).toEqual([
      '/users/u-1/send?tenant=acme',
      'X-User,u-1 X-Tenant,acme',
      body,
    ])
  })
})

test('what is concealed shows in no text any more, line by line and in base64; braces and the like stay', async () => {
  await withApi({ profile, env }, async ({ api }) => {
    const file = 'root:x:0:0:root:/root:/bin/bash\r\nann:x:1000:1000::/home/ann:/bin/sh\n{\n'
    api.conceal('a file of the target', file)
    const shown = api.redact(
      `one { ann:x:1000:1000::/home/ann:/bin/sh } ${Buffer.from(file).toString('base64')}`,
    )
    expect(shown).toMatch(/^one \{ \$A_FILE_OF_THE_TARGET_2 \} /)
    expect(Buffer.from(shown.split(' ').at(-1) ?? '', 'base64').toString('latin1')).not.toMatch(/bash|home/)
  })
})

test.each([
  ['accepted', [200, 202, 204]],
  ['refused', [401, 402, 403, 423, 451]],
  ['missing', [404, 410]],
  ['limited', [429]],
  ['invalid', [400, 405, 406, 409, 412, 413, 415, 418, 422, 428, 431]],
  ['broken', [302, 408, 421, 425, 500, 503]],
])('%s, where nothing else is said, is meant by %j', async (answer, statuses) => {
  const left = [...statuses]
  await withApi({ profile, env, answer: () => ({ status: left.shift() ?? 0 }) }, async ({ api }) => {
    for (const status of statuses)
      expect([status, (await api.call('principal.get', {}, null)).answer]).toEqual([status, answer])
  })
})
