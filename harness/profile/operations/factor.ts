import type { Resource } from './resource.ts'

const untried = 'it is of the second factor of who calls, and of nobody else'
/** What its holder shows once more. */
const proofs = { password: 'text', code: 'text' } as const

/** What the caller signs in with beside a password: time-based codes (RFC 6238), with recovery codes for when the phone is gone. */
export const factor = {
  words: ['factor', 'secondfactor', 'twofactor', '2fa', 'mfa', 'totp', 'authenticator'],
  named: 'id',
  verbs: {
    get: {
      effect: 'read',
      inputs: {},
      results: { active: 'any' },
      untried,
      calls: ['GET R', 'GET R/status'],
    },
    // A secret, which counts when a code of it was confirmed.
    enroll: {
      effect: 'change',
      inputs: { password: 'text', code: 'text' },
      results: { secret: 'secret', uri: 'secret', recoveryCodes: 'list' },
      untried,
      calls: ['POST R', 'POST R/enroll', 'POST R/setup', 'POST R/generate', 'POST R/enable', 'PUT R'],
    },
    confirm: {
      effect: 'change',
      inputs: { code: 'text', secret: 'text', password: 'text' },
      results: { recoveryCodes: 'list' },
      essential: ['code'],
      untried,
      calls: ['POST R/confirm', 'POST R/activate', 'POST R/verify', 'POST R/enable', 'PUT R/confirm'],
    },
    // Codes by mail, which count when one of them was confirmed, where the target has `confirmMail`.
    mail: {
      effect: 'change',
      inputs: proofs,
      results: {},
      untried,
      calls: ['POST R/mail', 'POST R/email', 'POST R/email/enable', 'POST R/email/enroll'],
    },
    confirmMail: {
      effect: 'change',
      inputs: { code: 'text' },
      results: {},
      essential: ['code'],
      untried,
      calls: ['POST R/mail/confirm', 'POST R/email/confirm', 'POST R/email/verify'],
    },
    // New ones in place of those from before.
    recoveryCodes: {
      effect: 'change',
      inputs: proofs,
      results: { recoveryCodes: 'list' },
      untried,
      calls: [
        ...[
          'POST R/recoverycodes',
          'POST R/backupcodes',
          'POST R/generatebackupcodes',
          'PUT R/recoverycodes',
        ],
        ...['POST R/recovery', 'POST R/recoverycodes/regenerate'],
      ],
    },
    remove: {
      effect: 'change',
      inputs: proofs,
      results: {},
      untried,
      calls: ['DELETE R', 'POST R/remove', 'POST R/disable', 'POST R/deactivate', 'DELETE R/{}'],
    },
  },
  otherNames: {
    inputs: {
      password: ['pass', 'passphrase', 'currentpassword'],
      code: ['otp', 'totp', 'token', 'mfacode', 'totpcode', 'passcode'],
    },
    results: {
      uri: ['otpauthurl', 'otpauthuri', 'totpuri', 'url', 'qrcodeuri'],
      secret: ['key', 'seed', 'base32'],
      recoveryCodes: ['backupcodes', 'codes'],
    },
  },
} as const satisfies Resource
