import { about, test } from '../../harness/check/check.ts'
import { unsecuredAlgs } from '../../harness/probes/corpora.ts'
import { forgeJwt, type Signing } from '../../harness/probes/jwt.ts'
import { liveToken } from '../../harness/steps/tokens.ts'

const signatures: readonly { name: string; signing: (live: string) => Signing }[] = [
  { name: 'empty signature', signing: () => ({ kind: 'none' }) },
  { name: 'two parts', signing: () => ({ kind: 'two-parts' }) },
  { name: 'old signature', signing: (signature) => ({ kind: 'verbatim', signature }) },
]

test(
  'a token that says it needs no signature is refused',
  about({
    id: 'auth/jwt-alg-none',
    practices: ['P01', 'P15'],
    severity: 'critical',
    why: 'Whoever may write the algorithm into the token, and write none, is any user of any tenant.',
    remediation: 'Pin one algorithm per key in the verifier, and never take it from the token.',
    references: [
      'CWE-347',
      'API2:2023',
      'ASVS 5.0 9.1.1',
      'RFC 8725 §3.1',
      'RFC 7519 §6',
      'CVE-2015-2951',
      'WSTG-SESS-10',
    ],
    needs: ['principal.get', 'principal:admin', 'principal:neighbour'],
    reach: 'safe',
    weakness: 'accepts-unsigned-tokens',
  }),
  async ({ api, verify }) => {
    const own = await liveToken(api, verify)
    const foreign = await liveToken(api, verify, 'neighbour')
    const identities = [
      { name: 'own identity', payload: own.payload },
      { name: 'the neighbour’s identity', payload: { ...own.payload, ...foreign.payload } },
    ]
    const variants = unsecuredAlgs.flatMap(({ name, alg }) =>
      signatures.flatMap(({ name: form, signing }) =>
        identities.map(({ name: whose, payload }) => ({
          name: `alg ${name}, ${form}, ${whose}`,
          token: forgeJwt({ ...own.header, alg }, payload, signing(own.parts[2])),
        })),
      ),
    )
    await verify.each(variants, async ({ token }, verify) => {
      const exchange = await api.call('principal.get', {}, own.present(token))
      verify.notAuthenticated(exchange, 'a refusal: nobody signed the token')
    })
    const after = await api.call('principal.get', {}, own.present(own.token))
    verify.held(after.result?.['id'] === own.identity, 'the live token no longer works after the probes')
  },
)
