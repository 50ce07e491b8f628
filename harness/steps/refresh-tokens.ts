import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { decodeJwt } from '../probes/jwt.ts'
import type { TokenSet } from '../probes/oauth.ts'
import { type Account, canMakeAccounts, createAccounts } from './accounts.ts'
import {
  type AuthorizationServer,
  type OAuthClient,
  type OAuthKit,
  type Refreshable,
  refusedBy,
} from './authorization-server.ts'
import { givesNothing } from './code-challenges.ts'
import { sameAtOnce } from './same-at-once.ts'
import { tokenDoor } from './token-doors.ts'

/** Seconds for which an access token may live where the profile promises nothing (RFC 9700 §4.14 says short). */
const longest = 3600
/** Refreshes that come at once. */
const atOnce = 6

/** Access tokens are short, and refresh tokens are used once (RFC 9700 §2.2.2, §4.14). */
export function livesOfTokens(kit: OAuthKit, server: AuthorizationServer, client: OAuthClient): Part[] {
  const { profile, verify } = kit
  const fresh = () => server.refreshableFor(client)
  const refresh = (token: string, by = client) => server.refresh(token, by)
  /** A guard: they were refreshed. */
  const refreshed = async ({ refresh: token }: Refreshable): Promise<Refreshable> => {
    const { exchange, tokens } = await refresh(token)
    verify.held(tokens !== null, `a refresh token was refused at its first use: ${kit.api.said(exchange)}`)
    return { ...(tokens as TokenSet), exchange, refresh: tokens?.refresh ?? token }
  }
  /** A guard: tokens, and those that came of them. Not applicable where a refresh token stays. */
  const rotated = async () => {
    const first = await fresh()
    const second = await refreshed(first)
    verify.applies(second.refresh !== first.refresh, 'refresh tokens stay as they are')
    return { first, second }
  }
  /** A verdict, once it is called: the access token, which was seen to open something, opens nothing any more. */
  const ending = async (access: string, expected: string) => {
    const door = await tokenDoor(kit, access)
    return async (before: Exchange) => {
      const { caller, exchange } = await door.show(access)
      verify.that(caller === null, {
        ...{ of: exchange, after: before, operation: 'oauth.token', expected },
        actual: `${exchange.operation} was answered ${kit.api.said(exchange)} to it`,
      })
    }
  }
  return [
    {
      name: 'how long an access token lives',
      async judge() {
        const { access, expiresIn, exchange } = await server.tokensFor(client)
        const promised = profile.policies.tokens?.lifetime ?? longest
        const { exp, iat } = decodeJwt(access)?.payload ?? {}
        const written = typeof exp === 'number' && typeof iat === 'number' ? exp - iat : null
        const seconds = Math.max(expiresIn ?? 0, written ?? 0)
        verify.held(
          expiresIn !== null || written !== null,
          'the server does not say how long its access tokens live',
          'have it answer expires_in (RFC 6749 §5.1)',
        )
        verify.that(seconds <= promised, {
          ...{
            of: exchange,
            severity: 'medium',
            expected: `an access token lives for at most ${promised} s`,
          },
          actual: `it lives for ${seconds} s`,
        })
      },
    },
    {
      name: 'rotation',
      async judge() {
        const first = await fresh()
        const { exchange, tokens } = await refresh(first.refresh)
        verify.held(
          tokens !== null,
          `a refresh token was refused at its first use: ${kit.api.said(exchange)}`,
        )
        // A secret, or a key, binds the tokens of others to who they were given to.
        verify.applies(client.secret === null, 'its client shows a secret with it')
        verify.that(tokens?.refresh !== null && tokens?.refresh !== first.refresh, {
          of: exchange,
          expected: 'whoever refreshes gets another refresh token',
          actual: `it was answered with ${tokens?.refresh === null ? 'none, so that the old one stays' : 'the same one'}`,
        })
      },
    },
    {
      name: 'a refresh token that was used',
      async judge() {
        const { first } = await rotated()
        const again = await refresh(first.refresh)
        givesNothing(kit, again, { expected: 'a refresh token is of no use once it was used' })
      },
    },
    {
      name: 'the refresh token that came of one that is used again',
      async judge() {
        const { first, second } = await rotated()
        refusedBy(kit, (await refresh(first.refresh)).exchange)
        const expected =
          'when a refresh token comes again, those that came of it end: one of its two holders is a thief'
        givesNothing(kit, await refresh(second.refresh), { expected })
      },
    },
    {
      name: 'the access token that came of one that is used again',
      async judge() {
        const { first, second } = await rotated()
        const look = await ending(
          second.access,
          'when a refresh token comes again, the access tokens that came of it end as well',
        )
        const { exchange } = await refresh(first.refresh)
        refusedBy(kit, exchange)
        await look(exchange)
      },
    },
    {
      name: `${atOnce} refreshes at once`,
      async judge() {
        const { refresh: token } = await fresh()
        const all = await sameAtOnce(kit, atOnce, (ready) => server.refresh(token, client, { ready }))
        const given = all.filter(({ tokens }) => tokens !== null)
        const last = given.at(-1) ?? all[0]
        if (last === undefined) return
        if (given.length === 0) for (const { exchange } of all) refusedBy(kit, exchange)
        const sets = new Set(given.map(({ tokens }) => tokens?.refresh)).size
        verify.applies(
          given.every(({ tokens }) => tokens?.refresh !== token),
          'refresh tokens stay as they are',
        )
        verify.that(sets <= 1, {
          ...{ of: last.exchange, severity: 'medium' },
          expected: 'of refreshes with one token that come at once, one succeeds',
          actual: `${sets} of ${atOnce} got refresh tokens that differ`,
        })
      },
    },
    {
      name: 'by another client',
      async judge() {
        const other = server.clientsFor('authorization_code').find(({ id }) => id !== client.id)
        verify.applies(other !== undefined, 'the profile declares one client for codes alone (oauth.clients)')
        if (other === undefined) return
        const { refresh: token } = await fresh()
        const given = await refresh(token, other)
        givesNothing(kit, given, {
          expected: 'a refresh token is of use to the client alone that it was given to',
        })
      },
    },
  ]
}

/** Tokens of somebody end with what ends their sessions (ASVS 5.0 7.4.2, 7.4.3): they act for an account that is no more what it was. */
export function endsOfHolders(kit: OAuthKit, server: AuthorizationServer, client: OAuthClient): Part[] {
  const { api, mailbox, verify } = kit
  const ends = (
    name: string,
    { what, can }: { readonly what: string; readonly can: () => boolean },
    happen: (person: Account) => Promise<Exchange>,
  ): Part => ({
    name,
    async judge() {
      verify.applies(canMakeAccounts(api), 'profile declares no user.create with an email and a password')
      verify.applies(can(), `profile declares no ${what}`)
      const person = await createAccounts({ api, mailbox, verify }).create('consenting')
      verify.applies(person.id !== null, 'user.create gives no id')
      const { access, refresh } = await server.tokensFor(client, undefined, server.newBrowser(person))
      const door = await tokenDoor(kit, access)
      const by = verify.accepted(await happen(person))
      const { caller, exchange } = await door.show(access)
      verify.that(caller === null, {
        ...{ of: exchange, after: by, operation: 'oauth.token' },
        expected: `the access tokens of somebody end with ${name}`,
        actual: `${exchange.operation} was answered ${api.said(exchange)} to one`,
      })
      if (refresh === null) return
      givesNothing(kit, await server.refresh(refresh, client), {
        expected: `the refresh tokens of somebody end with ${name}`,
      })
    },
  })
  return [
    ends(
      'a new password',
      { what: 'user.update with a password', can: () => api.has('user.update', 'password') },
      (person) => api.call('user.update', { id: person.id, password: `New-${mailbox.canary()}` }),
    ),
    ends('deactivation', { what: 'user.deactivate', can: () => api.has('user.deactivate') }, (person) =>
      api.call('user.deactivate', { id: person.id }),
    ),
  ]
}
