import escapeStringRegexp from 'escape-string-regexp'
import { expect, test } from 'vitest'
import type { ComesUp, Profile } from '../profile/shape.ts'
import { limitsOf } from './limits.ts'

const profileWith = (route: 'mx' | 'relay' | null, mails?: number) =>
  ({
    target: { url: 'https://api.example.com/v2', timeout: 30 },
    mail: route === null ? {} : { recipients: { route } },
    operations: {
      'message.send': {
        ...{ sends: true, method: 'POST' },
        ...{ path: '/users/{id}/send', pathWith: { template: '/by/template' } },
      },
      'message.batch': { sends: true, method: 'POST', path: '/batch', pathWith: {} },
    },
    ...(mails === undefined ? {} : { budget: { mails } }),
  }) as unknown as Profile

const limits = (
  profile: Profile,
  reach: 'safe' | 'intrusive' | 'disruptive',
  comesUp: ComesUp = 'external',
) => limitsOf(profile, { reach, comesUp, exclude: [] })

test.each([
  ['safe', 'relay', 'external', ['GET'], 'HeldBack', /--reach intrusive/],
  ['safe', 'mx', 'external', ['GET'], 'NotApplicable', /recipients\.route: relay/],
  ['intrusive', 'relay', 'external', ['GET', 'POST'], null, null],
  ['disruptive', 'relay', 'external', ['GET', 'POST', 'DELETE'], null, null],
  ['disruptive', 'mx', 'external', ['GET'], 'NotApplicable', /recipients\.route: relay/],
  ['intrusive', 'mx', 'container', ['GET', 'POST'], null, null],
  ['intrusive', null, 'command', ['GET'], 'NotApplicable', /recipients\.route: relay/],
] as const)('at %s, with mail by %s, a target that is %s', (reach, route, comesUp, methods, name, why) => {
  const { keeps, noActiveScan } = limits(profileWith(route), reach, comesUp)
  expect(['GET', 'POST', 'DELETE'].filter((method) => keeps(method, '/v2/things'))).toEqual(methods)
  if (why === null) expect(noActiveScan).toBeNull()
  else expect(noActiveScan).toMatchObject({ name, message: expect.stringMatching(why) })
})

test('what the profile excludes is not even imported', () => {
  const exclude = [String.raw`https://api\.example\.com/v2/users.*`]
  const { keeps } = limitsOf(profileWith('relay'), { reach: 'intrusive', comesUp: 'external', exclude })
  expect(keeps('GET', '/v2/users/{id}')).toBe(false)
  expect(keeps('GET', '/v2/things?of=/v2/users')).toBe(true)
})

test('where mails are counted, the calls that send them are left out', () => {
  const { keeps, excluded } = limits(profileWith('relay', 10), 'intrusive')
  expect(keeps('POST', '/v2/users/{user}/send')).toBe(false)
  expect(keeps('POST', '/v2/users/{user}/keys')).toBe(true)
  expect(keeps('POST', '/v2/by/template')).toBe(false)
  expect(keeps('POST', '/v2/batch')).toBe(false)
  expect(excluded).toEqual([
    String.raw`^\Qhttps://api.example.com\E\Q/v2/users/\E[^/?#]+\Q/send\E(?:[?#].*)?$`,
    String.raw`^\Qhttps://api.example.com\E\Q/v2/by/template\E(?:[?#].*)?$`,
    String.raw`^\Qhttps://api.example.com\E\Q/v2/batch\E(?:[?#].*)?$`,
  ])
  expect(limits(profileWith('relay'), 'intrusive').excluded).toEqual([])
})

test('the scope is the target’s url, and nothing that only begins like it', () => {
  const { included } = limits(profileWith('relay'), 'safe')
  const asHere = new RegExp(included.replace(/\\Q(.*?)\\E/g, (_, text: string) => escapeStringRegexp(text)))
  expect(asHere.test('https://api.example.com/v2/x?y')).toBe(true)
  for (const url of [
    'https://api.example.com/v20',
    'https://api.example.com.evil.org/v2/',
    'https://apiXexample.com/v2',
  ])
    expect(asHere.test(url)).toBe(false)
})
