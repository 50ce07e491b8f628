import { about, test } from '../../harness/check/check.ts'
import { neededOfConsent, rightFlow } from '../../harness/steps/authorization-server.ts'
import { oddVerifiers, withoutS256 } from '../../harness/steps/code-challenges.ts'

test(
  'an authorization request without an S256 challenge gets no code',
  about({
    practices: ['P01'],
    severity: 'high',
    problem: 'Codes are given to clients that prove nothing',
    why: 'A code that somebody reads in a log, a history or another app is as good as the account, unless whoever shows it proves to have asked for it.',
    remediation: {
      effort: 'low',
      how: 'Require code_challenge with code_challenge_method S256 of every client, and a verifier of 43 to 128 characters.',
    },
    references:
      'CWE-352 · CWE-345 · API2:2023 · ASVS 5.0 10.4.6 · ASVS 5.0 10.2.1 · RFC 9700 §2.1.1 · RFC 7636 §4.4.1 · WSTG-ATHZ-05',
    needs: [...neededOfConsent],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'takes-requests-without-pkce',
      'takes-plain-challenges-that-are-named-so',
      'takes-challenges-without-a-method',
      'takes-plain-challenges',
      'takes-verifiers-of-any-length',
    ],
  }),
  async (kit) => {
    const { server, client } = await rightFlow(kit)
    const parts = [...withoutS256(kit, server), ...oddVerifiers(kit, server, client)]
    await kit.verify.each(parts, ({ judge }) => judge())
  },
)
