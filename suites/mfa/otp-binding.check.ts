import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { kindsOfCodes, mailedCodesOfOthers } from '../../harness/steps/mailed-codes.ts'
import { victimsNamed } from '../../harness/steps/named-victims.ts'
import { notTheCode, showNotTheCode } from '../../harness/steps/wrong-codes.ts'

test(
  'the second factor is met by a code of who signs in, once, and by nothing else',
  about({
    practices: ['P05'],
    severity: 'critical',
    problem: 'A second factor is met by what is no code of who signs in',
    why: 'Whoever has a password gets in without the phone: the second factor is a page that can be stepped over.',
    remediation: {
      effort: 'low',
      how: 'Keep who began, with which factor and until when, at the server; refuse whatever is no text of six digits before it is compared, and end the challenge once it was met.',
      before: 'if (!code || verify(code, secrets.find(body.user)))',
      after:
        "if (typeof code === 'string' && /^\\d{6}$/.test(code) && verify(code, secrets.of(challenge.user)))",
    },
    references:
      'CWE-639 · CWE-302 · CWE-287 · CWE-843 · API2:2023 · ASVS 5.0 6.6.2 · ASVS 5.0 6.5.1 · WSTG-ATHN-11',
    needs: neededOfAccounts,
    reach: 'intrusive',
    weaknesses: [
      'takes-anybodys-code',
      'takes-no-code-for-a-right-one',
      'takes-true-for-a-code',
      'takes-zeros-for-a-code',
      'keeps-challenges-that-were-met',
      'signs-in-whom-the-body-names',
      'takes-mailed-codes-of-anybody',
      'takes-mailed-codes-of-other-sign-ins',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { verify } = kit
    const { hasClock } = kindsOfCodes(kit)
    const ways = hasClock ? await notTheCode(kit) : []
    // One account has them all, and one budget of failures.
    await verify.each(ways, (way) => showNotTheCode(kit, way), 'one by one')
    const parts = [...mailedCodesOfOthers(kit), ...(hasClock ? victimsNamed(kit) : [])]
    await verify.each(parts, ({ judge }) => judge())
  },
)
