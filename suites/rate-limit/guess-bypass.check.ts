import { about, test } from '../../harness/check/check.ts'
import { guardedThings, throttleHoldsInDisguise } from '../../harness/steps/disguises.ts'

test(
  'no header, path or spelling leads around the throttle of guesses',
  about({
    practices: ['P17', 'P22'],
    severity: 'high',
    problem: 'A header, a path or a spelling leads around the throttle of guesses',
    why: 'A throttle that counts by what the guesser writes himself counts each guess as somebody’s first.',
    remediation: {
      effort: 'medium',
      how: 'Count failures by the account as it is looked up and by the peer’s address, after routing; trust no client address field.',
      before: "failures.of(`${body.email} ${request.headers['x-forwarded-for']}`)",
      after: 'failures.of(normalised(body.email))',
    },
    references:
      'CWE-307 · CWE-348 · CWE-799 · CVE-2025-64526 · API2:2023 · ASVS 5.0 6.3.1 · ASVS 5.0 15.3.4 · WSTG-ATHN-03',
    needs: ['http'],
    reach: 'disruptive',
    weaknesses: [
      'throttles-by-any-claimed-address',
      'throttles-by-user-agent',
      'throttles-by-cookie',
      'throttles-by-the-path-as-it-came',
      'throttles-accounts-as-they-are-spelled',
      'throttles-by-a-name-beside-the-account',
      'throttles-keys-by-the-spelling-of-their-scheme',
      'counts-wrong-codes-by-any-claimed-address',
      'counts-wrong-codes-by-the-browser',
    ],
    habits: ['answers-other-paths-with-a-page'],
    exclusive: true,
  }),
  async (kit) => {
    const { verify } = kit
    const guarded = guardedThings(kit)
    verify.applies(
      guarded.length > 0,
      'profile declares no sign-in of users that can be made, no key, and no code of a second factor',
    )
    const judge = async (one: (typeof guarded)[number]) => {
      await one.ready
      await throttleHoldsInDisguise(kit, one)
    }
    await verify.each(guarded, judge, 'one by one')
  },
)
