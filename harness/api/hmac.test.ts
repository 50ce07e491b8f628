import { execFile } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { scriptText } from '../shell.ts'
import { inPlaceOf, withSecret } from '../steps/doors.ts'
import { field, type Recorded, withApi, zone } from './recording-target.testing.ts'

const run = promisify(execFile)
const to = `ann@inbox.sound.${zone}`

const exchange = `
principals:
  sender:
    hmac:
      secret: '\${env:SECRET}'
      algorithm: sha512
      message: 'timestamp & nonce & method & pathAndQuery & body'
      headers: {X-Api-Key: '\${env:ID}', X-Timestamp: '{timestamp}', X-Nonce: '{nonce}', X-Signature: 'v1={signature}'}
  anonymous: {none: true}
operations:
  message.send: {method: POST, path: /send, body: '{"to": [to.email], "text": text}'}
  template.create: {method: POST, path: /templates, raw: {type: text/plain, base64: true, content: html}}
  suppression.delete: {method: DELETE, path: '/suppressions/{email}', query: {tag: '{email}'}}
mail: {from: a@shop.test}`

const env = { SECRET: 'a secret that signs', ID: 'id-12345678' }
const names = ['x-timestamp', 'x-nonce', 'x-signature'] as const

/** What such an API computes of what arrived. */
function rightful(recorded: Recorded, secret = env.SECRET): string {
  const [timestamp, nonce] = names.map((name) => field(recorded, name))
  return `v1=${createHmac('sha512', secret)
    .update(`${timestamp}${nonce}${recorded.method}${recorded.path}`)
    .update(Buffer.from(recorded.body, 'latin1'))
    .digest('hex')}`
}

const isRight = (recorded: Recorded, secret?: string) =>
  field(recorded, 'x-signature') === rightful(recorded, secret) && field(recorded, 'x-api-key') === env.ID

test('a principal signs each call, and anew what a check changed of it; nobody does not', async () => {
  await withApi({ profile: exchange, env }, async ({ api, requests }) => {
    await api.call('message.send', { to, text: 'Grüße' })
    await api.call('suppression.delete', { email: 'a+b&c/d@example.com' })
    await api.call('template.create', { html: Buffer.from([0xff, 0xfe, 0, 0x80]).toString('base64') })
    const prepared = await api.prepare('message.send', { to, text: 'x' })
    const changed = { ...prepared, path: `${prepared.path}/.//%zz?q=%`, body: '{}' }
    await api.send(changed, { operation: 'message.send', principal: 'sender', input: { to } })
    expect(requests.map((request) => isRight(request))).toEqual([true, true, true, true])
    expect(requests[3]).toMatchObject({ path: changed.path, body: '{}' })
    for (const name of names) {
      const seen = requests.map(({ headers }) => headers.filter(([each]) => each.toLowerCase() === name))
      expect(seen.map(({ length }) => length)).toEqual([1, 1, 1, 1])
    }
    expect(new Set(requests.map((request) => field(request, 'x-nonce'))).size).toBe(4)
    expect(Math.abs(Number(field(requests[0], 'x-timestamp')) - Date.now() / 1000)).toBeLessThan(600)

    await api.call('message.send', { to, text: 'x' }, null)
    const bare = await api.prepare('message.send', { to, text: 'x' }, null)
    await api.send(bare, { operation: 'message.send', principal: 'sender', input: { to } })
    for (const request of requests.slice(4))
      expect(field(request, 'x-signature') ?? field(request, 'x-api-key')).toBeUndefined()
  })
})

test('another secret signs in the place of its own; a key of one part does not', async () => {
  await withApi({ profile: exchange, env }, async ({ api, requests }) => {
    const credential = await api.credential('sender')
    expect(credential).toMatchObject({ kind: 'hmac', token: env.SECRET })
    await api.call('message.send', { to, text: 'x' }, withSecret(credential, 'made up'))
    expect(requests.map((request) => isRight(request, 'made up'))).toEqual([true])
    await expect(inPlaceOf(api, 'sender', 'new-key')).rejects.toThrow('signs with an access key of two parts')
  })
})

test('a message of several lines over header fields and the hash of the body, its key in base64', async () => {
  // As in https://learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial
  const key = Buffer.from('an access key').toString('base64')
  const profile = `
principals:
  sender:
    hmac:
      secret: '\${env:KEY}'
      secretEncoding: base64
      encoding: base64
      timestamp: http
      message: 'method & "\\n" & pathAndQuery & "\\n" & headers."x-ms-date" & ";" & host & ";" & bodyHash'
      headers:
        x-ms-date: '{timestamp}'
        x-ms-content-sha256: '{bodyHash}'
        Authorization: 'HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}'
operations: {message.send: {method: POST, path: '/emails:send', query: {api-version: '2023-03-31'}, body: '{"to": [to.email]}'}}
mail: {from: a@shop.test}`
  await withApi({ profile, env: { KEY: key } }, async ({ api, requests }) => {
    await api.call('message.send', { to })
    const [request] = requests
    const hash = createHash('sha256')
      .update(request?.body ?? '')
      .digest('base64')
    const date = field(request, 'x-ms-date') ?? ''
    expect(new Date(date).toUTCString()).toBe(date)
    const message = `POST\n/emails:send?api-version=2023-03-31\n${date};${field(request, 'host')};${hash}`
    const signature = createHmac('sha256', 'an access key').update(message).digest('base64')
    expect(field(request, 'authorization')).toBe(
      `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`,
    )
  })
})

const inQuery = `
principals:
  sender:
    hmac:
      secret: '\${env:SECRET}'
      timestamp: milliseconds
      message: query & body
      headers: {X-Api-Key: '\${env:ID}'}
      query: {timestamp: '{timestamp}', signature: '{signature}'}
operations: {contact.list: {method: GET, path: /contacts, query: {limit: '{limit}'}}}
mail: {from: a@shop.test}`

test('a signature in the query, over all that stands before it', async () => {
  await withApi({ profile: inQuery, env }, async ({ api, requests }) => {
    await api.call('contact.list', { limit: 5 })
    const prepared = await api.prepare('contact.list', { limit: 5 })
    await api.send(prepared, { operation: 'contact.list', principal: 'sender' })
    for (const { path } of requests) {
      const [, query = '', signature] =
        /^\/contacts\?(limit=5&timestamp=\d{13})&signature=(\w+)$/.exec(path) ?? []
      expect(signature).toBe(createHmac('sha256', env.SECRET).update(query).digest('hex'))
    }
  })
})

const quoted = exchange.replace("'v1={signature}'", `'keyId="\${env:ID}", signature="{signature}"'`)
const encoded = inQuery.replace("signature: '{signature}'", "'auth[signature]': '{signature}'")

test.each([
  ['beside others in quotes', quoted, 'message.send', { to, text: 'x' }],
  ['by a name that a URL holds encoded', encoded, 'contact.list', { limit: 5 }],
] as const)('no signature is shown that stands %s', async (_, profile, operation, input) => {
  await withApi({ profile, env }, async ({ api }) => {
    const { request } = await api.call(operation, input)
    const [signature = expect.fail('no signature')] = /\b[0-9a-f]{64,}\b/.exec(JSON.stringify(request)) ?? []
    const echo = Object.fromEntries(request.headers)
    const shown = [
      `GET ${request.path}\n${request.headers.map((pair) => pair.join(': ')).join('\n')}`,
      JSON.stringify({ path: request.path, echo }),
      JSON.stringify({ told: JSON.stringify({ 'x-signature': signature, more: 1 }) }),
    ]
    for (const text of shown.slice(0, operation === 'message.send' ? 3 : 2))
      expect(api.redact(text)).not.toContain(signature)
  })
})

test('a sign-in that is signed: whoever signs in by it shows what it gave, and no signature', async () => {
  const profile = `
principals:
  admin: {session: {input: {}, headers: {X-Session: '{token}'}}}
  client:
    hmac: {secret: '\${env:SECRET}', message: 'timestamp & body', headers: {X-Timestamp: '{timestamp}', X-Signature: '{signature}'}}
operations:
  session.create: {method: POST, path: /session, as: client, body: '{"grant": "signed"}', result: {token: body.token}}
  principal.get: {method: GET, path: /me, as: admin}
mail: {from: a@shop.test}`
  const answer = () => ({ body: { token: 'tok-12345678' } })
  await withApi({ profile, env, answer }, async ({ api, requests }) => {
    await api.call('principal.get')
    const [signIn, read] = requests
    expect(field(signIn, 'x-signature')).toBe(
      createHmac('sha256', env.SECRET)
        .update(`${field(signIn, 'x-timestamp')}{"grant":"signed"}`)
        .digest('hex'),
    )
    expect([field(read, 'x-session'), field(read, 'x-signature')]).toEqual(['tok-12345678', undefined])
  })
})

test('a message that cannot be made of a request says so by its place in the profile', async () => {
  const profile = exchange.replace('timestamp & nonce & method & pathAndQuery & body', '$number(body)')
  await withApi({ profile, env }, async ({ api, requests }) => {
    await expect(api.call('message.send', { to, text: 'x' })).rejects.toMatchObject({
      name: 'Unproven',
      message: expect.stringMatching(/^principals\.sender\.hmac\.message in the profile fails on .* D3030/),
    })
    expect(requests).toEqual([])
  })
})

test.each([
  ['in header fields', exchange, 'message.send', { to, text: "it's\n" }],
  ['in the query', inQuery, 'contact.list', { limit: 5 }],
] as const)(
  'the line to repeat it signs anew, and nothing shows a secret or a signature: %s',
  async (_, profile, operation, input) => {
    await withApi({ profile, env }, async ({ api, requests }) => {
      const made = await api.call(operation, input)
      const line = scriptText(api.script(made))
      const shown = api.redact(
        `${made.request.path}\n${made.request.headers.map((pair) => pair.join(': ')).join('\n')}\n${JSON.stringify(
          {
            echo: Object.fromEntries(made.request.headers),
            path: made.request.path,
          },
        )}`,
      )
      const [signature = ''] = /\b[0-9a-f]{64,}\b/.exec(JSON.stringify(made.request)) ?? []
      expect(signature).not.toBe('')
      for (const secret of [...Object.values(env), signature])
        expect(`${line}\n${shown}`).not.toContain(secret)
      expect(line).toMatch(
        /^TIMESTAMP=\$\(date .*SIGNATURE=\$\(printf .*"\$TIMESTAMP".*-hmac "\$SECRET" .*curl /s,
      )

      await run('bash', ['-c', line], { env: { ...process.env, ...env } })
      const [first, again] = requests
      expect(again?.body).toBe(first?.body)
      if (operation === 'message.send') expect(again && isRight(again)).toBe(true)
      else {
        const [, query = '', its] = /\?(.*)&signature=(\w+)$/.exec(again?.path ?? '') ?? []
        expect(its).toBe(createHmac('sha256', env.SECRET).update(query).digest('hex'))
      }
    })
  },
)
