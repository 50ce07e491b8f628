import type { Resource } from './resource.ts'

/** The address that the caller signs in with. */
export const email = {
  words: ['emailchange', 'changeemail', 'emailaddresschange'],
  named: 'id',
  verbs: {
    // It counts once it has proved itself by what is mailed to it, where the target has `confirm`.
    change: {
      effect: 'change',
      inputs: { email: 'text', password: 'text', code: 'text' },
      results: {},
      essential: ['email'],
      mailTo: ['email'],
      untried: 'it is of who calls, and of nobody else',
      calls: [
        'POST me/email',
        'PUT me/email',
        'PATCH me/email',
        'POST R',
        'POST account/email',
        'PUT account/email',
      ],
    },
    confirm: {
      effect: 'change',
      inputs: { token: 'text' },
      results: {},
      essential: ['token'],
      untried: 'it takes what was mailed to somebody',
      calls: ['POST me/email/confirm', 'POST R/confirm', 'POST account/email/confirm'],
    },
  },
  otherNames: {
    inputs: {
      email: ['newemail', 'emailaddress', 'address'],
      password: ['currentpassword', 'pass', 'passphrase'],
      code: ['otp', 'totp', 'mfacode', 'totpcode', 'passcode'],
      token: ['confirmationtoken', 'verificationtoken', 'key', 'secret'],
    },
  },
} as const satisfies Resource
