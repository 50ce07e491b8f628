import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { changesOfAddress } from '../../harness/steps/address-changes.ts'

test(
  'an address to sign in with changes by password and code, once the new one has proved itself, and the former one is told',
  about({
    practices: ['P01', 'P05', 'P15'],
    severity: 'high',
    problem: 'The address of an account changes by less than its owner’s proof',
    why: 'Whoever has stolen a session for an hour has the account sign in, and reset its password, by an address of their own.',
    remediation: {
      effort: 'medium',
      how: 'Have password and code shown again; keep the new address aside until a token that is mailed to it comes back from the same account; then end the other sessions, and tell the former address. Void what was begun when the password changes.',
      before:
        "app.patch('/me', signedIn, async ({ user, body }) => users.update(user, { email: body.email }))",
      after:
        "app.post('/me/email', signedIn, async ({ user, body }) => {\n  await reauthenticate(user, body.password, body.code)\n  await mail(body.email, linkTo(await tokens.make(user, body.email)))\n})\napp.post('/me/email/confirm', signedIn, async ({ user, body }) => {\n  const { email } = await tokens.take(body.token, { of: user })\n  await users.update(user, { email, sessionsFrom: now() })\n  await mail(user.email, 'the address was changed')\n})",
    },
    references:
      'CWE-620 · CWE-640 · CWE-306 · CWE-613 · API2:2023 · ASVS 5.0 6.3.7 · ASVS 5.0 6.4.3 · ASVS 5.0 7.4.3 · ASVS 5.0 7.5.1 · WSTG-ATHN-09',
    needs: ['email.change:email', ...neededOfAccounts, 'mailbox'],
    reach: 'intrusive',
    weaknesses: [
      'changes-addresses-without-a-proof',
      'takes-any-password-for-a-new-address',
      'changes-addresses-by-the-password-alone',
      'counts-new-addresses-at-once',
      'moves-whoever-shows-the-token',
      'leaves-used-tokens-of-addresses-open',
      'confirms-addresses-after-a-new-password',
      'tells-nobody-of-a-new-address',
      'keeps-sessions-after-a-new-address',
    ],
  }),
  async (kit) => {
    await kit.verify.each(changesOfAddress(kit), ({ judge }) => judge())
  },
)
