import { about, test } from '../../harness/check/check.ts'
import { agesOfKeys, clockThere, keyAboutToEnd, neverOpening } from '../../harness/steps/ends-of-keys.ts'
import { makeKey, openingScopes, stopsOn } from '../../harness/steps/key-channels.ts'

/** Seconds: the target’s clock is known to a second, and whoever asks it takes some of the other. */
const leeway = 2

test(
  'a key ends when it should on every channel, and none is or gets older than is promised',
  about({
    practices: ['P11', 'P10'],
    severity: 'high',
    problem: 'A key goes on after its end, or has none where one is promised',
    why: 'An end is what stops the keys that nobody remembers: of a key that leaked a year ago, or of who has left.',
    remediation: {
      effort: 'medium',
      how: 'Compare the end of a key with the clock for every request and every SMTP transaction, give every key one, and end those from before that have none.',
      before: 'const key = keys.find((each) => each.hash === hash)',
      after: 'const key = keys.find((each) => each.hash === hash && each.expiresAt > Date.now())',
    },
    references:
      'CWE-324 · CWE-613 · CWE-262 · API2:2023 · ASVS 5.0 13.3.4 · ASVS 5.0 13.1.4 · PCI DSS 4.0.1 8.6.3',
    needs: ['key.create'],
    reach: 'intrusive',
    awaitsClocks: true,
    weaknesses: [
      'never-looks-at-the-end-of-keys',
      'remembers-that-keys-were-good',
      'lets-expired-keys-sign-in-to-submission',
      'keeps-smtp-sessions-of-expired-keys',
      'takes-what-is-no-time-for-no-end',
      'makes-keys-without-an-end',
      'takes-any-end-of-keys',
    ],
  }),
  async (kit) => {
    const { api, verify } = kit
    await verify.each(agesOfKeys(kit), ({ judge }) => judge())

    verify.applies(api.has('key.create', 'expiresAt'), 'profile declares no expiresAt of key.create')
    const there = await clockThere(kit)
    await verify.each(neverOpening(kit, there), ({ judge }) => judge())
    const { channels, by, at } = await keyAboutToEnd(kit, there)
    const other = await makeKey(kit, 'to live on', openingScopes(kit))
    const words = { what: 'its end', when: 'after its end' }
    await stopsOn(kit, channels, { by, at, promised: leeway, worst: 'high', ...words }, other)
  },
)
