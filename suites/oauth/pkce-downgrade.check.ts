import { about, test } from '../../harness/check/check.ts'
import { neededOfConsent, rightFlow } from '../../harness/steps/authorization-server.ts'
import { otherVerifiers } from '../../harness/steps/code-challenges.ts'

test(
  'a code is exchanged with the verifier of its own request alone',
  about({
    practices: ['P01', 'P29'],
    severity: 'high',
    problem: 'A code is exchanged without the proof that it was bound to',
    why: 'Whoever has somebody’s code, or has slipped his own into somebody’s browser, gets tokens for it.',
    remediation: {
      effort: 'low',
      how: 'Compare the S256 of the verifier with the challenge of the code, and refuse a code when one of the two is there without the other.',
      before: 'if (form.code_verifier && !matches(form.code_verifier, code.challenge)) refuse()',
      after: 'if (!form.code_verifier || !matches(form.code_verifier, code.challenge)) refuse()',
    },
    references:
      'CWE-757 · CWE-345 · API2:2023 · ASVS 5.0 10.4.6 · RFC 9700 §4.8 · RFC 9700 §2.1.1 · RFC 7636 §4.6 · WSTG-ATHZ-05',
    needs: [...neededOfConsent],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'looks-at-verifiers-only-when-sent',
      'takes-challenges-for-verifiers',
      'takes-any-verifier',
      'takes-verifiers-without-a-challenge',
    ],
  }),
  async (kit) => {
    const { server, client } = await rightFlow(kit)
    await kit.verify.each(otherVerifiers(kit, server, client), ({ judge }) => judge())
  },
)
