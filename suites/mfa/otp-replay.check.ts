import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { codesOfOtherTimes } from '../../harness/steps/other-times.ts'

test(
  'a code of a second factor is good once, and for about its own half minute',
  about({
    practices: ['P05', 'P29'],
    severity: 'high',
    problem: 'A code of a second factor is good again, or for long',
    why: 'Whoever looks over a shoulder, or runs a page that looks like yours, has a code for as long as it is taken.',
    remediation: {
      effort: 'low',
      how: 'Take the code of this step, and of one before and after it for clocks that differ; keep the last step that was accepted, and take no code of it again.',
      before: 'totp.validate({ token, window: 10 })',
      after:
        'const step = stepOf(token, { window: 1 })\nif (step === null || !(await factors.advance(user, step))) throw new Refused()',
    },
    references:
      'CWE-294 · CWE-613 · CWE-367 · API2:2023 · ASVS 5.0 6.5.1 · ASVS 5.0 6.5.5 · RFC 6238 §5.2 · WSTG-ATHN-11',
    needs: neededOfAccounts,
    reach: 'intrusive',
    weaknesses: [
      'takes-a-code-twice',
      'takes-codes-of-five-minutes',
      'takes-a-mailed-code-twice',
      'keeps-older-mailed-codes',
      'answers-with-the-mailed-code',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    await kit.verify.each(codesOfOtherTimes(kit), ({ judge }) => judge())
  },
)
