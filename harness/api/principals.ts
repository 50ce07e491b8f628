import type { Exchange } from '../model.ts'
import type { Redactor } from '../profile/redact.ts'
import type { Principal, Profile } from '../profile/shape.ts'
import { expandText, templateNames } from '../profile/templates.ts'
import { cookiesSetBy } from '../set-cookies.ts'
import { Unproven } from '../verdicts.ts'
import { answerText } from './answer-text.ts'
import { carriesHmac, type HmacKey, signHmac } from './hmac.ts'
import { addressOfCode, type Inbox, mailedCode } from './mailed-code.ts'
import type { Credential, Input, Pairs } from './request.ts'
import { assertFields, assertText, type Source } from './sendable.ts'
import { type SigV4Key, signSigV4, sigV4Scope } from './sigv4.ts'

export interface LiveCredential extends Credential {
  readonly kind: 'none' | 'bearer' | 'basic' | 'headers' | 'query' | 'body' | 'cookie' | 'sigv4' | 'hmac'
  /** The secret itself, without the text around it: the token, the password, what a header's reference stands for, the key that signs. */
  readonly token: string
  /** Of one that signs: the same with another secret. */
  readonly withSecret?: (secret: string) => LiveCredential
}

/** Makes a call as itself: a sign-in, or the call that a value of a principal comes from. */
export type CallAs = (operation: string, input: Input, as: string | null, owner: string) => Promise<Exchange>

export interface Principals {
  /**
   * Signs in where that is needed, once for all callers; throws Unproven where the target refuses it, and where no request
   * can hold what it gives.
   */
  credential(name: string): Promise<LiveCredential>
  /** Signs in again, unless somebody did since `stale` was given out. False where there is nothing to renew. */
  renew(name: string, stale: Credential): Promise<boolean>
  /** Its values for templates and expressions. */
  values(name: string): Promise<Readonly<Record<string, string>>>
  /** Those of them that need no call. */
  ownValues(name: string): Readonly<Record<string, string>>
  /** What its sessions carry that the profile writes out: it says of whom a request speaks, a tenant say, and proves nothing. */
  plainFields(name: string): Pick<Credential, 'headers' | 'query'>
}

class UnknownPrincipal extends Error {
  override readonly name = 'UnknownPrincipal'
}

interface SignedIn {
  readonly credential: LiveCredential
  /** Epoch milliseconds. */
  readonly until: number
}

/** What sign-ins by a mailed code need. */
export interface CodeMail {
  /** `null` where nobody sees what arrives. */
  readonly inbox: Inbox | null
  /** Counts one message to an address; throws where that would leave the sandbox. */
  admit(address: string): Promise<void>
}

/** The callers of a profile; sessions are shared by all who ask. */
export function createPrincipals(
  profile: Profile,
  redactor: Redactor,
  call: CallAs,
  mail: CodeMail,
): Principals {
  const sessions = new Map<string, Promise<SignedIn>>()
  const turns = new Map<string | null, Promise<unknown>>()
  const values = new Map<string, Promise<Readonly<Record<string, string>>>>()

  const find = (name: string): Principal => {
    const principal = profile.principals[name]
    if (principal !== undefined) return principal
    throw new UnknownPrincipal(
      `expected a principal of the profile (${Object.keys(profile.principals).join(', ')}); seen ${name}; declare it, or name it in the check's needs as principal:${name}`,
    )
  }

  // The next code that is mailed to an address may be the end of the one before.
  const inTurn = <T>(address: string | null, open: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(address) ?? Promise.resolve()).then(open)
    turns.set(
      address,
      turn.catch(() => {}),
    )
    return turn
  }

  const signIn = (name: string, session: NonNullable<Principal['session']>): Promise<SignedIn> => {
    const callAsWhoMay = (operation: string, input: Input) =>
      call(operation, input, profile.operations[operation]?.as ?? null, name)
    const { within } = profile.mail.delivery
    const open = () => openSession(name, session, callAsWhoMay, redactor, { ...mail, within })
    const fresh =
      session.code === undefined ? open() : inTurn(addressOfCode(session.code, session.input), open)
    sessions.set(name, fresh)
    // A refusal stands for the run, so that nobody is locked out by trying; a lost connection does not.
    fresh.catch((error: unknown) => {
      if (error instanceof SignInLost && sessions.get(name) === fresh) sessions.delete(name)
    })
    return fresh
  }

  return {
    async credential(name) {
      const principal = find(name)
      const { session } = principal
      if (session === undefined) return staticCredential(name, principal, profile.secrets)
      const open = sessions.get(name)
      if (open === undefined) return (await signIn(name, session)).credential
      const signedIn = await open
      if (Date.now() < signedIn.until) return signedIn.credential
      // Whoever sees first that it has ended opens the next one.
      const newest = sessions.get(name)
      return (await (newest === open || newest === undefined ? signIn(name, session) : newest)).credential
    },
    async renew(name, stale) {
      const { session } = find(name)
      if (session === undefined) return false
      const current = await sessions.get(name)
      if (current === undefined || current.credential === stale) await signIn(name, session)
      return true
    },
    values(name) {
      const known = values.get(name)
      if (known !== undefined) return known
      const fresh = calledValues(name, find(name), call, redactor).then((called) => ({
        ...ownValues(find(name)),
        ...called,
      }))
      values.set(name, fresh)
      fresh.catch(() => values.delete(name))
      return fresh
    },
    ownValues: (name) => ownValues(find(name)),
    plainFields(name) {
      const { session } = find(name)
      const plain = (fields: Readonly<Record<string, string>> = {}) =>
        Object.entries(fields).filter(
          ([, text]) =>
            templateNames(text).length === 0 && !profile.secrets.some(({ value }) => text.includes(value)),
        )
      return { headers: plain(session?.headers), query: plain(session?.query) }
    },
  }
}

class SignInLost extends Unproven {}

/** Throws Unsendable for a credential that no request can hold. */
export function assertCredential({ headers, query }: Pick<Credential, 'headers' | 'query'>, source: Source) {
  assertFields(headers, source)
  for (const pair of query) assertText(pair.join(), source)
}

/** Each of its requests has a signature of its own. */
export function signsRequests({ sigv4, hmac }: Principal = {}): boolean {
  return sigv4 !== undefined || hmac !== undefined
}

function staticCredential(name: string, principal: Principal, secrets: Profile['secrets']): LiveCredential {
  const given = givenCredential(name, principal)
  const credential = { ...given, token: secretIn(given, secrets) ?? given.token }
  const source = {
    from: `the credential of ${name}, principals.${name} in the profile`,
    remedy: 'see what its reference stands for: a file with a line break at its end, say',
  }
  assertCredential(credential, source)
  const { sign } = credential
  if (sign === undefined) return credential
  return {
    ...credential,
    async sign(request) {
      const signed = await sign(request)
      assertFields(signed.headers, source)
      return signed
    },
  }
}

function givenCredential(name: string, principal: Principal): LiveCredential {
  const { bearer, basic, headers, query, body, sigv4, hmac } = principal
  if (bearer !== undefined) return bearerCredential(bearer)
  if (basic !== undefined) {
    const pair = Buffer.from(`${basic.username}:${basic.password}`).toString('base64')
    return { kind: 'basic', token: basic.password, headers: [['authorization', `Basic ${pair}`]], query: [] }
  }
  if (headers !== undefined) {
    const pairs = Object.entries(headers)
    return { kind: 'headers', token: pairs[0]?.[1] ?? '', headers: pairs, query: [] }
  }
  if (query !== undefined) {
    const pairs = Object.entries(query)
    return { kind: 'query', token: pairs[0]?.[1] ?? '', headers: [], query: pairs }
  }
  if (body !== undefined) {
    const pairs = Object.entries(body)
    return { kind: 'body', token: pairs[0]?.[1] ?? '', headers: [], query: [], body: pairs }
  }
  if (sigv4 !== undefined) return signingCredential(sigv4)
  if (hmac !== undefined) return hmacCredential(hmac, `principals.${name}.hmac.message in the profile`)
  return { kind: 'none', token: '', headers: [], query: [] }
}

function signingCredential(key: SigV4Key): LiveCredential {
  return {
    ...{ kind: 'sigv4', token: key.secretAccessKey, headers: [], query: [] },
    sign: (request) => signSigV4(request, key),
    signed: (request) => sigV4Scope(request) !== null,
    withSecret: (secretAccessKey) => signingCredential({ ...key, secretAccessKey }),
  }
}

function hmacCredential(key: HmacKey, place: string): LiveCredential {
  return {
    ...{ kind: 'hmac', token: key.secret, headers: [], query: [] },
    sign: (request) => signHmac(request, key, place),
    signed: (request) => carriesHmac(request, key),
    withSecret: (secret) => hmacCredential({ ...key, secret }, place),
  }
}

const namesKey = /auth|key|token|secret|password/i

/**
 * Of `token reader:${env:KEY}` what KEY is: the last, where several stand there, since names come before secrets. Of several
 * fields, that of one which is named after a key.
 */
function secretIn(
  { kind, token, headers, query, body = [] }: LiveCredential,
  secrets: Profile['secrets'],
): string | null {
  const within = (text: string) =>
    secrets
      .map(({ value }) => ({ value, at: text.lastIndexOf(value) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => b.at + b.value.length - (a.at + a.value.length) || a.at - b.at)[0]?.value
  const fields = ['headers', 'query', 'body'].includes(kind)
    ? [...headers, ...query, ...body]
    : [[kind, token] as const]
  const found = fields.flatMap(([name, value]) => {
    const secret = within(value)
    return secret === undefined ? [] : [{ name, secret }]
  })
  return (found.findLast(({ name }) => namesKey.test(name)) ?? found.at(-1))?.secret ?? null
}

/** RFC 6750 section 2.1. */
export function bearerCredential(token: string): LiveCredential {
  return { kind: 'bearer', token, headers: [['authorization', `Bearer ${token}`]], query: [] }
}

async function openSession(
  name: string,
  session: NonNullable<Principal['session']>,
  call: (operation: string, input: Input) => Promise<Exchange>,
  redactor: Redactor,
  mail: CodeMail & { readonly within: number },
): Promise<SignedIn> {
  const operation = session.operation ?? 'session.create'
  const refused = (exchange: Exchange, by: string) => {
    const seen = `the sign-in of ${name} was answered ${answerText(exchange, redactor.redact)}`
    const remedy = `check principals.${name}.session and operations.${by} in the profile`
    return exchange.response === null ? new SignInLost(seen, remedy) : new Unproven(seen, remedy)
  }
  const { code, input } = session
  const mailed = code === undefined ? null : await codeOf(name, code, { input, call, refused, ...mail })
  if (mailed !== null) redactor.learn(`${name}_code`, mailed.code)
  const further = mailed === null ? {} : { ...mailed.given, [code?.input ?? 'code']: mailed.code }
  const exchange = await call(operation, { ...input, ...further })
  if (exchange.answer !== 'accepted') throw refused(exchange, operation)
  for (const [cookie, value] of cookiesOf(exchange)) redactor.learn(`${name}_${cookie}`, value)
  return { credential: sessionOpenedBy(exchange, name, session), until: endOf(exchange) }
}

/**
 * What a sign-in that was accepted has given, shown as the principal shows its own. Throws Unproven where it lacks something, and
 * where no request can hold it.
 */
export function sessionOpenedBy(
  exchange: Exchange,
  name: string,
  session: NonNullable<Principal['session']>,
): LiveCredential {
  const cookies = cookiesOf(exchange)
  const result = {
    ...exchange.result,
    ...Object.fromEntries(cookies.map(([cookie, value]) => [`cookie.${cookie}`, value])),
  }
  const credential = sessionCredential(name, session, result, cookies)
  const operation = session.operation ?? 'session.create'
  assertCredential(credential, {
    from: `the credential of ${name}, which the target gave at its sign-in (${operation})`,
    remedy: `no client can use what the target gave: see operations.${operation}.result and principals.${name}.session in the profile`,
  })
  return credential
}

async function codeOf(
  name: string,
  code: NonNullable<NonNullable<Principal['session']>['code']>,
  {
    inbox,
    ...asked
  }: CodeMail & Pick<Parameters<typeof mailedCode>[0], 'input' | 'call' | 'refused' | 'within'>,
): ReturnType<typeof mailedCode> {
  if (inbox !== null) return mailedCode({ ...asked, name, code, inbox })
  throw new Unproven(
    `the sign-in of ${name} wants a code that is mailed, and nothing sees mail here`,
    `a run sees it in its sandbox: what stands outside of one cannot sign in by principals.${name}.session.code`,
  )
}

function sessionCredential(
  name: string,
  session: NonNullable<Principal['session']>,
  result: Readonly<Record<string, unknown>>,
  cookies: Pairs,
): LiveCredential {
  const bare = session.headers === undefined && session.query === undefined && session.cookies !== true
  const headers = Object.entries(session.headers ?? (bare ? { authorization: 'Bearer {token}' } : {}))
  const query = Object.entries(session.query ?? {})
  const isOfCookies = bare && cookies.length > 0
  for (const [, template] of [...headers, ...query])
    for (const wanted of templateNames(template))
      if (result[wanted] === undefined)
        throw new Unproven(
          `the sign-in of ${name} gave no ${wanted} (it gave ${Object.keys(result).join(', ') || 'nothing'})`,
          isOfCookies
            ? `where the cookies are the session, write cookies: true under principals.${name}.session of the profile, beside headers for a CSRF token if it wants one; else map ${wanted} under result of the sign-in operation`
            : `map it under result of the sign-in operation in the profile`,
        )
  const expand = (pairs: readonly (readonly [string, string])[]): Pairs =>
    pairs.map(([key, template]) => [key, expandText(template, result)])
  const jar: Pairs =
    session.cookies === true ? [['cookie', cookies.map(([key, value]) => `${key}=${value}`).join('; ')]] : []
  const token = typeof result['token'] === 'string' ? result['token'] : ''
  const isBearer = expand(headers).some(
    ([key, value]) => key.toLowerCase() === 'authorization' && value === `Bearer ${token}`,
  )
  return {
    kind: isBearer
      ? 'bearer'
      : session.cookies === true
        ? 'cookie'
        : headers.length > 0
          ? 'headers'
          : 'query',
    token: token === '' ? (cookies[0]?.[1] ?? '') : token,
    headers: [...expand(headers), ...jar],
    query: expand(query),
  }
}

/** Name and value of each cookie that a response sets. */
function cookiesOf({ response }: Exchange): [string, string][] {
  return cookiesSetBy(response).map(({ name, value = '' }) => [name, value])
}

/** Before it really ends, so that no request is on its way while it does. */
function endOf(exchange: Exchange): number {
  const seconds = Number(exchange.result?.['expiresIn'])
  if (!Number.isFinite(seconds) || seconds <= 0) return Number.POSITIVE_INFINITY
  return exchange.startedAt + seconds * 1000 - Math.min(5000, seconds * 200)
}

function ownValues({ tenant, values = {} }: Principal): Readonly<Record<string, string>> {
  const texts = Object.entries(values).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return { ...(tenant === undefined ? {} : { tenant }), ...Object.fromEntries(texts) }
}

async function calledValues(
  name: string,
  principal: Principal,
  call: CallAs,
  redactor: Redactor,
): Promise<Readonly<Record<string, string>>> {
  const entries = Object.entries(principal.values ?? {}).map(async ([key, value]) => {
    if (typeof value === 'string') return []
    const exchange = await call(value.operation, {}, name, name)
    const found = exchange.result?.[value.result]
    if (found === undefined)
      throw new Unproven(
        `${value.operation} as ${name} gave no ${value.result} (answered ${answerText(exchange, redactor.redact)})`,
        `check principals.${name}.values.${key} in the profile`,
      )
    return [[key, String(found)] as const]
  })
  return Object.fromEntries((await Promise.all(entries)).flat())
}
