import { about, test } from '../../harness/check/check.ts'
import { forgeJwt, signingBy } from '../../harness/probes/jwt.ts'
import { liveToken } from '../../harness/steps/tokens.ts'

test(
  'a rightly signed token is refused where its claims say so',
  about({
    id: 'auth/jwt-claims',
    practices: ['P01', 'P15', 'P29'],
    severity: 'high',
    why: 'A token that never expires, or that was issued for another service, is a password that nobody can change.',
    remediation:
      'Check exp, nbf, iat, iss, aud and typ of every token, and keep the rules of token classes apart.',
    references: [
      'CWE-613',
      'CWE-287',
      'API2:2023',
      'ASVS 5.0 9.2.1',
      'ASVS 5.0 9.2.3',
      'RFC 8725 §3.8',
      'RFC 9068 §4',
      'WSTG-SESS-10',
    ],
    needs: ['principal.get', 'principal:admin', 'profile:jwt.signingKey'],
    reach: 'safe',
    weakness: 'ignores-token-expiry',
  }),
  async ({ api, profile, verify }) => {
    const live = await liveToken(api, verify)
    const secret = profile.jwt?.signingKey ?? ''
    const sign = (payload: object | string, header: object = live.header) =>
      forgeJwt(header, payload, signingBy(String(live.header['alg']), secret))
    const now = Math.floor(Date.now() / 1000)
    const late = (profile.policies.tokens?.leeway ?? 60) + 60
    const claims: Record<string, unknown> = { ...live.payload, iat: now, exp: now + 300 }
    const control = await api.call('principal.get', {}, live.present(sign(claims)))
    verify.held(
      control.result?.['id'] === live.identity,
      'a token signed with jwt.signingKey and right in every claim was refused',
      'give the profile the key that the target signs with at present',
    )
    const { exp: _exp, ...eternal } = claims
    const { aud, ...anywhere } = claims
    const { iss, ...nobodys } = claims
    const { typ } = live.header
    const variants = [
      { name: 'expired', token: sign({ ...claims, iat: now - 3600, exp: now - late }) },
      { name: 'without exp', token: sign(eternal) },
      { name: 'exp as text', token: sign({ ...claims, exp: 'never' }) },
      { name: 'negative exp', token: sign({ ...claims, exp: -1 }) },
      { name: 'not yet valid', token: sign({ ...claims, nbf: now + 3600 }) },
      // Where the target's tokens do not say it, leaving it out is no fault (RFC 7519 §4.1; aud must be minded, §4.1.3).
      ...(iss === undefined
        ? []
        : [
            { name: 'another issuer', token: sign({ ...claims, iss: 'https://issuer.example' }) },
            { name: 'without issuer', token: sign(nobodys) },
          ]),
      { name: 'for another service', token: sign({ ...claims, aud: 'https://service.example' }) },
      ...(aud === undefined ? [] : [{ name: 'without audience', token: sign(anywhere) }]),
      // JWT says nothing of what a token is for (RFC 8725 §3.11).
      ...(typeof typ !== 'string' || typ.toUpperCase() === 'JWT'
        ? []
        : [{ name: 'of another type', token: sign(claims, { ...live.header, typ: 'logout+jwt' }) }]),
      {
        name: 'with an unknown critical extension',
        token: sign(claims, { ...live.header, crit: ['x'], x: 1 }),
      },
    ]
    await verify.each(variants, async ({ token }, verify) => {
      const exchange = await api.call('principal.get', {}, live.present(token))
      verify.notAuthenticated(exchange, 'a refusal of the token for its claims')
    })
  },
)
