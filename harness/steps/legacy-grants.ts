import type { Part } from '../check/verify.ts'
import { isObject, readJson } from '../json.ts'
import type { Exchange } from '../model.ts'
import {
  type AuthorizationServer,
  endedText,
  namesOf,
  type OAuthClient,
  type OAuthKit,
  scopeOf,
  shownBy,
} from './authorization-server.ts'
import { givesNothing } from './code-challenges.ts'

/** By which an access token would stand in a redirection. */
const responseTypes = ['token', 'id_token token', 'code token', 'code id_token token']

/** No access token comes by the front, whatever response type is asked for (RFC 9700 §2.1.2). */
export function tokensInRedirects(kit: OAuthKit, server: AuthorizationServer, client: OAuthClient): Part[] {
  return responseTypes.map((type) => ({
    name: `response_type ${type}`,
    async judge() {
      const { ended } = await server.authorize(client, (parameters) => {
        parameters.set('response_type', type)
        // OpenID Connect has a nonce, and OAuth by itself has none: some refuse the one without the other.
        if (!type.includes('id_token')) return
        parameters.set('nonce', kit.mailbox.canary())
        parameters.set('scope', `openid ${parameters.get('scope') ?? ''}`.trim())
      })
      const given = ended.said.has('access_token')
      if (!given) await server.refused(ended.exchange)
      kit.verify.that(!given, {
        of: ended.exchange,
        expected: 'no access token stands in a redirection',
        actual: 'the browser was sent to the client with an access token',
      })
    },
  }))
}

/** Passwords are for the pages of the server alone (RFC 9700 §2.4). */
export function tokensForPasswords(kit: OAuthKit, server: AuthorizationServer): Part[] {
  const fields = kit.profile.oauth?.signIn?.fields ?? {}
  const names = namesOf(fields)
  const [username, password] = [fields[names.user ?? ''], fields[names.password ?? '']]
  return server.clientsFor('authorization_code').map((client) => ({
    name: `grant_type password, ${client.name}`,
    async judge() {
      kit.verify.applies(
        password !== undefined && username !== undefined,
        'oauth.signIn.fields of the profile has no name with a password',
      )
      const form = { grant_type: 'password', username: username ?? '', password: password ?? '' }
      const asked = Object.entries({ ...form, ...scopeOf(client.scopes) })
      const given = await server.post('token', asked, shownBy(client))
      await givesNothing(kit, server, given, { expected: 'no password of somebody is exchanged for tokens' })
    },
  }))
}

/** What the server says of itself is true, and nothing that should be off (RFC 8414 §2, §3.3, RFC 9207 §2.3). */
export function truthfulMetadata(kit: OAuthKit, server: AuthorizationServer, client: OAuthClient): Part[] {
  const { verify } = kit
  const { metadata, told } = server
  const listed = (name: string): readonly string[] => {
    const value = metadata[name]
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
  }
  const says = (name: string, expected: string, wrong: string | null): Part => ({
    name,
    async judge() {
      verify.that(wrong === null, {
        of: told,
        severity: 'medium',
        expected,
        actual: `the metadata says ${wrong}`,
      })
    },
  })
  const named = (name: string, values: readonly string[]) =>
    values.length === 0 ? null : `${name} ${values.join(', ')}`
  return [
    says(
      'the issuer',
      `the issuer is ${server.issuer}, as it is asked for`,
      metadata['issuer'] === server.issuer
        ? null
        : `issuer ${JSON.stringify(metadata['issuer'])?.slice(0, 200)}`,
    ),
    says(
      'grant types',
      'neither implicit nor password is among the grant types',
      named(
        'grant_types_supported',
        listed('grant_types_supported').filter((each) => /^(?:implicit|password)$/.test(each)),
      ),
    ),
    says(
      'response types',
      'no response type has an access token',
      named(
        'response_types_supported',
        listed('response_types_supported').filter((each) =>
          /\btoken\b/.test(each.replaceAll('id_token', '')),
        ),
      ),
    ),
    says(
      'challenge methods',
      'S256 is the one challenge method',
      listed('code_challenge_methods_supported').join() === 'S256'
        ? null
        : `code_challenge_methods_supported ${listed('code_challenge_methods_supported').join(', ') || 'nothing'}`,
    ),
    {
      name: 'iss of answers',
      async judge() {
        const { ended } = await server.codeFor(client)
        const iss = ended.said.get('iss')
        const promised = metadata['authorization_response_iss_parameter_supported'] === true
        verify.applies(iss !== null || promised, 'answers have no iss, and the metadata promises none')
        verify.that(iss === server.issuer, {
          ...{ of: ended.exchange, severity: 'medium' },
          expected: `the answer says iss ${server.issuer}: by that a client knows who answered (RFC 9207)`,
          actual:
            iss === null
              ? `${endedText(ended, kit)} and without iss, which the metadata promises`
              : 'it says another iss',
        })
      },
    },
    {
      name: 'the protected resource',
      async judge() {
        const of = await resourceMetadata(kit)
        const body = readJson(of.response?.body ?? '')
        verify.applies(
          of.answer === 'accepted' && isObject(body) && 'resource' in body,
          'the API has no metadata of a protected resource (RFC 9728)',
        )
        const { resource, authorization_servers: servers } = body as Record<string, unknown>
        const url = kit.profile.target.url
        const isOwn =
          typeof resource === 'string' &&
          (url === resource || `${url}/`.startsWith(`${resource.replace(/\/+$/, '')}/`))
        verify.that(isOwn && (!Array.isArray(servers) || servers.includes(server.issuer)), {
          ...{ of, severity: 'medium', operation: 'oauth.metadata' },
          expected: `it names the API at ${url}, and ${server.issuer} among its authorization servers (RFC 9728 §3.3)`,
          actual: `resource ${JSON.stringify(resource)?.slice(0, 200)}, authorization_servers ${JSON.stringify(servers)?.slice(0, 300)}`,
        })
      },
    },
  ]
}

function resourceMetadata({ api, profile }: OAuthKit): Promise<Exchange> {
  const { origin } = new URL(profile.target.url)
  return api.send(
    {
      ...{ method: 'GET', origin, path: '/.well-known/oauth-protected-resource' },
      ...{
        headers: [...Object.entries(profile.target.headers ?? {}), ['accept', 'application/json']],
        body: null,
      },
    },
    { operation: 'oauth.metadata', principal: 'anonymous' },
  )
}
