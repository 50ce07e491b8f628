import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { expect, test } from 'vitest'
import { assertBy, type Forged, makePasskey, newKey, readOptions } from './webauthn.ts'

const [rpID, origin] = ['shop.test', 'https://app.shop.test']

/** A passkey that @simplewebauthn/server has registered; what it says of an answer of it. */
async function registered(forged: Forged = {}) {
  const asked = await generateRegistrationOptions({
    rpName: 'shop',
    rpID,
    userName: 'ann',
    supportedAlgorithmIDs: [-7],
  })
  const options = readOptions(asked)
  if (options === null) throw new Error('expected options')
  const { passkey, credential } = makePasskey(options, origin, forged)
  const { registrationInfo } = await verifyRegistrationResponse({
    response: credential as never,
    ...{ expectedChallenge: asked.challenge, expectedOrigin: origin, expectedRPID: rpID },
  })
  if (registrationInfo === undefined) throw new Error('expected a registration')
  const kept = registrationInfo.credential
  return {
    passkey,
    async verified(answer: Forged = {}) {
      const options = readOptions(await generateAuthenticationOptions({ rpID }))
      if (options === null) throw new Error('expected options')
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: assertBy(passkey, options, answer) as never,
        ...{ expectedChallenge: options.challenge, expectedOrigin: origin, expectedRPID: rpID },
        credential: kept,
      })
      return { verified, counter: authenticationInfo.newCounter, isVerified: authenticationInfo.userVerified }
    },
  }
}

test('a library takes the passkey, and its answers', async () => {
  const { passkey, verified } = await registered()
  expect(await verified()).toEqual({ verified: true, counter: 2, isVerified: true })
  expect(await verified()).toMatchObject({ counter: 3 })
  expect(passkey.counter).toBe(3)
})

test.each<[string, Forged, RegExp]>([
  ['challenge', { challenge: 'YQ' }, /challenge/],
  ['origin', { origin: 'https://elsewhere.example' }, /origin/],
  ['RP ID', { rpId: 'elsewhere.example' }, /RP ID/],
  ['type', { type: 'webauthn.create' }, /type/],
  ['presence', { isPresent: false }, /present/],
  ['verification', { isVerified: false }, /verif/],
  ['counter', { counter: 1 }, /counter/],
])('of a forged %s it says that', async (_, forged, says) => {
  await expect((await registered()).verified(forged)).rejects.toThrow(says)
})

test('a signature of another key, or over something else, is none', async () => {
  const { verified } = await registered()
  expect(await verified({ privateKey: newKey() })).toMatchObject({ verified: false })
  expect(await verified({ isVerified: false, claimsVerified: true })).toMatchObject({
    verified: false,
    isVerified: true,
  })
})

test.each<[string, Forged, RegExp]>([
  ['challenge', { challenge: 'YQ' }, /challenge/],
  ['origin', { origin: 'https://elsewhere.example' }, /origin/],
  ['RP ID', { rpId: 'elsewhere.example' }, /RP ID/],
])('a forged %s registers nothing', async (_, forged, says) => {
  await expect(registered(forged)).rejects.toThrow(says)
})

test('options are read by themselves and below publicKey, in either alphabet', () => {
  const options = { challenge: 'a+/b==', rp: { name: 'x' }, user: { id: 'dQ' } }
  const read = { challenge: 'a-_b', rpId: null, userHandle: 'dQ', requiresVerification: false }
  expect(readOptions({ publicKey: options })).toEqual(read)
  const other = { challenge: 'YQ', rpId: 'a.test', userVerification: 'required' }
  expect(readOptions(other)).toEqual({
    ...{ challenge: 'YQ', rpId: 'a.test', userHandle: null },
    requiresVerification: true,
  })
  for (const none of [null, 'x', {}, { challenge: 1 }]) expect(readOptions(none)).toBeNull()
})
