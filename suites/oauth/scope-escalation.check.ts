import { about, test } from '../../harness/check/check.ts'
import { neededOfConsent, rightFlow } from '../../harness/steps/authorization-server.ts'
import { deniedToTokens, widenings, witnessBeyond } from '../../harness/steps/widened-scopes.ts'

test(
  'nobody gets more scopes than its client is registered for, however they are asked for',
  about({
    practices: ['P01', 'P12'],
    severity: 'high',
    problem: 'A token opens what its client was never granted',
    why: 'A client that may only send reads the lists and keys of whoever has consented to something else.',
    remediation: {
      effort: 'medium',
      how: 'Give the intersection of what is asked, what the client is registered for and what its user may do, and have the API compare the scope of every call.',
    },
    references:
      'CWE-269 · CWE-863 · API5:2023 · API2:2023 · ASVS 5.0 10.4.11 · ASVS 5.0 10.3.2 · RFC 6749 §3.3 · RFC 6749 §6 · RFC 9700 §2.3 · WSTG-ATHZ-05',
    needs: [...neededOfConsent, 'profile:scopes'],
    reach: 'intrusive',
    showsBadCredentials: true,
    weaknesses: [
      'gives-scopes-beyond-the-client',
      'widens-scopes-at-refresh',
      'gives-service-clients-any-scope',
      'looks-at-no-scopes-of-tokens',
      'splits-scopes-at-more-than-spaces',
    ],
  }),
  async (kit) => {
    const { server, client, tokens } = await rightFlow(kit)
    const witness = await witnessBeyond(kit, client, tokens.access)
    const parts = [
      ...widenings(kit, server, client, tokens.access, witness),
      ...deniedToTokens(kit, client, tokens.access),
    ]
    await kit.verify.each(parts, ({ judge }) => judge())
  },
)
