import { expect, test } from 'vitest'
import { titleIn } from './forms.ts'
import { basicOf, challengeOf, metadataPlaces, newProof, saidIn, tokensIn } from './oauth.ts'
import { otherRedirects } from './redirect-uris.ts'

test('a challenge is that of RFC 7636, appendix B', () => {
  expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  )
  expect(newProof().verifier).toMatch(/^[\w-]{43}$/)
  expect(newProof().verifier).not.toBe(newProof().verifier)
})

test.each([
  [
    'https://auth.test',
    [
      'https://auth.test/.well-known/oauth-authorization-server',
      'https://auth.test/.well-known/openid-configuration',
    ],
  ],
  [
    'https://auth.test/',
    [
      'https://auth.test/.well-known/oauth-authorization-server',
      'https://auth.test/.well-known/openid-configuration',
    ],
  ],
  [
    'https://auth.test/a',
    [
      'https://auth.test/.well-known/oauth-authorization-server/a',
      'https://auth.test/a/.well-known/openid-configuration',
      'https://auth.test/a/.well-known/oauth-authorization-server',
    ],
  ],
])('the metadata of %s is looked for where the standards have it', (issuer, places) => {
  expect(metadataPlaces(issuer)).toEqual(places)
})

test('tokens are read from what a token endpoint answers, and from nothing else', () => {
  const body = (value: unknown) => tokensIn({ body: JSON.stringify(value) })
  expect(
    body({ access_token: 'a', token_type: 'DPoP', refresh_token: 'r', scope: 'x  y', expires_in: '60' }),
  ).toEqual({
    ...{ access: 'a', type: 'DPoP', refresh: 'r', scopes: ['x', 'y'], expiresIn: 60 },
  })
  expect(body({ access_token: 'a' })).toEqual({
    access: 'a',
    type: 'Bearer',
    refresh: null,
    scopes: null,
    expiresIn: null,
  })
  for (const none of [{ access_token: '' }, { access_token: 7 }, { error: 'x' }, [], 'a', null])
    expect(body(none)).toBeNull()
  expect(tokensIn({ body: '<html>' })).toBeNull()
  expect(tokensIn(null)).toBeNull()
})

test('an answer is read from query, fragment and form', () => {
  const said = saidIn(new URL('https://app.test/?code=a#state=b&access_token=c'), [['iss', 'd']])
  expect([...said.keys()]).toEqual(['code', 'state', 'access_token', 'iss'])
})

test('id and secret are form-encoded in Basic (RFC 6749 §2.3.1)', () => {
  expect(Buffer.from(basicOf('a b', 'c:d+é').slice(6), 'base64').toString()).toBe('a+b:c%3Ad%2B%C3%A9')
})

test('no variant of a redirect URI leads to the registered one, and each to somewhere else', () => {
  for (const registered of [
    'https://app.test/callback',
    'https://app.test',
    'http://127.0.0.1/callback',
    'https://app.test:8444/a/b?c=d',
    'com.example:/cb',
  ]) {
    const variants = otherRedirects(registered, { isNative: false })
    const single = variants.filter(({ uris }) => uris.length === 1).map(({ uris }) => uris[0] ?? '')
    expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length)
    const own = new URL(registered).href
    for (const uri of single) expect(URL.parse(uri)?.href).not.toBe(own)
  }
  const ports = (isNative: boolean) =>
    otherRedirects('http://127.0.0.1/callback', { isNative }).some(({ name }) => name === 'another port')
  expect([ports(true), ports(false)]).toEqual([false, true])
})

test('a page is known by its title, else its first heading', () => {
  expect(titleIn('<title> Sign \n in </title><h1>x</h1>')).toBe('Sign in')
  expect(titleIn('<h1>Consent</h1>')).toBe('Consent')
  expect(titleIn('')).toBe('')
})
