import { expect, test } from 'vitest'
import { compile } from '../profile/expressions.ts'
import { variable } from './callers.ts'
import { answering, calls, guessed, json, list, taking, text, texts } from './sample-paths.testing.ts'

/** Turns of other people's documents, each as small as it can be. */

const letter = {
  from: { email: 'shop@a.test', name: 'Shop' },
  to: [{ email: 'ann@b.test', name: 'Ann' }],
  subject: 'Hello',
  text: 'plain',
  html: '<p>rich</p>',
}

async function sent(schema: object, { input = letter as object, principal = {} } = {}) {
  const { operations } = guessed({ '/messages': { post: { requestBody: json(schema) } } })
  return compile(operations['message.send']?.value.body ?? '').evaluate(input, { principal })
}

test('verbs in paths, before or behind the resource, and in one word with it', () => {
  const id = taking({ id: text })
  expect(
    calls({
      '/messages.send': { post: taking({ to: texts, subject: text }) },
      '/messages/cancel-scheduled': { post: id },
      '/templates/add': { post: taking({ name: text }) },
      '/templates/info': { post: taking({ name: text }) },
      '/templates/list': { post: { ...taking({ label: text }), ...list } },
      '/senders/add-domain': { post: taking({ domain: text }) },
      '/delete/domain': { post: taking({ items: texts }) },
      '/domains/verify/{domain}': { post: {} },
      '/inbound/add-domain': { post: taking({ domain: text }) },
    }),
  ).toEqual({
    'message.send': 'POST /messages.send?',
    'message.cancel': 'POST /messages/cancel-scheduled',
    'template.create': 'POST /templates/add?',
    'template.list': 'POST /templates/list',
    'template.get': 'POST /templates/info',
    'domain.create': 'POST /senders/add-domain?',
    'domain.verify': 'POST /domains/verify/{id}',
    'domain.delete': 'POST /delete/domain',
  })
})

test('the object of a call that has no place for it in its path goes where its body has its name', async () => {
  const { operations } = guessed({ '/templates/info': { post: taking({ template_name: text }) } })
  const { body = '' } = operations['template.get']?.value ?? {}
  expect(await compile(body).evaluate({ id: 't1' })).toEqual({ template_name: 't1' })
})

test.each([
  ['oneOf', { oneOf: [{ properties: { to: texts } }, { properties: { subject: text, html: text } }] }],
  [
    'anyOf beside own properties',
    { properties: { to: texts }, anyOf: [{ properties: { subject: text, html: text } }] },
  ],
  [
    'allOf within allOf',
    {
      allOf: [
        { allOf: [{ properties: { to: texts } }, { properties: { subject: text } }] },
        { properties: { html: text } },
      ],
    },
  ],
])('a body is all that it may be: %s', async (_, schema) => {
  expect(await sent(schema)).toEqual({ to: ['ann@b.test'], subject: 'Hello', html: '<p>rich</p>' })
})

test('a name beside the address, and one body with a type beside it', async () => {
  const properties = {
    recipients: texts,
    from_email: text,
    from_name: text,
    subject: text,
    content: text,
    content_type: { type: 'string', enum: ['text', 'html'] },
  }
  const rich = {
    recipients: ['ann@b.test'],
    from_email: 'shop@a.test',
    from_name: 'Shop',
    subject: 'Hello',
    content: '<p>rich</p>',
    content_type: 'html',
  }
  expect(await sent({ properties })).toEqual(rich)
  const { html: _, ...plain } = letter
  expect(await sent({ properties }, { input: plain })).toEqual({
    ...rich,
    content: 'plain',
    content_type: 'text',
  })
})

test('a mailbox whose format is that of an address has its name beside it', async () => {
  const address = { ...text, format: 'email' }
  const properties = { senderEmail: address, senderName: text, to: texts, subject: text, html: text }
  expect(await sent({ properties })).toMatchObject({ senderEmail: 'shop@a.test', senderName: 'Shop' })
})

test('one body with a switch beside it that says whether it is HTML', async () => {
  const properties = { to: texts, subject: text, body: text, is_html: { type: 'boolean' } }
  expect(await sent({ properties })).toMatchObject({ body: '<p>rich</p>', is_html: true })
  const { html: _, ...plain } = letter
  expect(await sent({ properties }, { input: plain })).toMatchObject({ body: 'plain', is_html: false })
})

test('body is HTML where nothing else is', async () => {
  expect(await sent({ properties: { to: text, subject: text, body: text } })).toEqual({
    to: 'ann@b.test',
    subject: 'Hello',
    body: '<p>rich</p>',
  })
})

test('a send by template alone: what is written are its variables, and the template is a value of the caller', async () => {
  const properties = { subscriber_email: text, template_id: { type: 'integer' }, data: { type: 'object' } }
  expect(await sent({ properties }, { principal: { template: '7' } })).toEqual({
    subscriber_email: 'ann@b.test',
    template_id: 7,
    data: { subject: 'Hello', html: '<p>rich</p>', text: 'plain' },
  })
  const own = { ...letter, template: '9', variables: { code: '1' } }
  expect(await sent({ properties }, { input: own, principal: { template: '7' } })).toMatchObject({
    template_id: 9,
    data: { code: '1', subject: 'Hello' },
  })
  const { principals } = guessed({ '/messages': { post: { requestBody: json({ properties }) } } })
  expect(principals['sender']?.value.values).toHaveProperty('template')
})

test('variables of a template are told by other spellings as well', async () => {
  const properties = { email_address: text, template_id: text, personalisation: { type: 'object' } }
  expect(await sent({ properties }, { principal: { template: 't1' } })).toEqual({
    email_address: 'ann@b.test',
    template_id: 't1',
    personalisation: { subject: 'Hello', html: '<p>rich</p>', text: 'plain' },
  })
})

test('what is sent and listed below one word, and what is below an organisation and its project', () => {
  expect(
    calls({
      '/notifications/email': { post: taking({ email_address: text, template_id: text }) },
      '/notifications': {
        get: answering({
          properties: { notifications: { type: 'array', items: { properties: { id: text } } } },
        }),
      },
    }),
  ).toHaveProperty(['message.list'])
  const below = '/orgs/{org-id}/projects/{projectId}'
  expect(
    calls({
      [`${below}/emails`]: {
        post: { ...taking({ to: texts, subject: text }), ...answering({ properties: { id: text } }) },
      },
      [`${below}/api-keys`]: { get: list },
    }),
  ).toEqual({
    'message.send': 'POST /orgs/{principal.orgid}/projects/{principal.projectid}/emails',
    'key.list': 'GET /orgs/{principal.orgid}/projects/{principal.projectid}/api-keys',
  })
})

test('bodies that are lists: of messages, of one object, of texts', async () => {
  const message = { type: 'object', properties: { to: texts, subject: text } }
  const { operations } = guessed({
    '/emails': { post: { requestBody: json(message) } },
    '/emails/batch': { post: { requestBody: json({ type: 'array', items: message }) } },
    '/contacts': { post: { requestBody: json({ type: 'array', items: { properties: { Email: text } } }) } },
    '/suppressions/unsubscribes': { post: { requestBody: json(texts) } },
  })
  const made = (name: string, input: object) => compile(operations[name]?.value.body ?? '').evaluate(input)
  expect(await made('message.batch', { messages: [letter] })).toEqual([
    { to: ['ann@b.test'], subject: 'Hello' },
  ])
  expect(await made('contact.create', { email: 'ann@b.test' })).toEqual([{ Email: 'ann@b.test' }])
  expect(await made('suppression.create', { email: 'ann@b.test' })).toEqual(['ann@b.test'])
})

test('what only looks like it is marked, with what else it may be, or left out', () => {
  const send = taking({ to: texts, subject: text })
  const { operations } = guessed({
    '/messages': { post: { ...send, operationId: 'uploadMessage' } },
    '/mail/send': { post: { ...send, ...answering({ properties: { id: text } }) } },
    '/whatsapp/templates': { get: list, post: taking({ name: text }) },
    '/settings/keys': { get: list },
    '/inbound/domains': { get: list },
    '/user': { get: { summary: 'Get the authenticated user' } },
    '/users/{id}': { get: answering({ type: 'array', items: text }) },
    '/stats': { get: { deprecated: true } },
    '/campaign/stats': { get: {} },
  })
  expect(Object.keys(operations)).toEqual([
    'principal.get',
    'user.get',
    'key.list',
    'message.send',
    'analytics.get',
  ])
  expect(operations['message.send']).toMatchObject({ unsure: false, value: { path: '/mail/send' } })
  expect(operations['key.list']).toMatchObject({
    unsure: true,
    reason: expect.stringContaining('below settings'),
  })
  expect(operations['user.get']).toMatchObject({ unsure: true, reason: expect.stringContaining('is a list') })
  const { confidence = 1, reason } = operations['analytics.get'] ?? {}
  expect(confidence).toBeLessThan(0.6)
  expect(reason).toMatch(/(else it is|would fit as well)/)
})

test('users without role, password or permission may be those who are written to: all that is done with them is marked', () => {
  const paths = (properties: object) => ({
    '/users': { get: list, post: { ...taking(properties), ...answering({ properties: { id: text } }) } },
  })
  expect(calls(paths({ email: text, phone: text }))).toEqual({
    'user.list': 'GET /users?',
    'user.create': 'POST /users?',
  })
  expect(calls(paths({ email: text, role: text }))).toEqual({
    'user.list': 'GET /users',
    'user.create': 'POST /users',
  })
})

test.each([
  [
    'a header parameter of most calls',
    { parameters: [{ name: 'X-Server-Token', in: 'header', required: true, schema: text }] },
    { headers: { 'X-Server-Token': variable('SENDER_KEY') } },
  ],
  [
    'Authorization as a parameter',
    { parameters: [{ name: 'Authorization', in: 'header' }] },
    { bearer: variable('SENDER_KEY') },
  ],
])('the credential, where no security scheme says it: %s', (_, parameters, credential) => {
  const { principals } = guessed({
    '/messages': { post: { ...taking({ to: texts }), ...parameters }, get: { ...list, ...parameters } },
    '/health': { get: {} },
  })
  expect(principals['sender']?.value).toMatchObject(credential)
})

test('the same in the query of most calls, which no operation puts there; a mailbox has no place in one', () => {
  const parameter = (name: string) => ({ name, in: 'query', required: true, schema: text })
  const parameters = [parameter('apikey')]
  const { operations, principals } = guessed({
    '/emails': { post: { ...taking({ to: texts }), ...answering({ properties: { id: text } }), parameters } },
    '/templates': { get: { ...list, parameters } },
    '/messages/send': { post: { parameters: [...parameters, parameter('to'), parameter('subject')] } },
  })
  expect(principals['sender']?.value).toMatchObject({ query: { apikey: key } })
  expect(operations).toMatchObject({
    'message.send': { unsure: false, value: { path: '/emails' } },
    'template.list': { unsure: false },
  })
  expect(operations['template.list']?.value.query).toBeUndefined()
})

const key = variable('SENDER_KEY')
const inAuthorization = { type: 'apiKey', in: 'header', name: 'Authorization' }

test.each([
  ['Token-based authentication with required prefix "Token"', { headers: { Authorization: `Token ${key}` } }],
  ['Write `Api-Key {your-key}` there', { headers: { Authorization: `Api-Key ${key}` } }],
  ['JWT Authorization header: "Bearer {token}"', { bearer: key }],
  ['The key that you were given', { bearer: key }],
])(
  'a key in Authorization has the word before it that its description says: %s',
  (description, credential) => {
    const securitySchemes = {
      oauth2: { type: 'oauth2', flows: {} },
      key: { ...inAuthorization, description },
    }
    const { principals } = guessed(
      { '/messages': { post: { ...taking({ to: texts }), security: [{ oauth2: [] }, { key: [] }] } } },
      { components: { securitySchemes } },
    )
    expect(principals['sender']?.value).toMatchObject(credential)
    expect(principals['sender']?.unsure).toBe(description.startsWith('The key'))
  },
)

test('a credential in every body is put there by its caller, and by no operation', async () => {
  const keyed = (properties: object) =>
    taking({ api_user: text, api_key: text, ...properties }, ['api_user', 'api_key'])
  const { operations, principals } = guessed({
    '/messages/send': { post: keyed({ to: texts, subject: text }) },
    '/templates/list': { post: { ...keyed({ label: text }), ...list } },
    '/users/info': { post: keyed({}) },
  })
  expect(principals['sender']).toMatchObject({
    unsure: true,
    value: { body: { api_user: variable('SENDER_USER'), api_key: variable('SENDER_KEY') } },
  })
  const body = operations['message.send']?.value.body ?? ''
  const written = await compile(body).evaluate(letter)
  expect(written).toMatchObject({ subject: 'Hello' })
  expect(Object.keys(Object(written)).filter((name) => name.startsWith('api_'))).toEqual([])
  expect(operations['message.send']?.reason).not.toContain('PUT IN WHAT IS MISSING')
  expect(operations['principal.get']?.value).toMatchObject({ method: 'POST', path: '/users/info' })
})

test('what is read only is not wanted of a request, and items are known by whatever they call their id', async () => {
  const contact = {
    properties: { pk: { type: 'integer', readOnly: true }, email: text, added: { ...text, readOnly: true } },
    required: ['pk', 'email', 'added'],
  }
  const { operations } = guessed({
    '/contacts': {
      post: { ...taking(contact.properties, contact.required), ...answering(contact) },
      get: answering({ properties: { results: { type: 'array', items: contact } } }),
    },
    '/contacts/{id}': { get: answering(contact) },
  })
  expect(operations['contact.create']).toMatchObject({ unsure: false, value: { result: { id: 'body.pk' } } })
  const { items = '' } = operations['contact.list']?.value.result ?? {}
  const body = { results: [{ pk: 7 }, null] }
  expect(await compile(items).evaluate({ body }, {})).toEqual([{ pk: 7, id: 7 }, null])
})

test('variables of a server have their defaults, in the paths as well', () => {
  const servers = [
    {
      url: 'https://{host}/{version}',
      variables: { host: { default: 'a.test' }, version: { enum: ['v4', 'v3'] } },
    },
  ]
  const { operations } = guessed({ '/messages': { post: taking({ to: texts }) } }, { servers })
  expect(operations['message.send']?.value.path).toBe('/v4/messages')
})

test('a call with a server of its own has the path of that, and is marked where that is another host', () => {
  const send = taking({ to: texts })
  const guess = (url: string) => {
    const { operations } = guessed(
      { '/messages': { servers: [{ url }], post: { ...send, ...answering({ properties: { id: text } }) } } },
      { servers: [{ url: 'https://a.test/v1' }] },
    )
    const { value, unsure } = operations['message.send'] ?? {}
    return [value?.path, unsure]
  }
  expect(guess('https://a.test/v2')).toEqual(['/v2/messages', false])
  expect(guess('/v3')).toEqual(['/v3/messages', false])
  expect(guess('https://send.a.test')).toEqual(['/messages', true])
})

test('an answer that says no by a member of its own, whatever its status', async () => {
  const answer = { properties: { ok: { type: 'boolean' }, id: text } }
  const { operations } = guessed({
    '/messages': { post: { ...taking({ to: texts }), ...answering(answer) } },
  })
  const accepted = compile(operations['message.send']?.value.accepted ?? '')
  const means = (status: number, body: object) => accepted.evaluate({ status, body }, {})
  expect(await means(200, { ok: true, id: '1' })).toBe(true)
  expect(await means(200, { id: '1' })).toBe(true)
  expect(await means(200, { ok: false, error: 'not_authed' })).toBe(false)
  expect(await means(401, {})).toBe(false)
  const refused = compile(operations['message.send']?.value.refused ?? '')
  expect(await refused.evaluate({ status: 200, body: { ok: false } }, {})).toBe(true)
  const { missing } =
    guessed({ '/messages/{id}': { get: answering(answer) } }).operations['message.get']?.value ?? {}
  expect(await compile(missing ?? '').evaluate({ status: 200, body: { ok: false } }, {})).toBe(true)
})

test('a role that is one of several constants', () => {
  const role = { oneOf: [{ const: 'admin' }, { const: 'member' }] }
  const { roles } = guessed({ '/users': { post: taking({ email: text, role }) } })
  expect(roles?.value).toEqual({ admin: '*' })
})

test.each([
  ['localhost', '/messages'],
  ['mail.shop.test:8443/v1/', '/v1/messages'],
  ['v1.0', '/v1.0/messages'],
  ['./v2', '/v2/messages'],
])('a host without its scheme is not taken for a folder: %s', (url, path) => {
  const { operations } = guessed({ '/messages': { post: taking({ to: texts }) } }, { servers: [{ url }] })
  expect(operations['message.send']?.value.path).toBe(path)
})
