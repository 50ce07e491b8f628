import { about, test } from '../../harness/check/check.ts'
import { readBack } from '../../harness/steps/received-mail.ts'

test(
  'a verification mail to an address that the target receives for a tenant is read by no lower role and no other tenant',
  about({
    practices: ['P03', 'P21'],
    severity: 'high',
    problem: 'Mail that comes in for a tenant is read by somebody who may not',
    why: 'A code that is mailed to an address proves whose it is: whoever reads it there signs up elsewhere, or sets a password anew, in the name of the customer.',
    remediation: {
      effort: 'medium',
      how: 'Ask for a permission of its own to read received mail, put the tenant into every query for it, and let nothing of it into logs, lists of other things or pages without a sign-in. Receive for customers below a domain that no account elsewhere is trusted for.',
      before: "db.get('SELECT * FROM received WHERE id = ?', [id])",
      after:
        "require(caller, 'inbound:read')\ndb.get('SELECT * FROM received WHERE id = ? AND tenant = ?', [id, caller.tenant])",
    },
    references:
      'CWE-200 · CWE-284 · CWE-639 · API1:2023 · API5:2023 · ASVS 5.0 8.2.1 · ASVS 5.0 8.2.2 · WSTG-ATHZ-02',
    needs: ['inbound.list', 'profile:mail.inbound', 'profile:mail.received', 'principal:admin'],
    reach: 'intrusive',
    weaknesses: [
      'lets-every-role-read-received-mail',
      'checks-no-scope-on-received-mail',
      'checks-no-scope-on-the-list-of-received-mail',
      'lists-received-mail-of-every-tenant',
      'searches-received-mail-of-every-tenant',
      'looks-received-mail-up-by-id-alone',
      'shows-received-mail-without-a-credential',
      'shows-received-mail-to-any-credential',
      'counts-received-mail-among-messages',
      'writes-received-mail-into-the-activity-log',
      'shows-received-mail-in-the-log-of-everybody',
      'shows-received-mail-among-messages-of-everybody',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    const parts = await readBack(kit)
    await kit.verify.each(parts, ({ judge }) => judge())
  },
)
