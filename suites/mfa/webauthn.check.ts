import { about, test } from '../../harness/check/check.ts'
import { ceremoniesOfPasskeys, neededOfPasskeys } from '../../harness/steps/passkeys.ts'

test(
  'a passkey signs in its own user, on the right page, for the challenge of this sign-in',
  about({
    practices: ['P05', 'P29'],
    severity: 'high',
    problem: 'An answer of an authenticator is taken that is not of this sign-in, this page or this user',
    why: 'A passkey stops phishing because what it signs names the page and the challenge. Whoever does not compare them takes what another page has collected.',
    remediation: {
      effort: 'low',
      how: 'Leave the comparison to a well-kept library, and give it what the server keeps of the sign-in: its challenge, once; the origin and the RP ID, each as a whole; the user; the counter of before.',
      before:
        'await verify({ response, expectedChallenge: clientData.challenge, expectedOrigin: /example\\.com/ })',
      after:
        "const { challenge, user } = await ceremonies.take(id)\nawait verify({ response, expectedChallenge: challenge, expectedOrigin: 'https://app.example.com' })",
    },
    references:
      'CWE-287 · CWE-294 · CWE-346 · CWE-347 · API2:2023 · ASVS 5.0 6.3.3 · ASVS 5.0 6.6.2 · Web Authentication Level 3 §7.1 · Web Authentication Level 3 §7.2',
    needs: neededOfPasskeys,
    reach: 'intrusive',
    weaknesses: [
      'keeps-ceremonies-that-were-answered',
      'takes-any-challenge-of-a-passkey',
      'takes-passkeys-from-any-origin',
      'takes-origins-that-begin-alike',
      'takes-passkeys-of-any-rp',
      'takes-registrations-for-sign-ins',
      'overlooks-wrong-signatures-of-passkeys',
      'asks-for-no-user-verification',
      'asks-for-nobody-to-be-there',
      'ignores-the-counter-of-passkeys',
      'takes-anybodys-passkey',
      'believes-the-user-handle',
      'takes-any-challenge-of-a-new-passkey',
      'registers-passkeys-from-any-origin',
      'registers-passkeys-for-whoever-answers',
      'replaces-passkeys-by-their-id',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    const parts = await ceremoniesOfPasskeys(kit)
    await kit.verify.each(parts, ({ judge }) => judge())
  },
)
