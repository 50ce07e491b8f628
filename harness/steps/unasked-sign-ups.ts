import type { As } from '../api/api.ts'
import { newPassword } from '../check/canary.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { type Members, withMembers } from '../probes/added-members.ts'
import { NotApplicable } from '../verdicts.ts'
import { holderOfSession, signInAs } from './accounts.ts'
import { type Attempt, attemptable, prepareAttempt } from './attempts.ts'
import { namesOf, sayingWhose } from './names-of-owners.ts'
import { mailedToken } from './password-resets.ts'
import { owner } from './sample-input.ts'
import { askToSignUp, proveAddress } from './sign-ups.ts'
import { eachUntilKnown, mighty, readsNone, readsOf } from './unasked-power.ts'

type SignUpKit = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'reach' | 'runReach' | 'verify' | 'wire'>

/** What whoever signs up may gain by a member that nobody asked for, seen by what it lets them do. */
export function waysAtSignUp(kit: SignUpKit): Part[] {
  const { api, profile } = kit
  const signsUp = api.has('signup.create', 'email') && api.has('signup.create', 'password')
  if (!signsUp || !api.has('session.create', 'password') || holderOfSession(profile)[1] === null) return []
  return [
    {
      name: 'somebody who signs up and says that the address is proved',
      judge: () => provesByMailAlone(kit),
    },
    { name: 'somebody who signs up and says that he may do everything', judge: () => givesNoPower(kit) },
    { name: 'somebody who signs up and says whose he is', judge: () => letsInToNobody(kit) },
  ]
}

/** By which APIs tell that an address, or the account, is confirmed. */
const proved: readonly Members[] = [
  {
    email_verified: true,
    emailVerified: true,
    is_email_verified: true,
    email_confirmed: true,
    emailConfirmed: true,
  },
  { verified: true, is_verified: true, isVerified: true, confirmed: true, proved: true },
  { active: true, is_active: true, isActive: true, enabled: true, approved: true, blocked: false },
  { status: 'active' },
  { email_verified_at: '2001-02-03T04:05:06.000Z', confirmed_at: '2001-02-03T04:05:06.000Z' },
]

/** A verdict: who has not proved the address reads nothing by a word of their own that others, who said none, are refused. */
async function provesByMailAlone(kit: SignUpKit): Promise<void> {
  const { made, user } = await signedUpWith(kit, {})
  kit.verify.accepted(made)
  const everything = 'whoever signs up may read whatever the owner may before the address is proved'
  await gainsNothing(kit, proved, { proves: false, everything, user })
}

/** A verdict: nor does who has proved it read what others who have are refused. */
async function givesNoPower(kit: SignUpKit): Promise<void> {
  const everything = 'whoever has signed up may read whatever the owner may'
  await gainsNothing(kit, mighty, { proves: true, everything, user: await proven(kit) })
}

/** `user` said none of the words. */
async function gainsNothing(
  kit: SignUpKit,
  words: readonly Members[],
  { proves, everything, user: control }: { proves: boolean; everything: string; user: As },
): Promise<void> {
  const { shut } = await readsOf(kit, control, everything)
  await eachUntilKnown(words, kit, async (members, names) => {
    const { made, user } = await signedUpWith(kit, members, { proves })
    const how = `whoever signed up with ${names.join(', ')}`
    if (user !== null) await readsNone(shut, kit, { user, operation: 'signup.create', how })
    return { made, isOver: false }
  })
  kit.verify.that(true, { expected: '', actual: '' })
}

/** A verdict: nor are they shown what is of a tenant that they name, which others who signed up are not shown. */
async function letsInToNobody(kit: SignUpKit): Promise<void> {
  const { api, verify } = kit
  const { tenant } = await namesOf(api, owner)
  verify.applies(tenant !== null, `nothing says what the tenant of ${owner} is called at the target`)
  const read = await readOfOwners(kit, await proven(kit))
  const ways = [sayingWhose({ tenant, user: null })]
  await eachUntilKnown(ways, kit, async (members, names) => {
    const { made, user } = await signedUpWith(kit, members, { proves: true })
    const exchange = user === null ? made : await read.tryAs(user)
    const trace = user === null ? null : await read.trace(exchange)
    verify.that(trace === null, {
      ...{ of: exchange, operation: 'signup.create' },
      expected: `nothing of the tenant of ${owner} shown to somebody who signs up`,
      actual: `asked as whoever signed up with ${names.join(', ')} in the body: ${trace}`,
    })
    return { made, isOver: trace !== null }
  })
}

/** A guard: a read that shows something of the owner to the owner, and not to them. Not applicable where there is none. */
async function readOfOwners(kit: SignUpKit, user: As): Promise<Attempt> {
  for (const name of attemptable(kit.api, 'read')) {
    const attempt = await prepareAttempt(name, kit)
    if (!attempt.own || (await attempt.trace(await attempt.tryAs(user))) !== null) continue
    await attempt.control()
    return attempt
  }
  throw new NotApplicable(`whoever has signed up is shown what is of the tenant of ${owner}`)
}

/** A guard: somebody who has signed up, and proved the address where that can be done. */
async function proven(kit: SignUpKit): Promise<As> {
  const { made, user } = await signedUpWith(kit, {}, { proves: true })
  kit.verify.accepted(made)
  kit.verify.held(
    user !== null,
    'somebody who has signed up is not let in',
    'where the address must be proved first, map signup.confirm in the profile',
  )
  return user
}

/** Somebody who signed up so; their session is `null` where they are not let in. */
async function signedUpWith(
  kit: SignUpKit,
  members: Members,
  { proves = false } = {},
): Promise<{ readonly made: Exchange; readonly user: As }> {
  const { api, mailbox, verify } = kit
  const account = { email: mailbox.address('newcomer'), password: newPassword('Right') }
  const made = await askToSignUp(kit, account, (request) => {
    const changed = withMembers(request, members)
    if (changed === null) throw new NotApplicable('its body has no members')
    return changed
  })
  if (made.answer !== 'accepted') return { made, user: null }
  if (proves && api.has('signup.confirm', 'token')) {
    const { token } = await mailedToken(kit, account.email, 0, 'the address that somebody signed up with')
    await proveAddress(kit, { token, password: account.password })
  }
  const { exchange, credential } = await signInAs(kit, account)
  if (credential === null) verify.answered(exchange)
  return { made, user: credential }
}
