import { about, test } from '../../harness/check/check.ts'
import { clientForCodes, neededOfConsent } from '../../harness/steps/authorization-server.ts'
import { boundToken, misusesOf } from '../../harness/steps/bound-tokens.ts'

test(
  'a token that is bound to a key is of no use without a fresh proof of that key',
  about({
    practices: ['P01', 'P15'],
    severity: 'high',
    problem: 'Tokens that are bound to a key work without it',
    why: 'A bound token that was stolen is worth as much as any other when the API does not look at the proof beside it.',
    remediation: {
      effort: 'medium',
      how: 'Compare scheme, signature, key, htm, htu, iat, jti and ath of the proof with the request at every call, and the key with cnf.jkt of the token.',
    },
    references:
      'CWE-294 · CWE-345 · API2:2023 · ASVS 5.0 10.4.14 · ASVS 5.0 10.3.5 · RFC 9449 §11 · RFC 9449 §4.3 · RFC 9449 §7',
    needs: [...neededOfConsent],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'takes-bound-tokens-as-bearer',
      'takes-proofs-of-other-keys',
      'refreshes-by-other-keys',
      'takes-proofs-for-other-urls',
      'takes-proofs-for-all-of-an-origin',
      'takes-proofs-for-paths-above',
      'takes-proofs-for-paths-below',
      'takes-proofs-for-other-methods',
      'takes-proofs-with-other-tokens',
      'takes-proofs-for-no-token',
      'takes-proofs-of-any-type',
      'takes-proofs-twice',
      'takes-old-proofs',
      'takes-unsigned-proofs',
    ],
  }),
  async (kit) => {
    const { server, client } = await clientForCodes(kit)
    const bound = await boundToken(kit, server, client)
    await kit.verify.each(misusesOf(kit, server, client, bound), ({ judge }) => judge(), 'one by one')
  },
)
