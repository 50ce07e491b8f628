import { expect, test } from 'vitest'
import { scriptText } from '../shell.ts'
import { inPlaceOf, withSecret } from '../steps/doors.ts'
import type { Api } from './api.ts'
import { createJournal } from './journal.ts'
import { field, type Recorded, withApi, zone } from './recording-target.testing.ts'

const mail = 'mail: {from: news@shop.test}'
const parsed = (request: Recorded | undefined) => JSON.parse(request?.body ?? 'null') as unknown
const [ann, bob] = [`ann@inbox.sound.${zone}`, `bob@inbox.sound.${zone}`]

test('a flat JSON send with a bearer key', async () => {
  const profile = `
principals: {sender: {bearer: '\${env:KEY}'}}
operations:
  message.send:
    method: POST
    path: /emails
    body: '{"from": from.name ? from.name & " <" & from.email & ">" : from.email, "to": [to.email], "subject": subject, "html": html}'
    result: {id: body.id}
${mail}`
  await withApi(
    { profile, env: { KEY: 're_12345678' }, answer: () => ({ body: { id: 'e1' } }) },
    async ({ api, requests }) => {
      const exchange = await api.call('message.send', {
        from: { email: 'a@shop.test', name: 'Shop' },
        to: ann,
        subject: 'Hi',
        html: '<p>',
      })
      expect(exchange).toMatchObject({
        answer: 'accepted',
        result: { id: 'e1' },
        principal: 'sender',
        operation: 'message.send',
      })
      expect(parsed(requests[0])).toEqual({
        from: 'Shop <a@shop.test>',
        to: [ann],
        subject: 'Hi',
        html: '<p>',
      })
      expect(field(requests[0], 'authorization')).toBe('Bearer re_12345678')
      expect([api.has('message.send', 'html'), api.has('message.send', 'cc'), api.has('key.create')]).toEqual(
        [true, false, false],
      )
    },
  )
})

test('nested personalisations, headers as a list of pairs, an id in a header field', async () => {
  const profile = `
principals: {sender: {headers: {X-Api-Key: 'k-\${env:KEY}'}}}
operations:
  message.send:
    method: POST
    path: /v3/mail/send
    body: |
      {
        "personalizations": [to.{"to": [$], "substitutions": %.variables}],
        "from": from, "subject": subject,
        "content": [{"type": "text/plain", "value": text}],
        "headers": $each(headers, function($v, $k) {[$k, $v]})[]
      }
    result: {id: headers."x-message-id"}
${mail}`
  const answer = () => ({ status: 202, headers: { 'X-Message-Id': 'm-7' }, body: '' })
  await withApi({ profile, env: { KEY: 'secret12' }, answer }, async ({ api, requests }) => {
    const exchange = await api.call('message.send', {
      to: [ann, bob],
      subject: 'Hi',
      text: 'x',
      variables: { name: 'Ann' },
      headers: { 'X-A': '1', 'X-B': '2' },
    })
    expect(exchange.result).toEqual({ id: 'm-7' })
    expect(parsed(requests[0])).toEqual({
      personalizations: [
        { to: [{ email: ann, name: null }], substitutions: { name: 'Ann' } },
        { to: [{ email: bob, name: null }], substitutions: { name: 'Ann' } },
      ],
      from: { email: 'news@shop.test', name: null },
      subject: 'Hi',
      content: [{ type: 'text/plain', value: 'x' }],
      headers: [
        ['X-A', '1'],
        ['X-B', '2'],
      ],
    })
    expect(field(requests[0], 'x-api-key')).toBe('k-secret12')
  })
})

test('form data with repeated fields and a file part, basic auth, a domain in the path', async () => {
  const profile = `
principals: {sender: {basic: {username: api, password: '\${env:KEY}'}, values: {domain: shop.test}}}
operations:
  message.send:
    method: POST
    path: /v3/{principal.domain}/messages
    multipart: |
      {"from": from.email, "to": to.email, "subject": subject, "text": text, "h:X-Campaign": headers.\`X-Campaign\`, "attachment": attachments}
${mail}`
  await withApi({ profile, env: { KEY: 'key-3ax6xnjp29jd6fds' } }, async ({ api, requests }) => {
    await api.call('message.send', {
      to: [ann, bob],
      subject: 'Grüße',
      text: 'x',
      attachments: [{ filename: 'a.txt', contentType: 'text/plain', content: 'aGVsbG8=' }],
    })
    const [request] = requests
    const form = await new Response(Buffer.from(request?.body ?? '', 'latin1'), {
      headers: { 'content-type': field(request, 'content-type') ?? '' },
    }).formData()
    expect(request?.path).toBe('/v3/shop.test/messages')
    expect(form.getAll('to')).toEqual([ann, bob])
    expect(form.get('subject')).toBe('Grüße')
    expect(form.has('h:X-Campaign')).toBe(false)
    expect(await (form.get('attachment') as File).text()).toBe('hello')
    expect(field(request, 'authorization')).toBe(`Basic ${btoa('api:key-3ax6xnjp29jd6fds')}`)
  })
})

test('a send by template only, where our subject is one of its variables; key in the query', async () => {
  const profile = `
principals: {sender: {query: {api_key: '\${env:KEY}'}}}
operations:
  message.send:
    method: POST
    path: /send
    query: {template: order-confirmation, dry: '{tags}'}
    form: '{"rcpt": to.email, "vars": $string($merge([variables, {"subject": subject, "body": text}]))}'
    inputs: [to, subject, text, variables]
${mail}`
  await withApi({ profile, env: { KEY: 'a/b+c=12' } }, async ({ api, requests }) => {
    await api.call('message.send', { to: ann, subject: 'Hi', text: 'x', variables: { order: 7 } })
    expect(requests[0]?.path).toBe('/send?template=order-confirmation&api_key=a%2Fb%2Bc%3D12')
    const form = new URLSearchParams(requests[0]?.body)
    expect(form.get('rcpt')).toBe(ann)
    expect(JSON.parse(form.get('vars') ?? '')).toEqual({ order: 7, subject: 'Hi', body: 'x' })
    expect([api.has('message.send', 'variables'), api.has('message.send', 'html')]).toEqual([true, false])
  })
})

const rpc = `
principals:
  sender: {body: {api_user: '\${env:USER_NAME}', api_key: '\${env:KEY}'}}
  anonymous: {none: true}
operations:
  message.send: {method: POST, path: /send, body: '{"to": [to.email], "api_key": "none"}'}
  contact.create: {method: POST, path: /contacts, form: '{"email": email}'}
  template.create: {method: POST, path: /templates, multipart: '{"name": name, "file": {"filename": "a.html", "content": "aGk="}}'}
  template.update: {method: PUT, path: '/templates/{id}', raw: {type: text/html, content: html}}
  principal.get: {method: POST, path: /users/info}
  contact.delete: {method: DELETE, path: '/contacts/{id}'}
  suppression.create: {method: POST, path: /suppressions, body: '[email]'}
${mail}`
const rpcEnv = { USER_NAME: 'shop-user', KEY: 'md-1234&567' }

test('a credential in each body, and in the query of calls that have no members', async () => {
  await withApi({ profile: rpc, env: rpcEnv }, async ({ api, requests }) => {
    const credential = { api_user: 'shop-user', api_key: 'md-1234&567' }
    const inQuery = 'api_user=shop-user&api_key=md-1234%26567'
    const sent = await api.call('message.send', { to: ann })
    await api.call('principal.get')
    expect(requests.map(parsed)).toEqual([{ to: [ann], ...credential }, credential])
    expect(field(requests[1], 'content-type')).toBe('application/json')

    await api.call('contact.create', { email: ann })
    expect(Object.fromEntries(new URLSearchParams(requests[2]?.body))).toEqual({ email: ann, ...credential })
    await api.call('template.create', { name: 'a' })
    const form = await new Response(Buffer.from(requests[3]?.body ?? '', 'latin1'), {
      headers: { 'content-type': field(requests[3], 'content-type') ?? '' },
    }).formData()
    expect([form.get('name'), form.get('api_user'), form.get('api_key')]).toEqual([
      'a',
      'shop-user',
      'md-1234&567',
    ])

    await api.call('template.update', { id: '7', html: '<p>' })
    await api.call('contact.delete', { id: '7' })
    await api.call('suppression.create', { email: ann })
    expect(requests.slice(4).map(({ path, body }) => [path, body])).toEqual([
      [`/templates/7?${inQuery}`, '<p>'],
      [`/contacts/7?${inQuery}`, ''],
      [`/suppressions?${inQuery}`, JSON.stringify([ann])],
    ])

    const line = scriptText(api.script(sent))
    expect(line).toContain('"$USER_NAME"')
    expect(line).toContain('"$KEY"')
    expect(`${line}${api.redact(String(sent.request.body))}`).not.toMatch(/md-1234|shop-user/)
  })
})

test('nobody shows no credential in a body, and another key stands in the place of its own', async () => {
  await withApi({ profile: rpc, env: rpcEnv }, async ({ api, requests }) => {
    await api.call('contact.create', { email: ann }, null)
    await api.call('principal.get', {}, 'anonymous')
    expect(requests.map(({ body }) => body)).toEqual([`email=${encodeURIComponent(ann)}`, ''])

    const credential = await api.credential('sender')
    expect(credential).toMatchObject({ kind: 'body', token: rpcEnv.KEY })
    await api.call('principal.get', {}, withSecret(credential, 'made-up'))
    expect(parsed(requests[2])).toEqual({ api_user: 'shop-user', api_key: 'made-up' })
    await api.call('principal.get', {}, await inPlaceOf(api, 'sender', 'new-key'))
    expect(parsed(requests[3])).toEqual({ api_user: 'shop-user', api_key: 'new-key' })
  })
})

test('RPC by POST with the tenant in the body, 200 with an error in it, forbidden that looks missing', async () => {
  const profile = `
principals: {sender: {tenant: t-9, bearer: '\${env:KEY}'}}
operations:
  message.send:
    method: POST
    path: /rpc
    body: '{"call": "mail.send", "tenant": $principal.tenant, "args": {"rcpt": [to.email]}}'
    accepted: body.ok
    limited: body.error = "slow_down"
    refused: body.error in ["forbidden", "no_such_thing"]
    invalid: $contains(body.error, "bad_")
    result: {id: body.id}
${mail}`
  const replies = [
    { ok: true, id: 5 },
    { error: 'slow_down' },
    { error: 'no_such_thing' },
    { error: 'bad_rcpt' },
    { error: 'db' },
  ]
  let n = 0
  await withApi(
    { profile, env: { KEY: 'abcdefgh' }, answer: () => ({ body: replies[n++] }) },
    async ({ api, requests }) => {
      const answers: string[] = []
      for (const _ of replies) answers.push((await api.call('message.send', { to: ann })).answer)
      expect(answers).toEqual(['accepted', 'limited', 'refused', 'invalid', 'broken'])
      expect(parsed(requests[0])).toEqual({ call: 'mail.send', tenant: 't-9', args: { rcpt: [ann] } })
    },
  )
})

test('a cookie session with a CSRF token from a cookie, renewed once when it is refused', async () => {
  const profile = `
principals:
  admin:
    session:
      input: {email: qa@shop.test, password: '\${env:PASSWORD}'}
      cookies: true
      headers: {X-CSRF-Token: '{cookie.csrf}'}
    values: {me: {operation: principal.get, result: id}}
operations:
  session.create: {method: POST, path: /login, form: '{"user": email, "pass": password}'}
  principal.get: {method: GET, path: /me, result: {id: body.id}}
  audit.list: {method: GET, path: '/users/{principal.me}/log', result: {items: body}}
${mail}`
  let logins = 0
  const answer = ({ path, headers }: Recorded) => {
    if (path === '/login')
      return {
        headers: {
          'Set-Cookie': [
            // As PHP does, which begins a session for whoever comes, and another for who signs in.
            `sid=of-a-visitor; HttpOnly; Path=/`,
            `sid=s${++logins}${'x'.repeat(8)}; HttpOnly; Path=/`,
            `csrf=c${logins}; Path=/`,
            'old=; Max-Age=0',
            'older=deleted; Max-Age=0',
          ],
        },
      }
    const fresh = headers.some(([name, value]) => name === 'cookie' && value.includes('sid=s2'))
    return path === '/me' ? { body: { id: 'u/1' } } : fresh ? { body: [{ at: 1 }] } : { status: 401 }
  }
  await withApi({ profile, env: { PASSWORD: 'p4ssword' }, answer }, async ({ api, another, requests }) => {
    const all = await Promise.all([api, another('other/check')].map((a) => a.call('audit.list')))
    expect(all.map((e) => [e.answer, e.result])).toEqual([
      ['accepted', { items: [{ at: 1 }] }],
      ['accepted', { items: [{ at: 1 }] }],
    ])
    expect(logins).toBe(2)
    expect(requests[0]?.body).toBe('user=qa%40shop.test&pass=p4ssword')
    const last = requests.at(-1)
    expect([last?.path, field(last, 'cookie'), field(last, 'x-csrf-token')]).toEqual([
      '/users/u%2F1/log',
      'sid=s2xxxxxxxx; csrf=c2',
      'c2',
    ])
    expect(api.requests).toBe(2)
    expect(await api.credential('admin')).toMatchObject({ kind: 'cookie', token: 's2xxxxxxxx' })
  })
})

test('a raw message in base64', async () => {
  const profile = `
principals: {sender: {bearer: '\${env:KEY}'}}
operations:
  message.send:
    method: POST
    path: /raw
    body: '{"raw": $base64encode("From: " & from.email & "\\r\\nTo: " & $join(to.email, ", ") & "\\r\\nSubject: " & subject & "\\r\\n\\r\\n" & text)}'
${mail}`
  await withApi({ profile, env: { KEY: 'abcdefgh' } }, async ({ api, requests }) => {
    await api.call('message.send', { to: [ann, bob], subject: 'Hi', text: 'x' })
    const { raw } = parsed(requests[0]) as { raw: string }
    expect(atob(raw)).toBe(`From: news@shop.test\r\nTo: ${ann}, ${bob}\r\nSubject: Hi\r\n\r\nx`)
  })
})

test('a send by template goes to another path; a name that the answer does not repeat', async () => {
  const profile = `
principals: {sender: {bearer: '\${env:KEY}'}}
operations:
  message.send:
    method: POST
    path: /email
    pathWith: {template: '/email/withTemplate/{template}'}
    body: '{"To": [to.email]}'
  template.create: {method: POST, path: /templates, body: '{"Name": name}', result: {id: $input.name}}
${mail}`
  await withApi({ profile, env: { KEY: 'abcdefgh' } }, async ({ api, requests }) => {
    await api.call('message.send', { to: ann, template: 'a/b' })
    await api.call('message.send', { to: ann })
    expect(requests.map(({ path }) => path)).toEqual(['/email/withTemplate/a%2Fb', '/email'])
    expect(api.has('message.send', 'template')).toBe(true)
    expect((await api.call('template.create', { name: 'welcome' })).result).toEqual({ id: 'welcome' })
  })
})

/** As `attemptable` gives it out. */
function declared(api: Api, name: string) {
  const operation = api.profile.operations[name]
  if (operation === undefined) throw new Error(`no ${name}`)
  return operation.name
}

test('listeners, of which we have no words: their secret is one, their list a list, and what is made is taken back', async () => {
  const profile = `
principals: {admin: {tenant: t-9, bearer: '\${env:KEY}'}}
operations:
  listener.create:
    method: POST
    path: /listeners
    body: '{"url": url, "on": [events], "tenant": $principal.tenant}'
    example: {url: 'https://hooks.example/\${mark}', events: delivered}
    result: {id: body.id, secret: body.signing_key, state: body.state}
  listener.list: {method: GET, path: /listeners, query: {on: '{event}'}, result: {items: body.hooks}}
  listener.remove: {method: DELETE, path: '/listeners/{id}'}
${mail}`
  const answer = ({ method }: Recorded) => ({
    body: method === 'GET' ? { hooks: { id: 7 } } : { id: 7, signing_key: 'whsec_12345678', state: null },
  })
  const journal = createJournal()
  const env = { KEY: 'abcdefgh' }
  await withApi({ profile, env, answer, journal }, async ({ api, requests }) => {
    const create = declared(api, 'listener.create')
    const made = await api.call(create, { url: 'https://hooks.example/1', events: 'opened' })
    expect(made.result).toEqual({ id: '7', secret: 'whsec_12345678' })
    expect(api.redact('got whsec_12345678')).not.toContain('whsec')
    expect(parsed(requests[0])).toEqual({ url: 'https://hooks.example/1', on: ['opened'], tenant: 't-9' })
    expect([api.has(create, 'events'), api.has(create, 'on')]).toEqual([true, false])
    expect(journal.entries()).toMatchObject([
      { operation: 'listener.create', undo: { operation: 'listener.remove', input: { id: '7' } } },
    ])

    const { result } = await api.call(declared(api, 'listener.list'), { event: 'opened' })
    expect(result).toEqual({ items: [{ id: 7 }] })
    expect(requests[1]?.path).toBe('/listeners?on=opened')

    await api.call(declared(api, 'listener.remove'), { id: '7' })
    expect(journal.entries()).toEqual([])
  })
})

test('no check can misspell an operation, an input, or take a word for an operation beyond ours', () => {
  const written = (api: Api) => [
    // @ts-expect-error it is message.send
    api.call('message.sned'),
    // @ts-expect-error it is cc
    api.has('message.send', 'copy'),
    // @ts-expect-error further operations are given out by the profile
    api.has('listener.create'),
    api.has('message.send', 'cc'),
  ]
  expect(written).toBeTypeOf('function')
})

test('a sign-in that wants a client of its own is made by that client, for whoever signs in', async () => {
  const profile = `
principals:
  admin: {session: {input: {email: qa@shop.test, password: '\${env:PASSWORD}'}}}
  app: {basic: {username: app, password: '\${env:CLIENT}'}}
operations:
  session.create: {method: POST, path: /token, as: app, form: '{"username": email, "password": password}', result: {token: body.access_token}}
  principal.get: {method: GET, path: /me, as: admin}
${mail}`
  const answer = ({ path }: Recorded) => ({ body: path === '/token' ? { access_token: 'a-token' } : {} })
  const env = { PASSWORD: 'password-1', CLIENT: 'client-secret' }
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    await api.call('principal.get')
    await api.call('session.create', { email: 'b@shop.test', password: 'wrong' })
    expect(requests.map((request) => [request.path, field(request, 'authorization')])).toEqual([
      ['/token', `Basic ${btoa('app:client-secret')}`],
      ['/me', 'Bearer a-token'],
      ['/token', `Basic ${btoa('app:client-secret')}`],
    ])
  })
})

test('a sign-in is made by nobody where the profile does not say by whom', async () => {
  const profile = `
principals: {admin: {bearer: '\${env:KEY}'}}
operations: {session.create: {method: POST, path: /session, body: $}}
${mail}`
  await withApi({ profile, env: { KEY: 'a-secret' } }, async ({ api, requests }) => {
    await api.call('session.create', { email: 'b@shop.test', password: 'wrong' })
    expect(field(requests[0], 'authorization')).toBeUndefined()
  })
})

test('an object that is written as a whole is read before, by who may see it, whoever tries to change it', async () => {
  const profile = `
principals: {admin: {bearer: '\${env:KEY}'}, neighbour: {bearer: '\${env:OTHER}'}}
operations:
  contact.get: {method: GET, path: '/contacts/{id}', as: admin}
  contact.update:
    {method: PUT, path: '/contacts/{id}', as: admin, current: contact.get, body: '$merge([$current, {"name": name}])'}
${mail}`
  const contact = { id: 'c1', name: 'Ann', tags: ['vip'] }
  const answer = ({ method, path }: Recorded) =>
    method === 'GET' && path !== '/contacts/c1' ? { status: 404 } : { body: contact }
  const env = { KEY: 'admin-key', OTHER: 'other-key' }
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    expect([api.has('contact.update', 'name'), api.has('contact.update', 'email')]).toEqual([true, false])
    await api.call('contact.update', { id: 'c1', name: 'Bob' }, 'neighbour')
    expect(
      requests.map(({ method, headers }) => [method, headers.find(([n]) => n === 'authorization')?.[1]]),
    ).toEqual([
      ['GET', 'Bearer admin-key'],
      ['PUT', 'Bearer other-key'],
    ])
    expect(parsed(requests[1])).toEqual({ ...contact, name: 'Bob' })
    // Of what is not there, the change alone is left.
    await api.call('contact.update', { id: 'c2', name: 'Bob' })
    expect(parsed(requests.at(-1))).toEqual({ name: 'Bob' })
  })
})

test('whoever changes an object of another’s, and reads it before himself, names that one for both', async () => {
  const profile = `
principals:
  admin: {values: {user: ann}, bearer: '\${env:KEY}'}
  neighbour: {values: {user: nat}, bearer: '\${env:OTHER}'}
operations:
  contact.get: {method: GET, path: '/{principal.user}/contacts/{id}', as: admin}
  contact.update:
    {method: PUT, path: '/{principal.user}/contacts/{id}', current: contact.get, body: '$merge([$current, {"name": name}])'}
${mail}`
  const answer = ({ method, headers }: Recorded) =>
    method === 'GET' && headers.some(([, value]) => value.includes('admin-key')) ? { status: 403 } : {}
  const env = { KEY: 'admin-key', OTHER: 'other-key' }
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    await api.call('contact.update', { id: 'c1', name: 'Bob' }, 'neighbour', { refersTo: 'admin' })
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /ann/contacts/c1',
      'GET /ann/contacts/c1',
      'PUT /ann/contacts/c1',
    ])
  })
})
