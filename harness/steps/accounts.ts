import { type LiveCredential, sessionOpenedBy } from '../api/principals.ts'
import type { Input } from '../api/request.ts'
import type { Ready } from '../api/starting-line.ts'
import { newPassword } from '../check/canary.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import type { Policies, Profile } from '../profile/shape.ts'
import { cookiesSetBy } from '../set-cookies.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'

/** A user of the target who was made for one check. */
export interface Account {
  /** `null` where user.create gives none. */
  readonly id: string | null
  readonly email: string
  readonly password: string
}

/** Somebody who was just made, and the sign-in that showed that they can. */
export interface NewAccount extends Account {
  readonly signedIn: Exchange
}

/** What a check needs in the profile to make somebody and sign them in. */
export const neededOfAccounts = [
  ...(['session.create:email', 'session.create:password'] as const),
  ...(['user.create:email', 'user.create:password'] as const),
] as const

/** Whether anybody can be made with an address and a password of one's own. */
export function canMakeAccounts({ has }: Pick<Kit['api'], 'has'>): boolean {
  return has('user.create', 'email') && has('user.create', 'password')
}

/** Users and strangers at the target's sign-in; nothing here judges an answer. */
export interface Accounts {
  /** An address that nobody had before: `<label>-<64 random bits>@…`, in the mailbox’s domain where no other is named. */
  stranger(label?: string, domain?: string): string
  /** A guard: makes a user who can sign in, of the role of support, or of the first that the profile names, unless another is named. */
  create(label?: string, role?: string): Promise<NewAccount>
  /** As the profile has it, as nobody mostly, and the answer as it is: a limit is what such checks look for. */
  signIn(email: string, password: string, ready?: Ready): Promise<Exchange>
}

export function createAccounts({ api, mailbox, verify }: Pick<Kit, 'api' | 'mailbox' | 'verify'>): Accounts {
  const { principals, roles } = api.profile
  const usualRole = principals['support']?.role ?? Object.keys(roles)[0] ?? ''
  const stranger = (label = 'person', domain = mailbox.domain()) =>
    `${label}-${mailbox.canary().slice(0, 16)}@${domain}`
  const signIn = (email: string, password: string, ready?: Ready) =>
    api.call('session.create', signInInput({ api }, { email, password }), undefined, {
      ...{ unlimited: true, ready },
    })
  return {
    stranger,
    signIn,
    async create(label, role = usualRole) {
      const [email, password] = [stranger(label), newPassword('Right')]
      const made = verify.accepted(
        await api.call('user.create', { email, password, ...api.carried('user.create', { role }) }),
      )
      // What others have failed at may hold everybody back for a while.
      const signedIn = await api.call('session.create', signInInput({ api }, { email, password }))
      verify.held(
        signedIn.answer === 'accepted',
        `a user who was just made cannot sign in: ${api.said(signedIn)}`,
        signedIn.answer === 'limited'
          ? 'the target limits sign-ins: raise its limit for this environment, and say in policies.limits.signIn of the profile what it is'
          : 'who has no account yet is no known user: have user.create make one that needs no confirmation',
      )
      const id = made.result?.['id']
      return { id: typeof id === 'string' ? id : null, email, password, signedIn }
    },
  }
}

/** A sign-in with these, and with what the profile’s own say besides, such as a realm. */
export function signInInput(
  { api }: Pick<Kit, 'api'>,
  { email, password }: { readonly email: string; readonly password: string },
): Input {
  const [, session] = holderOfSession(api.profile)
  return { ...session?.input, ...api.carried('session.create', { email, password }) }
}

/** A sign-in by these, and what it gives, shown as the profile’s own show theirs: `null` where it was not accepted. */
export async function signInAs(
  { api }: Pick<Kit, 'api'>,
  account: { readonly email: string; readonly password: string },
): Promise<{ readonly exchange: Exchange; readonly credential: LiveCredential | null }> {
  usualSession({ api })
  const exchange = await api.call('session.create', signInInput({ api }, account))
  return { exchange, credential: exchange.answer === 'accepted' ? sessionGiven({ api }, exchange) : null }
}

/** A sign-in by these, with what else is said in the request. */
export async function signInSaying(
  { api }: Pick<Kit, 'api'>,
  account: { readonly email: string; readonly password: string },
  change: (request: HttpRequest) => HttpRequest,
): Promise<Exchange> {
  usualSession({ api })
  const input = signInInput({ api }, account)
  const asked = { operation: 'session.create', principal: account.email, input } as const
  return api.send(change(await api.prepare('session.create', input)), asked)
}

/** What a sign-in that was accepted gives, shown as the profile's own show theirs. */
export function sessionGiven({ api }: Pick<Kit, 'api'>, exchange: Exchange): LiveCredential {
  const [holder, session] = usualSession({ api })
  for (const { value = '' } of cookiesSetBy(exchange.response)) api.conceal('session_cookie', value)
  return sessionOpenedBy(exchange, holder, session)
}

function usualSession({ api }: Pick<Kit, 'api'>) {
  const [holder, session] = holderOfSession(api.profile)
  if (session !== null) return [holder, session] as const
  throw new NotApplicable('no principal of the profile signs in by session.create with a password alone')
}

/** The session that an answer gives, shown as the profile's own show theirs; `null` where it lets nobody in. */
export function sessionIn({ api }: Pick<Kit, 'api'>, exchange: Exchange): LiveCredential | null {
  if (holderOfSession(api.profile)[1] === null) return null
  try {
    return sessionGiven({ api }, exchange)
  } catch (error) {
    // An answer without a token is one that lets nobody in.
    if (error instanceof Unproven) return null
    throw error
  }
}

/** Whose session another one is like: of the first that signs in with a password alone. */
export function holderOfSession({ principals }: Pick<Profile, 'principals'>) {
  for (const [name, { session }] of Object.entries(principals))
    if (session?.code === undefined && (session?.operation ?? 'session.create') === 'session.create')
      if (session !== undefined) return [name, session] as const
  return ['', null] as const
}

/**
 * How many wrong passwords an account may be given, and how many accounts with as many strangers beside them, before a
 * throttle is due: by what the profile says, else less than throttles usually allow. `others` accounts are asked about as well.
 */
export function wrongPasswords(
  { limits }: Policies,
  others = 0,
): { readonly tries: number; readonly subjects: number } {
  const { perAccount = 10, perSource = 20 } = limits?.signIn ?? {}
  const within = (count: number, most: number) => Math.max(1, Math.min(most, Math.floor(count)))
  // One more of some to warm up, and some room for what others did within the same window.
  return { tries: within(perAccount - 2, 8), subjects: within(perSource / 2 - 1 - others, 10) }
}

/** Accounts of one state, and as many addresses that nobody has, to be asked about in pairs. */
export interface StateOfAccounts {
  readonly name: string
  readonly bounds: { readonly tries: number; readonly subjects: number }
  /** Those of the profile; none where they are made. */
  readonly accounts: readonly string[]
  /** What was made so far; none of the profile's own. */
  readonly made: readonly { readonly a: string; readonly b: string }[]
  make(): Promise<{ readonly a: string; readonly b: string }>
}

/**
 * New accounts, where any can be made, and those of each state that the profile names, beside strangers of the same domain:
 * some answer by the domain alone, which is of no account.
 */
export function statesOfAccounts(kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>): StateOfAccounts[] {
  const { profile } = kit.api
  const { create, stranger } = createAccounts(kit)
  const named = Object.entries(profile.accounts)
  const { tries, subjects } = wrongPasswords(profile.policies, named.flatMap(([, all]) => all).length)
  const made: { readonly a: string; readonly b: string }[] = []
  const fresh = { name: 'new accounts', bounds: { tries, subjects }, accounts: [], made }
  return [
    ...(canMakeAccounts(kit.api)
      ? [
          {
            ...fresh,
            async make() {
              const pair = { a: (await create()).email, b: stranger() }
              made.push(pair)
              return pair
            },
          },
        ]
      : []),
    ...named.map(([state, accounts]) => {
      let turn = 0
      return {
        name: `accounts: ${state}`,
        bounds: { tries, subjects: accounts.length },
        ...{ accounts, made: [] },
        async make() {
          const a = accounts[turn++ % accounts.length] ?? ''
          return { a, b: stranger('person', a.slice(a.lastIndexOf('@') + 1)) }
        },
      }
    }),
  ]
}
