import type { Api } from '../api/api.ts'
import type { Mailbox } from '../check/mailbox.ts'
import type { Exchange } from '../model.ts'

/** A user of the target who was made for one check. */
export interface Account {
  readonly email: string
  readonly password: string
  /** The answer to `user.create`. */
  readonly made: Exchange
}

/** Users and strangers at the target's sign-in; nothing here judges an answer. */
export interface Accounts {
  /** An address that nobody had before: `<label>-<64 random bits>@…`. */
  stranger(label?: string): string
  /** Makes a user of the role of support, or of the first that the profile names. */
  create(label?: string): Promise<Account>
  /** As nobody, and the answer as it is: a limit is what such checks look for. */
  signIn(email: string, password: string): Promise<Exchange>
}

export function createAccounts(api: Api, mailbox: Mailbox): Accounts {
  const { principals, roles } = api.profile
  const role = principals['support']?.role ?? Object.keys(roles)[0] ?? ''
  const stranger = (label = 'person') => `${label}-${mailbox.canary().slice(0, 16)}@${mailbox.domain()}`
  return {
    stranger,
    async create(label) {
      const [email, password] = [stranger(label), `Right-${mailbox.canary()}`]
      return { email, password, made: await api.call('user.create', { email, role, password }) }
    },
    signIn: (email, password) => api.call('session.create', { email, password }, null, { unlimited: true }),
  }
}
