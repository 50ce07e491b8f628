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
  /** An address that nobody had before: `<label>-<64 random bits>@…`. */
  stranger(label?: string): string
  /** A guard: makes a user of the role of support, or of the first that the profile names, who can sign in. */
  create(label?: string): Promise<Account>
  /** As the profile has it, as nobody mostly, and the answer as it is: a limit is what such checks look for. */
  signIn(email: string, password: string): Promise<Exchange>
}

export function createAccounts({ api, mailbox, verify }: Pick<Kit, 'api' | 'mailbox' | 'verify'>): Accounts {
  const { principals, roles } = api.profile
  const role = principals['support']?.role ?? Object.keys(roles)[0] ?? ''
  const stranger = (label = 'person') => `${label}-${mailbox.canary().slice(0, 16)}@${mailbox.domain()}`
  const signIn = (email: string, password: string) =>
    api.call('session.create', { email, password }, undefined, { unlimited: true })
  return {
    stranger,
    signIn,
    async create(label) {
      const [email, password] = [stranger(label), `Right-${mailbox.canary()}`]
      verify.accepted(
        await api.call('user.create', { email, password, ...api.carried('user.create', { role }) }),
      )
      const signedIn = await signIn(email, password)
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
 * throttle is due: by what the profile says, else less than throttles usually allow.
 */
export function wrongPasswords({ limits }: Policies): { tries: number; subjects: number } {
  const { perAccount = 10, perSource = 20 } = limits?.signIn ?? {}
  const within = (count: number, most: number) => Math.max(1, Math.min(most, Math.floor(count)))
  // One more of some to warm up, and some room for what others did within the same window.
  return { tries: within(perAccount - 2, 8), subjects: within(perSource / 2 - 1, 10) }
}
