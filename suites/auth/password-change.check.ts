import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { changesOfPassword } from '../../harness/steps/password-changes.ts'

test(
  'a password changes by the present one, which cannot be guessed there, and ends the other sessions',
  about({
    practices: ['P01', 'P16', 'P17'],
    severity: 'high',
    problem: 'A password changes without the present one, or leaves others signed in',
    why: 'Whoever finds a browser unlocked, or has stolen a session, sets a password and keeps the account.',
    remediation: {
      effort: 'low',
      how: 'Compare the present password, and a code where there is one, in the same budget of failures as the sign-in; end all other sessions and what was mailed before; tell the owner.',
      before:
        "app.post('/me/password', signedIn, async ({ user, body }) => users.setPassword(user, body.newPassword))",
      after:
        "app.post('/me/password', signedIn, async ({ user, body }) => {\n  await reauthenticate(user, body.currentPassword, body.code)\n  await users.setPassword(user, body.newPassword, { sessionsFrom: now() })\n  await mail(user.email, 'the password was changed')\n})",
    },
    references:
      'CWE-620 · CWE-306 · CWE-307 · CWE-613 · API2:2023 · ASVS 5.0 6.2.3 · ASVS 5.0 6.3.1 · ASVS 5.0 6.3.7 · ASVS 5.0 7.4.3 · ASVS 5.0 7.5.1 · WSTG-ATHN-09',
    needs: ['password.change:password', ...neededOfAccounts],
    reach: 'intrusive',
    weaknesses: [
      'changes-passwords-without-the-present-one',
      'takes-any-password-for-the-present-one',
      'takes-an-empty-password-for-the-present-one',
      'changes-passwords-without-a-code',
      'keeps-sessions-after-a-changed-password',
      'tells-nobody-of-a-new-password',
      'counts-no-guesses-of-the-present-password',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    await kit.verify.each(changesOfPassword(kit), ({ judge }) => judge())
  },
)
