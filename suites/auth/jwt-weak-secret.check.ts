import { about, test } from '../../harness/check/check.ts'
import { forgeJwt, hmac } from '../../harness/probes/jwt.ts'
import { secretsToSignBy } from '../../harness/steps/signing-secrets.ts'
import { identities, liveToken, refusedBefore } from '../../harness/steps/tokens.ts'

test(
  'no token is signed, or believed, by a secret that anybody tries',
  about({
    practices: ['P02', 'P10'],
    severity: 'critical',
    problem: 'Tokens are signed, or believed, by a secret that anybody tries',
    why: 'Whoever has one token tries millions of secrets by himself; by the right one he writes tokens for everybody.',
    remediation: {
      effort: 'low',
      how: 'Sign by a key pair, or by 256 random bits from the secret store, and have the service not start without.',
      before: "const secret = process.env.JWT_SECRET ?? 'secret'",
      after: "const secret = Buffer.from(required('JWT_SECRET'), 'base64')",
    },
    references:
      'CWE-521 · CWE-798 · CWE-1391 · API2:2023 · ASVS 5.0 11.2.3 · ASVS 5.0 13.2.3 · RFC 8725 §3.5 · CVE-2019-20933 · CVE-2020-28637 · WSTG-SESS-10',
    needs: ['principal:admin', 'token:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'signs-tokens-by-a-word-of-every-list',
      'signs-tokens-by-its-own-name',
      'signs-tokens-by-a-text-of-its-document',
      'verifies-tokens-by-a-word-of-every-list-too',
    ],
    habits: ['signs-tokens-by-hmac'],
  }),
  async (kit) => {
    const { verify } = kit
    const own = await liveToken(kit)
    const control = forgeJwt({ ...own.header, alg: 'HS256' }, own.payload, hmac('HS256', crypto.randomUUID()))
    await refusedBefore(kit, own, control, 'a random secret')
    const { alg, secrets } = await secretsToSignBy(kit, own)
    if (secrets.length === 0) return

    await verify.each(
      (await identities(kit, own)).map(({ whose, ...identity }) => ({ name: whose, ...identity })),
      async ({ payload, inNameOf }) => {
        for (const secret of secrets) {
          const claims = { ...payload, jti: crypto.randomUUID() }
          const token = forgeJwt({ ...own.header, alg }, claims, hmac(alg, secret))
          await own.refused(token, 'a refusal: it is signed by a secret that anybody tries', { inNameOf })
        }
      },
    )
    verify.held(await own.opens(own.token), 'the live token no longer works after the probes')
  },
)
