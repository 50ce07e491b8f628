import { about, test } from '../../harness/check/check.ts'
import { createAccounts, wrongPasswords } from '../../harness/steps/accounts.ts'
import { answersAlike, askInPairs, timesAlike } from '../../harness/steps/timing.ts'

test(
  'signing in does not tell which addresses have an account',
  about({
    practices: ['P17', 'P18'],
    severity: 'medium',
    why: 'A list of who has an account is where guessing passwords and phishing begin.',
    remediation: {
      effort: 'low',
      how: 'Answer alike, and do the work of a password check for unknown users too.',
      before: "if (user === undefined) throw new Refused('wrong')\nawait verify(password, user.hash)",
      after:
        "await verify(password, user?.hash ?? decoyHash)\nif (user === undefined) throw new Refused('wrong')",
    },
    references: 'CWE-204 · CWE-208 · API2:2023 · ASVS 5.0 6.3.8 · WSTG-IDNT-04',
    needs: [
      ...(['session.create:email', 'session.create:password'] as const),
      ...(['user.create:email', 'user.create:password'] as const),
    ],
    reach: 'intrusive',
    weaknesses: ['skips-the-hash-for-unknown-users', 'tells-who-has-no-account'],
    exclusive: true,
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { profile, verify } = kit
    const { create, signIn, stranger } = createAccounts(kit)
    const asked = await askInPairs(kit, {
      bounds: wrongPasswords(profile.policies),
      ask: (email: string) => signIn(email, 'Wrong-4711-wrong'),
      make: async () => ({ a: (await create()).email, b: stranger() }),
    })
    const names = { a: 'with an account', b: 'without one' }
    const questions = [
      { name: 'the answers', judge: answersAlike },
      { name: 'their times', judge: timesAlike },
    ]
    await verify.each(questions, async ({ judge }) => judge(kit, asked, names))
  },
)
