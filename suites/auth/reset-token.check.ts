import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { plainReset, questionsOfResets } from '../../harness/steps/password-resets.ts'

test(
  'what is mailed to set a new password works once, for one account, and is too much to guess',
  about({
    practices: ['P15', 'P18', 'P29'],
    severity: 'high',
    problem: 'What is mailed to set a new password can be guessed, or used by others',
    why: 'Whoever guesses it, or finds it in a mailbox, a log or a history afterwards, has the account.',
    remediation: {
      effort: 'low',
      how: 'Mail 256 bits of the system’s generator, keep their hash with the account and an end within the hour, and take them back in the statement that sets the password. Take all of an account back when its password or address changes, and have a POST alone use them.',
      before:
        'const token = Date.now().toString(36)\nconst { user } = await tokens.find(token)\nawait users.setPassword(user, password)',
      after:
        "const token = randomBytes(32).toString('base64url')\nconst { user } = await tokens.take(sha256(token), { before: now() })\nawait users.setPassword(user, password)\nawait tokens.removeAll(user)",
    },
    references:
      'CWE-640 · CWE-330 · CWE-613 · API2:2023 · ASVS 5.0 6.4.1 · ASVS 5.0 6.4.3 · ASVS 5.0 6.5.1 · ASVS 5.0 11.5.1 · WSTG-ATHN-09',
    needs: [
      'password.forgot:email',
      'password.reset:token',
      'password.reset:password',
      ...neededOfAccounts,
      'mailbox',
    ],
    reach: 'intrusive',
    weaknesses: [
      'leaves-used-tokens-open',
      'keeps-reset-tokens-nowhere',
      'races-reset-tokens',
      'keeps-older-tokens-when-a-newer-is-mailed',
      'keeps-tokens-after-a-new-password',
      'keeps-tokens-when-the-address-changes',
      'resets-whom-the-request-names',
      'takes-any-token-beside-an-address',
      'ends-tokens-when-their-page-is-shown',
      'takes-reset-tokens-for-a-session',
      'makes-reset-tokens-of-the-time',
      'hashes-address-and-time-for-a-reset-token',
      'makes-reset-tokens-of-the-address',
    ],
  }),
  async (kit) => {
    const used = await plainReset(kit)
    await kit.verify.each(questionsOfResets(kit, used), ({ judge }) => judge())
  },
)
