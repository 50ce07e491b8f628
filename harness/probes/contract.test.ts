import { describe, expect, test } from 'vitest'
import { mediaFor, responseFor, undocumentedIn, violationOf } from './contract.ts'

const ok = { description: 'fine' }
const other = { description: 'a refusal' }

describe('what a document says of a status', () => {
  test.each([
    [{ 200: ok }, 200, ok],
    [{ 200: ok }, 203, null],
    [{ '2XX': ok }, 203, ok],
    [{ '2xx': ok }, 203, ok],
    [{ default: other }, 200, other],
    [{ 200: ok, default: other }, 203, null],
    [{ 200: ok, default: other }, 404, other],
    [{}, 200, null],
  ])('%j, %d', (responses, status, said) => {
    expect(responseFor(responses, status)).toBe(said)
  })
})

test('the nearest type is the one that is documented, whatever its parameters', () => {
  const json = { schema: { type: 'object' } }
  const any = { schema: {} }
  const content = { '*/*': any, 'Application/JSON; charset=utf-8': json }
  expect(mediaFor(content, 'application/json')).toBe(json)
  expect(mediaFor(content, 'text/html; charset=utf-8')).toBe(any)
  expect(mediaFor({ 'application/*': json }, 'application/problem+json')).toBe(json)
  expect(mediaFor({ 'application/json': json }, 'text/html')).toBeNull()
  expect(mediaFor({ 'application/json': json }, '')).toBeNull()
})

const text = { type: 'string' }
const user = { type: 'object', required: ['id'], properties: { id: text, age: { type: 'integer' } } }
const page = {
  type: 'object',
  properties: { data: { type: 'array', items: user }, next: { type: ['string', 'null'] } },
}

describe('an answer is held against its schema', () => {
  test.each<[string, unknown, unknown]>([
    ['a number for a text', user, { id: 1 }],
    ['a member that is missing', user, { age: 1 }],
    ['within a list', page, { data: [{ id: 'a' }, { id: 'b', age: 'old' }] }],
    ['another word', { enum: ['a', 'b'] }, 'c'],
    ['a text that is too long', { type: 'string', maxLength: 3 }, 'abcd'],
    ['none of several', { anyOf: [text, { type: 'null' }] }, 1],
    ['one of those that it is put together of', { allOf: [user, { required: ['name'] }] }, { id: 'a' }],
    ['an item of a map', { type: 'object', additionalProperties: text }, { a: 1 }],
  ])('%s', (_, schema, value) => {
    expect(violationOf(schema, value)).toMatch(/must/)
  })

  test.each<[string, unknown, unknown]>([
    ['as described', page, { data: [{ id: 'a', age: 1 }], next: null }],
    ['null where 3.0 allows it', { type: 'string', enum: ['a'], nullable: true }, null],
    ['what overlaps', { oneOf: [{ type: 'object' }, user] }, { id: 'a' }],
    [
      'what only requests have',
      { required: ['password'], properties: { password: { writeOnly: true } } },
      {},
    ],
    ['a format', { type: 'string', format: 'email' }, 'x'],
    ['a pattern', { type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(50)}!`],
    ['a reference that leads elsewhere', { $ref: 'https://elsewhere.test/x' }, 1],
    ['a schema that is none', { type: 'banana', maxLength: -1, properties: 3, allOf: 'x', required: [1] }, 1],
    ['no schema', true, 1],
  ])('%s is no violation', (_, schema, value) => {
    expect(violationOf(schema, value)).toBeNull()
  })

  test('no value stands in what is said', () => {
    expect(
      violationOf({ type: 'object', properties: { a: { const: 'x' } } }, { a: 'secret-value' }),
    ).not.toContain('secret')
  })
})

const paths = (schema: unknown, value: unknown) => undocumentedIn(schema, value).map(({ path }) => path)

describe('members that no schema names', () => {
  test.each<[string, unknown, unknown, string[]]>([
    ['of an object', user, { id: 'a', name: 'b' }, ['name']],
    [
      'of items, the sensitive first',
      page,
      { data: [{ id: 'a', x: 1, password_hash: 'b' }] },
      ['data[].password_hash', 'data[].x'],
    ],
    [
      'of what it is put together of',
      { allOf: [user, { properties: { name: text } }] },
      { id: 'a', name: 'b', c: 1 },
      ['c'],
    ],
    [
      'of none of several',
      { oneOf: [user, { type: 'object', properties: { code: text } }] },
      { code: 'a', d: 1 },
      ['d'],
    ],
    ['null is no other choice', { anyOf: [user, { type: 'null' }] }, { id: 'a', d: 1 }, ['d']],
    [
      'what only requests have',
      { properties: { password: { ...text, writeOnly: true } } },
      { password: 'a' },
      ['password'],
    ],
    ['where there may be others', { ...user, additionalProperties: true }, { id: 'a', d: 1 }, []],
    ['of a map', { type: 'object', additionalProperties: user }, { a: { id: 'a' } }, []],
    ['where nothing is said', { type: 'object' }, { a: 1 }, []],
    ['where one of several may be anything', { anyOf: [user, { type: 'object' }] }, { d: 1 }, []],
    ['of the wrong kind', user, [1], []],
  ])('%s', (_, schema, value, found) => {
    expect(paths(schema, value)).toEqual(found)
  })

  test.each([
    'password',
    'passwordHash',
    'api_key',
    'client_secret',
    'access_token',
    'internal_notes',
    'otp',
    'token',
  ])('%s is for the inside', (name) => {
    expect(undocumentedIn(user, { id: 'a', [name]: 'x' })).toMatchObject([{ isSensitive: true }])
  })

  test.each(['next_page_token', 'pageToken', 'hashtag', 'tokens_used', 'passenger', 'name'])(
    '%s is not',
    (name) => {
      expect(undocumentedIn(user, { id: 'a', [name]: 'x' })).toMatchObject([{ isSensitive: false }])
    },
  )
})

test('no schema makes it run for long: round in circles, wide, deep, or with a pattern that never ends', () => {
  const round: Record<string, unknown> = { type: 'object' }
  round['properties'] = { a: round, b: round, c: round }
  round['anyOf'] = [round, round]
  const wide = { anyOf: Array.from({ length: 5000 }, () => user) }
  const many = { properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`p${n}`, user])) }
  let deep: unknown = text
  for (let n = 0; n < 5000; n++) deep = { type: 'array', items: deep }
  let nested: unknown = 1
  for (let n = 0; n < 150; n++) nested = { a: nested }
  const started = performance.now()
  for (const schema of [round, wide, many, deep])
    for (const value of [nested, { a: [nested] }, Array.from({ length: 1000 }, () => nested)]) {
      violationOf(schema, value)
      undocumentedIn(schema, value)
    }
  expect(performance.now() - started).toBeLessThan(10_000)
})
