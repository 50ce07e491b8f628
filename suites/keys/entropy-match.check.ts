import { about, test } from '../../harness/check/check.ts'
import { matchedWhole, matchedWholeAtSubmission } from '../../harness/steps/given-keys.ts'
import { keysAreChance } from '../../harness/steps/made-keys.ts'

test(
  'a key is too much to guess, and all of it counts',
  about({
    practices: ['P02', 'P10'],
    severity: 'high',
    problem: 'Keys can be guessed, or only a part of them counts',
    why: 'A key that is made of the time, or looked up by its first letters, is found by trying.',
    remediation: {
      effort: 'low',
      how: 'Make keys of 256 bits from the system’s generator, keep their hash, and look for the hash of all that is shown.',
      before: 'const key = `key_${md5(Date.now()).slice(0, 12)}`',
      after: "const key = `key_${randomBytes(32).toString('base64url')}`",
    },
    references: 'CWE-330 · CWE-331 · CWE-187 · API2:2023 · ASVS 5.0 7.2.3 · ASVS 5.0 11.5.1',
    needs: ['principal:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'makes-keys-of-the-time',
      'makes-keys-of-parts-that-come-again',
      'matches-keys-by-their-beginning',
      'matches-keys-in-any-case',
    ],
  }),
  async (kit) => {
    await kit.verify.each(
      [
        { name: 'a given key', judge: matchedWhole },
        { name: 'at submission', judge: matchedWholeAtSubmission },
        { name: 'made keys', judge: keysAreChance },
      ],
      ({ judge }) => judge(kit),
    )
  },
)
