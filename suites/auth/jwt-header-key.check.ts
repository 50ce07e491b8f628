import { about, test } from '../../harness/check/check.ts'
import { offeredKeys, unknownKey } from '../../harness/steps/offered-keys.ts'
import { identities, liveToken, refusedBefore } from '../../harness/steps/tokens.ts'

test(
  'no token is verified by a key that it brings, or that it says where to find',
  about({
    practices: ['P01', 'P18'],
    severity: 'critical',
    problem: 'Tokens are verified by a key that their author chose',
    why: 'A token that brings its own key is signed by whoever wrote it, and one that names an address has the server ask there.',
    remediation: {
      effort: 'low',
      how: 'Take keys from your own configuration alone, and pass over jwk, jku, x5c and x5u of a token.',
      before: 'const key = await importJWK(header.jwk)',
      after: 'const key = keys.get(header.kid)',
    },
    references:
      'CWE-347 · CWE-918 · API2:2023 · API7:2023 · ASVS 5.0 9.1.3 · RFC 8725 §3.10 · RFC 7515 §4.1.2 · RFC 7515 §4.1.3 · RFC 7515 §4.1.5 · CVE-2018-0114 · WSTG-SESS-10',
    needs: ['principal:admin', 'token:admin', 'callback'],
    reach: 'intrusive',
    showsBadCredentials: true,
    weaknesses: [
      'trusts-keys-in-tokens',
      'trusts-certificates-in-tokens',
      'fetches-keys-that-tokens-name',
      'fetches-certificates-that-tokens-name',
      'looks-at-how-addresses-of-keys-begin',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const own = await liveToken(kit)
    const people = await identities(kit, own)
    await refusedBefore(kit, own, await unknownKey(own), 'a key of ours')

    await verify.each(await offeredKeys(own, kit), async ({ token, asked }) => {
      await verify.each(
        people.map(({ whose, ...identity }) => ({ name: whose, ...identity })),
        ({ payload, inNameOf }) =>
          own.refused(token(payload), 'a refusal: its author has made the key', { inNameOf }),
      )
      if (asked === null) return
      const requests = await asked()
      verify.that(requests.length === 0, {
        severity: 'medium',
        expected: 'no request for what a token names',
        actual: `the target asked for it: ${requests.join(', ')}`,
      })
    })
    verify.held(await own.opens(own.token), 'the live token no longer works after the probes')
  },
)
