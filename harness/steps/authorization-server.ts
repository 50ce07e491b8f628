import { randomBytes } from 'node:crypto'
import type { Ready } from '../api/starting-line.ts'
import type { Kit } from '../check/kit.ts'
import { isObject, readJson } from '../json.ts'
import type { Exchange } from '../model.ts'
import {
  assertionForm,
  type ClientKey,
  clientAssertion,
  usualAlgorithm,
} from '../probes/client-assertions.ts'
import { asksForPassword, type Form, formsIn } from '../probes/forms.ts'
import type { SigningAlgorithm } from '../probes/jwt.ts'
import { basicOf, metadataPlaces, newProof, type Proof, type TokenSet, tokensIn } from '../probes/oauth.ts'
import type { PseudoOperation } from '../profile/operations.ts'
import type { OAuthClientData, OAuthGrant } from '../profile/shape.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import type { Account } from './accounts.ts'
import { isDenial } from './denials.ts'
import { once } from './once.ts'
import type { ReaderPage } from './reader-pages.ts'
import { createUserAgent, type Ended, type UserAgent } from './user-agent.ts'

export type OAuthKit = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'reach' | 'verify'>

/** What a check needs in which somebody consents. */
export const neededOfConsent = ['profile:oauth.signIn'] as const

export interface OAuthClient {
  /** By which the profile calls it. */
  readonly name: string
  readonly id: string
  /** `null` of a public client, and of one that has a key. */
  readonly secret: string | null
  readonly key: ClientKey | null
  readonly method: 'client_secret_basic' | 'client_secret_post'
  readonly redirectUri: string | null
  readonly scopes: readonly string[]
  readonly isNative: boolean
}

/** How a client says who it is: fields, and members of the form. */
export interface Shown {
  readonly headers: readonly (readonly [string, string])[]
  readonly form: readonly [string, string][]
  /** Of the query, where nothing of it should be. */
  readonly query?: string
}

/** What came of an authorization request. */
export interface Authorized {
  readonly code: string | null
  readonly ended: Ended
  readonly proof: Proof
  readonly client: OAuthClient
}

/** What came of a request at the token endpoint. */
export interface Given {
  readonly exchange: Exchange
  /** `null` where none were given. */
  readonly tokens: TokenSet | null
}

/** Tokens of a right flow, with the call that gave them and what it was made with. */
export type RightTokens = TokenSet & { readonly exchange: Exchange; readonly authorized: Authorized }
export type Refreshable = TokenSet & { readonly exchange: Exchange; readonly refresh: string }

interface Refreshing {
  readonly scope?: string
  /** Instead of what the client shows. */
  readonly shown?: Shown
  readonly ready?: Ready
}

type Endpoint = 'token' | 'revocation' | 'introspection' | 'device_authorization'
type Change = (parameters: URLSearchParams) => void

/** The authorization server of the profile, with the browser of somebody who consents. */
export interface AuthorizationServer {
  readonly issuer: string
  readonly metadata: Readonly<Record<string, unknown>>
  /** The call that read it. */
  readonly told: Exchange
  /** Clients for a grant, public ones first, as the profile declares them. */
  clientsFor(grant: OAuthGrant): readonly OAuthClient[]
  has(endpoint: Endpoint): boolean
  /** Sends a right authorization request of the client, but for what is changed; in another browser where one is given. */
  authorize(client: OAuthClient, change?: Change, browser?: UserAgent): Promise<Authorized>
  /** A guard: a code for a right request. */
  codeFor(
    client: OAuthClient,
    change?: Change,
    browser?: UserAgent,
  ): Promise<Authorized & { readonly code: string }>
  /** Exchanges a code as its client does, but for what is changed. */
  redeem(authorized: Authorized, change?: Change, shown?: Shown, ready?: Ready): Promise<Given>
  /** Asks for tokens, or what else an endpoint does, in the name of a client. */
  post(endpoint: Endpoint, form: Iterable<[string, string]>, shown: Shown, ready?: Ready): Promise<Given>
  /** A guard: the tokens of a right flow. */
  tokensFor(client: OAuthClient, change?: Change, browser?: UserAgent): Promise<RightTokens>
  /** A guard: the same, with a refresh token. Not applicable where the server gives none. */
  refreshableFor(client: OAuthClient, change?: Change, browser?: UserAgent): Promise<Refreshable>
  /** Exchanges a refresh token as a client does, for these scopes where some are named. */
  refresh(token: string, client: OAuthClient, more?: Refreshing): Promise<Given>
  /** A guard: what gave nothing was denied. An error that gives nothing again, while a right flow gives tokens, is that as well. */
  refused(exchange: Exchange): Promise<void>
  /** A browser in which nobody has signed in; somebody else will, where one is given. */
  newBrowser(who?: Pick<Account, 'email' | 'password'>): UserAgent
}

const operationOf: Readonly<Record<Endpoint, PseudoOperation>> = {
  token: 'oauth.token',
  revocation: 'oauth.revoke',
  introspection: 'oauth.introspect',
  device_authorization: 'oauth.device',
}

/** A guard: the server’s metadata, and where its endpoints are. */
export async function authorizationServer(kit: OAuthKit): Promise<AuthorizationServer> {
  const { api, profile, verify } = kit
  const { oauth } = profile
  if (oauth === undefined) throw new TypeError('expected a need of profile:oauth; name it in the check')
  const { told, metadata } = await metadataOf(
    kit,
    oauth.metadata ?? oauth.issuer,
    oauth.metadata === undefined,
  )
  const origins = new Set([oauth.issuer, ...(oauth.origins ?? [])].map((url) => new URL(url).origin))

  const endpoint = (name: string): URL => {
    const url = URL.parse(String(metadata[name]))
    verify.held(
      url !== null,
      `the metadata of the authorization server names no ${name}`,
      'see the metadata that it publishes (RFC 8414 §2)',
    )
    const { origin } = url as URL
    verify.held(
      origins.has(origin),
      `the ${name} is at ${origin}, which the profile does not name`,
      'name it under oauth.origins in the profile, where it is of the target',
    )
    return url as URL
  }
  const fields = oauth.signIn?.fields ?? {}
  const newBrowser = (who?: Pick<Account, 'email' | 'password'>) =>
    createUserAgent(kit, {
      ...{ operation: 'oauth.authorize', origins, principal: 'somebody who consents' },
      ...{ fields: who === undefined ? fields : fieldsOf(fields, who), buttons: oauth.signIn?.buttons },
    })
  const browser = newBrowser()
  const clients = Object.entries(oauth.clients).map(([name, client]) => ({
    ...{ name, id: client.id, secret: client.secret ?? null, redirectUri: client.redirectUri ?? null },
    key: keyOf(name, client, oauth.issuer),
    ...{ method: client.method ?? ('client_secret_basic' as const), isNative: client.native ?? false },
    ...{
      scopes: client.scopes ?? oauth.scopes ?? [],
      grants: client.grants ?? ['authorization_code' as const],
    },
  }))

  /** Whoever does it right is given tokens now. */
  const givesTokens = once(async () => {
    const [client] = oauth.signIn === undefined ? [] : server.clientsFor('authorization_code')
    if (client !== undefined) await server.tokensFor(client)
    return client !== undefined
  })

  const server: AuthorizationServer = {
    issuer: oauth.issuer,
    metadata,
    told,
    clientsFor: (grant) =>
      clients
        .filter(
          ({ grants, redirectUri }) =>
            grants.includes(grant) && (grant !== 'authorization_code' || redirectUri !== null),
        )
        .sort((a, b) => Number(isConfidential(a)) - Number(isConfidential(b))),
    has: (name) => typeof metadata[`${name}_endpoint`] === 'string',
    newBrowser,
    async authorize(client, change = () => {}, agent = browser) {
      const proof = newProof()
      const parameters = new URLSearchParams({
        ...{ response_type: 'code', client_id: client.id, redirect_uri: client.redirectUri ?? '' },
        ...scopeOf(client.scopes),
        ...{ state: randomBytes(16).toString('base64url'), ...oauth.parameters },
        ...{ code_challenge: proof.challenge, code_challenge_method: 'S256' },
      })
      change(parameters)
      const url = endpoint('authorization_endpoint')
      for (const [name, value] of parameters) url.searchParams.append(name, value)
      const own = [client.redirectUri, ...parameters.getAll('redirect_uri')].map(placeOf)
      const ended = await agent.visit(url.href, (to) => own.includes(placeOf(to.href)))
      const code = ended.said.get('code')
      for (const secret of ['code', 'access_token', 'id_token'])
        api.conceal(`oauth_${secret}`, ended.said.get(secret) ?? '')
      return { code, ended, proof, client }
    },
    async codeFor(client, change, agent) {
      const authorized = await server.authorize(client, change, agent)
      const { code, ended } = authorized
      verify.held(
        code !== null,
        `an authorization request of ${client.name} got no code: ${endedText(ended, kit)}`,
        ended.exchange.answer === 'limited'
          ? limitHint
          : 'see oauth in the profile: its client as it is registered, its scopes, and how somebody signs in and consents',
      )
      return { ...authorized, code: String(code) }
    },
    redeem({ code, proof, client }, change = () => {}, shown = shownBy(client), ready) {
      const form = new URLSearchParams({
        ...{ grant_type: 'authorization_code', code: code ?? '', redirect_uri: client.redirectUri ?? '' },
        code_verifier: proof.verifier,
      })
      change(form)
      return server.post('token', form, shown, ready)
    },
    async post(name, form, { headers, form: members, query = '' }, ready) {
      const url = endpoint(`${name}_endpoint`)
      const exchange = await api.send(
        {
          ...{
            method: 'POST',
            origin: url.origin,
            path: `${url.pathname}${query === '' ? url.search : `?${query}`}`,
          },
          headers: [
            ['accept', 'application/json'],
            ['content-type', 'application/x-www-form-urlencoded'],
            ...headers,
          ],
          body: new URLSearchParams([...form, ...members]).toString(),
        },
        { operation: operationOf[name], principal: 'a client', ready },
      )
      const tokens = name === 'token' ? tokensIn(exchange.response) : null
      api.conceal('oauth_access_token', tokens?.access ?? '')
      api.conceal('oauth_refresh_token', tokens?.refresh ?? '')
      return { exchange, tokens }
    },
    async tokensFor(client, change, agent) {
      const authorized = await server.codeFor(client, change, agent)
      const { exchange, tokens } = await server.redeem(authorized)
      verify.held(
        tokens !== null,
        `the code of ${client.name} was exchanged for no tokens: ${api.said(exchange)}`,
        noTokensHint(client, exchange),
      )
      return { ...(tokens as TokenSet), exchange, authorized }
    },
    async refreshableFor(client, change, agent) {
      const tokens = await server.tokensFor(client, change, agent)
      verify.applies(tokens.refresh !== null, `${client.name} gets no refresh token`)
      return { ...tokens, refresh: String(tokens.refresh) }
    },
    refresh(token, client, { scope, shown = shownBy(client), ready } = {}) {
      const form = {
        grant_type: 'refresh_token',
        refresh_token: token,
        ...(scope === undefined ? {} : { scope }),
      }
      return server.post('token', Object.entries(form), shown, ready)
    },
    async refused(exchange) {
      const { status = 0 } = exchange.response ?? {}
      // The client is told of errors by its redirect URI (RFC 6749 §4.1.2.1).
      if (status >= 300 && status < 400) return
      await isDenial(kit, exchange, async () => {
        if (!(await givesTokens())) verify.answered(exchange)
        const { request, operation, principal } = exchange
        const again = await api.send(request, { operation, principal })
        const [, to = ''] = again.response?.headers.find(([name]) => name === 'location') ?? []
        const isGiven = tokensIn(again.response) !== null || /[?#&](?:code|access_token)=/.test(to)
        verify.held(
          !isGiven,
          `${operation} was answered ${api.said(exchange)}, and the same request gave something later`,
          'see the log of the authorization server, and run again',
        )
        return again
      })
    },
  }
  return server
}

const limitHint =
  'raise its limit of calls, or of failed ones, in this environment, or stay below it (budget.perSecond in the profile)'

/** The server, and the first client for codes; it has a secret where that is asked for. */
export async function clientForCodes(kit: OAuthKit, { confidential = false } = {}) {
  const server = await authorizationServer(kit)
  const [client] = server
    .clientsFor('authorization_code')
    .filter((client) => !confidential || isConfidential(client))
  if (client === undefined)
    throw new NotApplicable(
      `the profile declares no ${confidential ? 'confidential client for codes' : 'client with a redirectUri'} (oauth.clients)`,
    )
  return { server, client }
}

/** A guard: the server, and the first client for codes, for which a right flow gives tokens; it has a secret where that is asked for. */
export async function rightFlow(kit: OAuthKit, which: { readonly confidential?: boolean } = {}) {
  const { server, client } = await clientForCodes(kit, which)
  return { server, client, tokens: await server.tokensFor(client) }
}

/**
 * The pages on which somebody signs in and consents, for whoever looks at pages; none where the profile does not say how. Not
 * applicable is one that nobody is shown on the way to a code.
 */
export function consentPages(kit: OAuthKit): Pick<ReaderPage, 'name' | 'find'>[] {
  if (kit.profile.oauth?.signIn === undefined) return []
  const shown = async (stopsAt: (form: Form) => boolean) => {
    const server = await authorizationServer(kit)
    const [client] = server.clientsFor('authorization_code')
    kit.verify.applies(client !== undefined, 'the profile declares no client with a redirectUri')
    const browser = server.newBrowser()
    const stopping: UserAgent = { visit: (url, isAway) => browser.visit(url, isAway, { stopsAt }) }
    // Who has agreed before is asked again (OpenID Connect Core §3.1.2.1).
    const asking = (parameters: URLSearchParams) => parameters.set('prompt', 'consent')
    const { ended } = await server.authorize(client as OAuthClient, asking, stopping)
    const forms = formsIn(ended.exchange.response?.body ?? '')
    kit.verify.applies(ended.to === null && forms.some(stopsAt), 'no such page is shown on the way to a code')
    const { origin, path } = ended.exchange.request
    return { url: new URL(path, origin ?? kit.profile.target.url), get: async () => ended.exchange }
  }
  return [
    { name: 'sign-in of the authorization server', find: () => shown(asksForPassword) },
    { name: 'consent', find: () => shown((form) => form.method === 'post' && !asksForPassword(form)) },
  ]
}

/** The parameter that asks for these scopes; none for none. */
export function scopeOf(scopes: readonly string[]): { readonly scope?: string } {
  return scopes.length === 0 ? {} : { scope: scopes.join(' ') }
}

/** What these scopes grant by the profile. */
export function grantedBy({ profile }: Pick<OAuthKit, 'profile'>, scopes: readonly string[]): string[] {
  return scopes.flatMap((scope) => profile.scopes[scope] ?? [])
}

/** The name and the password among the fields of a sign-in. */
export function namesOf(fields: Readonly<Record<string, string>>) {
  const names = Object.keys(fields)
  const password = names.find((name) => /pass|pwd|secret/i.test(name))
  return { password, user: names.find((name) => !/pass|pwd|secret|code|otp/i.test(name)) }
}

/** The fields of a sign-in, with the name and the password of somebody. */
export function fieldsOf(
  fields: Readonly<Record<string, string>>,
  { email, password }: Pick<Account, 'email' | 'password'>,
): Readonly<Record<string, string>> {
  const names = namesOf(fields)
  return { ...fields, [names.user ?? '']: email, [names.password ?? '']: password }
}

/** Whether it has something to prove who it is by (RFC 6749 §2.1). */
export function isConfidential({ secret, key }: Pick<OAuthClient, 'secret' | 'key'>): boolean {
  return secret !== null || key !== null
}

/** `null` where the profile has none. Throws Unproven for one that signs nothing. */
function keyOf(
  name: string,
  { signingKey: pem, algorithm, keyId, audience }: OAuthClientData<string>,
  issuer: string,
): ClientKey | null {
  if (pem === undefined) return null
  try {
    const alg = (algorithm as SigningAlgorithm | undefined) ?? usualAlgorithm(pem)
    const key = { pem, alg, kid: keyId ?? null, audience: audience ?? issuer }
    clientAssertion(name, key)
    return key
  } catch (error) {
    throw new Unproven(
      `oauth.clients.${name}.signingKey of the profile cannot sign${algorithm === undefined ? '' : ` by ${algorithm}`} (${(error as { code?: string }).code ?? 'no such key'})`,
      'expected the PEM of a private key of RSA, a curve of NIST or Ed25519, and the algorithm that is registered for it',
    )
  }
}

/** What helps where a client is given no tokens that shows what it is known by. */
export function noTokensHint(
  { key }: Pick<OAuthClient, 'key'>,
  { answer }: Pick<Exchange, 'answer'>,
): string {
  if (answer === 'limited') return limitHint
  const known =
    key === null
      ? 'its secret, and the method by which it is shown'
      : 'its signingKey, algorithm, keyId and audience'
  return `see oauth.clients in the profile: ${known}; and whether the server locks a client out whom others try to pass for`
}

/** A client as it says who it is; whoever signs does so anew each time that the form is read. */
export function shownBy({ id, secret, key, method }: OAuthClient): Shown {
  if (key !== null)
    return {
      headers: [],
      get form() {
        return assertionForm(id, clientAssertion(id, key))
      },
    }
  if (secret === null) return { headers: [], form: [['client_id', id]] }
  if (method === 'client_secret_basic') return { headers: [['authorization', basicOf(id, secret)]], form: [] }
  return {
    headers: [],
    form: [
      ['client_id', id],
      ['client_secret', secret],
    ],
  }
}

/** What came of an authorization request, for a sentence. */
export function endedText({ to, said, exchange }: Ended, { api }: Pick<OAuthKit, 'api'>): string {
  if (to === null) return `it was answered ${api.said(exchange)}`
  const error = [said.get('error'), said.get('error_description')].filter(Boolean).join(': ')
  const what = said.has('code') ? 'with a code' : error === '' ? 'with no code' : `with the error ${error}`
  return `the browser was sent to ${placeOf(to.href)} ${what}`
}

/** Of a URL all before its query. */
export function placeOf(url: string | null): string {
  return (url ?? '').replace(/[?#].*$/s, '')
}

async function metadataOf(
  { api }: Pick<OAuthKit, 'api'>,
  at: string,
  isIssuer: boolean,
): Promise<{ told: Exchange; metadata: Readonly<Record<string, unknown>> }> {
  const seen: string[] = []
  for (const place of isIssuer ? metadataPlaces(at) : [at]) {
    const { origin, pathname, search } = new URL(place)
    const told = await api.send(
      {
        method: 'GET',
        origin,
        path: `${pathname}${search}`,
        headers: [['accept', 'application/json']],
        body: null,
      },
      { operation: 'oauth.metadata', principal: 'anonymous' },
    )
    const metadata = readJson(told.response?.body ?? '')
    if (told.answer === 'accepted' && isObject(metadata) && 'token_endpoint' in metadata)
      return { told, metadata }
    seen.push(`${pathname} was answered ${api.said(told)}`)
  }
  throw new Unproven(
    `the authorization server tells no metadata: ${seen.join('; ')}`,
    'see oauth.issuer in the profile, or say where it is (oauth.metadata)',
  )
}
