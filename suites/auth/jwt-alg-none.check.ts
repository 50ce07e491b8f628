import { about, test } from '../../harness/check/check.ts'
import { unsecuredAlgs } from '../../harness/probes/corpora.ts'
import { forgeJwt, type Signing } from '../../harness/probes/jwt.ts'
import { identities, liveToken } from '../../harness/steps/tokens.ts'

const signatures: readonly { form: string; signing: (live: string) => Signing }[] = [
  { form: 'empty signature', signing: () => ({ kind: 'none' }) },
  { form: 'two parts', signing: () => ({ kind: 'two-parts' }) },
  { form: 'old signature', signing: (signature) => ({ kind: 'verbatim', signature }) },
]

test(
  'a token that says it needs no signature is refused',
  about({
    practices: ['P01', 'P15'],
    severity: 'critical',
    problem: 'Tokens without a signature are believed',
    why: 'Whoever may write the algorithm into the token, and write none, is any user of any tenant.',
    remediation: {
      effort: 'low',
      how: 'Pin one algorithm per key in the verifier, and never take it from the token.',
      before: 'jwt.verify(token, key)',
      after: "jwt.verify(token, key, { algorithms: ['ES256'] })",
    },
    references:
      'CWE-347 · API2:2023 · ASVS 5.0 9.1.1 · RFC 8725 §3.1 · RFC 7519 §6 · CVE-2015-2951 · WSTG-SESS-10',
    needs: ['principal:admin', 'token:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'accepts-unsigned-tokens',
      'takes-an-empty-algorithm-for-none',
      'reads-tokens-without-verifying-them',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const own = await liveToken(kit)
    const people = await identities(kit, own)
    const variants = unsecuredAlgs.flatMap(({ name, alg }) =>
      signatures.flatMap(({ form, signing }) =>
        people.map(({ whose, payload, inNameOf }) => ({
          name: `alg ${name}, ${form}, ${whose}`,
          token: forgeJwt({ ...own.header, alg }, payload, signing(own.parts[2])),
          inNameOf,
        })),
      ),
    )
    await verify.each(variants, ({ token, inNameOf }) =>
      own.refused(token, 'a refusal: nobody signed the token', { inNameOf }),
    )
    verify.held(await own.opens(own.token), 'the live token no longer works after the probes')
  },
)
