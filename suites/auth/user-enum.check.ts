import { about, test } from '../../harness/check/check.ts'
import { createAccounts, type StateOfAccounts, statesOfAccounts } from '../../harness/steps/accounts.ts'
import { besideSignIns } from '../../harness/steps/known-accounts.ts'
import { answersAlike, askInPairs, timesAlike } from '../../harness/steps/timing.ts'

test(
  'neither signing in, signing up nor a forgotten password tells which addresses have an account',
  about({
    practices: ['P17', 'P18'],
    severity: 'medium',
    problem: 'Signing in, signing up or a forgotten password tells which addresses have an account',
    why: 'A list of who has an account is where guessing passwords and phishing begin.',
    remediation: {
      effort: 'low',
      how: 'Answer alike, and do the work of a password check for users who are unknown or may not sign in, too.',
      before: "if (user === undefined) throw new Refused('wrong')\nawait verify(password, user.hash)",
      after:
        "await verify(password, user?.hash ?? decoyHash)\nif (user === undefined) throw new Refused('wrong')",
    },
    references: 'CWE-204 · CWE-208 · API2:2023 · ASVS 5.0 6.3.8 · WSTG-IDNT-04',
    needs: ['session.create:email', 'session.create:password'],
    reach: 'intrusive',
    weaknesses: [
      'skips-the-hash-for-unknown-users',
      'skips-the-hash-for-deactivated-users',
      'tells-who-has-no-account',
      'tells-who-was-deactivated',
      'tells-whoever-forgot-who-has-no-account',
      'tells-whoever-forgot-who-was-deactivated',
      'answers-whoever-forgot-when-the-mail-has-left',
      'has-whoever-forgot-wait-who-was-mailed',
      'tells-whoever-signs-up-who-has-an-account',
    ],
    exclusive: true,
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { verify } = kit
    const { signIn } = createAccounts(kit)
    const states = statesOfAccounts(kit)
    verify.applies(
      states.length > 0,
      'profile declares no user.create with email and password, and no accounts',
    )
    const names = { a: 'with an account', b: 'without one' }
    const questions = [
      { name: 'the answers', judge: answersAlike },
      { name: 'their times', judge: timesAlike },
    ]
    const judgeState = async ({ bounds, make }: StateOfAccounts) => {
      const ask = (email: string) => signIn(email, 'Wrong-4711-wrong')
      const asked = await askInPairs(kit, { bounds, ask, make })
      await verify.each(questions, async ({ judge }) => judge(kit, asked, names))
    }
    await verify.each(states, judgeState, 'one by one')
    await verify.each(besideSignIns(kit, states, names), ({ judge }) => judge())
  },
)
