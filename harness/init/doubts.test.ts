import { expect, test } from 'vitest'
import { compile } from '../profile/expressions.ts'
import { answering, calls, guessed, list, taking, text, texts } from './sample-paths.testing.ts'

/** What makes a guess doubtful, or none: each document is as small as it can be. */

test('what is done with one thing stands together', () => {
  const one = { get: answering({ properties: { id: text } }) }
  expect(
    calls({
      '/send': { post: taking({ to: texts, subject: text }) },
      '/directory/contacts/{id}': one,
      '/people/contacts': { get: list, post: taking({ email: text }) },
      '/people/contacts/{id}': { ...one, delete: {} },
    })['contact.get'],
  ).toMatch(/^GET \/people\/contacts\/\{id\}/)
})

test('below what callers have of their own a guess is marked, below anything else there is none', () => {
  const below = (parameter: string) =>
    calls({
      '/send': { post: taking({ to: texts, subject: text }) },
      [`/contacts/{${parameter}}/keys`]: { get: list },
    })['key.list']
  expect(below('account_id')).toBe('GET /contacts/{principal.accountid}/keys?')
  expect(below('device')).toBeUndefined()
})

test('what says others too is left out below something special, and where mail is sent below it', () => {
  const send = { post: taking({ to: texts, subject: text }) }
  const paths = { '/2fa/credentials': { get: list }, '/settings/identities': { get: list } }
  expect(Object.keys(calls({ '/send': send, ...paths }))).toEqual(['message.send'])
  const account = { '/account': { post: taking({ email: text, password: text }) } }
  expect(calls({ '/account/{account}/submit': send, ...account })).not.toHaveProperty(['user.create'])
  expect(calls({ '/submit': send, ...account })).toHaveProperty(['user.create'])
  const members = { '/lists/{list}/members': { get: list } }
  expect(calls({ '/send': send, ...members })).not.toHaveProperty(['user.list'])
})

test('messages of a document that sends none, and such as are called otherwise than what is sent, are marked', () => {
  const get = answering({ properties: { id: text } })
  expect(calls({ '/emails/{id}': { get } })).toEqual({ 'message.get': 'GET /emails/{id}?' })
  const post = { ...taking({ to: texts, subject: text }), ...get }
  expect(calls({ '/emails': { post }, '/emails/{id}': { get } })['message.get']).toBe('GET /emails/{id}')
  expect(calls({ '/send': { post }, '/campaign-emails/{id}': { get } })['message.get']).toBeUndefined()
  expect(calls({ '/send': { post }, '/draft-emails/{id}': { get } })['message.get']).toMatch(/\?$/)
})

test('what deletes a message calls it off where it says so; a message that is kept is not sent by its id', () => {
  const post = taking({ to: texts, subject: text })
  const own = '/users/{user}/messages/{message}'
  expect(calls({ '/send': { post }, '/messages/{id}': { delete: {} } })).not.toHaveProperty([
    'message.cancel',
  ])
  expect(calls({ '/send': { post }, '/queue/messages/{id}': { delete: {} } })).toHaveProperty([
    'message.cancel',
  ])
  expect(calls({ '/users/{user}/submit': { post }, [`${own}/submit`]: { post } })['message.send']).toMatch(
    /^POST \/users\/\{principal.user\}\/submit/,
  )
})

test('lists of an API of verbs are POSTs with nothing to say; an item without an address is no suppression', () => {
  const post = { ...taking({ note: text }), ...list }
  const others = Object.fromEntries(['a', 'b', 'c'].map((name) => [`/hooks/${name}`, { post: {} }]))
  const of = (more: object) => calls({ '/senders/domains': { post }, ...others, ...more })['domain.list']
  expect(of({})).toMatch(/^POST \/senders\/domains/)
  expect(of({ '/d': { get: {} }, '/e': { get: {} }, '/f': { get: {} } })).toBeUndefined()

  const blocked = (items: object) =>
    calls({ '/blocklists': { get: answering({ properties: { data: { type: 'array', items } } }) } })
  expect(blocked({ properties: { count: text } })['suppression.list']).toBe('GET /blocklists?')
  expect(blocked({ properties: { email: text } })['suppression.list']).toBe('GET /blocklists')
})

test('an object that has a name alone is named by it, whatever else a change carries', async () => {
  const { operations } = guessed({ '/templates/update': { post: taking({ name: text, subject: text }) } })
  const { body = '' } = operations['template.update']?.value ?? {}
  expect(await compile(body).evaluate({ id: 't1', subject: 'Hello' })).toEqual({
    name: 't1',
    subject: 'Hello',
  })
})

test('a parameter is no verb, and a verb before a name no part of it', () => {
  const put = taking({ to: texts, subject: text })
  expect(calls({ '/settings/sendAs/{sendEmail}': { put } })).toEqual({})
  expect(calls({ '/senders/delete-domain': { post: taking({ domain: text }) } })).not.toHaveProperty([
    'domain.create',
  ])
})

test('a list is of what it lists, and users that are only changed are told by what is changed of them', () => {
  const other = answering({ properties: { id: text } })
  expect(
    calls({
      '/suppression-list': { get: list },
      '/suppression-list/{recipient}': { put: taking({ description: text }), delete: {} },
      '/emails/scheduled/{id}': { delete: { summary: 'Cancel a scheduled email' } },
      '/domain/view': { post: { ...taking({ domain: text }), ...other } },
    }),
  ).toMatchObject({
    'suppression.list': 'GET /suppression-list',
    'suppression.delete': 'DELETE /suppression-list/{email}',
    'message.cancel': expect.stringMatching('^DELETE /emails/scheduled/\\{id\\}'),
    'domain.get': expect.stringMatching('^POST /domain/view'),
  })
  const put = taking({ email: text, phone: text })
  expect(calls({ '/users': { get: list }, '/users/{id}': { get: other, put } })).toEqual({
    'user.list': 'GET /users?',
    'user.get': 'GET /users/{id}?',
    'user.update': 'PUT /users/{id}?',
  })
})
