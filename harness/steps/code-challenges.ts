import type { Claim, Part } from '../check/verify.ts'
import type { Severity } from '../model.ts'
import { newProof } from '../probes/oauth.ts'
import {
  type AuthorizationServer,
  type Authorized,
  endedText,
  type Given,
  type OAuthClient,
  type OAuthKit,
} from './authorization-server.ts'

/** A verdict: a token request of such a kind gives nothing. */
export async function givesNothing(
  { verify }: OAuthKit,
  server: Pick<AuthorizationServer, 'refused'>,
  { exchange, tokens }: Given,
  { expected, severity, operation }: Pick<Claim, 'expected' | 'severity' | 'operation'>,
): Promise<void> {
  if (tokens === null) await server.refused(exchange)
  verify.that(tokens === null, {
    ...{ of: exchange, severity, expected },
    ...(operation === undefined ? {} : { operation }),
    actual: `it was answered ${exchange.response?.status} with an access token`,
  })
}

/** Ways to ask for a code that no verifier, or one that whoever reads the request knows, will be asked for (RFC 7636 §4.3, §7.2). */
const weakRequests = [
  { name: 'no challenge', challenge: null, method: null, verifies: false },
  { name: 'a plain challenge', challenge: 'plain', method: 'plain', verifies: true },
  { name: 'a challenge without a method', challenge: 'plain', method: null, verifies: true },
] as const

/** What lacks an S256 challenge gets no code, and no tokens by it: of each client. */
export function withoutS256(kit: OAuthKit, server: AuthorizationServer): Part[] {
  return server.clientsFor('authorization_code').flatMap((client) =>
    weakRequests.map(({ name, challenge, method, verifies }) => ({
      name: `${name}, ${client.name}`,
      async judge() {
        const authorized = await server.authorize(client, (parameters) => {
          parameters.delete('code_challenge')
          parameters.delete('code_challenge_method')
          if (challenge !== null) parameters.set('code_challenge', 'v'.repeat(43))
          if (method !== null) parameters.set('code_challenge_method', method)
        })
        const expected = 'a request without an S256 challenge gets no code'
        if (await noCodeCame(kit, server, authorized, expected)) return
        const given = await server.redeem(authorized, (form) => {
          if (verifies) form.set('code_verifier', 'v'.repeat(43))
          else form.delete('code_verifier')
        })
        if (given.tokens !== null)
          return givesNothing(kit, server, given, { expected, operation: 'oauth.authorize' })
        await server.refused(given.exchange)
        kit.verify.that(false, {
          ...{ of: authorized.ended.exchange, severity: 'low', expected },
          actual: `a code was given, and refused where it was exchanged: ${kit.api.said(given.exchange)}`,
        })
      },
    })),
  )
}

/** Verifiers of a length that no client may use (RFC 7636 §4.1): 42 characters can be guessed no better, but what else is not looked at? */
export function oddVerifiers(kit: OAuthKit, server: AuthorizationServer, client: OAuthClient): Part[] {
  return [31, 97].map((bytes) => {
    const proof = newProof(bytes)
    return {
      name: `a verifier of ${proof.verifier.length} characters`,
      async judge() {
        const authorized = await server.authorize(client, (parameters) =>
          parameters.set('code_challenge', proof.challenge),
        )
        const expected = 'a verifier has 43 to 128 characters, and no other is taken'
        if (await noCodeCame(kit, server, authorized, expected)) return
        const given = await server.redeem(authorized, (form) => form.set('code_verifier', proof.verifier))
        await givesNothing(kit, server, given, { expected, severity: 'low' })
      },
    }
  })
}

/** Whether none came, which is what should be. */
async function noCodeCame(
  kit: OAuthKit,
  server: Pick<AuthorizationServer, 'refused'>,
  { code, ended }: Authorized,
  expected: string,
): Promise<boolean> {
  if (code !== null) return false
  await server.refused(ended.exchange)
  kit.verify.that(true, { of: ended.exchange, expected, actual: endedText(ended, kit) })
  return true
}

/** What a code that is bound to a challenge is exchanged with instead of its verifier (RFC 9700 §4.8). */
export function otherVerifiers(kit: OAuthKit, server: AuthorizationServer, client: OAuthClient): Part[] {
  const other = newProof()
  const attack = (
    name: string,
    change: (form: URLSearchParams, own: Authorized['proof']) => void,
    severity?: Severity,
  ): Part => ({
    name,
    async judge() {
      const authorized = await server.codeFor(client)
      const given = await server.redeem(authorized, (form) => change(form, authorized.proof))
      const expected = 'a code is exchanged with the verifier of its own request alone'
      await givesNothing(kit, server, given, { expected, severity })
    },
  })
  return [
    attack('no verifier', (form) => form.delete('code_verifier')),
    attack('an empty verifier', (form) => form.set('code_verifier', '')),
    attack('another verifier', (form) => form.set('code_verifier', other.verifier)),
    attack('its challenge for a verifier', (form, { challenge }) => form.set('code_verifier', challenge)),
    attack(
      'two verifiers, the right one last',
      (form, { verifier }) => {
        form.set('code_verifier', other.verifier)
        form.append('code_verifier', verifier)
      },
      'low',
    ),
    {
      name: 'the verifier of another code',
      async judge() {
        const [mine, theirs] = [await server.codeFor(client), await server.codeFor(client)]
        const given = await server.redeem(mine, (form) => form.set('code_verifier', theirs.proof.verifier))
        await givesNothing(kit, server, given, { expected: 'the verifier of another request does not do' })
      },
    },
    {
      name: 'a verifier for a code without a challenge',
      async judge() {
        const authorized = await server.authorize(client, (parameters) => {
          parameters.delete('code_challenge')
          parameters.delete('code_challenge_method')
        })
        const expected = 'a code without a challenge is given out with no verifier (RFC 9700 §4.8.2)'
        if (await noCodeCame(kit, server, authorized, expected)) return
        await givesNothing(kit, server, await server.redeem(authorized), { expected })
      },
    },
  ]
}
