import type { LiveCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import type { OperationName } from '../profile/operations.ts'
import { type Account, createAccounts, signInAs } from './accounts.ts'
import { outlived, type Person, weightOf } from './sessions.ts'

/** Somebody who was made for one check and has signed in. */
export interface SignedIn extends Account {
  readonly session: LiveCredential
}

/** A guard: somebody new, who has signed in. */
export async function signedIn(
  kit: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
  label: string,
): Promise<SignedIn> {
  return again(kit, await createAccounts(kit).create(label))
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

/** A verdict: a session is over that was open when another one of the same person changed what signs them in. */
export async function othersEnd(
  { profile, verify }: Pick<Kit, 'profile' | 'verify'>,
  { sessions: [, other] }: Person,
  operation: OperationName,
  by: Exchange,
): Promise<void> {
  const promised = profile.policies.tokens?.revocation ?? 60
  const open = await outlived({ by, over: [other] }, promised)
  const { of, seconds } = open ?? { of: undefined, seconds: 0 }
  const weight = weightOf(seconds, promised)
  verify.that(open === null, {
    ...{ operation, of, after: by, severity: weight === 'high' ? 'medium' : weight },
    expected: `the other sessions are over after ${promised} s`,
    actual: `one let its holder in for ${seconds === null ? 'more than a minute' : `${seconds} s`}`,
  })
}
