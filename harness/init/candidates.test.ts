import { expect, test } from 'vitest'
import { parseOpenApi } from '../api/openapi.ts'
import { mayBeSends } from './candidates.ts'

test('where no call is seen to send, those are named that may, by path, name and tag', () => {
  const call = (more: object = {}) => ({ ...more, responses: { 200: { description: 'ok' } } })
  const paths = {
    '/lists': { post: call({ tags: ['Lists'] }), get: call() },
    '/campaigns/{id}/test': { post: call({ operationId: 'sendTestCampaign' }) },
    '/tx': { post: call({ tags: ['Transactional'], operationId: 'transactWithSubscriber' }) },
    '/messages': { get: call() },
    '/email-providers': { post: call({ tags: ['Mail'] }) },
    '/drafts/{id}/send/': { post: call() },
    '/maintenance/{type}': { post: call() },
  }
  const text = JSON.stringify({ openapi: '3.1.0', info: { title: 't', version: '1' }, paths })
  expect(mayBeSends(parseOpenApi(text, 'test'))).toEqual([
    ...['POST /drafts/{id}/send/', 'POST /tx', 'POST /email-providers', 'POST /campaigns/{id}/test'],
  ])
})
