import type { Ready } from '../api/starting-line.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import type { Policies } from '../profile/shape.ts'

/** A user of the target who was made for one check. */
export interface Account {
  readonly email: string
  readonly password: string
}

/** Users and strangers at the target's sign-in; nothing here judges an answer. */
export interface Accounts {
  /** An address that nobody had before: `<label>-<64 random bits>@…`, in the mailbox’s domain where no other is named. */
  stranger(label?: string, domain?: string): string
  /** A guard: makes a user of the role of support, or of the first that the profile names, who can sign in. */
  create(label?: string): Promise<Account>
  /** As the profile has it, as nobody mostly, and the answer as it is: a limit is what such checks look for. */
  signIn(email: string, password: string, ready?: Ready): Promise<Exchange>
}

export function createAccounts({ api, mailbox, verify }: Pick<Kit, 'api' | 'mailbox' | 'verify'>): Accounts {
  const { principals, roles } = api.profile
  const role = principals['support']?.role ?? Object.keys(roles)[0] ?? ''
  const stranger = (label = 'person', domain = mailbox.domain()) =>
    `${label}-${mailbox.canary().slice(0, 16)}@${domain}`
  const signIn = (email: string, password: string, ready?: Ready) =>
    api.call('session.create', { email, password }, undefined, { unlimited: true, ready })
  return {
    stranger,
    signIn,
    async create(label) {
      const [email, password] = [stranger(label), `Right-${mailbox.canary()}`]
      verify.accepted(
        await api.call('user.create', { email, password, ...api.carried('user.create', { role }) }),
      )
      // What others have failed at may hold everybody back for a while.
      const signedIn = await api.call('session.create', { email, password })
      verify.held(
        signedIn.answer === 'accepted',
        `a user who was just made cannot sign in: ${api.said(signedIn)}`,
        'who has no account yet is no known user: have user.create make one that needs no confirmation',
      )
      return { email, password }
    },
  }
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
  make(): Promise<{ readonly a: string; readonly b: string }>
}

/**
 * New accounts, where any can be made, and those of each state that the profile names, beside strangers of the same domain:
 * some answer by the domain alone, which is of no account.
 */
export function statesOfAccounts(kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>): StateOfAccounts[] {
  const { profile } = kit.api
  const { create, stranger } = createAccounts(kit)
  const canMake = kit.api.has('user.create', 'email') && kit.api.has('user.create', 'password')
  const named = Object.entries(profile.accounts)
  const { tries, subjects } = wrongPasswords(profile.policies, named.flatMap(([, all]) => all).length)
  const made = { name: 'new accounts', bounds: { tries, subjects } }
  return [
    ...(canMake ? [{ ...made, make: async () => ({ a: (await create()).email, b: stranger() }) }] : []),
    ...named.map(([state, accounts]) => {
      let turn = 0
      return {
        name: `accounts: ${state}`,
        bounds: { tries, subjects: accounts.length },
        async make() {
          const a = accounts[turn++ % accounts.length] ?? ''
          return { a, b: stranger('person', a.slice(a.lastIndexOf('@') + 1)) }
        },
      }
    }),
  ]
}
