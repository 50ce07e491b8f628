import { setTimeout as after } from 'node:timers/promises'
import type { CallOptions } from '../api/api.ts'
import type { LiveCredential } from '../api/principals.ts'
import type { Input } from '../api/request.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { type Authenticator, readAuthenticator } from '../probes/totp.ts'
import { cookiesSetBy } from '../set-cookies.ts'
import { NotApplicable, Unproven, unlessUnproven } from '../verdicts.ts'
import {
  type Account,
  createAccounts,
  holderOfSession,
  neededOfAccounts,
  sessionGiven,
  sessionIn,
  signInInput,
} from './accounts.ts'
import { type Door, doorOfSession } from './doors.ts'

/** What a check needs in the profile to make somebody with a second factor. */
export const neededOfFactors = [...neededOfAccounts, 'factor.enroll', 'factor.confirm:code'] as const

/** Whether people can set up codes of an authenticator. */
export function hasAuthenticators({ has }: Pick<Kit['api'], 'has'>): boolean {
  return has('factor.enroll') && has('factor.confirm', 'code')
}

const mostRoles = 4

type FactorKit = Pick<Kit, 'api' | 'endpoints' | 'mailbox' | 'verify'>

/** Somebody who was made for one check, and signs in with codes of an authenticator. */
export interface Enrolled extends Account {
  readonly authenticator: Authenticator
  readonly recoveryCodes: readonly string[]
  /** By which it was set up. */
  readonly confirmed: Exchange
  /** From before it was set up or, where the target ends such, from after. */
  readonly session: LiveCredential
  /** A read that tells a session from a made-up one. */
  readonly door: Door
}

/** A sign-in whose password was right: what its code is shown with. */
export interface Begun {
  /** `null` where the target gives none, or keeps it in a cookie. */
  readonly challenge: string | null
  readonly cookies: readonly (readonly [string, string])[]
}

interface Showing {
  readonly operation: 'session.create' | 'session.verify'
  readonly input: Input
  readonly as: LiveCredential | undefined
}

/** Signing in with a second factor, as the target has it: by a call for the code, or with the code beside the password. */
export interface SecondFactors {
  /** A guard: somebody new, who has set up a second factor. */
  enroll(label?: string, role?: string): Promise<Enrolled>
  /** A sign-in with the password alone, and its answer as it is. */
  passwordAlone(person: Account, options?: CallOptions): Promise<Begun & { readonly exchange: Exchange }>
  /** A guard: the password is accepted. Where the code stands beside it, nothing is asked before. */
  begin(person: Account): Promise<Begun>
  /** Shows a code, of whatever form, with what the sign-in gave; with none, it is left out. */
  show(person: Account, begun: Begun, code?: unknown, options?: CallOptions): Promise<Exchange>
  /** The call that this is. */
  showing(person: Account, begun: Begun, code: unknown): Showing
  /** Shows a recovery code so. */
  recover(person: Enrolled, begun: Begun, code: string): Promise<Exchange>
  /** A code that is right and was not shown before; `null` where there is none before the next step. */
  unshown(person: Pick<Enrolled, 'authenticator'>): Promise<string | null>
  /** A guard: a right code that was not shown before is accepted. */
  shownRight(
    person: Pick<Enrolled, 'authenticator'>,
    show: (code: string) => Promise<Exchange>,
  ): Promise<Exchange>
  /** Whether the answer to a code lets its reader in: what is accepted and opens nothing is no session. */
  opened(person: Pick<Enrolled, 'door'>, exchange: Exchange): Promise<boolean>
  /** The step that the target's clock is in, and how many seconds of it are over. */
  now(authenticator: Authenticator): Promise<{ readonly step: number; readonly seconds: number }>
}

/** Throws NotApplicable where the profile declares no second factor that can be set up, or nobody who signs in by a password. */
export function secondFactors(kit: FactorKit): SecondFactors {
  const { api, endpoints, verify } = kit
  const { create } = createAccounts(kit)
  const isSeparate = api.has('session.verify', 'code')
  verify.applies(
    isSeparate || api.has('session.create', 'code'),
    'profile declares no sign-in with a code: session.verify, or the input code of session.create',
  )
  const [, session] = holderOfSession(api.profile)
  if (session === null)
    throw new NotApplicable('no principal of the profile signs in by session.create with a password alone')
  /** The last step whose code was accepted, by authenticator. */
  const used = new WeakMap<Authenticator, number>()
  const clock = endpoints.clock().then((ahead) => ahead ?? 0)

  const now: SecondFactors['now'] = async ({ period, stepAt }) => {
    const time = Date.now() + (await clock)
    return { step: stepAt(time), seconds: (time / 1000) % period }
  }

  const unshown: SecondFactors['unshown'] = async ({ authenticator }) => {
    const { step } = await now(authenticator)
    const next = Math.max((used.get(authenticator) ?? 0) + 1, step)
    if (next > step + 1) return null
    used.set(authenticator, next)
    return authenticator.codeAt(next)
  }

  const shownRight: SecondFactors['shownRight'] = async ({ authenticator }, show) => {
    let last: Exchange | null = null
    for (const attempt of ['at once', 'in the next step']) {
      const { step, seconds } = await now(authenticator)
      const first = Math.max((used.get(authenticator) ?? 0) + 1, step - 1)
      for (let tried = first; tried <= step + 1; tried++) {
        last = await show(authenticator.codeAt(tried))
        if (last.answer === 'accepted') {
          used.set(authenticator, tried)
          return last
        }
        verify.answered(last, 'the effect decides')
      }
      // Some take a code of this very step alone, and each of them once: the clock decides when there is another one.
      if (attempt === 'at once') await after((authenticator.period - seconds + 1) * 1000)
    }
    throw new Unproven(
      `right codes were not accepted${last === null ? '' : `: ${api.said(last)}`}`,
      'see whether the clocks of the target and of this machine agree, and the code that session.verify, or session.create, carries',
    )
  }

  const passwordAlone: SecondFactors['passwordAlone'] = async (person, options) => {
    const exchange = await api.call('session.create', signInInput({ api }, person), undefined, options)
    const cookies = cookiesGiven(kit, exchange)
    const challenge = exchange.result?.['challenge']
    return { exchange, cookies, challenge: typeof challenge === 'string' ? challenge : null }
  }

  const begin: SecondFactors['begin'] = async (person) => {
    if (!isSeparate) return { cookies: [], challenge: null }
    const begun = await passwordAlone(person)
    if (begun.exchange.answer === 'refused') throw codeAskedFor(kit, begun.exchange)
    verify.accepted(begun.exchange)
    return begun
  }

  const showingAny = (person: Account, { challenge, cookies }: Begun, shown: Input): Showing => {
    if (!isSeparate)
      return {
        operation: 'session.create',
        input: { ...signInInput({ api }, person), ...shown },
        as: undefined,
      }
    const { email, password } = person
    const known = { ...(challenge === null ? {} : { challenge }), email, password }
    const input = { ...api.carried('session.verify', known), ...shown }
    return { operation: 'session.verify', input, as: jarOf(cookies) }
  }

  const showAny = (person: Account, begun: Begun, shown: Input, options?: CallOptions) => {
    const { operation, input, as } = showingAny(person, begun, shown)
    return api.call(operation, input, as, options)
  }

  const show: SecondFactors['show'] = (person, begun, code, options) =>
    showAny(person, begun, code === undefined ? {} : { code }, options)

  const recover: SecondFactors['recover'] = (person, begun, code) =>
    api.has('session.verify', 'recoveryCode')
      ? showAny(person, begun, { recoveryCode: code })
      : show(person, begun, code)

  const opened: SecondFactors['opened'] = async ({ door }, exchange) => {
    if (exchange.answer !== 'accepted') {
      verify.answered(exchange, 'the effect decides')
      return false
    }
    const credential = sessionIn({ api }, exchange)
    return credential !== null && (await door.show(credential.token)).caller !== null
  }

  return {
    ...{ begin, now, opened, passwordAlone, recover, show, shownRight, unshown },
    showing: (person, begun, code) => showingAny(person, begun, { code }),
    async enroll(label = 'careful', role) {
      const account = await create(label, role)
      const credential = sessionGiven({ api }, account.signedIn)
      const { password } = account
      const by = await api.call('factor.enroll', api.carried('factor.enroll', { password }), credential)
      const set = enrollmentIn(kit, verify.accepted(by), account, credential)
      const { authenticator, recoveryCodes, confirm } = set
      const confirmed = await shownRight({ authenticator }, confirm)
      const all = [...recoveryCodes, ...recoveryCodesIn(api, confirmed)]
      const enrolled = { ...account, authenticator, recoveryCodes: all, confirmed }
      const opened = await doorOfSession(kit, credential).catch(unlessUnproven)
      if (opened !== null) return { ...enrolled, session: credential, door: opened }
      const anew = await shownRight(enrolled, async (code) => show(enrolled, await begin(enrolled), code))
      const session = sessionIn({ api }, anew) ?? credential
      return { ...enrolled, session, door: await doorOfSession(kit, session) }
    },
  }
}

/** A right password may be refused for want of a code: an answer that the profile has to say is what asks for it. */
function codeAskedFor({ api }: Pick<Kit, 'api'>, exchange: Exchange): Unproven {
  return new Unproven(
    `session.create was answered ${api.said(exchange)} to the right password of somebody with a second factor`,
    'where that is how the code is asked for, say so in operations.session.create.accepted of the profile, beside what is accepted otherwise, and map result.challenge',
    exchange.answer,
  )
}

/** A guard: the sign-in that a right password began opens a session once a right code is shown. */
export async function signsInByCode(
  kit: Pick<Kit, 'api' | 'verify'>,
  { opened, show, shownRight }: SecondFactors,
  person: Enrolled,
  begun: Awaited<ReturnType<SecondFactors['passwordAlone']>>,
): Promise<void> {
  const signedIn = await shownRight(person, (code) => show(person, begun, code)).catch((error: unknown) => {
    const isRefused = begun.exchange.answer === 'refused' && error instanceof Unproven
    throw isRefused ? codeAskedFor(kit, begun.exchange) : error
  })
  kit.verify.held(
    await opened(person, signedIn),
    'a sign-in with the code as well opens no session',
    'see principals.*.session and result.token of the call that takes the code, in the profile',
  )
}

/** Who is tried on: somebody else, where a try has changed what others rest on. */
export interface TriedOn {
  now(): Promise<Enrolled>
  spoilt(): void
}

export function triedOn({ enroll }: Pick<SecondFactors, 'enroll'>): TriedOn {
  let person: Promise<Enrolled> | null = null
  return {
    now() {
      person ??= enroll()
      return person
    },
    spoilt() {
      person = null
    },
  }
}

/** A new secret, as factor.enroll gave it. */
export interface Enrollment {
  readonly authenticator: Authenticator
  readonly recoveryCodes: readonly string[]
  /** Makes it count by a code of it. */
  confirm(code: string): Promise<Exchange>
}

/** A guard: the answer to factor.enroll, which the holder of this session called, gave a secret. */
export function enrollmentIn(
  { api }: Pick<Kit, 'api'>,
  by: Exchange,
  { password }: Pick<Account, 'password'>,
  session: LiveCredential,
): Enrollment {
  const { secret, uri } = by.result ?? {}
  const authenticator = readAuthenticator({ secret, uri })
  if (authenticator === null)
    throw new Unproven(
      'factor.enroll was accepted and gave no secret for time-based codes',
      'map result.uri of factor.enroll (an otpauth: URI) in the profile, or result.secret (base32)',
    )
  api.conceal('factor_secret', authenticator.secret)
  const shown = api.carried('factor.confirm', { secret: authenticator.secret, password })
  return {
    authenticator,
    recoveryCodes: recoveryCodesIn(api, by),
    confirm: (code) => api.call('factor.confirm', { ...shown, code }, session),
  }
}

/** Those that an answer shows, which nobody else is to see. */
export function recoveryCodesIn({ conceal }: Pick<Kit['api'], 'conceal'>, { result }: Exchange): string[] {
  const codes = result?.['recoveryCodes']
  const texts = Array.isArray(codes) ? codes.filter((code) => typeof code === 'string') : []
  for (const code of texts) conceal('recovery_code', code)
  return texts
}

/** Those that an answer sets, which nobody else is to see. */
export function cookiesGiven({ api }: Pick<Kit, 'api'>, { response }: Exchange): Begun['cookies'] {
  const cookies = cookiesSetBy(response).map(({ name, value = '' }) => [name, value] as const)
  for (const [, value] of cookies) api.conceal('sign_in_cookie', value)
  return cookies
}

/** Who sends these cookies and nothing else. */
export function jarOf(cookies: Begun['cookies']): LiveCredential | undefined {
  if (cookies.length === 0) return undefined
  const jar = cookies.map(([name, value]) => `${name}=${value}`).join('; ')
  return { kind: 'cookie', token: cookies[0]?.[1] ?? '', headers: [['cookie', jar]], query: [] }
}

/** Those that people are made with, by the roles that the profile names: the first few, or none in particular. */
export function rolesToEnroll({
  api,
}: Pick<Kit, 'api'>): { readonly name: string; readonly role: string | undefined }[] {
  const roles = api.has('user.create', 'role') ? Object.keys(api.profile.roles).slice(0, mostRoles) : []
  return roles.length === 0
    ? [{ name: 'somebody', role: undefined }]
    : roles.map((role) => ({ name: role, role }))
}
