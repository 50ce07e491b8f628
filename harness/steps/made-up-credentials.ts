import type { Variant } from '../check/verify.ts'
import type { HttpRequest } from '../model.ts'
import { anonymousForms } from '../probes/anonymous.ts'
import { withBrokenSignature } from '../probes/jwt.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { Operation, Principal } from '../profile/shape.ts'
import { type Attempt, asksNobody, attemptable, prepareAttempt } from './attempts.ts'
import { madeUpLike, withSecret } from './doors.ts'
import { type Ground, owner } from './sample-input.ts'
import { holderOf } from './throw-away.ts'

/** A way of showing a credential, with a call that lets this principal in by it. */
interface Showing extends Variant {
  readonly principal: string
  readonly operation: DeclaredOperation
  /** What is shown in the place of the live secret; one much like it where it is left out. */
  readonly secret?: string
}

/** What careless code takes for a credential where none was given; in Authorization it is among the forms of an anonymous request. */
const hollow = [
  { name: 'an empty', secret: '' },
  { name: 'null as', secret: 'null' },
  { name: 'undefined as', secret: 'undefined' },
  { name: 'an object as', secret: '[object Object]' },
] as const

/** Callers whose credentials are refused anyway. */
const dead = ['revoked', 'expired']

/**
 * Each way in which the callers of the profile show a credential, once: failures are counted, and a lock would keep everybody out. A
 * read stands before what sends.
 */
export function waysOfShowing({ api }: Pick<Ground, 'api'>): Showing[] {
  const { principals, operations } = api.profile
  const calls = attemptable(api).flatMap((name) => operations[name] ?? [])
  const sorted = calls.toSorted((a, b) => Number(b.effect === 'read') - Number(a.effect === 'read'))
  const callers = [owner, ...Object.keys(principals)].filter((name) => !dead.includes(name))
  const ways = new Map<string, Showing & { readonly shown: Principal | undefined }>()
  for (const principal of callers) {
    const way = wayOf(principals[principal])
    const call = sorted.find((operation) => callerIs(principal, operation))
    if (way !== null && call !== undefined && !ways.has(way))
      ways.set(way, { name: way, principal, operation: call.name, shown: principals[principal] })
  }
  return [...ways.values()].flatMap(({ name: way, shown, ...showing }): Showing[] => [
    { ...showing, name: `a made-up ${way}` },
    ...(hasPlaceOfItsOwn(shown)
      ? hollow.map(({ name, secret }) => ({ ...showing, name: `${name} ${way}`, secret }))
      : []),
  ])
}

/** The credential is shown elsewhere than as a bearer token, or beside a name. */
function hasPlaceOfItsOwn({ basic, headers, query, body, session }: Principal = {}): boolean {
  return (
    [basic, headers, query, body, session?.query].some((place) => place !== undefined) ||
    Object.keys(session?.headers ?? {}).some((field) => field.toLowerCase() !== 'authorization')
  )
}

/** What lets anybody in is no way to tell a credential from another; a call by which nothing is deleted or changed is enough. */
function callerIs(principal: string, { as, effect, sends }: Operation): boolean {
  return (effect === 'read' || sends) && (as ?? owner) === principal
}

function wayOf({ session, bearer, basic, headers, query, body, sigv4, hmac }: Principal = {}): string | null {
  if (session !== undefined) return 'session'
  if (bearer !== undefined) return 'bearer token'
  if (basic !== undefined) return 'password of Basic authentication'
  if (headers !== undefined) return `credential in ${Object.keys(headers).join(' and ')}`
  if (query !== undefined) return `credential in the query, ${Object.keys(query).join(' and ')}`
  if (body !== undefined) return `credential in the body, ${Object.keys(body).join(' and ')}`
  return (sigv4 ?? hmac) === undefined ? null : 'secret to sign with'
}

/** A way of making a call without a valid credential. */
interface Unauthorised extends Variant {
  requestOf(attempt: Pick<Attempt, 'requestAs'>): Promise<HttpRequest>
}

/**
 * A verdict of each way of making the call without a valid credential. What one way deletes, another finds gone: they come one by one,
 * but for those whose mail tells by its reader of which it came, which is waited for at once.
 */
export async function refusedWithoutCredential(
  operation: DeclaredOperation,
  attempt: Attempt,
  ground: Pick<Ground, 'api' | 'verify'>,
): Promise<void> {
  const { api, verify } = ground
  const ways = await waysWithoutCredential(operation, ground)
  const attemptOwn = () => attempt.toAnother?.() ?? attempt
  const refused = ({ requestOf }: Unauthorised, own: Attempt) =>
    requestOf(own)
      .then((request) => api.send(request, { operation, principal: 'anonymous', input: own.input }))
      .then((exchange) => own.refusedAs(exchange, 'a refusal: the request has no valid credential'))
  const tryEach = verify.each(
    ways,
    (way) => refused(way, attemptOwn()),
    attempt.toAnother === undefined ? 'one by one' : undefined,
  )
  if (attempt.toAnother === undefined) await tryEach
  await hadNoEffect(operation, attempt, ground).finally(() => tryEach)
}

/** A request may have had an effect whatever it was answered: that is looked for once, after all of them. */
async function hadNoEffect(
  operation: DeclaredOperation,
  attempt: Attempt,
  { api }: Pick<Ground, 'api'>,
): Promise<void> {
  const asked = { operation, principal: 'anonymous', input: attempt.input }
  const last = await api.send(await attempt.requestAs(null), asked)
  const expected =
    attempt.toAnother === undefined
      ? 'no effect of any of these requests without a valid credential, this the last'
      : 'no effect of a request without a valid credential'
  await attempt.notCarriedOut(last, expected)
}

/** All of them; none where nobody has to say who he is, since each would find the same. */
async function waysWithoutCredential(
  operation: DeclaredOperation,
  ground: Pick<Ground, 'api'>,
): Promise<Unauthorised[]> {
  if (asksNobody(ground.api, operation)) return []
  const spelled = anonymousForms.map(({ name, spell }) => ({
    name,
    requestOf: async ({ requestAs }: Pick<Attempt, 'requestAs'>) => spell(await requestAs(null)),
  }))
  return [...spelled, ...(await brokenTokens(operation, ground))]
}

/**
 * The call as its rightful caller makes it, but for a bit of the signature of its token: a route may read what others verify. None where
 * that caller shows no JSON Web Token.
 */
async function brokenTokens(
  operation: DeclaredOperation,
  { api }: Pick<Ground, 'api'>,
): Promise<Unauthorised[]> {
  const credential = await api.credential(holderOf(api, operation) ?? owner)
  const broken = withBrokenSignature(credential.token)
  if (broken === null) return []
  const requestOf: Unauthorised['requestOf'] = ({ requestAs }) => requestAs(withSecret(credential, broken))
  return [{ name: 'a token with a broken signature', requestOf }]
}

/** A verdict: who shows a credential that nobody has, in the place of this one and much like it, is let in by it no more than nobody. */
export async function isRefused({ principal, operation, secret }: Showing, ground: Ground): Promise<void> {
  const { api, mailbox } = ground
  const attempt = await prepareAttempt(operation, ground)
  const credential = await api.credential(principal)
  const madeUp = withSecret(credential, secret ?? madeUpLike(credential.token, mailbox.canary()))
  const exchange = await attempt.tryAs(madeUp)
  await attempt.notCarriedOut(exchange, 'a refusal: nobody has that credential')
}
