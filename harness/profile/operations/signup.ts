import type { Resource } from './resource.ts'

/** Somebody new makes an account of their own, which is theirs once its address has proved itself. */
export const signup = {
  words: ['signup', 'registration', 'register'],
  named: 'id',
  verbs: {
    create: {
      effect: 'create',
      inputs: { email: 'text', password: 'text', name: 'text' },
      results: {},
      essential: ['email', 'password'],
      mailTo: ['email'],
      byNobody: true,
      untried: 'whoever signs up is nobody yet',
      calls: ['POST R', 'POST auth/R', 'POST R/email', 'POST users/R', 'POST accounts/R'],
    },
    // By what was mailed to the address, with a password of whoever reads its mail, where the target asks for one.
    confirm: {
      effect: 'change',
      inputs: { token: 'text', password: 'text' },
      results: {},
      essential: ['token'],
      byNobody: true,
      untried: 'it takes what was mailed to somebody',
      calls: [
        'POST R/confirm',
        'POST R/verify',
        'POST confirmsignup',
        'POST verifyemail',
        'POST email/verify',
      ],
    },
  },
  otherNames: {
    inputs: {
      email: ['emailaddress', 'address', 'username', 'login'],
      password: ['pass', 'passphrase', 'newpassword'],
      name: ['fullname', 'displayname', 'company'],
      token: ['confirmationtoken', 'verificationtoken', 'code', 'key'],
    },
  },
} as const satisfies Resource
