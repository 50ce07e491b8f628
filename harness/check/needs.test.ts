import { expect, test } from 'vitest'
import type { Profile } from '../profile/shape.ts'
import { missing } from './needs.ts'

test.each([
  ['neighbor', 'profile declares no principal neighbour: is it what it calls neighbor?'],
  // One of our own names for another.
  ['reader', 'profile declares no principal neighbour'],
])('a principal %s where a neighbour is needed: %s', (name, says) => {
  const profile = { target: {}, principals: { [name]: {} } } as unknown as Profile
  expect(missing(['principal:neighbour'], profile)).toBe(says)
})

test('our names are no slips of one another', () => {
  const profile = { target: {}, principals: { reader: {}, sender: {} } } as unknown as Profile
  expect(missing(['principal:reader', 'principal:sender'], profile)).toBeNull()
  const { sender } = profile.principals
  expect(missing(['principal:reader'], { ...profile, principals: { sender } } as Profile)).toBe(
    'profile declares no principal reader',
  )
})

const alone = {
  ...{
    target: { submissionAlone: true, url: 'smtp://mail.test:587' },
    principals: {},
    operations: {},
    policies: {},
  },
  mail: {
    from: 'a@own.test',
    recipients: { route: 'relay' },
    submission: { host: 'mail.test', starttls: 587 },
  },
} as unknown as Profile

test.each([['message.send:subject'], ['principal:admin'], ['profile:scopes'], ['http'], ['jwt']])(
  'a submission service alone is no place for what needs %s, which takes HTTP',
  (need) => {
    expect(missing([need, 'dns'], alone)).toBe(
      'the target is a submission service alone, and this takes an HTTP API',
    )
  },
)

test('a submission service alone sends, and lacks what any target lacks that does not declare it', () => {
  expect(missing(['sending', 'wire', 'tls', 'submission:starttls'], alone)).toBeNull()
  expect(missing(['submission:implicit'], alone)).toBe('profile declares no target.submission.implicit')
  const { submission: _, ...mail } = alone.mail
  const silent = { ...alone, target: { url: 'http://127.0.0.1:1' }, mail } as unknown as Profile
  expect(missing(['sending'], silent)).toBe('profile declares no message.send and no mail.submission')
})

test('what is missing of a list is named as the list is in a profile', () => {
  const profile = { target: {}, mail: { domains: [] } } as unknown as Profile
  expect(missing(['profile:mail.domains.0'], profile)).toBe('profile declares no mail.domains')
})

test('what is missing for two needs is said once', () => {
  const profile = { target: {}, operations: {} } as unknown as Profile
  expect(missing(['session.create:email', 'session.create:password', 'key.create'], profile)).toBe(
    'profile declares no session.create; profile declares no key.create',
  )
})

test.each([
  [{ bearer: 'sk_live_0123456789' }, false],
  [{ bearer: 'SG.abcdefgh.ijklmnop' }, false],
  [{ basic: { username: 'a', password: 'b' } }, false],
  [{ bearer: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA' }, true],
  [{ headers: { cookie: 'theme=dark; session=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA' } }, true],
  [{ basic: { username: 'a', password: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA' } }, true],
  [{ body: { client: 'a', token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA' } }, true],
  [{ headers: { authorization: 'token admin:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA' } }, true],
  [{ bearer: 'admin-key.test' }, true],
  [{ session: { input: {} } }, true],
])('a caller by %j may show a JSON Web Token: %j', (admin, may) => {
  const profile = { target: {}, principals: { admin } } as unknown as Profile
  expect(missing(['token:admin'], profile)).toBe(may ? null : 'the credential of admin is no JSON Web Token')
})
