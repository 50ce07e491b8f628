import { about, test } from '../../harness/check/check.ts'
import { badClaims, forgeJwt } from '../../harness/probes/jwt.ts'
import { liveToken, ownSigning } from '../../harness/steps/tokens.ts'

test(
  'a rightly signed token is refused where its claims say so',
  about({
    practices: ['P15', 'P01', 'P29'],
    severity: 'high',
    problem: 'Tokens are believed although their claims say that they must not be',
    why: 'A token that never expires, or that was issued for another service, is a password that nobody can change.',
    remediation: {
      effort: 'low',
      how: 'Check exp, nbf, iat, iss, aud and typ of every token, and keep the rules of token classes apart.',
    },
    references:
      'CWE-613 · CWE-287 · API2:2023 · ASVS 5.0 9.2.1 · ASVS 5.0 9.2.3 · RFC 8725 §3.8 · RFC 9068 §4 · CVE-2025-30144 · WSTG-SESS-10',
    needs: ['principal:admin', 'token:admin', 'profile:jwt.signingKey'],
    reach: 'safe',
    showsBadCredentials: true,
    silentOn: ['tokens.leeway'],
    weaknesses: [
      'ignores-token-expiry',
      'believes-tokens-for-five-minutes-more',
      'verifies-signatures-and-no-claims',
      'lets-tokens-without-an-end-live-for-ever',
      'takes-tokens-of-any-issuer',
      'takes-lists-of-issuers',
      'looks-at-how-issuers-begin',
      'takes-tokens-for-any-service',
      'looks-at-how-audiences-begin',
      'looks-for-its-name-in-audiences',
      'takes-tokens-of-any-type',
      'ignores-critical-extensions',
    ],
  }),
  async (kit) => {
    const { profile, verify } = kit
    const live = await liveToken(kit)
    const signing = ownSigning(profile, live)
    const sign = (payload: object, header: object = live.header) => forgeJwt(header, payload, signing)
    const now = Math.floor(Date.now() / 1000)
    const claims = { ...live.payload, iat: now, exp: now + 300 }
    verify.held(
      await live.opens(sign(claims)),
      'a token signed with jwt.signingKey and right in every claim was refused',
      'give the profile the key that the target signs with at present',
    )
    const variants = badClaims(claims, live.header, { now, leeway: profile.policies.tokens?.leeway })
    await verify.each(variants, ({ payload, header, severity }) =>
      live.refused(sign(payload, header), 'a refusal of the token for its claims', { severity }),
    )
  },
)
