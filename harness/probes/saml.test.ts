import { generateKeyPairSync } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { SignedXml } from 'xml-crypto'
import { claimsNow, requestIn } from './saml.ts'
import { forgedSignatures, misusedAnswers, ownXml, wrappings } from './saml-forgeries.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = (key: typeof keys.privateKey) => String(key.export({ format: 'pem', type: 'pkcs8' }))
const publicKey = String(keys.publicKey.export({ format: 'pem', type: 'spki' }))
const own = claimsNow({
  ...{ issuer: 'https://idp.example/?a=1&b=2', subject: 'own@a.example', audience: 'urn:example:sp' },
  ...{ recipient: 'https://sp.example/acs', inResponseTo: '_1' },
})
const ground = {
  ...{ own, victim: { ...own, subject: 'victim@a.example' } },
  provider: { key: pem(keys.privateKey), certificate: null },
  other: { key: pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey), certificate: null },
}

/** What the provider’s key has signed of a document, by the library that programs verify with; `null` for nothing. */
function signedIn(xml: string): string | null {
  const signature = /<ds:Signature .*?<\/ds:Signature>/s.exec(xml)?.[0]
  if (signature === undefined) return null
  const verifier = new SignedXml({ publicCert: publicKey, getCertFromKeyInfo: () => null })
  try {
    verifier.loadSignature(signature)
    return verifier.checkSignature(xml) ? (verifier.getSignedReferences()[0] ?? null) : null
  } catch {
    return null
  }
}

describe.each(['assertion', 'response', 'both'] as const)('of a signed %s', (part) => {
  test('what the provider says of its own is signed as it stands', () => {
    expect(signedIn(ownXml(ground, part))).toContain('>own@a.example</saml:NameID>')
  })

  test.each(forgedSignatures(part, null))('$name: no verifier holds it for signed', ({ make }) => {
    const xml = make(ground)
    expect(xml).toContain('>victim@a.example</saml:NameID>')
    expect(signedIn(xml)).toBeNull()
  })

  test.each(misusedAnswers(part, true))('$name: it is signed all the same', ({ make, against }) => {
    const xml = make(ground)
    const whom = against === 'anybody' ? 'own@a.example' : 'victim@a.example.elsewhere.example'
    expect(signedIn(xml)).toContain(`>${whom}</saml:NameID>`)
  })

  test.each(wrappings(part))('$name: whoever is the victim stands beside what is signed', ({ make }) => {
    const xml = make(ground)
    expect(xml).toContain('>victim@a.example</saml:NameID>')
    const signed = signedIn(xml)
    // A verifier may refuse it, or give the right one; none gives the victim.
    if (signed !== null) expect(signed).not.toContain('victim@a.example')
  })
})

test('beside a signed assertion that means something else, what is not signed says what is wanted to hear', () => {
  const said = (part: 'assertion' | 'response') => {
    const misused = misusedAnswers(part, true).map(({ name, make }) => [name, make(ground)] as const)
    return misused.filter(([, xml]) => !/Destination="https:\/\/sp.example\/acs" InResponseTo="_1"/.test(xml))
  }
  expect(said('assertion')).toEqual([])
  expect(said('response').map(([name]) => name)).toEqual(['another recipient', 'a request that nobody made'])
})

test.each([
  ['assertion', 'an assertion in the signature of the signed one'],
  ['assertion', 'a subject in the signature of the signed one'],
  ['assertion', 'a subject in the extensions'],
  ['response', 'an assertion in the signature of a response'],
  ['both', 'a subject in the signature of a response'],
] as const)('of a signed %s, %s leaves the signature as it is', (part, name) => {
  const forgery = wrappings(part).find((each) => each.name === name)
  expect(signedIn(forgery?.make(ground) ?? '')).toContain('>own@a.example</saml:NameID>')
})

test('a request is read of the URL that it is sent by, and nothing else is', () => {
  const location = (xml: string, more = '') =>
    `https://idp.example/sso?SAMLRequest=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}${more}`
  const request = '<samlp:AuthnRequest xmlns:samlp="urn:x"\n  ID="_a.b-1" Version="2.0"/>'
  expect(requestIn(location(request, '&RelayState=r'), 1000)).toEqual({ id: '_a.b-1', relayState: 'r' })
  expect(requestIn(location(request).replace('https://idp.example', ''), 1000)?.id).toBe('_a.b-1')
  const ofForm = `/?SAMLRequest=${encodeURIComponent(Buffer.from(request).toString('base64'))}`
  expect(requestIn(ofForm, 1000)?.id).toBe('_a.b-1')
  for (const other of [
    location('<a/>'),
    location(`<AuthnRequest ID="_1">${' '.repeat(5000)}</AuthnRequest>`),
    'https://idp.example/sso?SAMLRequest=%FF',
    'https://idp.example/sso',
    'no url: at all',
    '',
  ])
    expect(requestIn(other, 1000)).toBeNull()
})
