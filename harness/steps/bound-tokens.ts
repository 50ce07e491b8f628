import type { As } from '../api/api.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange, Severity } from '../model.ts'
import { asksForNonce, newProofKey, nonceIn, type ProofKey, type ProofOf, proofOf } from '../probes/dpop.ts'
import type { TokenSet } from '../probes/oauth.ts'
import { inputAlone, plainReads } from './attempts.ts'
import {
  type AuthorizationServer,
  type Given,
  grantedBy,
  isConfidential,
  type OAuthClient,
  type OAuthKit,
  type Shown,
  shownBy,
} from './authorization-server.ts'
import { givesNothing } from './code-challenges.ts'
import { judgeDenial } from './denials.ts'
import { opens } from './widened-scopes.ts'

/** A token that is bound to a key, and a read that it opens with a proof of that key. */
export interface BoundToken {
  readonly key: ProofKey
  readonly tokens: TokenSet
  /** The URL of the read, without a query. */
  readonly htu: string
  /** What the read answers to it with such a proof, `null` for none, by such a scheme. */
  show(proof: Partial<ProofOf> | null, scheme?: 'DPoP' | 'Bearer', by?: ProofKey): Promise<Exchange>
  /** The same to one right proof, and to that very proof once more. */
  showTwice(): Promise<{ readonly first: Exchange; readonly second: Exchange }>
  /** Whether the API has asked for a nonce so far. */
  asksForNonces(): boolean
  /** Whether such an answer lets it in. */
  letsIn(exchange: Exchange): boolean
  /** Asks the token endpoint for something with a proof by this key. */
  ask: AsksWithProof
}

type AsksWithProof = (by: ProofKey, ask: (shown: Shown) => Promise<Given>) => Promise<Given>

/**
 * Sends what bears a proof with the newest nonce of one server, and once more where it asks for another. Each misuse of a proof is to
 * be refused for what is wrong with it, and not for want of a nonce.
 */
function withNonces<Sent>(exchangeOf: (sent: Sent) => Exchange) {
  let newest: string | undefined
  let isAsked = false
  const sends = async (send: (nonce: string | undefined) => Promise<Sent>): Promise<Sent> => {
    const noted = async () => {
      const sent = await send(newest)
      newest = nonceIn(exchangeOf(sent).response) ?? newest
      return sent
    }
    const sent = await noted()
    if (!asksForNonce(exchangeOf(sent).response)) return sent
    isAsked = true
    return noted()
  }
  return { sends, isAsked: () => isAsked }
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
  const ask = asksWithProof(server, client)
  const { key, tokens } = await givenToKey(kit, server, client, ask)
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
    const asked = { operation: name, principal: 'an OAuth client', input }
    const send = (field: string | null, scheme = 'DPoP') =>
      api.send(
        {
          ...plain,
          headers: [
            ...plain.headers,
            ['authorization', `${scheme} ${tokens.access}`],
            ...(field === null ? [] : [['dpop', field] as const]),
          ],
        },
        asked,
      )
    const made = (nonce: string | undefined, proof: Partial<ProofOf>, by = key) =>
      proofOf(by, { htm: plain.method, htu, token: tokens.access, nonce, ...proof })
    const { sends: proved, isAsked } = withNonces<Exchange>((exchange) => exchange)
    const show: BoundToken['show'] = (proof, scheme, by) =>
      proof === null ? send(null, scheme) : proved((nonce) => send(made(nonce, proof, by), scheme))
    const showTwice: BoundToken['showTwice'] = async () => {
      let field = ''
      const first = await proved((nonce) => {
        field = made(nonce, {})
        return send(field)
      })
      return { first, second: await send(field) }
    }
    const right = await show({})
    if (right.answer !== 'accepted') {
      seen.push(`${name} was answered ${api.said(right)}`)
      continue
    }
    const nobodys = await api.send(plain, asked)
    const identity = right.result?.['id']
    const letsIn = (exchange: Exchange) =>
      typeof identity === 'string'
        ? exchange.answer === 'accepted' && exchange.result?.['id'] === identity
        : opens(exchange, right, nobodys)
    if (!letsIn(nobodys)) return { key, tokens, htu, show, showTwice, asksForNonces: isAsked, letsIn, ask }
    seen.push(`${name} lets anybody in`)
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
      const judged = async () => {
        const exchange = await ask()
        verify.that(!bound.letsIn(exchange), {
          ...{ of: exchange, severity, expected },
          actual: `${exchange.operation} was answered ${kit.api.said(exchange)}`,
        })
        return exchange
      }
      await judgeDenial(kit, judged, async () =>
        verify.held(bound.letsIn(await bound.show({})), 'a right proof was refused meanwhile'),
      )
    },
  })
  const now = () => Math.floor(Date.now() / 1000)
  /** Where proofs bear a nonce, that may tell the time in the place of iat (RFC 9449 §4.3). */
  const ofAnotherTime = async (iat: number) => {
    const exchange = await bound.show({ iat })
    verify.applies(
      !bound.letsIn(exchange) || !bound.asksForNonces(),
      'the API tells by a nonce when a proof was made',
    )
    return exchange
  }
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
    refused('with a proof for a path above', 'a proof is for the URL that is asked (htu)', () => {
      const { origin, pathname } = new URL(bound.htu)
      return bound.show({ htu: `${origin}${pathname.replace(/\/[^/]*$/, '') || '/'}` })
    }),
    refused('with a proof for a path below', 'a proof is for the URL that is asked (htu)', () =>
      bound.show({ htu: `${bound.htu}/elsewhere` }),
    ),
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
      ofAnotherTime(now() - hour),
    ),
    refused(
      'with a proof of the next hour',
      'a proof is of this moment (iat)',
      () => ofAnotherTime(now() + hour),
      'medium',
    ),
    refused('with an unsigned proof', 'a proof is signed', () =>
      bound.show({ header: { alg: 'none' }, signing: { kind: 'none' } }),
    ),
    refused(
      'with a proof that was shown before',
      'a proof is of use once (jti, RFC 9449 §11.1)',
      async () => {
        const { first, second } = await bound.showTwice()
        verify.held(bound.letsIn(first), 'a fresh proof was refused')
        return second
      },
      'medium',
    ),
    {
      name: 'a refresh by another key',
      async judge() {
        verify.applies(!isConfidential(client), 'its client shows a secret with it')
        const { key, tokens } = bound
        verify.applies(tokens.refresh !== null, `${client.name} gets no refresh token`)
        const refreshBy = (by: ProofKey) =>
          bound.ask(by, (shown) => server.refresh(tokens.refresh ?? '', client, { shown }))
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
async function givenToKey(
  { api, verify }: OAuthKit,
  server: AuthorizationServer,
  client: OAuthClient,
  ask: AsksWithProof,
) {
  const key = newProofKey()
  const redeemed = async () => {
    const authorized = await server.codeFor(client)
    return ask(key, (shown) => server.redeem(authorized, undefined, shown))
  }
  const first = await redeemed()
  // Who asked for a nonce may have spent the code by that: then the next proof bears one at once.
  const { exchange, tokens } = first.tokens === null ? await redeemed() : first
  verify.held(tokens !== null, `a code with a proof was exchanged for no tokens: ${api.said(exchange)}`)
  return { key, tokens: tokens as TokenSet }
}

/** As the client, with a proof for the token endpoint. */
function asksWithProof({ metadata }: AuthorizationServer, client: OAuthClient): AsksWithProof {
  const shown = shownBy(client)
  const htu = String(metadata['token_endpoint'])
  const { sends: proved } = withNonces<Given>(({ exchange }) => exchange)
  return (by, ask) =>
    proved((nonce) => {
      const proof = proofOf(by, { htm: 'POST', htu, nonce })
      return ask({ ...shown, headers: [...shown.headers, ['dpop', proof] as const] })
    })
}
