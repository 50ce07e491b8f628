import { about, test } from '../../harness/check/check.ts'
import { passwordAlone } from '../../harness/steps/password-alone.ts'
import { neededOfFactors } from '../../harness/steps/second-factors.ts'

test(
  'no other channel lets somebody with a second factor in by the password alone',
  about({
    practices: ['P05', 'P12', 'P14'],
    severity: 'high',
    problem: 'Another channel takes the password without the second factor',
    why: 'A second factor at the front door is none while SMTP, Basic authentication or an older page takes the password at the back.',
    remediation: {
      effort: 'medium',
      how: 'Take keys, which are made by who has signed in with both, at every channel that has no place for a second factor, and no password of a person.',
      before: 'const user = await passwords.verify(username, password)',
      after: 'const key = await keys.verify(password)',
    },
    references:
      'CWE-288 · CWE-306 · CWE-308 · API2:2023 · API9:2023 · ASVS 5.0 6.3.4 · RFC 4954 §4 · RFC 7617 · WSTG-ATHN-10',
    needs: neededOfFactors,
    reach: 'intrusive',
    weaknesses: [
      'takes-passwords-at-submission',
      'takes-passwords-by-basic',
      'asks-for-no-code-at-its-dashboard',
      'asks-for-no-code-before-it-authorizes',
      'signs-in-who-sets-a-password',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { verify } = kit
    await verify.each(await passwordAlone(kit), async ({ isLetIn, control }) => {
      const wrong = await isLetIn('wrong')
      verify.held(wrong === null, 'what is wrong is let in there as well')
      await control()
      const of = await isLetIn('right')
      verify.that(of === null, {
        of: of ?? undefined,
        expected: 'nothing lets somebody with a second factor in without a code of it',
        actual: 'it lets in without a code',
      })
    })
  },
)
