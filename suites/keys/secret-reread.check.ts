import { about, test } from '../../harness/check/check.ts'
import { showsNothing, tellingsOfDomains, tellingsOfKeys } from '../../harness/steps/shown-again.ts'

test(
  'the secret of a key is shown once, and by no later call',
  about({
    practices: ['P02', 'P10'],
    severity: 'high',
    problem: 'Secrets of keys can be read again',
    why: 'Whoever gets into one account or one log then has every key of it, and keeps them when the account is closed to him.',
    remediation: {
      effort: 'medium',
      how: 'Keep a hash of each secret, and tell keys apart by a prefix, their last four characters and when they were used.',
      before: 'return { id, name, secret: key.secret }',
      after: 'return { id, name, prefix: key.prefix, last_used_at: key.lastUsedAt }',
    },
    references:
      'CWE-522 · CWE-200 · CWE-312 · API3:2023 · API2:2023 · ASVS 5.0 14.2.6 · ASVS 5.0 13.3.1 · ASVS 5.0 15.3.1',
    needs: ['key.create'],
    reach: 'intrusive',
    weaknesses: [
      'shows-keys-whenever-it-tells-of-them',
      'copies-new-keys-into-the-audit-log',
      'shows-private-keys-of-domains',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const { hidden, tellings } = await tellingsOfKeys(kit)
    verify.applies(tellings.length > 0, 'profile declares no call that tells of keys, such as key.list')
    await verify.each(tellings, async ({ ask }) => showsNothing(kit, await ask(), hidden))
    await verify.each(tellingsOfDomains(kit), ({ judge }) => judge())
  },
)
