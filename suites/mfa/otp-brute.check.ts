import { about, test } from '../../harness/check/check.ts'
import { neededOfAccounts } from '../../harness/steps/accounts.ts'
import { type CodesToGuess, severalAtOnce, waysToGuessCodes } from '../../harness/steps/code-guesses.ts'
import { raceHolds, throttleHolds } from '../../harness/steps/guessing.ts'

test(
  'guessing a code of a second factor is slowed down, however often one begins',
  about({
    practices: ['P05', 'P17'],
    severity: 'high',
    problem: 'Codes of a second factor can be guessed without being slowed down',
    why: 'Six digits are a million: a thousand guesses a second find one in minutes, and the owner of the password is not there to see it.',
    remediation: {
      effort: 'low',
      how: 'Count wrong codes by the account, whichever sign-in they belong to, before a code is looked at; take one code a request; after ten, make it wait.',
      before: 'challenge.failures += 1',
      after: 'await failures.take(`codes of ${challenge.user}`)',
    },
    references:
      'CWE-307 · CWE-799 · CWE-367 · API2:2023 · ASVS 5.0 6.6.3 · ASVS 5.0 6.3.1 · RFC 4226 §7.3 · RFC 6238 §5 · WSTG-ATHN-11',
    needs: neededOfAccounts,
    reach: 'disruptive',
    weaknesses: [
      'counts-no-wrong-codes',
      'counts-wrong-codes-by-the-challenge',
      'mails-codes-for-every-guess',
      'counts-wrong-codes-after-the-look',
      'takes-a-list-of-codes',
      'takes-several-codes-with-commas',
      'counts-wrong-codes-at-the-sign-in-alone',
    ],
    showsBadCredentials: true,
  }),
  async (kit) => {
    const { verify } = kit
    await verify.each(severalAtOnce(kit), ({ judge }) => judge())
    const judge = async (way: CodesToGuess) => {
      await way.ready
      const races = way.races ? [{ name: 'released together' }] : []
      await verify.each(races, async () => void (await raceHolds(kit, way)))
      await throttleHolds(kit, way)
    }
    await verify.each(waysToGuessCodes(kit), judge, 'one by one')
  },
)
