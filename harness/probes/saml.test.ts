import { generateKeyPairSync } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { answerOf, claimsNow, requestIn, signed, whole } from './saml.ts'
import { forgedSignatures, misusedAnswers, ownXml, wrappings } from './saml-forgeries.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
console.log(publicKey.type)
const key = { key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), certificate: null }
const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const other = { key: otherKey.export({ format: 'pem', type: 'pkcs8' }).toString(), certificate: null }
const own = claimsNow({
  issuer: 'https://idp.example/a&b',
  subject: 'own@a.example',
  audience: 'urn:sp',
  recipient: 'https://sp.example/acs',
  inResponseTo: '_1',
})
const ground = { own, victim: { ...own, subject: 'victim@a.example' }, provider: key, other }

test.each(['assertion', 'response'] as const)('x %s', (part) => {
  for (const f of [...forgedSignatures(part, null), ...wrappings(part), ...misusedAnswers(part, true)])
    console.log(f.name, '\n', f.make(ground))
})
test('request', () => {
  const xml = '<samlp:AuthnRequest xmlns:samlp="urn:x" ID="_abc" Version="2.0"/>'
  const url = `/sso?SAMLRequest=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}&RelayState=r`
  expect(requestIn(url, 1000)).toEqual({ id: '_abc', relayState: 'r' })
  void answerOf
  void signed
  void whole
  void ownXml
})
