import type { Resource } from './resource.ts'

const untried = 'what an authenticator has answered is of use once'

/**
 * What people sign in with in place of a password, or behind it (Web Authentication Level 3): `options` is what the browser is given,
 * `credential` what it answers, both as JSON; `ceremony` is what the one is shown with that the other came with.
 */
export const passkey = {
  words: ['passkey', 'webauthn', 'fido', 'fido2', 'securitykey'],
  named: 'id',
  verbs: {
    creationOptions: {
      effect: 'change',
      inputs: { password: 'text', code: 'text' },
      results: { options: 'any', ceremony: 'secret' },
      untried,
      calls: [
        ...['POST R/options', 'POST R/register/options', 'POST R/registration/options', 'GET R/options'],
        ...['GET R/generateregisteroptions', 'POST R/generateregisteroptions', 'POST R/register/begin'],
        ...['POST R/register/start', 'POST R/attestation/options'],
      ],
    },
    register: {
      effect: 'change',
      inputs: { credential: 'object', ceremony: 'text' },
      results: { id: 'text' },
      essential: ['credential'],
      untried,
      calls: [
        ...['POST R/register', 'POST R/registration', 'POST R/verifyregistration', 'POST R/register/finish'],
        ...['POST R/register/verify', 'POST R/attestation/result', 'POST R'],
      ],
    },
    // `challenge`: of a password that was right, where the passkey is the second factor.
    requestOptions: {
      effect: 'create',
      inputs: { email: 'text', challenge: 'text' },
      results: { options: 'any', ceremony: 'secret' },
      untried: 'whoever makes it is nobody yet',
      calls: [
        ...[
          'POST login/R/options',
          'POST session/R/options',
          'POST R/login/options',
          'POST R/authenticate/options',
        ],
        ...['GET R/generateauthenticateoptions', 'POST R/generateauthenticateoptions', 'POST R/login/begin'],
        ...['POST R/login/start', 'POST R/assertion/options'],
      ],
    },
    signIn: {
      effect: 'create',
      inputs: { credential: 'object', ceremony: 'text' },
      results: { token: 'secret', expiresIn: 'number', csrf: 'secret' },
      essential: ['credential'],
      untried: 'whoever makes it is nobody yet',
      calls: [
        ...[
          'POST login/R',
          'POST session/R',
          'POST R/login',
          'POST R/authenticate',
          'POST R/verifyauthentication',
        ],
        ...['POST R/login/finish', 'POST R/login/verify', 'POST R/assertion/result'],
      ],
    },
  },
  otherNames: {
    inputs: {
      email: ['emailaddress', 'address', 'username', 'login'],
      code: ['otp', 'totp', 'mfacode', 'totpcode', 'passcode'],
      credential: ['response', 'attestation', 'assertion', 'publickeycredential'],
      ceremony: ['challengeid', 'flowid', 'requestid', 'state'],
      challenge: ['mfatoken', 'challengetoken', 'twofactortoken'],
    },
    results: {
      options: ['publickey', 'publickeyoptions', 'creationoptions', 'requestoptions'],
      ceremony: ['challengeid', 'flowid', 'requestid', 'state'],
      token: ['accesstoken', 'jwt', 'idtoken', 'sessiontoken'],
      expiresIn: ['ttl', 'lifetime'],
      csrf: ['csrftoken', 'xsrftoken'],
    },
  },
} as const satisfies Resource
