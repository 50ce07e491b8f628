import { about, test } from '../../harness/check/check.ts'
import { isConfidential, neededOfConsent, rightFlow } from '../../harness/steps/authorization-server.ts'
import {
  endsOfTokens,
  otherGrants,
  wrongAssertions,
  wrongSecrets,
} from '../../harness/steps/client-authentication.ts'

test(
  'a confidential client shows its secret, and what it revokes ends',
  about({
    practices: ['P01', 'P02', 'P12'],
    severity: 'high',
    problem: 'Tokens are given to, told of, or kept for clients that prove nothing',
    why: 'Without its secret anybody is the client: a code that was read becomes a token, and a revoked token that goes on works for whoever has stolen it.',
    remediation: {
      effort: 'low',
      how: 'Compare the secret of every confidential client in constant time, in the header or the body as it is registered, look tokens up where they are used, and let clients revoke their own.',
    },
    references:
      'CWE-287 · CWE-306 · CWE-598 · API2:2023 · ASVS 5.0 10.4.10 · ASVS 5.0 10.4.9 · ASVS 5.0 10.4.16 · RFC 9700 §2.5 · RFC 7009 §2.1 · RFC 7662 §2.1 · RFC 6749 §2.3.1 · RFC 7523 §3',
    needs: [...neededOfConsent],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'takes-clients-without-secrets',
      'refreshes-for-clients-without-secrets',
      'takes-any-client-secret',
      'takes-any-client-secret-in-the-form',
      'takes-secrets-of-other-clients',
      'takes-secrets-in-the-query',
      'takes-unsigned-assertions',
      'takes-assertions-of-any-key',
      'takes-public-keys-of-clients-for-secrets',
      'takes-assertions-for-other-servers',
      'takes-assertions-after-their-end',
      'takes-assertions-twice',
      'introspects-for-anybody',
      'revokes-for-other-clients',
      'revokes-for-anybody',
      'keeps-revoked-tokens',
      'keeps-access-tokens-of-revoked-refresh-tokens',
    ],
  }),
  async (kit) => {
    const { server, client, tokens } = await rightFlow(kit, { confidential: true })
    const others = server
      .clientsFor('authorization_code')
      .filter((each) => each.id !== client.id && isConfidential(each))
    const parts = [
      ...(client.secret === null ? [] : wrongSecrets(kit, server, client, others)),
      ...wrongAssertions(kit, server),
      ...otherGrants(kit, server, client),
      ...endsOfTokens(kit, server, client, others, tokens),
    ]
    // A replay ends all that one consent has given: one comes after the other.
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  },
)
