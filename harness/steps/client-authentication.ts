import type { Part } from '../check/verify.ts'
import { isObject, readJson } from '../json.ts'
import type { Exchange, Severity } from '../model.ts'
import {
  type AssertionChange,
  assertionForm,
  clientAssertion,
  otherSignings,
} from '../probes/client-assertions.ts'
import { basicOf } from '../probes/oauth.ts'
import { NotApplicable } from '../verdicts.ts'
import {
  type AuthorizationServer,
  type Given,
  isConfidential,
  noTokensHint,
  type OAuthClient,
  type OAuthKit,
  type RightTokens,
  type Shown,
  scopeOf,
  shownBy,
} from './authorization-server.ts'
import { givesNothing } from './code-challenges.ts'
import { asked, once } from './once.ts'
import { tokenDoor } from './token-doors.ts'

/** What a confidential client shows instead of its secret, or beside it (RFC 6749 §2.3, RFC 9700 §2.5). */
export function wrongSecrets(
  kit: OAuthKit,
  server: AuthorizationServer,
  client: OAuthClient,
  others: readonly OAuthClient[],
): Part[] {
  const secret = client.secret ?? ''
  const basic = (value: string): Shown => ({
    headers: [['authorization', basicOf(client.id, value)]],
    form: [],
  })
  const post = (value: string): Shown => ({
    headers: [],
    form: [
      ['client_id', client.id],
      ['client_secret', value],
    ],
  })
  const [as, otherwise] = client.method === 'client_secret_basic' ? [basic, post] : [post, basic]
  const other = others.find((each) => each.secret !== null)
  const attempt = attemptsOnOneCode(kit, server, client)
  return [
    attempt('no secret', { headers: [], form: [['client_id', client.id]] }, needsSecret),
    attempt('an empty secret', as(''), needsSecret),
    attempt('another secret', as(wrongOf(secret)), needsSecret),
    attempt('another secret, where it is not registered to stand', otherwise(wrongOf(secret)), needsSecret),
    attempt('the beginning of its secret', as(secret.slice(0, secret.length >> 1)), needsSecret),
    attempt(
      'the secret of another client',
      other?.secret == null ? undefined : as(other.secret),
      needsSecret,
    ),
    attempt(
      'its secret in the query',
      {
        ...{ headers: [], form: [] },
        query: new URLSearchParams({ client_id: client.id, client_secret: secret }).toString(),
      },
      'no secret is taken from a URL, which logs and proxies keep',
    ),
    attempt(
      'itself by Basic, another in the form',
      other === undefined
        ? undefined
        : {
            headers: [['authorization', basicOf(other.id, other.secret ?? '')]],
            form: [['client_id', client.id]],
          },
      'a request that names two clients is refused',
    ),
  ]
}

/** Parts of which each shows something else with a code than its client does: `undefined` where the profile has no such thing. */
function attemptsOnOneCode(kit: OAuthKit, server: AuthorizationServer, client: OAuthClient) {
  const attempts: (Pick<Part, 'name'> & { readonly shown: Shown })[] = []
  /**
   * All on one code, which its client can exchange after them; on another where one was. Where that one was spoilt by them, those alone
   * that gave tokens, and a guard: its client is given some by another code, and not locked out for what was shown in its name.
   */
  const onOneCode = once(async () => {
    let authorized = await server.codeFor(client)
    const given = new Map<string, Given>()
    for (const { name, shown } of attempts) {
      const one = await server.redeem(authorized, () => {}, shown)
      given.set(name, one)
      if (one.tokens !== null) authorized = await server.codeFor(client)
    }
    const { tokens } = await server.redeem(authorized)
    const right = tokens === null ? await asked(server.tokensFor(client)) : null
    return { given, right }
  })
  return (name: string, shown: Shown | undefined, expected: string, severity?: Severity): Part => {
    if (shown !== undefined) attempts.push({ name, shown })
    return {
      name,
      async judge() {
        kit.verify.applies(
          shown !== undefined,
          'the profile declares one confidential client alone (oauth.clients)',
        )
        const { given, right } = await onOneCode()
        const again = async () => {
          right?.()
          return server.redeem(await server.codeFor(client), () => {}, shown)
        }
        const one = given.get(name)
        const isClear = one !== undefined && (right === null || one.tokens !== null)
        await givesNothing(kit, server, isClear ? one : await again(), { expected, severity })
      },
    }
  }
}

/** What a client shows that signs who it is, instead of a token of this moment by its own key (RFC 7523 §3). None without such a client. */
export function wrongAssertions(kit: OAuthKit, server: AuthorizationServer): Part[] {
  const client = server.clientsFor('authorization_code').find((each) => each.key !== null)
  if (client === undefined || client.key === null) return []
  const { id, key } = client
  const attempt = attemptsOnOneCode(kit, server, client)
  const { unsigned, byAnother, byItsPublicKey } = otherSignings(key)
  const shows = (change: AssertionChange): Shown => ({
    headers: [],
    get form() {
      return assertionForm(id, clientAssertion(id, key, change))
    },
  })
  const hour = 3600
  const now = Math.floor(Date.now() / 1000)
  return [
    attempt('no assertion', { headers: [], form: [['client_id', id]] }, needsAssertion),
    attempt('an unsigned assertion', shows({ signing: unsigned }), needsAssertion),
    attempt('an assertion by another key', shows({ signing: byAnother }), needsAssertion),
    attempt('an assertion by its public key', shows({ signing: byItsPublicKey }), needsAssertion),
    attempt(
      'an assertion for another server',
      shows({ claims: { aud: 'https://login.example/oauth' } }),
      'an assertion is for the server that it names (aud): another one, which got it, is not its client',
      'medium',
    ),
    attempt(
      'an assertion that is over',
      shows({ claims: { iat: now - 2 * hour, exp: now - hour } }),
      'an assertion that has ended (exp) proves nothing',
      'medium',
    ),
    {
      name: 'an assertion twice',
      async judge() {
        const once = assertionForm(id, clientAssertion(id, key))
        const shown: Shown = { headers: [], form: once }
        const first = await server.redeem(await server.codeFor(client), () => {}, shown)
        kit.verify.held(
          first.tokens !== null,
          `${client.name} gets no tokens by an assertion of its own: ${kit.api.said(first.exchange)}`,
          noTokensHint(client, first.exchange),
        )
        const given = await server.redeem(await server.codeFor(client), () => {}, shown)
        await givesNothing(kit, server, given, {
          ...{ expected: 'an assertion is taken once, by its jti (RFC 7523 §3)', severity: 'low' },
        })
      },
    },
  ]
}

const needsAssertion = 'a client that signs who it is gets no tokens without a signature by its own key'

/** The grants beside that of codes: refreshing, and tokens of a client's own. */
export function otherGrants(kit: OAuthKit, server: AuthorizationServer, client: OAuthClient): Part[] {
  const { api, verify } = kit
  const [service] = server.clientsFor('client_credentials').filter(isConfidential)
  const wrongBy = (of: OAuthClient): readonly (readonly [string, Shown])[] => [
    ['no secret', { headers: [], form: [['client_id', of.id]] }],
    ['another secret', shownBy(withOther(of))],
  ]
  /** One token for both, which its client can use after them. */
  const refreshed = once(async () => {
    let { refresh } = await server.refreshableFor(client)
    const given = new Map<string, Given>()
    for (const [name, shown] of wrongBy(client)) {
      const one = await server.refresh(refresh, client, { shown })
      given.set(name, one)
      // It may be used up.
      if (one.tokens !== null) refresh = (await server.refreshableFor(client)).refresh
    }
    if ([...given.values()].every(({ tokens }) => tokens === null)) {
      const { exchange, tokens } = await server.refresh(refresh, client)
      verify.held(tokens !== null, `its own client is refused it as well: ${api.said(exchange)}`)
    }
    return given
  })
  const ownTokens = once(async () => {
    if (service === undefined)
      throw new NotApplicable('the profile declares no confidential client for client_credentials')
    const form = Object.entries({ grant_type: 'client_credentials', ...scopeOf(service.scopes) })
    const { exchange, tokens } = await server.post('token', form, shownBy(service))
    verify.held(tokens !== null, `${service.name} gets no token with its secret: ${api.said(exchange)}`)
    const given = new Map<string, Given>()
    for (const [name, shown] of wrongBy(service)) given.set(name, await server.post('token', form, shown))
    return given
  })
  const part = (grant: string, name: string, all: () => Promise<ReadonlyMap<string, Given>>): Part => ({
    name: `${grant} with ${name}`,
    async judge() {
      const given = (await all()).get(name)
      if (given === undefined) throw new TypeError(`expected an attempt with ${name}`)
      await givesNothing(kit, server, given, { expected: needsSecret })
    },
  })
  return ['no secret', 'another secret'].flatMap((name) => [
    part('refreshing', name, refreshed),
    part('client credentials', name, ownTokens),
  ])
}

const needsSecret = 'a confidential client gets no tokens without its own secret'

/** The same client with another secret, or another key of the kind. */
function withOther(client: OAuthClient): OAuthClient {
  const { key, secret } = client
  if (key === null) return { ...client, secret: wrongOf(secret ?? '') }
  const { by } = otherSignings(key).byAnother
  return { ...client, key: { ...key, pem: by.pem } }
}

/** Another one of the same length. */
function wrongOf(secret: string): string {
  return `${secret.slice(0, -1)}${secret.endsWith('x') ? 'y' : 'x'}`
}

/** Introspection and revocation are for clients that say who they are, and do what they say (RFC 7662 §2.1, RFC 7009 §2.1). */
export function endsOfTokens(
  kit: OAuthKit,
  server: AuthorizationServer,
  client: OAuthClient,
  others: readonly OAuthClient[],
  right?: RightTokens,
): Part[] {
  const { api, verify } = kit
  const revoke = (token: string, hint: string, shown: Shown) =>
    server.post('revocation', Object.entries({ token, token_type_hint: hint }), shown)
  const endpoint = (name: 'revocation' | 'introspection') =>
    verify.applies(server.has(name), `the metadata of the authorization server names no ${name}_endpoint`)
  const tokensToRevoke = async (by: readonly Shown[]) => {
    const { access, refresh } = await server.tokensFor(client)
    const door = await tokenDoor(kit, access)
    const revoked = new Map<Shown, Exchange[]>()
    for (const shown of by) {
      const { exchange } = await revoke(access, 'access_token', shown)
      const more = refresh === null ? [] : [(await revoke(refresh, 'refresh_token', shown)).exchange]
      revoked.set(shown, [exchange, ...more])
    }
    const isOpen = (await door.show(access)).caller !== null
    return { revoked, isOpen, access, door }
  }
  const nobody: Shown = { headers: [], form: [] }
  const [other] = others
  const stranger = other === undefined ? undefined : shownBy(other)
  /** Both on the tokens of one flow: where these are open after that, neither ended them. */
  const byBoth = once(() => tokensToRevoke(stranger === undefined ? [nobody] : [nobody, stranger]))
  const foreign = (name: string, by: Shown | undefined, expected: string): Part => ({
    name,
    async judge() {
      endpoint('revocation')
      verify.applies(by !== undefined, 'the profile declares one client for codes alone (oauth.clients)')
      const both = await byBoth()
      const { revoked, isOpen } = both.isOpen ? both : await tokensToRevoke([by as Shown])
      const calls = revoked.get(by as Shown) ?? []
      for (const exchange of calls) await server.refused(exchange)
      const [of] = calls
      verify.that(isOpen, () => ({
        ...{ of, severity: 'medium', expected },
        actual: `it was answered ${of === undefined ? '' : api.said(of)}, and the access token opens nothing any more`,
      }))
    },
  })
  /** Revoked, with what its access token opens then. Not applicable where there is none. */
  const refreshRevoked = once(async () => {
    const { access, refresh } = await server.refreshableFor(client)
    const door = await asked(tokenDoor(kit, access))
    const { exchange } = await revoke(refresh, 'refresh_token', shownBy(client))
    return { refresh, exchange, shown: await asked((async () => door().show(access))()) }
  })
  return [
    {
      name: 'introspection by nobody',
      async judge() {
        endpoint('introspection')
        const { access } = right ?? (await server.tokensFor(client))
        const ask = (shown: Shown) => server.post('introspection', [['token', access]], shown)
        const own = await ask(shownBy(client))
        verify.applies(
          isActive(own.exchange),
          `${client.name} is told nothing of its own token: introspection is for others`,
        )
        const { exchange } = await ask(nobody)
        if (!isActive(exchange)) await server.refused(exchange)
        verify.that(!isActive(exchange), {
          of: exchange,
          expected: 'introspection tells nobody of a token who does not say who asks',
          actual: 'it was answered that the token is active, with what it says',
        })
      },
    },
    {
      name: 'a revoked access token',
      async judge() {
        endpoint('revocation')
        const before = await byBoth()
        const { access, door } = before.isOpen ? before : await tokensToRevoke([])
        const { exchange } = await revoke(access, 'access_token', shownBy(client))
        revokedBy(kit, exchange)
        const after = await door.show(access)
        verify.that(after.caller === null, {
          ...{ of: after.exchange, after: exchange, operation: 'oauth.revoke' },
          expected: 'an access token that its client has revoked opens nothing',
          actual: `${after.exchange.operation} was answered ${api.said(after.exchange)} to it`,
        })
      },
    },
    {
      name: 'a revoked refresh token',
      async judge() {
        endpoint('revocation')
        const { refresh, exchange } = await refreshRevoked()
        revokedBy(kit, exchange)
        const given = await server.refresh(refresh, client)
        await givesNothing(kit, server, given, {
          expected: 'a refresh token that its client has revoked is of no use',
        })
      },
    },
    {
      name: 'the access token of a revoked refresh token',
      async judge() {
        endpoint('revocation')
        const { exchange, shown } = await refreshRevoked()
        const after = shown()
        revokedBy(kit, exchange)
        verify.that(after.caller === null, {
          ...{ of: after.exchange, after: exchange, severity: 'medium', operation: 'oauth.revoke' },
          expected: 'with a refresh token that is revoked, its access tokens end (RFC 7009 §2.1)',
          actual: `${after.exchange.operation} was answered ${api.said(after.exchange)} to the access token`,
        })
      },
    },
    foreign('revocation by another client', stranger, 'a client revokes its own tokens alone'),
    foreign('revocation by nobody', nobody, 'who does not say who asks revokes nothing'),
  ]
}

function isActive({ response }: Exchange): boolean {
  const body = readJson(response?.body ?? '')
  return isObject(body) && body['active'] === true
}

/** A guard: a client revoked its own token. Not applicable where the server says that it revokes none of its kind (RFC 7009 §2.2.1). */
function revokedBy({ api, verify }: Pick<OAuthKit, 'api' | 'verify'>, exchange: Exchange): void {
  const body = readJson(exchange.response?.body ?? '')
  const said = api.said(exchange)
  verify.applies(
    !isObject(body) || body['error'] !== 'unsupported_token_type',
    `tokens of this kind cannot be revoked there: it was answered ${said}`,
  )
  const status = exchange.response?.status ?? 0
  verify.held(
    status >= 200 && status < 300,
    `a client that revokes its own token was answered ${said}`,
    'see the revocation_endpoint of the metadata, and whether the client may use it',
  )
}
