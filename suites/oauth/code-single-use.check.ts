import { about, test } from '../../harness/check/check.ts'
import { neededOfConsent, rightFlow } from '../../harness/steps/authorization-server.ts'
import { usesOfCodes } from '../../harness/steps/codes-once.ts'

test(
  'a code is exchanged once, by its own client, for its own redirect URI',
  about({
    practices: ['P01', 'P29'],
    severity: 'high',
    problem: 'A code gives tokens more than once, or to others',
    why: 'A code that was read from a log or a referrer after its use opens the account, when it still gives tokens.',
    remediation: {
      effort: 'medium',
      how: 'Delete the code in the statement that reads it, bind it to client and redirect URI, and end what it gave when it comes again.',
      before: 'const code = await find(id); /* … */ await remove(id)',
      after: 'const code = await removeReturning(id)',
    },
    references:
      'CWE-294 · CWE-613 · API2:2023 · ASVS 5.0 10.4.2 · ASVS 5.0 10.4.3 · RFC 6749 §4.1.2 · RFC 6749 §10.5 · RFC 9700 §4.5 · WSTG-ATHZ-05',
    needs: [...neededOfConsent],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'takes-codes-twice',
      'races-codes',
      'takes-codes-of-other-clients',
      'takes-codes-for-other-redirects',
      'keeps-tokens-of-replayed-codes',
    ],
  }),
  async (kit) => {
    const { server, client, tokens } = await rightFlow(kit)
    // A replay ends all that one consent has given: one comes after the other.
    await kit.verify.each(usesOfCodes(kit, server, client, tokens), ({ judge }) => judge(), 'one by one')
  },
)
