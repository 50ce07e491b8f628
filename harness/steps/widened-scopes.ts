import type { Part } from '../check/verify.ts'
import { isObject, readJson } from '../json.ts'
import type { Exchange } from '../model.ts'
import { says } from '../probes/disclosure.ts'
import type { DeclaredOperation, PseudoOperation } from '../profile/operations.ts'
import { NotApplicable } from '../verdicts.ts'
import { attemptable, inputAlone, inTurn, isDecided, plainReads, prepareAttempt } from './attempts.ts'
import {
  type AuthorizationServer,
  type Given,
  grantedBy,
  type OAuthClient,
  type OAuthKit,
  scopeOf,
  shownBy,
} from './authorization-server.ts'
import { judgeDenial } from './denials.ts'
import { withNarrowKeys } from './narrow-keys.ts'
import type { Ground } from './sample-input.ts'
import { itemsOf } from './shared-items.ts'

/** A read that a scope grants which the client is not registered for: by its answer it is known whether somebody has that scope. */
interface Witness {
  readonly scope: string
  readonly read: DeclaredOperation
  /** The read, by an access token. */
  show(access: string): Promise<Exchange>
}

/** The same, with what it answers to whoever may make it and to a token without its scope. */
interface SeenWitness extends Witness {
  /** A guard: whoever may make it is let in, once more each time. */
  right(): Promise<Exchange>
  readonly without: Exchange
}

/** A read that one scope grants and none of these: in the profile's order, and of those that need no object. */
function witnessIn(kit: OAuthKit, scopes: readonly string[], others: readonly string[]): Witness | undefined {
  const { api, profile } = kit
  const granted = grantedBy(kit, others)
  const reads = plainReads(kit).filter((name) => name !== 'principal.get' && !granted.includes(name))
  for (const scope of scopes) {
    const read = reads.find((name) => profile.scopes[scope]?.includes(name))
    if (read === undefined) continue
    const input = inputAlone(kit, read) ?? {}
    return { scope, read, show: (access) => api.call(read, input, { bearer: access }) }
  }
  return undefined
}

/** A guard: a read beyond the client, which whoever makes it by the profile may make, and what it answers to a token of the client. */
export async function witnessBeyond(
  kit: OAuthKit,
  client: OAuthClient,
  access: string,
): Promise<SeenWitness> {
  const { api, profile, verify } = kit
  const beyond = Object.keys(profile.scopes).filter((scope) => !client.scopes.includes(scope))
  const witness = witnessIn(kit, beyond, client.scopes)
  if (witness === undefined)
    throw new NotApplicable(
      `the profile knows no read that a scope grants beside those of ${client.name} (scopes)`,
    )
  const right = async () => verify.accepted(await api.call(witness.read, inputAlone(kit, witness.read) ?? {}))
  await right()
  return { ...witness, right, without: await witness.show(access) }
}

/**
 * Whether an accepted answer opens the read: one that lacks what every answer to `right` has, such as an error, does not, whatever its
 * status. One that shows nothing where there is something does so only where a token `without` the scope is not accepted, since rows
 * that are left out are a denial as well.
 */
export function opens(shown: Exchange, right: Exchange, without: Exchange | null): boolean {
  if (shown.answer !== 'accepted') return false
  const [body, rightful] = [shown, right].map(({ response }) => response?.body ?? '') as [string, string]
  const [members, all] = [readJson(body), readJson(rightful)]
  if (all === undefined) return true
  if (isObject(all) !== isObject(members) || Array.isArray(all) !== Array.isArray(members)) return false
  if (isObject(all) && isObject(members) && !Object.keys(all).some((name) => Object.hasOwn(members, name)))
    return false
  if (Array.isArray(right.result?.['items']) && !Array.isArray(shown.result?.['items'])) return false
  const isEmptied =
    (itemsOf(right).length > 0 && itemsOf(shown).length === 0) || (says(rightful) && !says(body))
  return !isEmptied || (without !== null && !['accepted', 'broken'].includes(without.answer))
}

/**
 * Scopes that nobody granted are not had, however they are asked for (RFC 6749 §3.3, §6): judged by what a token opens. `whole` is an
 * access token of all that the client is registered for.
 */
export function widenings(
  kit: OAuthKit,
  server: AuthorizationServer,
  client: OAuthClient,
  whole: string,
  witness: SeenWitness,
): Part[] {
  const { api, verify } = kit
  const own = client.scopes.join(' ')
  /** One of its own scopes, by which it is known whether somebody has that one. */
  const within = () =>
    client.scopes
      .map((scope) =>
        witnessIn(
          kit,
          [scope],
          client.scopes.filter((each) => each !== scope),
        ),
      )
      .find((found) => found !== undefined)
  const closed = async (
    { exchange, tokens }: Given,
    how: string,
    { scope, show, right, without }: SeenWitness = witness,
    operation: PseudoOperation = 'oauth.token',
  ) => {
    const expected = `no token opens what ${scope} is for`
    if (tokens === null) {
      await server.refused(exchange)
      verify.that(true, { of: exchange, expected, actual: '' })
      return
    }
    const judged = async () => {
      const first = await show(tokens.access)
      const rightful = first.answer === 'accepted' ? await right() : null
      const isOpenNow = (seen: Exchange) => rightful !== null && opens(seen, rightful, without)
      // What it does not show may have come meanwhile.
      const shown = rightful === null || isOpenNow(first) ? first : await show(tokens.access)
      const isOpen = isOpenNow(shown)
      verify.that(!isOpen, {
        ...{ of: shown, after: exchange, operation, expected },
        actual: `${shown.operation} was answered ${api.said(shown)} to a token that was asked for ${how}`,
      })
      return shown
    }
    await judgeDenial(kit, judged, right)
  }
  const asked = (name: string, scope: string | null): Part => ({
    name,
    async judge() {
      const authorized = await server.authorize(client, (parameters) => {
        if (scope === null) parameters.delete('scope')
        else parameters.set('scope', scope)
      })
      if (authorized.code === null) {
        await server.refused(authorized.ended.exchange)
        const expected = 'scopes beyond those of the client are refused, or left out'
        verify.that(true, { of: authorized.ended.exchange, expected, actual: '' })
        return
      }
      const how = scope === null ? 'without a scope' : `with the scope ${JSON.stringify(scope)}`
      await closed(await server.redeem(authorized), how, witness, 'oauth.authorize')
    },
  })
  return [
    asked('a scope beyond the client', `${own} ${witness.scope}`),
    asked('all scopes', `${own} *`),
    asked('no scope', null),
    asked('scopes with a comma', `${own},${witness.scope}`),
    asked('scopes with a line break', `${own}\n${witness.scope}`),
    asked('a scope in capitals', `${own} ${witness.scope.toUpperCase()}`),
    {
      name: 'more at the token endpoint',
      async judge() {
        const authorized = await server.codeFor(client)
        const given = await server.redeem(authorized, (form) => form.set('scope', `${own} ${witness.scope}`))
        await closed(given, 'with a wider scope where the code was exchanged')
      },
    },
    {
      name: 'more at a refresh',
      async judge() {
        const { refresh } = await server.refreshableFor(client)
        const given = await server.refresh(refresh, client, { scope: `${own} ${witness.scope}` })
        await closed(given, 'with a wider scope at a refresh')
      },
    },
    {
      name: 'more at a refresh than was consented to',
      async judge() {
        const inner = within()
        verify.applies(inner !== undefined, `no scope of ${client.name} grants a read that another does not`)
        if (inner === undefined) return
        const scope = client.scopes.filter((each) => each !== inner.scope).join(' ')
        const { access, refresh } = await server.refreshableFor(client, (parameters) =>
          parameters.set('scope', scope),
        )
        const without = await inner.show(access)
        const right = async () => {
          const shown = await inner.show(whole)
          // A newer token may have ended that one.
          const isLetIn = shown.answer === 'accepted'
          return verify.accepted(
            isLetIn ? shown : await api.call(inner.read, inputAlone(kit, inner.read) ?? {}),
          )
        }
        const isOpen = opens(without, await right(), null)
        verify.held(!isOpen, `a token without ${inner.scope} opens ${inner.read} anyway`)
        const given = await server.refresh(refresh, client, { scope: own })
        await closed(given, 'with a wider scope at a refresh', { ...inner, right, without })
      },
    },
    {
      name: 'more by client credentials',
      async judge() {
        const [service] = server.clientsFor('client_credentials')
        verify.applies(
          service !== undefined,
          'the profile declares no client for client_credentials (oauth.clients)',
        )
        if (service === undefined) return
        const ask = (scopes: readonly string[]) => {
          const form = { grant_type: 'client_credentials', ...scopeOf(scopes) }
          return server.post('token', Object.entries(form), shownBy(service))
        }
        verify.applies(
          !service.scopes.includes(witness.scope),
          `${service.name} is registered for ${witness.scope}`,
        )
        const usual = await ask(service.scopes)
        verify.held(
          usual.tokens !== null,
          `${service.name} got no token by client_credentials: ${api.said(usual.exchange)}`,
          'see oauth.clients in the profile: its scopes and its secret',
        )
        await closed(await ask([...service.scopes, witness.scope]), 'with a scope beyond the client')
      },
    },
  ]
}

/** The token as it is opens what its scopes grant alone, of all that the profile declares: judged by what comes of each call. */
export function deniedToTokens(kit: OAuthKit & Ground, client: OAuthClient, access: string): Part[] {
  const { api } = kit
  const granted = grantedBy(kit, client.scopes)
  return attemptable(api)
    .filter((operation) => !granted.includes(operation) && isDecided(api, operation, 'scopes'))
    .map((operation) => ({
      name: `the token tries ${operation}`,
      judge: () =>
        inTurn(kit, operation, async () => {
          const attempt = await prepareAttempt(
            operation,
            withNarrowKeys(kit, operation, { scopes: client.scopes, operations: granted }),
          )
          const exchange = await attempt.tryAs({ bearer: access })
          const expected = `${operation} refused to a token of ${client.name}’s scopes`
          await attempt.notCarriedOut(exchange, expected, { last: true })
        }),
    }))
}
