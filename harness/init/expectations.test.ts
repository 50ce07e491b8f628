import { expect, test } from 'vitest'
import { parseOpenApi } from '../api/openapi.ts'
import { operations } from '../profile/operations.ts'
import { guessesOf, judged, readExpectations, unknownCalls } from './expectations.ts'
import { guessProfile } from './first-profile.ts'

const source = { repository: 'a/b', path: 'openapi.json', commit: 'c' }
const expected = {
  source,
  sha256: '',
  operations: {
    'message.send': ['POST /send', 'POST /messages'],
    'message.list': 'GET /messages',
    'key.list': 'GET /keys',
  },
  arguable: { 'audit.list': 'GET /logs' },
}
const guess = (operation: string, guessed: string, unsure = false) => ({ operation, guessed, unsure })

test('right is any of the calls that are expected; arguable guesses count for nothing', () => {
  const guesses = [
    guess('message.send', 'POST /messages', true),
    guess('message.list', 'GET /events'),
    guess('audit.list', 'GET /logs'),
    guess('user.list', 'GET /people', true),
  ]
  expect(judged(expected, guesses)).toEqual({
    expected: 3,
    sure: { right: 0, wrong: 1 },
    unsure: { right: 1, wrong: 1 },
    wrong: [guesses[1], guesses[3]],
    missed: ['message.list', 'key.list'],
  })
})

test('calls are compared as the document has them, and those it has not are named', () => {
  const schema = { properties: { to: { type: 'string' } } }
  const post = { requestBody: { content: { 'application/json': { schema } } } }
  const paths = { '/send': { post }, '/messages': { get: {} } }
  const document = { openapi: '3.1.0', info: { title: 't', version: '1' }, servers: [{ url: '/v1' }], paths }
  const api = parseOpenApi(JSON.stringify(document), 'test')
  expect(guessesOf(guessProfile(api))).toEqual([
    // The document says nothing of its answer.
    guess('message.send', 'POST /send', true),
    guess('message.list', 'GET /messages'),
  ])
  expect(unknownCalls(expected, api)).toEqual(['POST /messages', 'GET /keys', 'GET /logs'])
})

test('the table speaks of operations of ours, and says of each document where it is public and which text was judged', async () => {
  const table = Object.entries(await readExpectations())
  expect(table.length).toBeGreaterThanOrEqual(25)
  for (const [name, { source, sha256, operations: ours, arguable = {} }] of table) {
    expect({ name, sha256 }).toEqual({ name, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect('repository' in source ? source.commit : source.package).toMatch(/^[0-9a-f]{40}$|@\d/)
    for (const operation of [...Object.keys(ours), ...Object.keys(arguable)])
      expect(operations, `${name}: ${operation}`).toHaveProperty([operation])
    for (const call of [ours, arguable].flatMap((calls) => Object.values(calls).flat()))
      expect(call, name).toMatch(/^(GET|POST|PUT|PATCH|DELETE) \//)
  }
})
