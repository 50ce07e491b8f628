import type { As } from '../api/api.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange, Severity } from '../model.ts'
import { newProofKey, type ProofKey, type ProofOf, proofOf } from '../probes/dpop.ts'
import type { TokenSet } from '../probes/oauth.ts'
import { inputAlone, plainReads } from './attempts.ts'
import {
  type AuthorizationServer,
  grantedBy,
  type OAuthClient,
  type OAuthKit,
  shownBy,
} from './authorization-server.ts'
import { givesNothing } from './code-challenges.ts'

/** A token that is bound to a key, and a read that it opens with a proof of that key. */
export interface BoundToken {
  readonly key: ProofKey
  readonly tokens: TokenSet
  /** The URL of the read, without a query. */
  readonly htu: string
  /** Whether the read lets it in with such a proof, `null` for none, by such a scheme. */
  show(proof: Partial<ProofOf> | null, scheme?: 'DPoP' | 'Bearer', by?: ProofKey): Promise<Exchange>
}

/** A guard: tokens that are bound to a key (RFC 9449 §5), which open a read with a proof alone. Not applicable where none are. */
export async function boundToken(
  kit: OAuthKit,
  server: AuthorizationServer,
  client: OAuthClient,
): Promise<BoundToken> {
  const { api, verify } = kit
  verify.applies(
    Array.isArray(server.metadata['dpop_signing_alg_values_supported']),
    'the authorization server binds no tokens by DPoP (dpop_signing_alg_values_supported)',
  )
  const { key, tokens } = await givenToKey(kit, server, client)
  verify.applies(
    /^dpop$/i.test(tokens.type),
    `${client.name} gets tokens of type ${tokens.type}, whatever it proves`,
  )
  const granted = grantedBy(kit, client.scopes)
  const reads = plainReads(kit).filter((name) => name === 'principal.get' || granted.includes(name))
  const seen: string[] = []
  for (const name of reads) {
    const input = inputAlone(kit, name) ?? {}
    const nobody: As = { headers: [] }
    const plain = await api.prepare(name, input, nobody)
    const htu = `${plain.origin}${plain.path.replace(/[?#].*$/s, '')}`
    const show: BoundToken['show'] = (proof, scheme = 'DPoP', by = key) => {
      const said = { htm: plain.method, htu, token: tokens.access }
      const field = proof === null ? null : proofOf(by, { ...said, ...proof })
      return api.send(
        {
          ...plain,
          headers: [
            ...plain.headers,
            ['authorization', `${scheme} ${tokens.access}`],
            ...(field === null ? [] : [['dpop', field] as const]),
          ],
        },
        { operation: name, principal: 'an OAuth client', input },
      )
    }
    const right = await show({})
    if (right.answer === 'accepted') return { key, tokens, htu, show }
    seen.push(`${name} was answered ${api.said(right)}`)
  }
  verify.held(false, `no read of the API lets a bound token in with its proof: ${seen.join('; ')}`)
  throw new Error('a guard that did not hold went on')
}

const hour = 3600

/** A stolen token, and a stolen proof, are of no use (RFC 9449 §11). What is refreshed may end what was given before: that comes last. */
export function misusesOf(
  kit: OAuthKit,
  server: AuthorizationServer,
  client: OAuthClient,
  bound: BoundToken,
): Part[] {
  const { verify } = kit
  const refused = (
    name: string,
    expected: string,
    ask: () => Promise<Exchange>,
    severity?: Severity,
  ): Part => ({
    name,
    async judge() {
      const exchange = await ask()
      if (exchange.answer !== 'accepted') verify.answered(exchange)
      verify.that(exchange.answer !== 'accepted', {
        ...{ of: exchange, severity, expected },
        actual: `${exchange.operation} was answered ${kit.api.said(exchange)}`,
      })
    },
  })
  const now = () => Math.floor(Date.now() / 1000)
  return [
    refused('as a bearer token', 'a bound token is no bearer token', () => bound.show(null, 'Bearer')),
    refused('without a proof', 'a bound token is shown with a proof', () => bound.show(null)),
    refused('with a proof by another key', 'a proof is by the key that the token is bound to', () =>
      bound.show({}, 'DPoP', newProofKey()),
    ),
    refused('with a proof for another URL', 'a proof is for the URL that is asked (htu)', () =>
      bound.show({ htu: 'https://elsewhere.example/v1/messages' }),
    ),
    refused('with a proof for another path', 'a proof is for the URL that is asked (htu)', () => {
      const { origin } = new URL(bound.htu)
      return bound.show({ htu: `${origin}/elsewhere` })
    }),
    refused('with a proof for another method', 'a proof is for the method that is asked (htm)', () =>
      bound.show({ htm: 'DELETE' }),
    ),
    refused('with a proof for another token', 'a proof is for the token that is shown (ath)', () =>
      bound.show({ token: 'another' }),
    ),
    refused('with a proof for no token', 'a proof is for the token that is shown (ath)', () =>
      bound.show({ token: undefined }),
    ),
    refused(
      'with another kind of token as a proof',
      'a proof is of the type dpop+jwt (RFC 9449 §4.3)',
      () => bound.show({ header: { typ: 'JWT' } }),
      'medium',
    ),
    refused('with a proof of an hour ago', 'a proof is of this moment (iat)', () =>
      bound.show({ iat: now() - hour }),
    ),
    refused(
      'with a proof of the next hour',
      'a proof is of this moment (iat)',
      () => bound.show({ iat: now() + hour }),
      'medium',
    ),
    refused('with an unsigned proof', 'a proof is signed', () =>
      bound.show({ header: { alg: 'none' }, signing: { kind: 'none' } }),
    ),
    refused(
      'with a proof that was shown before',
      'a proof is of use once (jti, RFC 9449 §11.1)',
      async () => {
        const jti = kit.mailbox.canary()
        const iat = now()
        verify.held((await bound.show({ jti, iat })).answer === 'accepted', 'a fresh proof was refused')
        return bound.show({ jti, iat })
      },
      'medium',
    ),
    {
      name: 'a refresh by another key',
      async judge() {
        verify.applies(client.secret === null, 'its client shows a secret with it')
        const { key, tokens } = bound
        verify.applies(tokens.refresh !== null, `${client.name} gets no refresh token`)
        const refreshBy = (by: ProofKey) =>
          server.refresh(tokens.refresh ?? '', client, { shown: withProof(server, client, by) })
        const stolen = await refreshBy(newProofKey())
        await givesNothing(kit, server, stolen, {
          expected: 'a refresh token of a public client is of use with its key alone (RFC 9449 §5)',
        })
        if (stolen.tokens !== null) return
        const own = await refreshBy(key)
        verify.held(own.tokens !== null, `its own key refreshes no better: ${kit.api.said(own.exchange)}`)
      },
    },
  ]
}

/** A guard: the tokens of a right flow, which a client that proves a key of its own was given. */
async function givenToKey({ api, verify }: OAuthKit, server: AuthorizationServer, client: OAuthClient) {
  const key = newProofKey()
  const shown = withProof(server, client, key)
  const { exchange, tokens } = await server.redeem(await server.codeFor(client), undefined, shown)
  verify.held(tokens !== null, `a code with a proof was exchanged for no tokens: ${api.said(exchange)}`)
  return { key, tokens: tokens as TokenSet }
}

/** The client, with a proof for the token endpoint. */
function withProof({ metadata }: AuthorizationServer, client: OAuthClient, key: ProofKey) {
  const shown = shownBy(client)
  const proof = proofOf(key, { htm: 'POST', htu: String(metadata['token_endpoint']) })
  return { ...shown, headers: [...shown.headers, ['dpop', proof] as const] }
}
