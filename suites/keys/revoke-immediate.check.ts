import { about, test } from '../../harness/check/check.ts'
import { channelsOpenedBy, makeKey, openingScopes, stopsOn } from '../../harness/steps/key-channels.ts'

test(
  'a revoked key stops at once on every channel that it opened',
  about({
    practices: ['P11', 'P16'],
    severity: 'critical',
    problem: 'A revoked key goes on working',
    why: 'Between finding out that a key leaked and its last message lies all the damage that is still to come.',
    remediation: {
      effort: 'medium',
      how: 'Look the key up for every request and every SMTP transaction, and push revocations to every cache.',
    },
    references:
      'CWE-613 · CWE-672 · API2:2023 · ASVS 5.0 7.4.1 · ASVS 5.0 8.3.2 · NIST SP 800-57 Part 1 §8.3.5',
    needs: ['key.create', 'key.revoke'],
    reach: 'intrusive',
    weaknesses: [
      'caches-keys-after-revocation',
      'clears-one-of-several-caches-of-keys',
      'keeps-smtp-sessions-of-revoked-keys',
      'lets-revoked-keys-sign-in-to-submission',
      'lets-ended-keys-read',
    ],
  }),
  async (kit) => {
    const { api, profile, verify } = kit
    const make = (label: string) => makeKey(kit, label, openingScopes(kit))
    const [key, control] = await Promise.all([make('to be revoked'), make('to be kept')])
    verify.held(key.id !== null, 'key.create gave no id', 'map result.id of key.create in the profile')
    const channels = await channelsOpenedBy(kit, key)
    const by = verify.accepted(await api.call('key.revoke', { id: key.id }))
    const promised = profile.policies.keys?.revocation ?? 0
    await stopsOn(kit, channels, { by, promised, what: 'it was revoked' }, control)
  },
)
