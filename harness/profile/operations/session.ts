import type { Resource } from './resource.ts'

/** Somebody signs in, and out. */
export const session = {
  words: ['session', 'login', 'signin', 'token', 'authenticate'],
  named: 'email',
  verbs: {
    create: {
      effect: 'create',
      inputs: { email: 'text', password: 'text', code: 'text' },
      // `challenge`: of somebody with a second factor, to be shown with its code.
      results: { token: 'secret', expiresIn: 'number', csrf: 'secret', challenge: 'secret' },
      essential: ['password'],
      byNobody: true,
      untried: 'whoever makes it is nobody yet',
      calls: ['POST R', 'POST R/{}', 'POST auth/R', 'POST R/create'],
    },
    // The second half of a sign-in.
    verify: {
      effect: 'create',
      // `recoveryCode`: where that is no code like others.
      inputs: { challenge: 'text', code: 'text', recoveryCode: 'text', email: 'text', password: 'text' },
      results: { token: 'secret', expiresIn: 'number', csrf: 'secret' },
      essential: ['code'],
      byNobody: true,
      untried: 'whoever makes it is nobody yet',
      calls: [
        ...['POST R/verify', 'POST R/mfa', 'POST R/2fa', 'POST R/totp', 'POST R/otp', 'POST mfa/verify'],
        ...['POST 2fa/verify', 'POST twofactor/verify', 'POST twofactor/verifytotp', 'POST totp/verify'],
      ],
    },
    // Of a sign-in whose password was right: a code for it is mailed.
    mailCode: {
      effect: 'create',
      inputs: { challenge: 'text', email: 'text' },
      results: {},
      untried: 'whoever makes it is nobody yet',
      calls: [
        ...['POST R/code', 'POST R/otp/send', 'POST R/sendotp', 'POST R/sendcode', 'POST 2fa/sendotp'],
        ...['POST twofactor/sendotp', 'POST mfa/send', 'POST mfa/email', 'POST otp/send'],
      ],
    },
    // The caller's own.
    end: {
      effect: 'delete',
      inputs: {},
      results: {},
      untried: 'it ends the session that other calls are made by',
      calls: [
        ...[
          'DELETE R',
          'POST logout',
          'POST signout',
          'DELETE logout',
          'POST auth/logout',
          'POST auth/signout',
        ],
        ...['POST R/logout', 'DELETE R/{}', 'GET logout', 'POST revoke'],
      ],
    },
  },
  otherNames: {
    inputs: {
      email: ['emailaddress', 'address', 'username', 'login'],
      password: ['pass', 'passphrase'],
      code: ['otp', 'totp', 'mfacode', 'totpcode', 'twofactorcode', 'passcode'],
      recoveryCode: ['backupcode'],
      challenge: ['mfatoken', 'challengeid', 'challengetoken', 'sessionchallenge', 'twofactortoken'],
    },
    results: {
      token: ['accesstoken', 'jwt', 'idtoken', 'sessiontoken'],
      expiresIn: ['ttl', 'lifetime'],
      csrf: ['csrftoken', 'xsrftoken'],
      challenge: ['mfatoken', 'challengeid', 'challengetoken', 'sessionchallenge', 'twofactortoken'],
    },
  },
} as const satisfies Resource
