import { about, test } from '../../harness/check/check.ts'
import { neededOfSignUps, setUpsBefore } from '../../harness/steps/early-accounts.ts'

test(
  'what was set up before an address was proved is over once its owner proves it',
  about({
    practices: ['P01', 'P15'],
    severity: 'high',
    problem: 'Whoever signs up with the address of another keeps a way into the account',
    why: 'An attacker signs up with the address of somebody who will come one day; once that one has proved it and put their data there, the attacker is in by a session, a key or a passkey from before.',
    remediation: {
      effort: 'medium',
      how: 'Give an account no rights before its address is proved. With the proof, by the link or by a new password, have its owner set the password, and end in the same transaction all sessions, keys, passkeys, second factors and changes of address.',
      before:
        "app.post('/confirm', async ({ body }) => users.update(await tokens.take(body.token), { proved: true }))",
      after:
        "app.post('/confirm', async ({ body }) => {\n  const user = await tokens.take(body.token)\n  await everythingOf(user).end() // sessions, keys, passkeys, factors, changes of address\n  await users.update(user, { proved: true, password: await hash(body.password) })\n})",
    },
    references:
      'CWE-287 · CWE-841 · CWE-613 · CWE-640 · API2:2023 · ASVS 5.0 6.2.3 · ASVS 5.0 7.4.3 · WSTG-IDNT-02 · WSTG-ATHN-09',
    needs: [...neededOfSignUps, 'mailbox'],
    reach: 'intrusive',
    weaknesses: [
      'keeps-sessions-from-before-the-proof',
      'keeps-the-password-of-who-signed-up',
      'keeps-keys-from-before-the-proof',
      'keeps-passkeys-from-before-the-proof',
      'keeps-changes-of-address-from-before-the-proof',
    ],
  }),
  async (kit) => {
    await kit.verify.each(setUpsBefore(kit), ({ judge }) => judge())
  },
)
