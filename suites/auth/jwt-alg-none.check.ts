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
      'CWE-347 · API2:2023 · ASVS 5.0 9.1.1 · RFC 8725 §3.1 · RFC 7519 §6 · CVE-2015-2951 · CVE-2022-23540 · WSTG-SESS-10',
    needs: ['principal:admin', 'token:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'accepts-unsigned-tokens',
      'takes-an-empty-algorithm-for-none',
      'reads-tokens-without-verifying-them',
      'takes-unsigned-tokens-where-it-has-no-key',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const own = await liveToken(kit)
    const people = await identities(kit, own)
    const unsigned = unsecuredAlgs.flatMap(({ name, alg }) =>
      signatures.map(({ form, signing }) => ({
        ...{ written: `alg ${name}, ${form}`, header: { ...own.header, alg } },
        signing: signing(own.parts[2]),
      })),
    )
    // Where no key is found for them, some libraries ask for no signature either.
    const keyless = ['nobody-has-this', undefined].map((kid) => ({
      written: `alg lower-case, empty signature, ${kid === undefined ? 'no key id' : 'an unknown key id'}`,
      header: { ...own.header, alg: 'none', kid },
      signing: { kind: 'none' } as const,
    }))
    const variants = [...unsigned, ...keyless].flatMap(({ written, header, signing }) =>
      people.map(({ whose, payload, inNameOf }) => ({
        ...{ name: `${written}, ${whose}`, inNameOf },
        token: forgeJwt(header, payload, signing),
      })),
    )
    await verify.each(variants, ({ token, inNameOf }) =>
      own.refused(token, 'a refusal: nobody signed the token', { inNameOf }),
    )
    verify.held(await own.opens(own.token), 'the live token no longer works after the probes')
  },
)
