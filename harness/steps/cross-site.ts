import type { SetCookie } from 'cookie'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { cookieFaults, isSentAcrossSites } from '../probes/cookies.ts'
import { crossSiteRequests, type Sender, sentBy } from '../probes/cross-site-requests.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { cookiesSetBy } from '../set-cookies.ts'
import { attemptable, inputAlone, plainReads, prepareAttempt } from './attempts.ts'
import { otherOrigins } from './cross-origin.ts'
import { isDenial } from './denials.ts'
import { owner } from './sample-input.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'runReach' | 'suffixes' | 'verify'>

/** Somebody who is signed in with a browser. */
export interface BrowserSession {
  /** What the cookies that open something say of themselves. */
  readonly flags: readonly Part[]
  /** What pages of other sites have the browser send. */
  calls(): Promise<readonly Part[]>
  /** What they do with the sign-in itself; one by one, and last: another sign-in may end the session. */
  readonly signIns: readonly Part[]
}

/** Made up, as the value of a cookie: of the length of the real one, and of letters that every target takes. */
export const madeUpLike = (value: string) => 'a'.repeat(Math.min(Math.max(value.length, 16), 256))

/** The Cookie field of a browser that has these. */
export const field = (cookies: readonly SetCookie[], value = (cookie: SetCookie) => cookie.value ?? '') =>
  cookies.map((cookie) => `${cookie.name}=${value(cookie)}`).join('; ')

/**
 * A guard: signs the owner in, and finds which of the cookies that this sets open a read, which made-up ones do not. Not applicable
 * where none does, or where the owner does not sign in by a call.
 */
export async function signedInWithBrowser(ground: Ground): Promise<BrowserSession> {
  const { api, profile, verify } = ground
  const session = profile.principals[owner]?.session
  verify.applies(
    session !== undefined,
    `${owner} does not sign in by a call, and no browser keeps what it shows`,
  )
  verify.held(
    session?.code === undefined,
    `${owner} signs in by a code that is mailed, and this signs in more than once by itself`,
    `see by hand what another site can have a browser do there, or let ${owner} in without a code in this environment`,
  )
  const first = await signIn(ground, owner)
  const set = cookiesSetBy(verify.accepted(first).response)
  verify.applies(set.length > 0, `the sign-in of ${owner} sets no cookie`)
  for (const { name, value = '' } of set) api.conceal(`cookie ${name}`, value)
  const read = await readBehind(ground, set)
  verify.held(
    read !== null || session?.cookies !== true,
    'the cookies of a sign-in open no read',
    'declare a read that needs no object, such as principal.get, and what it wants beside the cookies',
  )
  verify.applies(read !== null, `no read of ${owner} is open to the cookies of a sign-in`)
  if (read === null) throw new TypeError('expected a read')
  const ways = await waysIn(set, read)
  const cookies = ways.flat()
  const cookie = field(cookies)
  const stillOpen = async () =>
    verify.held(
      (await read.callerOf(cookie)) !== null,
      'the session in the browser ended meanwhile',
      'another sign-in of the same person may have ended it: run this check by itself',
    )
  return {
    flags: flagsOf(ground, ways, first),
    calls: () => callsOfPages(ground, ways, stillOpen),
    signIns: [
      ...(['JSON as text', 'a form', 'a form of several parts'] as const).map((name) => ({
        name: `a sign-in, ${name}`,
        judge: () => signedInByPages(ground, read, name),
      })),
      {
        name: 'a session that was made up',
        judge: () =>
          notKept(
            ground,
            cookies,
            read,
            cookies.map(({ value = '' }) => madeUpLike(value)),
          ),
      },
      { name: 'a session of another tenant', judge: () => notKept(ground, cookies, read, null) },
    ],
  }
}

/** The cookies that open something, each by itself; else all those together without which nothing does. */
export type Ways = readonly (readonly SetCookie[])[]

export async function waysIn(set: readonly SetCookie[], read: Read): Promise<Ways> {
  const alone = await Promise.all(set.map((cookie) => read.callerOf(field([cookie]))))
  const open = set.filter((_, at) => alone[at] !== null)
  if (open.length > 0) return open.map((cookie) => [cookie])
  const without = await Promise.all(set.map((_, at) => read.callerOf(field(set.toSpliced(at, 1)))))
  const needed = set.filter((_, at) => without[at] === null)
  return [needed.length > 0 ? needed : set]
}

/** Of several that open something together, one that is kept safe keeps the session safe. */
export function flagsOf(
  { profile, verify }: Pick<Ground, 'profile' | 'verify'>,
  ways: Ways,
  of: Exchange,
): Part[] {
  const { protocol } = new URL(profile.target.url)
  const faults = ways.map((way) => way.map((cookie) => cookieFaults(cookie, protocol)))
  const shared = ways.flat().filter(({ domain }) => domain !== undefined)
  for (const { name, domain } of shared)
    verify.remark(`the cookie ${name} goes to all hosts below ${domain}: each of them can read and set it`)
  return (faults[0]?.[0] ?? []).map(({ name, expected }, at) => ({
    name,
    async judge() {
      const found = faults.find((way) => way.every((each) => each[at]?.is === true))?.[0]?.[at]
      verify.that(found === undefined, { of, severity: 'low', expected, actual: found?.actual ?? '' })
    },
  }))
}

/** The call by which a principal signs in. */
async function signInOf({ api, profile }: Ground, principal: string) {
  const session = profile.principals[principal]?.session
  const operation = profile.operations[session?.operation ?? 'session.create']?.name ?? 'session.create'
  api.has<DeclaredOperation>(operation)
  return { operation, request: await api.prepare(operation, api.carried(operation, session?.input ?? {})) }
}

/** As a browser does that shows these cookies meanwhile. */
async function signIn(ground: Ground, principal: string, cookie?: string): Promise<Exchange> {
  const { api } = ground
  const { operation, request } = await signInOf(ground, principal)
  const headers = cookie === undefined ? request.headers : [...request.headers, ['cookie', cookie] as const]
  return api.send({ ...request, headers }, { operation, principal })
}

export interface Read {
  /** Whom these cookies let in, as far as the answer says it; `null` for nobody. Throws Unproven for a limit, and for no answer. */
  callerOf(cookie: string): Promise<string | null>
}

/** A read that is open to these cookies, and to none that are made up; `null` where there is none. */
async function readBehind(ground: Ground, cookies: readonly SetCookie[]): Promise<Read | null> {
  const { api, verify } = ground
  for (const name of plainReads(ground)) {
    const callerOf = async (cookie: string) => {
      const input = inputAlone(ground, name) ?? {}
      const exchange = await api.call(name, input, { headers: [['cookie', cookie]] }, { refersTo: owner })
      const { answer, response, result } = exchange
      if (answer === 'limited' || response === null) verify.answered(exchange)
      if (answer !== 'accepted') return null
      return typeof result?.['id'] === 'string' ? result['id'] : 'somebody'
    }
    const real = await callerOf(field(cookies))
    if (real === null) continue
    const madeUp = await callerOf(field(cookies, ({ value = '' }) => madeUpLike(value)))
    if (madeUp === null) return { callerOf }
  }
  return null
}

/**
 * Each call of the profile that changes something and that a page can have a browser make: the first of its kind in all ways and
 * from all origins, the others in the plainest.
 */
async function callsOfPages(ground: Ground, ways: Ways, stillOpen: () => Promise<void>): Promise<Part[]> {
  const { api } = ground
  const changing = attemptable(api).filter((name) => api.profile.operations[name]?.effect !== 'read')
  const methodOf = (name: DeclaredOperation) => api.profile.operations[name]?.method ?? ''
  const others = ['DELETE', 'PATCH', 'PUT'].flatMap(
    (method) => changing.find((name) => methodOf(name) === method) ?? [],
  )
  const tried = [...changing.filter((name) => methodOf(name) === 'POST'), ...others]
  const foreign = { origin: 'https://evil.test', cookie: field(ways.flat()) }
  const known = new Set<string>()
  const variants: Part[] = []
  /** The call that is tried from all origins. */
  let fromAll: DeclaredOperation | null = null
  for (const operation of tried) {
    const prepared = await attemptOf(ground, operation).catch((error: unknown) => ({ error }))
    if ('error' in prepared) {
      variants.push({ name: operation, judge: () => Promise.reject(prepared.error) })
      continue
    }
    const { requests } = prepared
    const kindOf = (way: string) => `${methodOf(operation)} ${way}`
    const fresh = requests.filter(({ name }) => !known.has(kindOf(name)))
    const first = requests[0]
    for (const { name } of fresh) known.add(kindOf(name))
    const chosen = fresh.length > 0 ? fresh : requests.slice(0, 1)
    const judging = (way: string, sender: Sender, name: string): Part => ({
      name: `${operation}, ${name}`,
      judge: () => notActedFor(ground, { operation, way, sender, ways, stillOpen }),
    })
    variants.push(...chosen.map(({ name }) => judging(name, foreign, name)))
    if (fromAll !== null || first === undefined) continue
    fromAll = operation
    const origins = otherOrigins(ground).filter(({ name }) => sites.has(name))
    variants.push(
      ...origins.flatMap(({ name, origin }) =>
        origin === undefined ? [] : [judging(first.name, { ...foreign, origin }, `from ${name}`)],
      ),
      judging(first.name, { ...foreign, tellsOfSites: false }, 'of a browser that tells of no sites'),
    )
  }
  return variants
}

/** Other sites than the target's own, to a browser. */
export const sites: ReadonlySet<string> = new Set([
  'own host in front of another name',
  'own name at the end of another',
  'null',
])

/** What is made for it is looked for by a mark: each try wants its own. */
async function attemptOf(ground: Ground, operation: DeclaredOperation) {
  const attempt = await prepareAttempt(operation, ground)
  return { attempt, requests: await crossSiteRequests(await attempt.requestAs(null)) }
}

interface Act {
  readonly operation: DeclaredOperation
  readonly way: string
  readonly sender: Sender
  readonly ways: Ways
  stillOpen(): Promise<void>
}

/** A verdict: what the page had the browser send was not done. Low where no browser sends the cookie so far. */
async function notActedFor(ground: Ground, { operation, way, sender, ways, stillOpen }: Act): Promise<void> {
  const { api, verify } = ground
  const { attempt, requests } = await attemptOf(ground, operation)
  const chosen = requests.find(({ name }) => name === way)
  if (chosen === undefined) throw new TypeError(`expected ${way} among the ways of ${operation}`)
  const request = sentBy(chosen.request, sender)
  const isSent = ways.some((way) => way.every((cookie) => isSentAcrossSites(cookie, request.method)))
  const send = async () => {
    const exchange = await api.send(request, { operation, principal: owner, input: attempt.input })
    const trace = await attempt.trace(exchange)
    const none = verify.that(trace === null, {
      ...{ of: exchange, severity: isSent ? undefined : 'low' },
      expected: 'what a page of another site has a browser send is not done',
      actual: `${api.said(exchange)}, and ${trace}${isSent ? '' : '; SameSite alone keeps other sites from it, and no sibling of its own'}`,
    })
    return { exchange, none }
  }
  const { exchange, none } = await send()
  if (!none) return
  verify.held(
    exchange.answer !== 'accepted' ||
      api.profile.operations[operation]?.effect !== 'create' ||
      request.method !== 'POST',
    `it was answered ${api.said(exchange)}, and nothing that bears its text is there: something may have been made without it`,
    `see by hand what ${operation} makes of a body that it does not read`,
  )
  await isDenial({ verify }, exchange, async () => (await send()).exchange)
  await stillOpen()
  await attempt.control()
}

/** A verdict: a page of another site cannot have its reader signed in as somebody else. A visitor's cookie signs nobody in. */
async function signedInByPages(ground: Ground, read: Read, way: string): Promise<void> {
  const { api, verify } = ground
  const signing = await signInOf(ground, owner)
  const ways = await crossSiteRequests(signing.request)
  const chosen = ways.find(({ name }) => name === way)
  verify.applies(chosen !== undefined, 'it takes no JSON')
  if (chosen === undefined) return
  const { headers, ...request } = sentBy(chosen.request, { origin: 'https://evil.test', cookie: '' })
  const sent = { ...request, headers: headers.filter(([name]) => name !== 'cookie') }
  const exchange = await api.send(sent, { operation: signing.operation, principal: owner })
  if (exchange.answer !== 'broken') verify.answered(exchange)
  const set = exchange.answer === 'accepted' ? cookiesSetBy(exchange.response) : []
  const caller = set.length === 0 ? null : await read.callerOf(field(set))
  verify.that(caller === null, {
    ...{ of: exchange, severity: 'low', expected: 'no session for a page of another site' },
    actual: `${api.said(exchange)}, and it sets ${set.map(({ name }) => name).join(', ')}: the reader works on in an account of the page’s maker`,
  })
}

/** A verdict: what a browser showed before the sign-in opens nothing of who signs in. `values` are the neighbour's own where they are `null`. */
async function notKept(
  ground: Ground,
  cookies: readonly SetCookie[],
  read: Read,
  values: readonly string[] | null,
): Promise<void> {
  const { api, profile, verify } = ground
  verify.applies(
    values !== null || profile.principals['neighbour']?.session !== undefined,
    'the profile has no neighbour who signs in',
  )
  const planted =
    values === null
      ? cookiesSetBy(verify.accepted(await signIn(ground, 'neighbour')).response)
      : cookies.map(({ name }, at) => ({ name, value: values[at] ?? '' }))
  if (values === null) for (const { name, value = '' } of planted) api.conceal(`cookie ${name}`, value)
  const before = await read.callerOf(field(planted))
  verify.applies(
    values !== null || (before !== null && before !== 'somebody'),
    'no read says who somebody is',
  )
  const exchange = verify.accepted(await signIn(ground, owner, field(planted)))
  const own = cookiesSetBy(exchange.response)
  const after = await read.callerOf(field(planted))
  // Many end it, whosever it was.
  verify.that(after === before || after === null, {
    ...{ of: exchange, expected: 'a new session at each sign-in' },
    actual: `what the browser showed before it lets in ${after} afterwards${own.length === 0 ? ', and no cookie was set' : ''}`,
  })
}
