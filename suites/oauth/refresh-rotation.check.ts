import { about, test } from '../../harness/check/check.ts'
import { neededOfConsent, rightFlow } from '../../harness/steps/authorization-server.ts'
import { endsOfHolders, livesOfTokens } from '../../harness/steps/refresh-tokens.ts'

test(
  'access tokens are short, and a refresh token is of use once, to its own client',
  about({
    practices: ['P15', 'P29', 'P01'],
    severity: 'high',
    problem: 'Refresh tokens can be used again, or by others',
    why: 'A refresh token that was stolen once is the account for as long as it lives, and nobody notices, unless its second use ends it.',
    remediation: {
      effort: 'medium',
      how: 'Give another refresh token at every use, end the whole family when a used one comes again, and let access tokens live for an hour at most.',
    },
    references:
      'CWE-613 · CWE-294 · API2:2023 · ASVS 5.0 10.4.5 · ASVS 5.0 10.4.8 · ASVS 5.0 7.3.2 · RFC 9700 §2.2.2 · RFC 9700 §4.14 · RFC 6749 §10.4 · WSTG-ATHZ-05',
    needs: [...neededOfConsent],
    reach: 'intrusive',
    showsBadCredentials: true,
    weaknesses: [
      'takes-refresh-tokens-for-access-tokens',
      'refresh-tokens-stay',
      'takes-refresh-tokens-again',
      'keeps-families-of-reused-tokens',
      'races-refresh-tokens',
      'refreshes-for-other-clients',
      'access-tokens-live-for-a-day',
      'keeps-oauth-tokens-after-new-passwords',
      'keeps-oauth-tokens-of-deactivated-users',
    ],
  }),
  async (kit) => {
    const { server, client, tokens } = await rightFlow(kit)
    // A replay ends all that one consent has given: one comes after the other.
    const parts = [...livesOfTokens(kit, server, client, tokens), ...endsOfHolders(kit, server, client)]
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  },
)
