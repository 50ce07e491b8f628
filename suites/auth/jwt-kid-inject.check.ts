import { about, test } from '../../harness/check/check.ts'
import { forgeJwt, hmac, knownKeys } from '../../harness/probes/jwt.ts'
import { identities, liveToken, refusedBefore } from '../../harness/steps/tokens.ts'

test(
  'no key id of a token leads to a key that its bearer knows',
  about({
    practices: ['P01', 'P18', 'P20'],
    severity: 'critical',
    problem: 'The key id of a token leads to a key that its author knows',
    why: 'Where the token says by what file, row or name its key is found, its author names one whose content he knows.',
    remediation: {
      effort: 'low',
      how: 'Look the key id up in a fixed map of your own keys, bind each to one algorithm, and refuse whatever is not there.',
      before: 'const key = await readFile(`keys/${header.kid}`)',
      after: 'const key = keys.get(header.kid) ?? refuse()',
    },
    references:
      'CWE-22 · CWE-89 · CWE-73 · CWE-1321 · API2:2023 · API8:2023 · ASVS 5.0 9.1.3 · ASVS 5.0 1.2.4 · RFC 8725 §3.10 · RFC 7515 §4.1.4 · WSTG-SESS-10',
    needs: ['principal:admin', 'token:admin'],
    reach: 'intrusive',
    showsBadCredentials: true,
    weaknesses: [
      'takes-unknown-token-keys-for-empty-ones',
      'takes-unknown-token-keys-for-the-word-null',
      'looks-token-keys-up-in-files',
      'looks-token-keys-up-in-an-object',
      'looks-token-keys-up-by-sql',
      'looks-token-keys-up-by-sql-in-double-quotes',
      'looks-token-keys-up-by-sql-without-quotes',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const own = await liveToken(kit)
    const people = await identities(kit, own)
    const signed = (kid: unknown, key: string, payload: object) =>
      forgeJwt({ ...own.header, alg: 'HS256', kid }, payload, hmac('HS256', key))
    const control = signed(crypto.randomUUID(), crypto.randomUUID(), own.payload)
    await refusedBefore(kit, own, control, 'a random key')

    const variants = knownKeys.flatMap(({ name, kid, key }) =>
      people.map(({ whose, payload, inNameOf }) => ({
        ...{ name: `${name}, ${whose}`, inNameOf },
        token: signed(kid, key, payload),
      })),
    )
    await verify.each(variants, ({ token, inNameOf }) =>
      own.refused(token, 'a refusal: its author has chosen the key', { inNameOf }),
    )
    verify.held(await own.opens(own.token), 'the live token no longer works after the probes')
  },
)
