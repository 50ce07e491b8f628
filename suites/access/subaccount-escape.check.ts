import { about, test } from '../../harness/check/check.ts'
import { channelsOpenedBy, stopsOn } from '../../harness/steps/key-channels.ts'
import { escapes, newSubaccount } from '../../harness/steps/subaccounts.ts'

test(
  'a key of a sub-account gets at nothing of its siblings or above, and stops with its account',
  about({
    practices: ['P14', 'P03'],
    severity: 'critical',
    problem: 'A sub-account gets at what belongs to others',
    why: 'Sub-accounts are customers of a customer: who is one of them would read the mail and lists of all the others, send in their name, and change the account that pays for them.',
    remediation: {
      effort: 'medium',
      how: 'Decide on the server whether the account of the credential may act for the one that is named, for every call and on every channel, and look at whether either is suspended.',
      before: "req.account = req.get('x-subaccount') ?? key.account",
      after:
        "const named = await accounts.find(req.get('x-subaccount') ?? key.account)\nif (named?.id !== key.account && named?.parent !== key.account) throw new NotFound()\nif (named.suspended) throw new Forbidden()",
    },
    references:
      'CWE-639 · CWE-269 · CWE-863 · API1:2023 · API5:2023 · ASVS 5.0 8.4.1 · ASVS 5.0 8.3.3 · ASVS 5.0 4.1.3',
    needs: ['subaccount.create:name', 'key.create:subaccount', 'principal:admin'],
    reach: 'intrusive',
    weaknesses: [
      'looks-up-by-id-in-every-account-of-a-tenant',
      'lists-what-every-account-of-a-tenant-has',
      'acts-for-any-account-that-is-named',
      'acts-for-accounts-of-the-same-tenant',
      'acts-for-the-tenant-above',
      'takes-the-account-from-the-query',
      'takes-the-account-from-the-body',
      'sends-for-the-account-that-a-field-names',
      'suspends-accounts-on-paper',
      'suspends-accounts-for-http-alone',
      'keeps-smtp-sessions-of-suspended-accounts',
    ],
  }),
  async (kit) => {
    const { api, profile, verify } = kit
    const [one, other] = await Promise.all([newSubaccount(kit), newSubaccount(kit)])
    await verify.each(await escapes(kit, { one, other }), ({ judge }) => judge())

    if (!api.has('subaccount.suspend')) return
    const channels = await channelsOpenedBy(kit, one.key)
    const by = verify.accepted(await api.call('subaccount.suspend', { id: one.id }))
    const promised = profile.policies.keys?.revocation ?? 0
    const words = { what: 'its account was suspended', when: 'once its account is suspended' }
    await stopsOn(kit, channels, { by, promised, worst: 'high', ...words }, other.key)
  },
)
