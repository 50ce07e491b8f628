import { about, test } from '../../harness/check/check.ts'
import { brokenSignatures, forgeJwt } from '../../harness/probes/jwt.ts'
import { identities, liveToken } from '../../harness/steps/tokens.ts'

test(
  'a token is refused once a bit of it, or of its signature, was changed',
  about({
    practices: ['P01', 'P15', 'P29'],
    severity: 'critical',
    problem: 'Tokens that were changed after they were signed are believed',
    why: 'Where a signature is only looked at, or only once, whoever has a token writes into it who he is.',
    remediation: {
      effort: 'low',
      how: 'Verify the whole signature of every request by a maintained JOSE library; refuse r or s of zero.',
      before: 'if (cache.has(payload)) return payload',
      after: "const { payload } = await jwtVerify(token, key, { algorithms: ['ES256'] })",
    },
    references:
      'CWE-347 · CWE-354 · API2:2023 · ASVS 5.0 9.1.1 · RFC 8725 §3.3 · RFC 7515 §5.2 · CVE-2020-28042 · CVE-2022-21449 · WSTG-SESS-10',
    needs: ['principal:admin', 'token:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'reads-tokens-without-verifying-them',
      'remembers-tokens-without-their-signatures',
      'remembers-signatures-without-their-tokens',
      'takes-tokens-without-a-signature',
      'takes-zeros-for-a-signature',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const own = await liveToken(kit)
    const variants = (await identities(kit, own)).flatMap(({ whose, payload, inNameOf }) =>
      brokenSignatures(own, payload).map(({ name, signature, payload: borne = payload, severity }) => ({
        ...{ name: `${name}, ${whose}`, inNameOf, severity },
        token: forgeJwt(own.header, borne, { kind: 'verbatim', signature }),
      })),
    )
    await verify.each(variants, ({ token, inNameOf, severity }) =>
      own.refused(token, 'a refusal: nobody has signed this token so', { inNameOf, severity }),
    )
    verify.held(await own.opens(own.token), 'the live token no longer works after the probes')
  },
)
