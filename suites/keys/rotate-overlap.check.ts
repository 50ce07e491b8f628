import { about, test } from '../../harness/check/check.ts'
import { channelsOpenedBy, makeKey, openingScopes, stopsOn } from '../../harness/steps/key-channels.ts'
import { gainsNothing, isNew, readsBy, rotate, staysElsewhere } from '../../harness/steps/rotations.ts'

test(
  'a rotated key has a new secret and no more rights, and the secret from before stops when it is promised to',
  about({
    practices: ['P11', 'P16'],
    severity: 'high',
    problem: 'A key that was rotated goes on under its former secret, or gains by it',
    why: 'Keys are rotated because somebody else may have them: a secret from before that still works makes all of it in vain.',
    remediation: {
      effort: 'medium',
      how: 'Make every new secret anew of a random source, take the rights over as they are, and end the one before at once, or after an overlap that is written down.',
    },
    references:
      'CWE-324 · CWE-672 · CWE-340 · API2:2023 · ASVS 5.0 13.3.4 · ASVS 5.0 11.5.1 · PCI DSS 4.0.1 3.7.4',
    needs: ['key.create', 'key.rotate'],
    reach: 'intrusive',
    weaknesses: [
      'keeps-the-secrets-from-before-a-rotation',
      'keeps-smtp-sessions-of-rotated-keys',
      'makes-keys-by-counting',
      'gives-rotated-keys-every-scope',
      'rotates-keys-out-of-their-networks',
    ],
  }),
  async (kit) => {
    const { profile, verify } = kit
    const key = await makeKey(kit, 'to be rotated', openingScopes(kit))
    const channels = await channelsOpenedBy(kit, key)
    const before = await readsBy(kit, key)
    const { rotated, by } = await rotate(kit, key)

    const parts = [
      { name: 'the new secret', judge: async () => isNew(kit, key.secret, rotated.secret) },
      { name: 'its rights', judge: async () => gainsNothing(kit, before, await readsBy(kit, rotated)) },
      { name: 'its networks', judge: () => staysElsewhere(kit, rotated) },
    ]
    await verify.each(parts, ({ judge }) => judge())
    const promised = profile.policies.keys?.overlap ?? 0
    await stopsOn(kit, channels, { by, promised, what: 'it was rotated', worst: 'high' }, rotated)
  },
)
