import { about, test } from '../../harness/check/check.ts'
import { changesOfFactors } from '../../harness/steps/factor-changes.ts'
import { neededOfFactors } from '../../harness/steps/second-factors.ts'

test(
  'a session alone changes no second factor, and a recovery code is good once',
  about({
    practices: ['P05', 'P16'],
    severity: 'high',
    problem: 'A second factor is changed without being shown, or its recovery codes go on',
    why: 'Whoever has stolen a session for an hour sets up a phone of their own, and keeps the account.',
    remediation: {
      effort: 'low',
      how: 'Have password and code shown again before a factor is set up, removed or read; keep recovery codes as hashes, spend each with its first use, and end the former ones with new ones.',
      before: "app.delete('/me/mfa', signedIn, async ({ user }) => factors.remove(user))",
      after:
        "app.post('/me/mfa/remove', signedIn, async ({ user, body }) => {\n  await reauthenticate(user, body.password, body.code)\n  await factors.remove(user)\n})",
    },
    references:
      'CWE-306 · CWE-620 · CWE-640 · CWE-308 · API2:2023 · ASVS 5.0 7.5.1 · ASVS 5.0 6.5.1 · ASVS 5.0 6.5.2 · ASVS 5.0 6.4.4 · ASVS 5.0 6.3.7 · WSTG-ATHN-09',
    needs: neededOfFactors,
    reach: 'intrusive',
    weaknesses: [
      'enrolls-again-without-a-proof',
      'enrolls-again-by-the-password-alone',
      'renews-recovery-codes-without-a-proof',
      'renews-recovery-codes-by-the-password-alone',
      'removes-factors-without-a-proof',
      'removes-factors-by-the-password-alone',
      'keeps-recovery-codes-that-were-used',
      'keeps-recovery-codes-from-before',
      'shows-the-secret-of-codes-again',
      'removes-factors-with-a-new-password',
      'tells-nobody-of-a-new-factor',
      'tells-nobody-of-new-recovery-codes',
      'tells-nobody-of-a-removed-factor',
    ],
  }),
  async (kit) => {
    await kit.verify.each(changesOfFactors(kit), ({ judge }) => judge())
  },
)
