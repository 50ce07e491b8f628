import { about, test } from '../../harness/check/check.ts'
import { channelsOpenedBy, makeKey, openingScopes, stopsOn } from '../../harness/steps/key-channels.ts'
import {
  claimsOfElsewhere,
  keptOut,
  keysForPlaces,
  networksElsewhere,
  waysIn,
} from '../../harness/steps/networks-of-keys.ts'

test(
  'a key that is for some networks opens nothing from another, on any channel, whatever a request claims',
  about({
    practices: ['P13', 'P04'],
    severity: 'high',
    problem: 'A key can be used from networks that it is not for',
    why: 'The list is there for the day on which the key leaks: whoever has it then sends from anywhere.',
    remediation: {
      effort: 'medium',
      how: 'Compare the list with the address of the connection, or with what the proxy in front adds to Forwarded as the last, in one place for HTTP and SMTP, for every request and every message.',
      before:
        "app.set('trust proxy', true)\nif (!contains(key.networks, req.ip)) throw new Unauthenticated()",
      after:
        "app.set('trust proxy', ['10.0.0.0/8']) // ours alone\nif (!contains(key.networks, req.ip)) throw new Unauthenticated()",
    },
    references:
      'CWE-290 · CWE-348 · CWE-291 · API2:2023 · ASVS 5.0 15.3.4 · ASVS 5.0 4.1.3 · ASVS 5.0 8.2.4 · RFC 7239 §8.1',
    needs: ['key.create:ipAllowlist'],
    reach: 'intrusive',
    weaknesses: [
      'looks-at-no-network-of-keys',
      'looks-at-networks-of-keys-for-http-alone',
      'takes-the-address-from-x-forwarded-for',
      'takes-the-address-from-whatever-names-one',
      'remembers-the-networks-of-keys',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { api, profile, verify } = kit
    const { everywhere, bound } = await keysForPlaces(kit)
    const ways = await waysIn(kit, everywhere, claimsOfElsewhere)
    const expected = `a key for ${networksElsewhere} alone is refused from here`
    await keptOut(kit, ways, { good: everywhere, bad: bound }, expected)

    if (!api.has('key.update', 'ipAllowlist')) return
    const moved = await makeKey(kit, 'to be moved elsewhere', openingScopes(kit))
    verify.held(moved.id !== null, 'key.create gave no id', 'map result.id of key.create in the profile')
    const channels = await channelsOpenedBy(kit, moved)
    const by = verify.accepted(await api.call('key.update', { id: moved.id, ipAllowlist: networksElsewhere }))
    const promised = profile.policies.keys?.revocation ?? 0
    const words = { what: 'its networks became others', when: 'once its networks are others' }
    await stopsOn(kit, channels, { by, promised, worst: 'high', ...words }, everywhere)
  },
)
