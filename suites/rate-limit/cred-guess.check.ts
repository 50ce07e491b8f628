import { about, test } from '../../harness/check/check.ts'
import { raceHolds, throttleHolds, type WayToGuess } from '../../harness/steps/guessing.ts'
import { waysToGuess } from '../../harness/steps/ways-to-guess.ts'

test(
  'guessing a password or a key is slowed down on every channel',
  about({
    practices: ['P17', 'P22'],
    severity: 'high',
    problem: 'Passwords or keys can be guessed without being slowed down',
    why: 'A sign-in that is watched and a submission port that is not are one unwatched sign-in.',
    remediation: {
      effort: 'medium',
      how: 'Share one budget of failures per account and per source between HTTP and SMTP, take from it before a secret is looked at, and answer 429 or 454 beyond it.',
    },
    references: 'CWE-307 · CWE-799 · CWE-367 · API2:2023 · ASVS 5.0 6.3.1 · RFC 4954 §4 · WSTG-ATHN-03',
    needs: [],
    reach: 'disruptive',
    awaitsClocks: true,
    weaknesses: [
      'throttles-only-the-web-sign-in',
      'throttles-no-sign-in',
      'throttles-no-source',
      'throttles-no-keys',
      'counts-no-guesses-at-reset-codes',
      'counts-passwords-after-the-hash',
      'counts-keys-after-the-hash',
      'counts-submission-after-the-hash',
    ],
    habits: ['throttles-sign-ins-in-silence', 'mails-codes-to-reset-by'],
    exclusive: true,
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { verify } = kit
    const ways = await waysToGuess(kit)
    verify.applies(ways.length > 0, 'profile declares no sign-in by password, no key and no mail.submission')
    const judge = async (way: WayToGuess) => {
      await way.ready
      let heldBack = false
      await verify.each([{ name: 'released together' }], async () => {
        heldBack = await raceHolds(kit, way)
      })
      await throttleHolds(kit, way, heldBack)
    }
    // They share the budget of a source.
    await verify.each(ways, judge, 'one by one')
  },
)
