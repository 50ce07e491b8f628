import type { Resource } from './resource.ts'

/** The password of the caller, and that of somebody who forgot theirs and sets a new one by what is mailed to them. */
export const password = {
  words: ['password', 'passwordreset', 'resetpassword', 'passwordrecovery', 'forgotpassword'],
  named: 'id',
  verbs: {
    forgot: {
      effect: 'create',
      inputs: { email: 'text' },
      results: {},
      essential: ['email'],
      mailTo: ['email'],
      sample: ({ mark, domain }) => ({ email: `${mark}@${domain}` }),
      byNobody: true,
      untried: 'whoever asks for it is nobody yet',
      calls: [
        ...['POST forgotpassword', 'POST password/forgot', 'POST passwordreset', 'POST passwordresets'],
        ...['POST password/reset', 'POST resetpassword', 'POST recover', 'POST passwordreset/request'],
        ...['POST requestpasswordreset', 'POST passwordrecovery'],
      ],
    },
    reset: {
      effect: 'change',
      // Where the request says besides whose password it is.
      inputs: { token: 'text', password: 'text', email: 'text' },
      results: {},
      essential: ['token', 'password'],
      byNobody: true,
      untried: 'it takes what was mailed to somebody',
      calls: [
        ...['POST resetpassword', 'POST password/reset', 'POST passwordreset/confirm', 'PUT password/reset'],
        ...['POST passwordresets/confirm', 'POST passwordreset', 'PUT passwordreset', 'PUT resetpassword'],
        ...['POST confirmpasswordreset', 'POST confirmforgotpassword', 'PATCH password/reset'],
      ],
    },
    // `current` is the one before.
    change: {
      effect: 'change',
      inputs: { current: 'text', password: 'text', code: 'text' },
      results: {},
      essential: ['current', 'password'],
      untried: 'it is of who calls, and of nobody else',
      calls: [
        ...['POST me/password', 'PUT me/password', 'PATCH me/password', 'POST changepassword'],
        ...['POST password/change', 'PUT changepassword', 'PUT account/password', 'POST account/password'],
      ],
    },
  },
  otherNames: {
    inputs: {
      email: ['emailaddress', 'address', 'username', 'login'],
      token: [
        ...['resettoken', 'passwordtoken', 'passwordresettoken', 'confirmationtoken', 'verificationtoken'],
        ...['code', 'resetcode', 'confirmationcode', 'verificationcode', 'otp', 'key', 'secret'],
      ],
      current: ['currentpassword', 'oldpassword', 'presentpassword', 'formerpassword', 'previouspassword'],
      password: ['newpassword', 'pass', 'passphrase'],
    },
  },
} as const satisfies Resource
