import type { LiveCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import { type Account, createAccounts, sessionGiven, signInAs } from './accounts.ts'

/** Somebody who was made for one check and has signed in. */
export interface SignedIn extends Account {
  readonly session: LiveCredential
}

/** A guard: somebody new, who has signed in. */
export async function signedIn(
  kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  label: string,
): Promise<SignedIn> {
  const account = await createAccounts(kit).create(label)
  return { ...account, session: sessionGiven(kit, account.signedIn) }
}

/** A guard: they sign in once more, since a change may have ended their session. */
export async function again<Known extends Account>(
  { api, verify }: Pick<Kit, 'api' | 'verify'>,
  account: Known,
): Promise<Known & SignedIn> {
  const { exchange, credential } = await signInAs({ api }, account)
  verify.accepted(exchange)
  if (credential === null) throw new Error('expected a sign-in that was accepted to give a session')
  return { ...account, session: credential }
}
