import { expect, test } from 'vitest'
import { parseOpenApi } from '../api/openapi.ts'
import { compile } from '../profile/expressions.ts'
import { variable } from './callers.ts'
import { guessProfile } from './first-profile.ts'
import { profileText } from './profile-text.ts'

const guessed = (document: object) => guessProfile(parseOpenApi(JSON.stringify(document), 'test'))
const described = (paths: object, more: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 't', version: '1' },
  paths,
  ...more,
})
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const taking = (properties: object, required: readonly string[] = []) => ({
  requestBody: json({ type: 'object', properties, required }),
})
const text = { type: 'string' }
const texts = { type: 'array', items: text }

const letter = {
  from: { email: 'shop@a.test', name: 'Shop' },
  to: [{ email: 'ann@b.test', name: 'Ann' }, { email: 'bob@b.test' }],
  cc: [{ email: 'cy@b.test' }],
  subject: 'Hello',
  text: 'plain',
  html: '<p>rich</p>',
  headers: { 'X-One': '1' },
  attachments: [{ filename: 'a.txt', contentType: 'text/plain', contentId: 'a1', content: 'aGk=' }],
}

/** What the guess for message.send makes of a letter. */
async function sent(paths: object, input: object = letter) {
  const guess = guessed(described(paths)).operations['message.send']?.value
  const source = guess?.body ?? ''
  return {
    call: `${guess?.method} ${guess?.path}`,
    body: await compile(source).evaluate(input, { principal: {} }),
  }
}

test('addresses as texts, header fields as pairs, attachments by other names', async () => {
  const paths = {
    '/emails': {
      post: taking({
        from: text,
        to: { anyOf: [text, texts] },
        cc: texts,
        subject: text,
        text,
        html: text,
        headers: { type: 'array', items: { type: 'object', properties: { name: text, value: text } } },
        attachments: {
          type: 'array',
          items: {
            type: 'object',
            properties: { Name: text, Content: text, ContentType: text, ContentID: text },
          },
        },
      }),
    },
  }
  expect(await sent(paths)).toEqual({
    call: 'POST /emails',
    body: {
      from: '"Shop" <shop@a.test>',
      to: ['ann@b.test', 'bob@b.test'],
      cc: ['cy@b.test'],
      subject: 'Hello',
      text: 'plain',
      html: '<p>rich</p>',
      headers: [{ name: 'X-One', value: '1' }],
      attachments: [{ Name: 'a.txt', Content: 'aGk=', ContentType: 'text/plain', ContentID: 'a1' }],
    },
  })
  const one = { ...letter, to: [letter.to[0]], cc: undefined }
  expect((await sent(paths, one)).body).toMatchObject({ to: ['ann@b.test'] })
  expect((await sent(paths, one)).body).not.toHaveProperty('cc')
})

test.each([
  [{ type: 'string', format: 'email' }, 'shop@a.test'],
  [{ type: 'string' }, '"Shop" <shop@a.test>'],
])('from as %j is written as %s', async (from, written) => {
  const paths = { '/messages': { post: taking({ from, to: texts, subject: text }) } }
  expect((await sent(paths)).body).toMatchObject({ from: written })
})

test('personalisations with recipients inside, and a list of bodies by media type', async () => {
  const mailbox = { type: 'object', properties: { email: text, name: text } }
  const paths = {
    '/v3/mail/send': {
      post: taking({
        personalizations: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              to: { type: 'array', items: mailbox },
              cc: { type: 'array', items: mailbox },
            },
          },
        },
        from: mailbox,
        subject: text,
        content: { type: 'array', items: { type: 'object', properties: { type: text, value: text } } },
      }),
    },
  }
  expect(await sent(paths)).toEqual({
    call: 'POST /v3/mail/send',
    body: {
      personalizations: [
        { to: [{ email: 'ann@b.test', name: 'Ann' }, { email: 'bob@b.test' }], cc: [{ email: 'cy@b.test' }] },
      ],
      from: { email: 'shop@a.test', name: 'Shop' },
      subject: 'Hello',
      content: [
        { type: 'text/plain', value: 'plain' },
        { type: 'text/html', value: '<p>rich</p>' },
      ],
    },
  })
})

test('several messages at once, and one that is composed already', async () => {
  const mailbox = { type: 'object', properties: { email: text, name: text } }
  const message = { type: 'object', properties: { from: mailbox, to: texts, subject: text } }
  const { operations, principals } = guessed(
    described({
      '/messages': { post: taking(message.properties) },
      '/messages/batch': {
        post: {
          ...taking({ messages: { type: 'array', items: message } }),
          responses: {
            202: json({
              type: 'object',
              properties: {
                data: { type: 'array', items: { anyOf: [{ type: 'object', properties: { id: text } }, {}] } },
              },
            }),
          },
        },
      },
      '/messages/raw': { post: taking({ from: text, to: texts, raw: text }) },
    }),
  )
  const { 'message.batch': batch, 'message.raw': raw } = operations
  expect(batch?.value).toMatchObject({ path: '/messages/batch', as: 'sender' })
  expect(await compile(batch?.value.body ?? '').evaluate({ messages: [letter] })).toEqual({
    messages: [{ from: letter.from, to: ['ann@b.test', 'bob@b.test'], subject: 'Hello' }],
  })
  const body = { data: [{ id: 'a' }, { error: 'no' }, { id: 'b' }] }
  expect(await compile(batch?.value.result?.['ids'] ?? '').evaluate({ body })).toEqual(['a', null, 'b'])
  expect(raw?.value).toMatchObject({ path: '/messages/raw', as: 'sender' })
  const whole = { from: { email: 'a@a.test', name: null }, to: letter.to, raw: 'QQ==' }
  expect(await compile(raw?.value.body ?? '').evaluate(whole)).toEqual({
    from: 'a@a.test',
    to: ['ann@b.test', 'bob@b.test'],
    raw: 'QQ==',
  })
  expect(principals).toHaveProperty('sender')
})

test('the last parameter of a path is what names the object, where the operation has one; else it says whose it is', () => {
  const paths = {
    '/messages': { post: taking({ to: texts, subject: text }) },
    '/tenants/{tenant}/users': { post: taking({ email: text, role: text }) },
    '/suppressions/{address}': { put: taking({ reason: text }), delete: {} },
    '/templates/{template}/preview': { post: taking({ variables: { type: 'object' } }) },
  }
  const { operations } = guessed(described(paths))
  expect(operations['user.create']).toMatchObject({
    unsure: true,
    value: { path: '/tenants/{principal.tenant}/users' },
  })
  expect(operations['suppression.create']?.value).toMatchObject({
    method: 'PUT',
    path: '/suppressions/{email}',
  })
  expect(operations['suppression.delete']?.value.path).toBe('/suppressions/{email}')
  expect(operations['template.preview']?.value.path).toBe('/templates/{id}/preview')

  const mine = { '/tenants/{tenant}/messages': paths['/messages'], ...paths }
  const { '/messages': _, ...within } = mine
  const invite = guessed(described(within)).operations['user.create']?.value
  expect(invite?.path).toBe('/tenants/{principal.tenant}/users')
  expect(invite?.body).toContain('"email": email')
})

test('forms of a tenant whose domain stands in the path; Swagger 2 as well', async () => {
  const parameters = ['from', 'to', 'subject', 'text'].map((name) => ({
    name,
    in: 'formData',
    type: 'string',
  }))
  const path = { name: 'domain', in: 'path', required: true, type: 'string' }
  const document = {
    swagger: '2.0',
    info: { title: 't', version: '1' },
    host: 'api.mail.test',
    schemes: ['https'],
    securityDefinitions: { basicAuth: { type: 'basic' } },
    security: [{ basicAuth: [] }],
    paths: {
      '/v3/{domain}/messages': {
        post: { consumes: ['multipart/form-data'], parameters: [path, ...parameters], responses: {} },
      },
    },
  }
  const { operations, principals } = guessed(document)
  const { value } = operations['message.send'] ?? {}
  expect(value).toMatchObject({ path: '/v3/{principal.domain}/messages', as: 'sender' })
  expect(await compile(value?.multipart ?? '').evaluate(letter)).toEqual({
    from: '"Shop" <shop@a.test>',
    to: 'ann@b.test, bob@b.test',
    subject: 'Hello',
    text: 'plain',
  })
  expect(principals['sender']?.value).toMatchObject({
    values: { domain: variable('TARGET_DOMAIN') },
    basic: { username: variable('SENDER_USER'), password: variable('SENDER_KEY') },
  })
})

test('what must be there and is none of ours gets a value of the document, or is named', () => {
  const post = taking(
    { to: texts, stream: { type: 'string', enum: ['outbound'] }, account: { type: 'integer' } },
    ['stream', 'account'],
  )
  const { value, reason, unsure } = guessed(described({ '/send': { post } })).operations['message.send'] ?? {}
  expect(value?.body).toContain('"stream": "outbound"')
  expect(reason).toContain('stream must be there and got a value of the document')
  expect(reason).toContain('PUT IN WHAT IS MISSING: account')
  expect(unsure).toBe(true)
})

test.each([
  [
    'a header',
    { type: 'apiKey', in: 'header', name: 'X-Token' },
    { headers: { 'X-Token': variable('SENDER_KEY') } },
  ],
  [
    'the query',
    { type: 'apiKey', in: 'query', name: 'api_key' },
    { query: { api_key: variable('SENDER_KEY') } },
  ],
  [
    'a cookie',
    { type: 'apiKey', in: 'cookie', name: 'sid' },
    { headers: { Cookie: `sid=${variable('SENDER_KEY')}` } },
  ],
  ['OAuth', { type: 'oauth2', flows: {} }, { bearer: variable('SENDER_TOKEN') }],
])('a key in %s', (_, scheme, credential) => {
  const post = { ...taking({ to: texts }), security: [{ own: [] }] }
  const { principals } = guessed(
    described({ '/messages': { post } }, { components: { securitySchemes: { own: scheme } } }),
  )
  expect(principals['sender']?.value).toMatchObject(credential)
})

test.each([
  ['a cookie', { sid: { type: 'apiKey', in: 'cookie', name: 'kestrel_sid' } }, { cookies: true }],
  [
    'a bearer token beside a cookie',
    { sid: { type: 'apiKey', in: 'cookie', name: 'sid' }, token: { type: 'http', scheme: 'bearer' } },
    {},
  ],
  ['a key in a header', { key: { type: 'apiKey', in: 'header', name: 'X-Key' } }, {}],
])('who signs in, where the document has %s', (_, securitySchemes, more) => {
  const { principals } = guessed(
    described(
      { '/login': { post: taking({ email: text, password: text }, ['email', 'password']) } },
      { components: { securitySchemes } },
    ),
  )
  const input = { email: variable('ADMIN_EMAIL'), password: variable('ADMIN_PASSWORD') }
  expect(principals['admin']?.value.session).toEqual({ input, ...more })
})

test('scopes of the calls become the table of scopes, and the sender has that of sending', () => {
  const asks = (scope: string) => ({ security: [{ key: [scope] }] })
  const { scopes, principals } = guessed(
    described({
      '/messages': { post: { ...taking({ to: texts }), ...asks('mail.send') }, get: asks('mail.read') },
      '/messages/{id}': { get: asks('mail.read') },
    }),
  )
  expect(scopes?.value).toEqual({
    'mail.send': ['message.send'],
    'mail.read': ['message.get', 'message.list'],
  })
  expect(principals['sender']?.value.scopes).toEqual(['mail.send'])
})

test('what a document says cannot make a profile that reads variables, names addresses or ends never', () => {
  const trap = variable('HOME')
  const circular = {
    type: 'object',
    properties: { to: texts, self: { $ref: '#/components/schemas/message' } },
  }
  const evil = taking(
    {
      to: texts,
      [trap]: text,
      stream: { type: 'string', default: trap },
      notify: { type: 'string', example: 'victim@bank.example' },
      hook: { type: 'string', example: 'https://bank.example/' },
      'a"b`c': text,
    },
    [trap, 'stream', 'notify', 'hook', 'a"b`c'],
  )
  const document = described(
    {
      '/messages': { post: { ...evil, operationId: trap, tags: [trap], security: [{ [trap]: [trap] }] } },
      [`/${trap}/messages`]: { post: evil },
      '/emails': { post: { requestBody: json({ $ref: '#/components/schemas/message' }) } },
      [`/domains/{${trap}}`]: { get: {} },
    },
    {
      components: {
        schemas: { message: circular },
        securitySchemes: { [trap]: { type: 'http', scheme: 'bearer' } },
      },
    },
  )
  const guess = { value: 'https://a.test', reason: 'r', unsure: false }
  const yaml = profileText(guessed(document), {
    ...{ name: 't', url: guess, from: { ...guess, value: 'a@b.test' }, openapi: './o.json', ca: null },
    ...{ authorization: null, schema: 's', domains: [], relayPort: 2525 },
  })
  expect(yaml).not.toMatch(/HOME|bank\.example/)
})

test('a document that refers to itself, widely, is read to an end', () => {
  const self = { $ref: '#/components/schemas/message' }
  const wide = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [`part${i}`, { anyOf: Array(50).fill(self) }]),
  )
  const message = { type: 'object', properties: { to: texts, ...wide } }
  const { operations } = guessed(
    described(
      { '/messages': { post: { requestBody: json(self) } } },
      { components: { schemas: { message } } },
    ),
  )
  expect(operations['message.send']?.value.body).toContain('"to": [to.email]')
})

test('a document of something else has no operations of mail', () => {
  const { operations } = guessed(
    described({
      '/pets': { get: {}, post: taking({ name: text }) },
      '/send': { post: taking({ amount: text }) },
    }),
  )
  expect(Object.keys(operations)).toEqual([])
})

test.for<readonly [string, string]>([
  ['/auth/forgot-password', '/auth/reset-password'],
  ['/password/forgot', '/password/reset'],
  ['/v1/password-resets', '/v1/password-resets/confirm'],
  ['/users/request-password-reset', '/users/confirm-password-reset'],
])('%s and %s set a password anew, told apart by what they take', ([forgot, reset]) => {
  const { operations } = guessed(
    described({
      [forgot]: { post: taking({ email: text }, ['email']) },
      [reset]: { post: taking({ code: text, newPassword: text }, ['code', 'newPassword']) },
    }),
  )
  const said = (name: string) => {
    const { path, as, body = '' } = operations[name]?.value ?? {}
    return [path, as, body.replace(/\s+/g, ' ')]
  }
  expect(said('password.forgot')).toEqual([forgot, 'anonymous', '{ "email": email }'])
  expect(said('password.reset')).toEqual([
    ...[reset, 'anonymous', '{ "code": token, "newPassword": password }'],
  ])
})

test('what signs in or changes one’s own password sets none anew', () => {
  const { operations } = guessed(
    described({
      '/login': { post: taking({ email: text, password: text }) },
      '/me/password': { put: taking({ password: text, newPassword: text }) },
      '/users/{id}/password': { put: taking({ password: text }) },
    }),
  )
  expect(Object.keys(operations).filter((name) => name.startsWith('password.'))).toEqual([])
})

test.each(['/v1/sign-ups', '/auth/register'])('who signs up at %s proves the address behind it', (path) => {
  const { operations } = guessed(
    described({
      [path]: { post: taking({ email: text, password: text }, ['email', 'password']) },
      [`${path}/confirm`]: { post: taking({ token: text, new_password: text }, ['token']) },
    }),
  )
  const body = (name: string) => operations[name]?.value.body?.replace(/\s+/g, ' ')
  expect(body('signup.create')).toBe('{ "email": email, "password": password }')
  expect(body('signup.confirm')).toBe('{ "token": token, "new_password": password }')
})

test('what changes one’s own address or password shows the present password, and another by its name', () => {
  const { operations } = guessed(
    described({
      '/v1/me/email': { post: taking({ email: text, password: text }, ['email']) },
      '/v1/me/email/confirm': { post: taking({ token: text }, ['token']) },
      '/account/password': { put: taking({ currentPassword: text, newPassword: text }) },
    }),
  )
  const body = (name: string) => operations[name]?.value.body?.replace(/\s+/g, ' ')
  expect(body('email.change')).toBe('{ "email": email, "password": password }')
  expect(body('email.confirm')).toBe('{ "token": token }')
  expect(body('password.change')).toBe('{ "currentPassword": current, "newPassword": password }')
})
