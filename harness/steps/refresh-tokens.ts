import { setTimeout as after } from 'node:timers/promises'
import { newPassword } from '../check/canary.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { decodeJwt } from '../probes/jwt.ts'
import type { TokenSet } from '../probes/oauth.ts'
import { type Account, canMakeAccounts, createAccounts } from './accounts.ts'
import {
  type AuthorizationServer,
  isConfidential,
  type OAuthClient,
  type OAuthKit,
  type Refreshable,
  type RightTokens,
} from './authorization-server.ts'
import { givesNothing } from './code-challenges.ts'
import { asked, once } from './once.ts'
import { sameAtOnce } from './same-at-once.ts'
import { tokenDoor } from './token-doors.ts'

/** Seconds for which an access token may live where the profile promises nothing (RFC 9700 §4.14 says short). */
const longest = 3600
/** Seconds for which a check waits until a grace is over in which used refresh tokens may come again. */
const longestGrace = 300
/** Milliseconds: servers that tell whole seconds end a grace up to two later. */
const wholeSeconds = 2000
/** Refreshes that come at once. */
const atOnce = 6

/**
 * Access tokens are short, and refresh tokens are used once (RFC 9700 §2.2.2, §4.14). One is used, and used again, for all that is
 * asked of that: one that a right flow gave, where it is given.
 */
export function livesOfTokens(
  kit: OAuthKit,
  server: AuthorizationServer,
  client: OAuthClient,
  right?: RightTokens,
  pause = after,
): Part[] {
  const { profile, verify } = kit
  const { lifetime = longest, reuse } = profile.policies.tokens ?? {}
  const fresh = () => server.refreshableFor(client)
  const refresh = (token: string, by = client) => server.refresh(token, by)
  const given = once(async () => right ?? (await server.tokensFor(client)))
  /** A guard: they were refreshed. */
  const used = once(async () => {
    const first = await given()
    verify.applies(first.refresh !== null, `${client.name} gets no refresh token`)
    const { exchange, tokens } = await refresh(String(first.refresh))
    verify.held(tokens !== null, `a refresh token was refused at its first use: ${kit.api.said(exchange)}`)
    return { exchange, first: String(first.refresh), second: tokens as TokenSet, at: Date.now() }
  })
  /**
   * Used again, and what its second access token opens then; where it comes again as the profile says that it may for a while, once that is
   * over. Not applicable where a refresh token stays.
   */
  const usedAgain = once(async () => {
    const { first, second, at } = await used()
    const rotated = second.refresh ?? first
    verify.applies(rotated !== first, 'refresh tokens stay as they are')
    const door = await asked(tokenDoor(kit, second.access))
    const soon = await refresh(first)
    const isWithinGrace = reuse !== undefined && soon.tokens?.refresh === rotated
    if (isWithinGrace) await untilOver(kit, at + reuse * 1000 + wholeSeconds, pause)
    const again = isWithinGrace ? await refresh(first) : soon
    const shown = await asked((async () => door().show(second.access))())
    const isSame = again.tokens?.refresh === rotated
    return { rotated, again, shown, isSame }
  })
  /** What would follow of a second use, if it were not answered as the first one was: one cause is one finding. */
  const followsOf = (isSame: boolean) =>
    verify.applies(!isSame, 'it was answered as at its first use: see “a refresh token that was used”')
  /** One that others were refused, if it is still of use. */
  let untouched: Refreshable | null = null
  return [
    {
      name: 'how long an access token lives',
      async judge() {
        const { access, expiresIn, exchange } = await given()
        const { exp, iat } = decodeJwt(access)?.payload ?? {}
        const written = typeof exp === 'number' && typeof iat === 'number' ? exp - iat : null
        const seconds = Math.max(expiresIn ?? 0, written ?? 0)
        verify.held(
          expiresIn !== null || written !== null,
          'the server does not say how long its access tokens live',
          'have it answer expires_in (RFC 6749 §5.1)',
        )
        verify.that(seconds <= lifetime, {
          ...{
            of: exchange,
            severity: 'medium',
            expected: `an access token lives for at most ${lifetime} s`,
          },
          actual: `it lives for ${seconds} s`,
        })
      },
    },
    {
      name: 'a refresh token at the API',
      async judge() {
        const { access, refresh: long } = await given()
        verify.applies(long !== null, `${client.name} gets no refresh token`)
        const door = await tokenDoor(kit, access)
        const { exchange: of, caller } = await door.show(String(long))
        if (caller === null) await door.denied(of)
        verify.that(caller === null, {
          ...{ of, operation: 'oauth.token' },
          expected: 'a refresh token is for the authorization server alone, and opens no API (RFC 6749 §1.5)',
          actual: `${of.operation} was answered ${kit.api.said(of)} to it`,
        })
      },
    },
    {
      name: 'rotation',
      async judge() {
        const { exchange, first, second } = await used()
        // A secret, or a key, binds the tokens of others to who they were given to.
        verify.applies(!isConfidential(client), 'its client shows a secret with it')
        verify.that(second.refresh !== null && second.refresh !== first, {
          of: exchange,
          expected: 'whoever refreshes gets another refresh token',
          actual: `it was answered with ${second.refresh === null ? 'none, so that the old one stays' : 'the same one'}`,
        })
      },
    },
    {
      name: 'a refresh token that was used',
      async judge() {
        const { again } = await usedAgain()
        const since = reuse === undefined ? 'once it was used' : `${reuse} s after it was used`
        await givesNothing(kit, server, again, { expected: `a refresh token is of no use ${since}` })
      },
    },
    {
      name: 'the refresh token that came of one that is used again',
      async judge() {
        const { rotated, again, isSame } = await usedAgain()
        followsOf(isSame)
        await server.refused(again.exchange)
        const expected =
          'when a refresh token comes again, those that came of it end: one of its two holders is a thief'
        await givesNothing(kit, server, await refresh(rotated), { expected })
      },
    },
    {
      name: 'the access token that came of one that is used again',
      async judge() {
        const { again, shown, isSame } = await usedAgain()
        followsOf(isSame)
        const { caller, exchange } = shown()
        await server.refused(again.exchange)
        verify.that(caller === null, {
          ...{ of: exchange, after: again.exchange, operation: 'oauth.token' },
          expected: 'when a refresh token comes again, the access tokens that came of it end as well',
          actual: `${exchange.operation} was answered ${kit.api.said(exchange)} to it`,
        })
      },
    },
    {
      name: 'by another client',
      async judge() {
        const other = server.clientsFor('authorization_code').find(({ id }) => id !== client.id)
        verify.applies(other !== undefined, 'the profile declares one client for codes alone (oauth.clients)')
        if (other === undefined) return
        const own = await fresh()
        const given = await refresh(own.refresh, other)
        untouched = given.tokens === null ? own : null
        await givesNothing(kit, server, given, {
          expected: 'a refresh token is of use to the client alone that it was given to',
        })
      },
    },
    {
      name: `${atOnce} refreshes at once`,
      async judge() {
        const race = async ({ refresh: token }: Refreshable) => {
          const all = await sameAtOnce(kit, atOnce, (ready) => server.refresh(token, client, { ready }))
          return { token, all, given: all.filter(({ tokens }) => tokens !== null) }
        }
        const own = untouched ?? (await fresh())
        const first = await race(own)
        const isSpoilt = first.given.length === 0 && own === untouched
        const { token, all, given } = isSpoilt ? await race(await fresh()) : first
        const last = given.at(-1) ?? all[0]
        if (last === undefined) return
        if (given.length === 0) for (const { exchange } of all) await server.refused(exchange)
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
  ]
}

/** Resolves at that time, in epoch milliseconds. Not applicable where nobody waits so long. */
async function untilOver({ verify }: OAuthKit, time: number, pause: typeof after): Promise<void> {
  const left = time - Date.now()
  verify.applies(
    left <= longestGrace * 1000,
    `nobody waits ${Math.ceil(left / 1000)} s for the end of a grace (policies.tokens.reuse)`,
  )
  if (left > 0) await pause(left)
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
      await givesNothing(kit, server, await server.refresh(refresh, client), {
        expected: `the refresh tokens of somebody end with ${name}`,
      })
    },
  })
  return [
    ends(
      'a new password',
      { what: 'user.update with a password', can: () => api.has('user.update', 'password') },
      (person) => api.call('user.update', { id: person.id, password: newPassword('New') }),
    ),
    ends('deactivation', { what: 'user.deactivate', can: () => api.has('user.deactivate') }, (person) =>
      api.call('user.deactivate', { id: person.id }),
    ),
  ]
}
