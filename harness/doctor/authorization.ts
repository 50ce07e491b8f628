import type { OAuthGrant } from '../profile/shape.ts'
import {
  type AuthorizationServer,
  type Authorized,
  authorizationServer,
  type Given,
  isConfidential,
  type OAuthClient,
  type OAuthKit,
  scopeOf,
  shownBy,
} from '../steps/authorization-server.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'

/** One thing that is tried of the profile's `oauth`. */
export interface Trial {
  readonly what: string
  /** Where the profile says it. */
  readonly place: readonly string[]
  /** Resolves with what was seen. Throws Unproven, and NotApplicable where it cannot be tried by itself. */
  attempt(): Promise<string>
}

/**
 * The authorization server as its clients use it: its metadata, a sign-in with consent, and tokens for each client. Whoever asks for them attempts
 * one before the next. Where the first client gets no code, the others try none: some servers lock whoever signs in wrongly again.
 */
export async function* authorizationTrials(kit: OAuthKit): AsyncGenerator<Trial> {
  const { api, profile } = kit
  const { oauth } = profile
  if (oauth === undefined) return
  const seen: { server?: AuthorizationServer; code?: Authorized } = {}
  yield {
    what: 'metadata',
    place: ['oauth', oauth.metadata === undefined ? 'issuer' : 'metadata'],
    async attempt() {
      seen.server = await authorizationServer(kit)
      const { issuer } = seen.server.metadata
      return issuer === oauth.issuer
        ? `read, of the issuer ${issuer}`
        : `read; its issuer is ${issuer ?? 'not said'}, and the profile has ${oauth.issuer}`
    },
  }
  const { server } = seen
  if (server === undefined) return
  const forCodes = oauth.signIn === undefined ? [] : server.clientsFor('authorization_code')
  const forThemselves = server.clientsFor('client_credentials')
  const trialOf = (client: OAuthClient, how: string, ask: () => Promise<Given>): Trial => ({
    what: `client ${client.name}`,
    place: ['oauth', 'clients', client.name],
    async attempt() {
      const { exchange, tokens } = await ask()
      if (tokens !== null) return `it gets tokens ${how}, and shows itself ${manner(client)}`
      throw new Unproven(
        `${client.name}, which shows itself ${manner(client)}, got no tokens ${how}: ${api.said(exchange)}`,
        `see oauth.clients.${client.name} in the profile: ${meansOf(client)}`,
      )
    },
  })

  const [first, ...others] = forCodes
  if (first !== undefined) {
    yield {
      what: 'sign-in',
      place: ['oauth', 'signIn'],
      async attempt() {
        seen.code = await server.codeFor(first)
        return `somebody signs in and consents, and ${first.name} gets a code`
      },
    }
    const { code } = seen
    if (code !== undefined) {
      yield trialOf(first, 'for its code', () => server.redeem(code))
      for (const client of others)
        yield trialOf(client, 'for its code', async () => server.redeem(await server.codeFor(client)))
    }
  }
  for (const client of forThemselves)
    yield trialOf(client, 'by client_credentials', () => {
      const form = { grant_type: 'client_credentials', ...scopeOf(client.scopes) }
      return server.post('token', Object.entries(form), shownBy(client))
    })
  for (const [name, { grants }] of Object.entries(oauth.clients))
    if (![...forCodes, ...forThemselves].some((client) => client.name === name))
      yield {
        what: `client ${name}`,
        place: ['oauth', 'clients', name],
        async attempt() {
          throw new NotApplicable(whyUntried(grants ?? ['authorization_code'], oauth.signIn !== undefined))
        },
      }
}

function whyUntried(grants: readonly OAuthGrant[], hasSignIn: boolean): string {
  if (!grants.includes('authorization_code'))
    return 'it is not tried by itself: somebody has to type its code'
  return hasSignIn ? 'it has no redirectUri, to which its code would go' : 'the profile has no oauth.signIn'
}

/** How a client says who it is, for a sentence. */
function manner({ key, secret, method }: OAuthClient): string {
  if (key !== null) return `by an assertion of its key (${key.alg})`
  return secret === null ? 'by its id alone' : `by its secret (${method})`
}

function meansOf(client: OAuthClient): string {
  return isConfidential(client)
    ? 'its id, its secret or key, the method by which it shows that, and its scopes'
    : 'its id, whether it is registered as a public client, and its scopes'
}
