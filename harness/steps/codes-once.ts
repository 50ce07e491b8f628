import type { Part } from '../check/verify.ts'
import type { AuthorizationServer, OAuthClient, OAuthKit, RightTokens } from './authorization-server.ts'
import { shownBy } from './authorization-server.ts'
import { givesNothing } from './code-challenges.ts'
import { asked, once } from './once.ts'
import { sameAtOnce } from './same-at-once.ts'
import { tokenDoor } from './token-doors.ts'

/** Of a race: as many as a pool of connections has out at once. */
const atOnce = 12

/**
 * A code gives tokens once, to its own client, for its own redirect URI (RFC 6749 §4.1.2, §10.5). What a right flow gave is what the
 * code of that is shown again for.
 */
export function usesOfCodes(
  kit: OAuthKit,
  server: AuthorizationServer,
  client: OAuthClient,
  right?: RightTokens,
): Part[] {
  const { verify } = kit
  const others = server.clientsFor('authorization_code').filter(({ id }) => id !== client.id)
  /** Once for all: shown again when it is known what its token opens, or that this cannot be known. */
  const shownAgain = once(async () => {
    const { access, authorized } = right ?? (await server.tokensFor(client))
    const door = await asked(tokenDoor(kit, access))
    return { access, door, again: await server.redeem(authorized) }
  })
  return [
    {
      name: 'twice',
      async judge() {
        const { again } = await shownAgain()
        await givesNothing(kit, server, again, { expected: 'a code is of no use once it was exchanged' })
      },
    },
    {
      name: 'tokens of a code that is shown again',
      async judge() {
        const { access, door, again } = await shownAgain()
        const { show } = door()
        await server.refused(again.exchange)
        const after = await show(access)
        verify.that(after.caller === null, {
          ...{ of: after.exchange, after: again.exchange, severity: 'medium', operation: 'oauth.token' },
          expected: 'when a code is shown again, the tokens that it gave end (RFC 6749 §4.1.2)',
          actual: `${after.exchange.operation} was answered ${kit.api.said(after.exchange)} to the access token`,
        })
      },
    },
    {
      name: `${atOnce} times at once`,
      async judge() {
        const authorized = await server.codeFor(client)
        const all = await sameAtOnce(kit, atOnce, (ready) =>
          server.redeem(authorized, undefined, undefined, ready),
        )
        const given = all.filter(({ tokens }) => tokens !== null)
        const last = given.at(-1) ?? all.at(-1)
        if (last === undefined) return
        if (given.length === 0) {
          for (const { exchange } of all) await server.refused(exchange)
          // Whoever asks for it twice may have had the first answer taken back.
          verify.remark('of requests that came at once with one code, each was refused')
        }
        const sets = new Set(given.map(({ tokens }) => tokens?.access)).size
        verify.that(sets <= 1, {
          of: last.exchange,
          expected: 'of requests with one code that come at once, one gets tokens',
          actual: `${sets} of ${atOnce} got access tokens that differ`,
        })
      },
    },
    {
      name: 'by another client',
      async judge() {
        const [other] = others
        verify.applies(other !== undefined, 'the profile declares one client for codes alone (oauth.clients)')
        if (other === undefined) return
        const authorized = await server.codeFor(client)
        const given = await server.redeem(authorized, () => {}, shownBy(other))
        await givesNothing(kit, server, given, {
          expected: 'a code is of use to the client alone that asked for it',
        })
      },
    },
    {
      name: 'with another redirect URI',
      async judge() {
        const authorized = await server.codeFor(client)
        const given = await server.redeem(authorized, (form) =>
          form.set('redirect_uri', `${client.redirectUri}/elsewhere`),
        )
        const expected = 'a redirect_uri that the request did not have gets no tokens'
        await givesNothing(kit, server, given, { expected, severity: 'medium' })
      },
    },
  ]
}
