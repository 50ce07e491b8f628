import { about, test } from '../../harness/check/check.ts'
import { listsOfOthers, mailToUnwilling, unwillingReader } from '../../harness/steps/suppressed-mail.ts'

test(
  'who is on a tenant’s suppression list gets none of its mail, whatever others do about it',
  about({
    practices: ['P21', 'P19', 'P27'],
    severity: 'high',
    problem: 'Mail reaches who is on the suppression list, or others decide who is on it',
    why: 'Who unsubscribed and gets mail all the same complains, to the provider or to an authority; and who can put addresses on the list of another customer stops his mail.',
    remediation: {
      effort: 'medium',
      how: 'Keep the list by tenant and normalised address, and ask it for every recipient in one place, when a message is taken and when it leaves.',
      before: 'if (await suppressed.has(to)) skip(to)',
      after: 'if (await suppressed.has(tenant, normalised(to))) skip(to) // in the queue too',
    },
    references:
      'CWE-639 · CWE-284 · CWE-841 · API1:2023 · API6:2023 · ASVS 5.0 8.4.1 · ASVS 5.0 2.3.2 · RFC 8058 §3.1',
    needs: ['suppression.create:email', 'sending', 'wire'],
    reach: 'intrusive',
    awaitsClocks: true,
    weaknesses: [
      'forgets-whom-it-suppressed',
      'asks-for-suppressed-recipients-once',
      'asks-for-those-in-to-alone',
      'suppresses-for-every-tenant',
      'removes-what-is-kept-of-an-address-by-that-alone',
      'compares-suppressed-addresses-by-their-letters',
      'takes-addresses-as-they-are-spelled',
      'lets-any-key-change-suppressions',
    ],
  }),
  async (kit) => {
    const reader = await unwillingReader(kit)
    const parts = [...mailToUnwilling(kit, reader), ...listsOfOthers(kit, reader)]
    await kit.verify.each(parts, ({ judge }) => judge())
  },
)
