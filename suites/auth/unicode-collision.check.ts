import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { resetsByAddressesAlike } from '../../harness/steps/addresses-alike.ts'

test(
  'what is mailed for an account goes to its own address, whatever else looks like it or stands beside it',
  about({
    practices: ['P18', 'P19'],
    severity: 'high',
    problem: 'A look-alike of an address gets the mail of its account',
    why: 'Case mapping, normal forms and collations make two addresses one: who owns the other one has the password of the account set.',
    remediation: {
      effort: 'low',
      how: 'Bring an address into one form when an account is made, look up by that alone, and mail to the address as it is kept. Refuse what is no single address.',
      before:
        'const user = await users.findBy({ email: email.normalize("NFKC").toLowerCase() })\nawait mail(email, link)',
      after:
        'const user = await users.findBy({ email: canonical(email) })\nif (user) await mail(user.email, link)',
    },
    references:
      'CWE-178 · CWE-176 · CWE-1289 · CWE-640 · CVE-2023-7028 · API2:2023 · ASVS 5.0 1.1.1 · ASVS 5.0 2.2.1 · RFC 6531 §3.2 · WSTG-IDNT-04 · WSTG-ATHN-09',
    needs: [
      'password.forgot:email',
      'password.reset:token',
      'password.reset:password',
      ...neededOfAccounts,
      'mailbox',
    ],
    reach: 'intrusive',
    weaknesses: [
      'looks-addresses-up-in-capitals',
      'looks-addresses-up-by-their-compatibility-form',
      'looks-addresses-up-without-accents',
      'looks-addresses-up-without-what-is-not-seen',
      'mails-resets-to-all-that-a-list-names',
      'mails-resets-to-each-of-an-array',
    ],
  }),
  async (kit) => {
    await kit.verify.each(resetsByAddressesAlike(kit), ({ judge }) => judge())
  },
)
