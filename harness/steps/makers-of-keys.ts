import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Exchange } from '../model.ts'
import type { OperationName } from '../profile/operations.ts'
import { Unproven } from '../verdicts.ts'
import { type Account, canMakeAccounts, createAccounts, sessionGiven } from './accounts.ts'
import { type MadeKey, makeKey } from './key-channels.ts'
import { allScopes } from './networks-of-keys.ts'
import { hasResets, resetByMail } from './password-resets.ts'
import { owner } from './sample-input.ts'

type MakersKit = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'reach' | 'verify' | 'wire'>

/** A key, and who made it. */
export interface OwnKey {
  readonly key: MadeKey
  readonly maker: Account
}

/** A guard: somebody new, who may do what the owner may, makes a key. */
export async function keyOfSomebody(kit: MakersKit, label: string): Promise<OwnKey> {
  const { api, profile, verify } = kit
  verify.applies(
    canMakeAccounts(api) && api.has('session.create', 'password') && seesMail(profile),
    'nobody can be made who makes keys and whose mail is seen',
  )
  const maker = await createAccounts(kit).create('maker', profile.principals[owner]?.role)
  return { maker, key: await makeKey(kit, label, allScopes(kit), { as: sessionGiven(kit, maker.signedIn) }) }
}

/**
 * A verdict: who made the key is told by mail of what is done, within so many seconds. A guard: what the target mails to its own
 * people comes here.
 */
export async function isTold(
  kit: MakersKit,
  maker: Account,
  act: () => Promise<Exchange>,
  { operation, of, within }: { readonly operation: OperationName; of: string; within: number },
): Promise<void> {
  const { api, reach, verify, wire } = kit
  const inbox = createInbox(wire)
  await reach.take('mail', 1)
  const before = await inbox.count(maker.email)
  const exchange = await act()
  const came = await inbox.after(maker.email, before, within * 1000)
  if (came.length === 0) {
    if (!hasResets(api))
      throw new Unproven(
        'nothing came to who made the key, and nothing else shows that mail of the target to its own people comes here',
        'declare password.forgot and password.reset in the profile',
      )
    await resetByMail(kit, maker)
  }
  verify.that(came.length > 0, {
    ...{ of: exchange, operation, severity: 'medium' },
    expected: `who made the key is told by mail ${of}`,
    actual: `nothing came to them within ${within} s`,
  })
}
