import type { Part } from '../check/verify.ts'
import { otherRedirects } from '../probes/redirect-uris.ts'
import {
  type AuthorizationServer,
  type Authorized,
  endedText,
  type OAuthClient,
  type OAuthKit,
} from './authorization-server.ts'

/** What a server adds to a redirect URI. */
const answers = [
  ...['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'session_state', 'scope'],
  ...['access_token', 'token_type', 'expires_in', 'id_token', 'response', 'authuser', 'prompt', 'hd'],
]

/** An answer goes to the registered URI, in all its characters, and nowhere else: with a code, and with an error (RFC 9700 §4.1, §4.11). */
export function otherTargets(kit: OAuthKit, server: AuthorizationServer, client: OAuthClient): Part[] {
  const registered = client.redirectUri ?? ''
  const stranger = 'https://attacker.example/callback'
  const asked = (name: string, change: (parameters: URLSearchParams) => void): Part => ({
    name,
    judge: async () => staysHome(kit, server, registered, await server.authorize(client, change)),
  })
  return [
    ...otherRedirects(registered, client).map(({ name, uris }) =>
      asked(name, (parameters) => {
        parameters.delete('redirect_uri')
        for (const uri of uris) parameters.append('redirect_uri', uri)
      }),
    ),
    asked('none', (parameters) => parameters.delete('redirect_uri')),
    asked('an error for a scope, at another host', (parameters) => {
      parameters.set('redirect_uri', stranger)
      parameters.set('scope', 'no-such-scope')
    }),
    asked('an error for a response type, at another host', (parameters) => {
      parameters.set('redirect_uri', stranger)
      parameters.set('response_type', 'no-such-type')
    }),
    asked('an error for a client that is none, at another host', (parameters) => {
      parameters.set('redirect_uri', stranger)
      parameters.set('client_id', `none-${kit.mailbox.canary()}`)
    }),
    asked('without a page, at another host', (parameters) => {
      parameters.set('redirect_uri', stranger)
      parameters.set('prompt', 'none')
    }),
  ]
}

/** A verdict: the browser was sent to the registered URI, or nowhere. */
async function staysHome(
  kit: OAuthKit,
  server: Pick<AuthorizationServer, 'refused'>,
  registered: string,
  { ended }: Authorized,
): Promise<void> {
  const { to, said, exchange } = ended
  if (to === null) await server.refused(exchange)
  const isHome = to === null || bare(to) === bare(new URL(registered))
  const isLet = said.has('code') || said.has('access_token')
  kit.verify.that(isHome, {
    ...{ of: exchange, severity: isAtOwnPage(to, registered) || !isLet ? 'medium' : 'critical' },
    expected: `answers go to ${registered} alone`,
    actual: endedText(ended, kit),
  })
}

/** The page is the client’s own, which may lead on by what else is said, or what its server takes for it, as of a path in capitals. */
function isAtOwnPage(to: URL | null, registered: string): boolean {
  const own = new URL(registered)
  return to?.origin === own.origin && to.pathname.toLowerCase() === own.pathname.toLowerCase()
}

/** Without what the server added. */
function bare(url: URL): string {
  const own = new URL(url)
  for (const name of answers) own.searchParams.delete(name)
  const fragment = new URLSearchParams(own.hash.slice(1))
  if (answers.some((name) => fragment.has(name))) own.hash = ''
  return own.href.replace(/[?#]$/, '')
}

/** A verdict: no form with a password is to be sent on by a redirection (RFC 9700 §4.12), of a flow in which somebody signed in. */
export async function signsInByGet(
  kit: OAuthKit,
  server: AuthorizationServer,
  client: OAuthClient,
  first?: Authorized,
): Promise<void> {
  const { ended } = first ?? (await server.authorize(client, () => {}, server.newBrowser()))
  kit.verify.held(
    ended.to !== null,
    `whoever signs in anew is sent nowhere: ${endedText(ended, kit)}`,
    'see oauth.signIn in the profile',
  )
  const { repeated } = ended
  kit.verify.that(repeated === null, {
    ...{ of: repeated ?? ended.exchange, severity: 'high' },
    expected: 'a form is answered with a redirection that a browser follows by GET (303)',
    actual: `it was answered ${repeated?.response?.status}: the form with the password goes to where that leads, too`,
  })
}
