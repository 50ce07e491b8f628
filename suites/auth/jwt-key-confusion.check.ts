import { about, test } from '../../harness/check/check.ts'
import { forgeJwt, hmac, hmacKeyForms } from '../../harness/probes/jwt.ts'
import { liveToken, publishedKeys } from '../../harness/steps/tokens.ts'
import { NotApplicable } from '../../harness/verdicts.ts'

test(
  'the public key is not taken for an HMAC secret',
  about({
    id: 'auth/jwt-key-confusion',
    practices: ['P01', 'P15'],
    severity: 'critical',
    why: 'A verifier that lets the token choose the algorithm checks an HMAC with the public key, which everybody has.',
    remediation: 'Bind each key to one algorithm, and hand the verifier the list of those it may use.',
    references: [
      'CWE-327',
      'CWE-347',
      'API2:2023',
      'ASVS 5.0 9.1.2',
      'RFC 8725 §2.1',
      'CVE-2016-10555',
      'WSTG-SESS-10',
    ],
    needs: ['principal.get', 'principal:admin', 'principal:neighbour', 'profile:jwt.jwks'],
    reach: 'safe',
    weakness: 'verifies-tokens-with-any-algorithm',
  }),
  async ({ api, profile, verify }) => {
    const own = await liveToken(api, verify)
    if (String(own.header['alg']).startsWith('HS'))
      throw new NotApplicable('the target signs by HMAC: it has no public key')
    const foreign = await liveToken(api, verify, 'neighbour')
    const keys = await publishedKeys(api, profile, verify)
    const control = forgeJwt({ ...own.header, alg: 'HS256' }, own.payload, hmac('HS256', crypto.randomUUID()))
    const refused = await api.call('principal.get', {}, own.present(control))
    verify.held(refused.result?.['id'] === undefined, 'a token signed by a random HMAC key was accepted')

    const identities = [
      { name: 'own identity', payload: own.payload },
      { name: 'the neighbour’s identity', payload: { ...own.payload, ...foreign.payload } },
    ]
    const forms = keys.flatMap((jwk) =>
      hmacKeyForms(jwk).map((form) => ({ ...form, kid: jwk['kid'] ?? own.header['kid'] })),
    )
    const variants = forms.flatMap((form) =>
      (['HS256', 'HS384', 'HS512'] as const).flatMap((alg) =>
        identities.map(({ name, payload }) => ({
          name: `${alg} with ${form.name}, ${name}`,
          token: forgeJwt({ ...own.header, alg, kid: form.kid }, payload, hmac(alg, form.key)),
        })),
      ),
    )
    await verify.each(variants, async ({ token }, verify) => {
      const exchange = await api.call('principal.get', {}, own.present(token))
      verify.notAuthenticated(exchange, 'a refusal: the token is signed with what everybody knows')
    })
  },
)
