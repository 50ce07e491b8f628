import { about, test } from '../../harness/check/check.ts'
import { guessUntilThrottled, waysToGuess } from '../../harness/steps/guessing.ts'

test(
  'guessing a password or a key is slowed down on every channel',
  about({
    practices: ['P17', 'P22'],
    severity: 'high',
    why: 'A sign-in that is watched and a submission port that is not are one unwatched sign-in.',
    remediation: {
      effort: 'medium',
      how: 'Share one budget of failures per account and per source between HTTP and SMTP, and answer 429 or 454 beyond it.',
    },
    references: 'CWE-307 · CWE-799 · API2:2023 · ASVS 5.0 6.3.1 · RFC 4954 §4 · WSTG-ATHN-03',
    needs: [],
    reach: 'disruptive',
    weaknesses: [
      'throttles-only-the-web-sign-in',
      'throttles-no-sign-in',
      'throttles-no-source',
      'throttles-no-keys',
    ],
    exclusive: true,
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { profile, reach, verify } = kit
    const ways = await waysToGuess(kit)
    verify.applies(ways.length > 0, 'profile declares no sign-in by password, no key and no mail.submission')
    await verify.each(ways, async ({ ready, locked, ...way }) => {
      await ready
      const { guesses, heldBack } = await guessUntilThrottled(reach, way, profile.policies)
      verify.that(heldBack || (await locked?.()) === true, {
        expected: `a throttle within ${guesses} wrong guesses`,
        actual: `${guesses} guesses in a row were looked at, none was held back`,
      })
    })
  },
)
