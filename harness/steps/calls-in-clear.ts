import { isIP } from 'node:net'
import type { Kit } from '../check/kit.ts'
import { isObject, readJson } from '../json.ts'
import type { Exchange, HttpRequest, HttpResponse, Severity } from '../model.ts'
import { secondsOfHsts } from '../probes/hsts.ts'
import { hostAndPort, isLoopback, placesInClear } from '../profile/authorization.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { Unproven } from '../verdicts.ts'
import { inputAlone, letIn } from './attempts.ts'
import { madeUpLike, withSecret } from './doors.ts'
import { owner } from './sample-input.ts'

/** A read over TLS: how the target answers who may make it, and who shows a credential that nobody has, where it asks for one. */
export interface OverTls {
  readonly known: Exchange
  readonly stranger: Exchange
}

/** A place where an API that speaks TLS might answer without it. */
interface InClear {
  readonly name: string
  readonly origin: string
  /** Nobody has allowed to test there. */
  readonly closedTo: string | null
}

/** An answer over TLS. */
export interface Secured {
  readonly name: string
  /** How bad it is that browsers are not told to stay with TLS. */
  readonly severity: Severity
  ask(): Promise<Exchange>
}

/**
 * A guard: the read is accepted from its rightful caller. Not applicable where the API is named without TLS and is this machine's,
 * or one of a network of its own: what speaks TLS for it is elsewhere then.
 */
export async function callsOverTls(kit: Kit): Promise<OverTls> {
  const { api, mailbox, verify } = kit
  const { url } = api.profile.target
  const { host } = hostAndPort(url)
  verify.applies(
    /^https:/i.test(url) || isOfEverybody(host),
    `${host} is called without TLS within a network of its own: what speaks TLS for it is not named`,
  )
  const known = await letIn(kit, owner)
  const { operation, principal } = known
  const credential = await api.credential(principal)
  const asked =
    credential.kind === 'none' || operation === null
      ? known.request
      : await api.prepare(
          operation as DeclaredOperation,
          inputAlone(kit, operation as DeclaredOperation) ?? {},
          withSecret(credential, madeUpLike(credential.token, mailbox.canary())),
        )
  const request = isLoopback(host) ? asked : withoutSecrets(asked, api)
  const refused = await api.send(request, { operation, principal: stranger })
  verify.answered(refused)
  return { known, stranger: refused }
}

const stranger = 'a made-up credential'

/** Of an API that the profile names without TLS, that place alone. */
export function placesToCallInClear({ profile }: Pick<Kit, 'profile'>): InClear[] {
  const { url } = profile.target
  const { host, port } = hostAndPort(url)
  const own = { name: 'the port of the API', origin: `http://${host}:${port}`, closedTo: null }
  if (port !== 443 || !/^https:/i.test(url)) return [own]
  const closedTo = placesInClear(profile).length > 0 ? null : `authorization.scope does not name ${host}:80`
  return [own, { name: 'port 80', origin: `http://${host}:80`, closedTo }]
}

/**
 * A verdict: no call is answered there without TLS, as the API answers, and none is led on to TLS, which its caller would never
 * notice. Beyond this machine no secret of the profile goes out in clear.
 */
export async function isDeafInClear(
  { api, verify }: Pick<Kit, 'api' | 'verify'>,
  { known, stranger: refused }: OverTls,
  { origin, closedTo }: InClear,
): Promise<void> {
  verify.applies(closedTo === null, closedTo ?? '')
  const send = ({ request, operation }: Exchange, principal: string) =>
    api.send({ ...request, origin }, { operation, principal })
  const claim = { operation: 'api.tls' as const, expected: 'no answer of the API without TLS' }
  const carriedOut = 'the call was carried out in clear'
  if (known.request.origin.startsWith('http:')) {
    verify.that(false, { ...claim, of: known, actual: carriedOut })
    return
  }
  const here = isLoopback(hostAndPort(origin).host)
  const answered = await send(refused, stranger)
  const { response } = answered
  if (isAlike(response, known.response, 'in its form')) {
    verify.that(false, { ...claim, of: answered, actual: carriedOut })
  } else if (isAlike(response, refused.response, 'in its words')) {
    const live = here ? await send(known, known.principal) : null
    const isCarriedOut = isAlike(live?.response ?? null, known.response, 'in its form')
    verify.that(false, {
      ...{ ...claim, of: isCarriedOut && live !== null ? live : answered },
      severity: isCarriedOut ? 'high' : 'medium',
      actual: isCarriedOut
        ? carriedOut
        : `the API looked at the credential in clear: ${api.said(answered)}, as over TLS`,
    })
  } else if (leadsToTls(response)) {
    verify.that(false, {
      ...{ ...claim, of: answered, severity: 'medium', expected: 'a refusal, or nobody who listens' },
      actual: `it is led on to TLS (${response?.status}): who sends credentials in clear goes on doing so unnoticed`,
    })
  } else {
    // A connection that is refused, or cut off, is the best answer there is.
    if (response !== null) verify.answered(answered)
    verify.that(true, { ...claim, actual: '' })
  }
}

/** What is answered over TLS, by the API and by the pages of other hosts. */
export function answersOverTls(kit: Kit, { known, stranger: refused }: OverTls): Secured[] {
  const { api, profile } = kit
  const { url } = profile.target
  if (!/^https:/i.test(url)) return []
  const own = new URL(url).origin
  const pages = Object.entries(profile.pages ?? {}).map(([name, { url: page = '/', at }]) => ({
    name,
    address: new URL(at ?? page, own),
  }))
  const severity = pages.some(({ address }) => address.origin === own) ? 'medium' : 'low'
  return [
    { name: 'HSTS of what the API accepts', severity, ask: async () => known },
    { name: 'HSTS of what the API refuses', severity, ask: async () => refused },
    ...pages
      .filter(({ address: { origin, protocol } }) => protocol === 'https:' && origin !== own)
      .map(
        ({ name, address }): Secured => ({
          ...{ name: `HSTS of page ${name}`, severity: 'medium' },
          ask: () =>
            api.send(
              {
                ...{ method: 'GET', origin: address.origin, path: `${address.pathname}${address.search}` },
                ...{ headers: [['accept', 'text/html']], body: null },
              },
              { operation: null, principal: 'anonymous' },
            ),
        }),
      ),
  ]
}

const year = 31_536_000

/** A verdict: browsers that were answered so speak TLS alone with the host from then on. */
export async function keepsToTls({ verify }: Pick<Kit, 'verify'>, { severity, ask }: Secured): Promise<void> {
  const answered = await ask()
  const { response } = answered
  if (response === null) verify.answered(answered)
  const seconds = secondsOfHsts(response?.headers ?? [])
  verify.that(seconds !== null && seconds >= year, {
    ...{ operation: 'api.tls', of: answered, severity },
    expected: `Strict-Transport-Security with a max-age of at least ${year} seconds`,
    actual: seconds === null ? 'none' : `max-age=${seconds}`,
  })
}

/** Nobody's network in particular: a name of several labels, or an address that is not private (RFC 1918, RFC 4193). */
function isOfEverybody(host: string): boolean {
  if (isLoopback(host)) return false
  if (isIP(host) === 4) return !/^(?:10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(host)
  if (host.startsWith('[')) return !/^\[f[cde]/.test(host)
  return host.includes('.') && !/\.(?:internal|local|localhost|test)$/.test(host)
}

/** Without the header fields that hold something secret; Unproven where it has a place in what is left. */
function withoutSecrets(request: HttpRequest, { redact }: Pick<Kit['api'], 'redact'>): HttpRequest {
  const { path, body } = request
  const text = typeof body === 'string' ? body : Buffer.from(body ?? []).toString('latin1')
  if (redact(path) !== path || redact(text) !== text)
    throw new Unproven(
      'the call holds a secret of the profile in its path or body, which is not sent in clear',
      'declare a read without one, such as principal.get',
    )
  return { ...request, headers: request.headers.filter(([, value]) => redact(value) === value) }
}

function leadsToTls(response: HttpResponse | null): boolean {
  const { status = 0, headers = [] } = response ?? {}
  const [, location = ''] = headers.find(([name]) => name === 'location') ?? []
  return status >= 300 && status < 400 && /^https:/i.test(location)
}

/**
 * The same program has answered the same. What it accepts may change from one moment to the next, and has the same form; a refusal
 * says the same, as one for the lack of TLS does not.
 */
function isAlike(
  one: HttpResponse | null,
  other: HttpResponse | null,
  how: 'in its form' | 'in its words',
): boolean {
  if (one === null || other === null || one.status !== other.status) return false
  const type = ({ headers }: HttpResponse) =>
    headers
      .find(([name]) => name === 'content-type')?.[1]
      .split(';')[0]
      ?.trim()
      .toLowerCase()
  if (type(one) !== type(other)) return false
  const [first, second] = [readJson(one.body), readJson(other.body)]
  if (!isObject(first) || !isObject(second)) return one.body === other.body
  const form = (body: object) => String(Object.keys(body).sort())
  return how === 'in its form' ? form(first) === form(second) : wordsOf(first) === wordsOf(second)
}

/** With the texts in it, but those with a digit: ids, and times. */
function wordsOf(body: unknown): string {
  return JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'number' || (typeof value === 'string' && /\d/.test(value)) ? null : value,
  )
}
