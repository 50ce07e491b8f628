// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so they stand in examples
import { expect, test } from 'vitest'
import { parseOpenApi } from '../api/openapi.ts'
import { compile } from '../profile/expressions.ts'
import { furtherCalls } from './further-calls.ts'

const text = { type: 'string' }
const object = (properties: object, required: string[] = []) => ({ type: 'object', properties, required })
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const answer = (schema: object) => ({ responses: { 200: { description: '', ...json(schema) } } })
const hook = object({ webhook_id: text, url: { type: 'string', format: 'uri' } })

const paths = {
  '/v1/webhooks': {
    get: {
      parameters: [{ name: 'per_page', in: 'query', schema: { type: 'integer' } }],
      ...answer(object({ data: { type: 'array', items: hook }, next_cursor: text })),
    },
    post: {
      security: [{ bearer: ['hooks:write'] }],
      requestBody: json(
        object(
          {
            ...{
              name: text,
              url: { type: 'string', format: 'uri' },
              contact: { type: 'string', format: 'email' },
            },
            ...{ events: { type: 'array', items: { type: 'string', enum: ['bounce', 'open'] } }, note: text },
            'x-limit': { type: 'integer', minimum: 5 },
          },
          ['name', 'url', 'contact', 'events', 'x-limit'],
        ),
      ),
      ...answer(hook),
    },
  },
  '/v1/webhooks/{webhook_id}': {
    get: answer(hook),
    delete: {},
    patch: { requestBody: json(object({ name: text })) },
  },
  '/v1/webhooks/{webhook_id}/deliveries': { get: answer({ type: 'array', items: object({ id: text }) }) },
  '/v1/webhooks/{webhook_id}/deliveries/{id}': { get: {} },
  '/v1/templates': { post: { requestBody: json(object({ name: text })) } },
  '/v1/templates/{id}/versions': { get: {} },
  '/v1/lists.archive': { post: { requestBody: json(object({ list: text }, ['list'])) } },
  '/v1/status': { get: { security: [] } },
  '/v1/logout': { get: {}, post: {} },
  '/v1/account/verify': { get: {} },
  '/v1/invoices': { get: answer({}), post: {} },
  '/v1/notes': { post: { requestBody: json(object({ name: text })) } },
  '/v1/reports': {
    get: { parameters: [{ name: 'day', in: 'query', required: true, schema: { ...text, format: 'date' } }] },
  },
  '/v1/analytics': { get: answer(object({ sent: { type: 'integer' } })) },
}

const further = (declared: object = {}, except: string[] = [], more: object = {}) =>
  furtherCalls(
    parseOpenApi(
      JSON.stringify({
        openapi: '3.1.0',
        info: { title: 'x', version: '1' },
        security: [{ bearer: [] }],
        paths,
        ...more,
      }),
      'x',
    ).operations,
    {
      target: { url: 'http://127.0.0.1:1/' },
      principals: { admin: {}, anonymous: { none: true } },
      operations: {},
      ...declared,
    },
    except,
  )

const left = (calls: ReturnType<typeof further>, call: string) =>
  calls.left.find((each) => each.call === call)?.why

test('each call of a document is an operation whose kind is that of the objects under its path', () => {
  const { operations } = further()
  const nature = ({ method, path, effect }: { method: string; path: string; effect?: string }) =>
    `${effect}: ${method} ${path}`
  expect(Object.fromEntries(Object.entries(operations).map(([name, data]) => [name, nature(data)]))).toEqual({
    'webhooks.list': 'read: GET /v1/webhooks',
    'webhooks.create': 'create: POST /v1/webhooks',
    'webhooks.get': 'read: GET /v1/webhooks/{id}',
    'webhooks.update': 'change: PATCH /v1/webhooks/{id}',
    'webhooks.delete': 'delete: DELETE /v1/webhooks/{id}',
    'webhooks.get-deliveries': 'read: GET /v1/webhooks/{id}/deliveries',
    'templates.get-versions': 'read: GET /v1/templates/{id}/versions',
    'lists.archive': 'change: POST /v1/lists.archive',
    'status.read': 'read: GET /v1/status',
    'invoices.list': 'read: GET /v1/invoices',
    'analytics-of-document.read': 'read: GET /v1/analytics',
  })
})

test('what it is called with is fresh, and leads nowhere: the document says the rest', async () => {
  const { operations } = further()
  const { 'webhooks.create': create } = operations
  expect(create?.example).toEqual({
    ...{
      name: '${mark}',
      url: 'https://postern.invalid/',
      contact: '${address}',
      events: ['bounce'],
      x_limit: 5,
    },
  })
  expect(await compile(create?.body ?? '').evaluate({ name: 'a', x_limit: 5 })).toEqual({
    name: 'a',
    'x-limit': 5,
  })
  expect(operations['webhooks.list']?.query).toEqual({ per_page: '{limit}' })
})

test('what a list shows has an id by the name that paths give it, and so has what is made', async () => {
  const { operations } = further()
  const evaluated = (name: string, result: string, body: unknown) =>
    compile(operations[name]?.result?.[result] ?? '').evaluate({ body })
  expect(await evaluated('webhooks.list', 'items', { data: [{ webhook_id: 'a' }] })).toMatchObject([
    { id: 'a' },
  ])
  expect(await evaluated('webhooks.list', 'items', { data: [] })).toEqual([])
  expect(await evaluated('webhooks.create', 'id', { webhook_id: 'b' })).toBe('b')
  // Of what no schema is given for, the usual places.
  for (const body of [[{ id: 7 }], { data: [{ id: 7 }] }, { invoices: [{ uuid: 7 }] }])
    expect(await evaluated('invoices.list', 'items', body)).toMatchObject([{ id: 7 }])
})

test('what is not known enough, costs, ends a session or stays is left out, and told', () => {
  const calls = further()
  expect(left(calls, 'GET /v1/logout')).toMatch(/end the session/)
  expect(left(calls, 'GET /v1/account/verify')).toMatch(/changes something/)
  expect(left(calls, 'POST /v1/invoices')).toMatch(/cost money/)
  expect(left(calls, 'POST /v1/notes')).toMatch(/no call of the document is known to delete that/)
  expect(left(calls, 'GET /v1/reports')).toMatch(/no value for day/)
  expect(left(calls, 'GET /v1/webhooks/{webhook_id}/deliveries/{id}')).toMatch(/which webhook_id/)
})

test('what the profile maps is not taken up again, and lends its kind to what stands behind its objects', () => {
  const create = { method: 'POST', path: '/templates', body: '{"name": name}' }
  const get = { method: 'GET', path: '/templates/{id}' }
  const { operations, left } = further({
    target: { url: 'http://127.0.0.1:1/v1/' },
    operations: { 'template.create': create, 'template.get': get },
  })
  expect(Object.keys(operations)).toContain('template.get-versions')
  expect(operations['template.get-versions']?.path).toBe('/templates/{id}/versions')
  expect(Object.values(operations).map(({ path }) => path)).not.toContain('/templates')
  expect(left.map(({ call }) => call)).not.toContain('POST /v1/templates')
})

test('a value of whoever calls stands where a path asks whose it is', () => {
  const { operations } = further({
    principals: { admin: { values: { webhookId: 'wh_1' } }, anonymous: { none: true } },
  })
  expect(operations['webhooks-deliveries.get']?.path).toBe(
    '/v1/webhooks/{principal.webhookId}/deliveries/{id}',
  )
})

test('what the document says of credentials and scopes is kept: nothing, no, and which', () => {
  const { operations, scopes } = further({ scopes: { 'hooks:write': [], other: [] } })
  expect(scopes).toEqual({ 'hooks:write': ['webhooks.create'] })
  expect(operations['webhooks.list']?.documented).toEqual({ asks: true })
  expect(operations['status.read']).toMatchObject({ as: 'anonymous', documented: { asks: false } })
  const unsaid = further({}, [], {
    security: undefined,
    paths: { '/a': { get: {} }, '/b': { get: { security: [{ x: [] }] } } },
  })
  expect(Object.values(unsaid.operations).map(({ documented }) => documented?.asks)).toEqual([false, true])
})

test('calls that are excepted are made by nobody, and a pattern that fits none is told', () => {
  const { operations, unfit } = further({}, [
    '/v1/webhooks*',
    'GET /v1/status',
    'DELETE /v1/status',
    '/v1/nothing*',
  ])
  expect(Object.keys(operations).filter((name) => /webhooks|status/.test(name))).toEqual([])
  expect(unfit).toEqual(['DELETE /v1/status', '/v1/nothing*'])
})

test('a hostile document makes no operation that could mean something', () => {
  const { operations } = further({}, [], {
    paths: {
      '/v1/${env:HOME}/x': { get: {} },
      '/v1/__proto__': { get: {} },
      [`/${'a/'.repeat(500)}`]: { get: {} },
      '/v1/x{id}y{id}': { get: {} },
      '/v1/ok': {
        get: {
          parameters: [{ name: '"]}${env:HOME}', in: 'query', required: true, schema: { default: 'x' } }],
        },
      },
    },
  })
  expect(JSON.stringify(operations)).not.toContain('env:')
})

test('what the document has no JSON for is asked for as it is', () => {
  const media = (...types: string[]) => ({
    responses: { 200: { description: '', content: Object.fromEntries(types.map((type) => [type, {}])) } },
  })
  const { operations } = further({}, [], {
    paths: {
      '/v1/reports/export': { get: media('text/csv') },
      '/v1/reports/sent': { get: media('text/csv', 'application/json') },
      '/v1/reports/any': { get: media('*/*', 'text/x\r\nX-Evil: 1') },
    },
  })
  const accepted = Object.values(operations).flatMap(({ path, headers }) =>
    String(path).startsWith('/v1/reports/') ? [[path, headers]] : [],
  )
  expect(accepted).toEqual([
    ['/v1/reports/export', { Accept: 'text/csv' }],
    ['/v1/reports/sent', undefined],
    ['/v1/reports/any', undefined],
  ])
})
