import type { As } from '../api/api.ts'
import { newPassword } from '../check/canary.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { type Members, withMembers } from '../probes/added-members.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { NotApplicable } from '../verdicts.ts'
import { canMakeAccounts, signInAs } from './accounts.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { once } from './once.ts'
import { nonsenseWord, refusedByName } from './refused-words.ts'
import { freshMark, type Ground, type Input, owner, sampleOf } from './sample-input.ts'

/** What may be gained by a member that nobody asked for, seen by what it lets somebody do. */
export function waysToPower(ground: Ground): Part[] {
  const { api } = ground
  const isSession = api.profile.principals[owner]?.session !== undefined
  const reads = once(() => readsOfUsers(ground))
  const canSignIn = isSession && canMakeAccounts(api) && api.has('session.create', 'password')
  return [
    ...(api.has('domain.create', 'name') && api.has('message.send', 'from')
      ? [{ name: 'a domain that says that it is verified', judge: () => verifiesNoDomain(ground) }]
      : []),
    ...(canSignIn
      ? [{ name: 'a user who says that he may do everything', judge: () => makesNobodyMighty(ground, reads) }]
      : []),
    ...(canSignIn && api.has('user.update', 'id')
      ? [{ name: 'a user who says so of himself later', judge: () => letsNobodyRise(ground, reads) }]
      : []),
  ]
}

/**
 * A verdict: from a domain that says itself that it is verified, nothing is sent. Nor is it from one that does not, which is a guard.
 */
async function verifiesNoDomain(kit: Ground): Promise<void> {
  const { api, mailbox, post, verify } = kit
  const sendFrom = async (members: Members) => {
    const name = `x${freshMark().slice(0, 16)}.${mailbox.domain()}`
    const request = await api.prepare('domain.create', { name }, owner)
    const changed = withMembers(request, members)
    if (changed === null) throw new NotApplicable('its body has no members')
    const made = await api.send(changed, { operation: 'domain.create', principal: owner, input: { name } })
    const sent = await post.send({ from: `postmaster@${name}` })
    return { made, sent, mail: await sent.arrived() }
  }
  const control = await sendFrom({})
  verify.accepted(control.made)
  verify.held(
    control.mail === null,
    'a domain that nobody verified sends',
    'see access/sender-unverified: whether a domain is verified makes no difference here',
  )
  await eachUntilKnown(verified, kit, async (members, names) => {
    const { made, mail } = await sendFrom(members)
    verify.that(mail === null, {
      ...(mail === null ? {} : { mail }),
      of: made,
      expected: 'no mail from a domain that nobody has verified',
      actual: `mail from it arrived: it was made with ${names.join(', ')} in the body`,
    })
    return { made, isOver: mail !== null }
  })
}

/**
 * All at once, and each by itself for those who refuse what they do not know, but for what the refusal names as such; of one that is
 * refused as a whole, each member, since one that is not known hides the others. `names` are those that mean something.
 */
export async function eachUntilKnown(
  ways: readonly Members[],
  ground: Ground,
  tryWith: (
    members: Members,
    names: readonly string[],
  ) => Promise<{ readonly made: Exchange; readonly isOver: boolean }>,
): Promise<void> {
  const all: Members = Object.assign({}, ...ways)
  const said = {
    ...{ words: Object.keys(all), nonsense: nonsenseWord() },
    values: Object.values(all).flat().map(String),
  }
  const tried = async (members: Members, names = Object.keys(members)) => {
    const seen = await tryWith(members, names)
    ground.verify.answered(seen.made, 'the effect decides')
    return seen
  }
  const { made, isOver } = await tried({ ...all, [said.nonsense]: true }, said.words)
  if (isOver) return
  const unknown = await refusedByName(ground, made, { place: 'body', ...said })
  for (const way of ways) {
    const members = Object.entries(way).filter(([name]) => !unknown.has(name))
    if (members.length === 0) continue
    const whole = await tried(Object.fromEntries(members))
    if (whole.isOver) return
    if (whole.made.answer === 'invalid' && members.length > 1)
      for (const member of members) if ((await tried(Object.fromEntries([member]))).isOver) return
  }
}

const verified: readonly Members[] = [
  { verified: true },
  { is_verified: true, isVerified: true },
  { status: 'verified' },
  { state: 'verified' },
  { verified_at: '2001-02-03T04:05:06.000Z' },
  { dkim_valid: true, spf_valid: true, valid: true },
]

/** By which APIs tell who may do everything, where a role is no input of the call. */
export const mighty: readonly Members[] = [
  { is_admin: true, isAdmin: true, admin: true, is_superuser: true, is_staff: true },
  { role: 'admin', roles: ['admin'] },
  { permissions: ['*'], scopes: ['*'] },
]

/** What users who were just made may read, and what they may not, though the owner may: who reads that has gained something. */
interface Reads {
  readonly open: readonly DeclaredOperation[]
  readonly shut: readonly DeclaredOperation[]
}

/** A guard: both are known. Not applicable where any user may read everything. */
async function readsOfUsers(ground: Ground): Promise<Reads> {
  const { user: control } = await userMadeWith(ground, {})
  const reads = await readsOf(ground, control, 'any user may read whatever the owner may')
  ground.verify.held(
    reads.open.length > 0,
    'a user who was just made is let in nowhere',
    'who has no account yet is no user: have user.create make one that needs no confirmation, and map principal.get',
  )
  return reads
}

/** Both, of somebody who may be let in nowhere. Not applicable, for that reason, where nothing is shut that the owner may read. */
export async function readsOf(ground: Ground, user: As, everything: string): Promise<Reads> {
  const reads = plainReads(ground)
  ground.verify.held(
    reads.length > 0,
    'the profile has no read by which it is known what somebody may',
    'map principal.get, or a list',
  )
  const answers = new Map<DeclaredOperation, string>()
  for (const name of reads)
    answers.set(name, user === null ? 'refused' : (await readOf(ground, name, user)).answer)
  const those = (answer: string) => [...answers.keys()].filter((name) => answers.get(name) === answer)
  const [open, shut] = [those('accepted'), those('refused')]
  let isWitnessed = false
  for (const name of shut) isWitnessed ||= (await readOf(ground, name, owner)).answer === 'accepted'
  ground.verify.applies(isWitnessed, everything)
  return { open, shut }
}

function readOf(ground: Ground, name: DeclaredOperation, as: As): Promise<Exchange> {
  return ground.api.call(name, inputAlone(ground, name) ?? {}, as)
}

/**
 * A verdict: a user who is made with a word of what he may do reads nothing that another one, made by the same call without it, is
 * refused. Not applicable where any user may read everything.
 */
async function makesNobodyMighty(ground: Ground, reads: () => Promise<Reads>): Promise<void> {
  const { api, verify } = ground
  const { shut } = await reads()
  const declared = api.has('user.create', 'role')
  const ways = declared ? mighty.filter((members) => !('role' in members)) : mighty
  await eachUntilKnown(ways, ground, async (members, names) => {
    const { made, user } = await userMadeWith(ground, members)
    verify.held(
      made.answer !== 'accepted' || user !== null,
      'a user who was made with a word of his rights cannot sign in, as others can',
      'a limit on sign-ins may hold him back: raise it for this environment, or run again',
    )
    if (user !== null)
      await readsNone(shut, ground, {
        user,
        operation: 'user.create',
        how: `whoever was made with ${names.join(', ')}`,
      })
    return { made, isOver: false }
  })
  verify.that(true, { expected: '', actual: '' })
}

/**
 * A verdict: nor does one who writes such a word to his own account, by the call that changes users. Whoever may not call it for
 * himself at all gains nothing; what he gains by the call itself, such as a profile that is complete, is no right.
 */
async function letsNobodyRise(ground: Ground, reads: () => Promise<Reads>): Promise<void> {
  const { api, verify } = ground
  const { open, shut } = await reads()
  const operation = api.profile.operations['user.update']
  const written = async (members: Members, input: Input = {}) => {
    const { made, user, account, role } = await userMadeWith(ground, {})
    const id = made.result?.['id']
    verify.held(
      user !== null && typeof id === 'string',
      'a user who was just made is not let in, or no id came with him',
      'see user.create of the profile',
    )
    const said = {
      ...(operation === undefined ? {} : sampleOf(ground, operation, freshMark()).input),
      ...api.carried('user.update', { email: account.email, ...(role === '' ? {} : { role }) }),
      ...{ ...input, id },
    }
    const request = withMembers(await api.prepare('user.update', said, user), members)
    if (request === null) throw new NotApplicable('its body has no members')
    const about = { operation: 'user.update', principal: account.email, input: said }
    const changed = await api.send(request, about)
    // A change may end sessions, which says nothing of what it gave.
    return { changed, user: (await signInAs({ api }, account)).credential ?? user }
  }
  const letIn = async (user: As) => {
    const reads = await Promise.all(open.map((name) => readOf(ground, name, user)))
    verify.held(
      reads.some(({ answer }) => answer === 'accepted'),
      'a user who has changed himself is let in nowhere any more',
      'what he is refused says nothing then: a change may have to be confirmed first',
    )
  }
  const { changed: plain, user: changed } = await written({})
  const isRefused = ['refused', 'missing'].includes(plain.answer)
  verify.held(
    isRefused || plain.answer === 'accepted',
    `user.update was answered ${api.said(plain)} to a user about himself`,
    'declare what it takes (example), so that whether users may change themselves can be told',
  )
  if (!isRefused) {
    await letIn(changed)
    const still: DeclaredOperation[] = []
    for (const name of shut) if ((await readOf(ground, name, changed)).answer === 'refused') still.push(name)
    verify.applies(still.length > 0, 'a user who has changed himself may read whatever the owner may')
    const tryWith = async (members: Members, names: readonly string[], input?: Input) => {
      const { changed, user } = await written(members, input)
      if (changed.answer === 'accepted') await letIn(user)
      await readsNone(still, ground, {
        ...{ user, operation: 'user.update', how: `who wrote of himself ${names.join(', ')}` },
      })
      return { made: changed, isOver: false }
    }
    const role = api.profile.principals[owner]?.role ?? 'admin'
    // A role that is known, and not his to have, is a reason of its own to refuse all that stands beside it.
    await eachUntilKnown(
      mighty.filter((members) => !('role' in members)),
      ground,
      tryWith,
    )
    for (const members of [{ role }, { roles: [role] }]) await tryWith(members, Object.keys(members))
    const own = api.carried('user.update', { role })
    if (Object.keys(own).length > 0) await tryWith({}, ['his role'], own)
  }
  verify.that(true, { expected: '', actual: '' })
}

export async function readsNone(
  shut: readonly DeclaredOperation[],
  ground: Ground,
  { user, operation, how }: { user: As; operation: DeclaredOperation; how: string },
): Promise<void> {
  for (const name of shut) {
    const exchange = await readOf(ground, name, user)
    ground.verify.that(exchange.answer !== 'accepted', {
      ...{ of: exchange, operation },
      expected: `${name} refused to the user, as to one without a word of his rights`,
      actual: `${how} in the body reads it`,
    })
  }
}

/** Whoever shows the session of a user who was made so; `null` where none was. */
async function userMadeWith(
  { api, mailbox }: Ground,
  members: Members,
): Promise<{
  readonly made: Exchange
  readonly user: As
  readonly account: { readonly email: string; readonly password: string }
  readonly role: string
}> {
  const role = api.profile.principals['support']?.role ?? Object.keys(api.profile.roles).at(-1) ?? ''
  const account = { email: `${freshMark()}@${mailbox.domain()}`, password: newPassword('Right') }
  const input = { ...account, ...api.carried('user.create', { role }) }
  const request = withMembers(await api.prepare('user.create', input, owner), members)
  if (request === null) throw new NotApplicable('its body has no members')
  const made = await api.send(request, { operation: 'user.create', principal: owner, input })
  if (made.answer !== 'accepted') return { made, user: null, account, role }
  return { made, user: (await signInAs({ api }, account)).credential, account, role }
}
