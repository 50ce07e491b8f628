import { about, test } from '../../harness/check/check.ts'
import { forgeJwt, hmac, hmacKeyForms } from '../../harness/probes/jwt.ts'
import { identities, liveToken, publishedKeys, refusedBefore } from '../../harness/steps/tokens.ts'

test(
  'the public key is not taken for an HMAC secret',
  about({
    practices: ['P01', 'P15'],
    severity: 'critical',
    problem: 'Tokens signed with the public key as a secret are believed',
    why: 'A verifier that lets the token choose the algorithm checks an HMAC with the public key, which everybody has.',
    remediation: {
      effort: 'low',
      how: 'Bind each key to one algorithm, and hand the verifier the list of those it may use.',
      before: 'jwt.verify(token, publicKey)',
      after: "jwt.verify(token, publicKey, { algorithms: ['RS256'] })",
    },
    references:
      'CWE-327 · CWE-347 · API2:2023 · ASVS 5.0 9.1.2 · RFC 8725 §2.1 · CVE-2016-10555 · WSTG-SESS-10',
    needs: ['principal:admin', 'token:admin', 'profile:jwt.jwks'],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'verifies-tokens-with-any-algorithm',
      'verifies-tokens-by-the-trimmed-key',
      'verifies-tokens-by-the-binary-key',
      'verifies-tokens-by-the-published-key',
      'verifies-tokens-by-the-key-as-json',
      'verifies-tokens-by-the-point-of-the-key',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const own = await liveToken(kit)
    const isHmac = String(own.header['alg']).startsWith('HS')
    verify.applies(!isHmac, 'the target signs by HMAC: it has no public key')
    const people = await identities(kit, own)
    const keys = await publishedKeys(kit)
    const control = forgeJwt({ ...own.header, alg: 'HS256' }, own.payload, hmac('HS256', crypto.randomUUID()))
    await refusedBefore(kit, own, control, 'a random HMAC key')

    const forms = keys.flatMap((jwk) =>
      hmacKeyForms(jwk).map((form) => ({ ...form, kid: jwk['kid'] ?? own.header['kid'] })),
    )
    const variants = forms.flatMap(({ name, key, kid }) =>
      (['HS256', 'HS384', 'HS512'] as const).flatMap((alg) =>
        people.map(({ whose, payload, inNameOf }) => ({
          name: `${alg} with ${name}, ${whose}`,
          token: forgeJwt({ ...own.header, alg, kid }, payload, hmac(alg, key)),
          inNameOf,
        })),
      ),
    )
    await verify.each(variants, ({ token, inNameOf }) =>
      own.refused(token, 'a refusal: the token is signed with what everybody knows', { inNameOf }),
    )
  },
)
