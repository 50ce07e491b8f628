import type { As } from '../api/api.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { type Members, withMembers } from '../probes/added-members.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { NotApplicable } from '../verdicts.ts'
import { canMakeAccounts, signInAs } from './accounts.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { nonsenseWord, refusedByName } from './refused-words.ts'
import { freshMark, type Ground, owner } from './sample-input.ts'

/** What may be gained by a member that nobody asked for, seen by what it lets somebody do. */
export function waysToPower(ground: Ground): Part[] {
  const { api } = ground
  const isSession = api.profile.principals[owner]?.session !== undefined
  return [
    ...(api.has('domain.create', 'name') && api.has('message.send', 'from')
      ? [{ name: 'a domain that says that it is verified', judge: () => verifiesNoDomain(ground) }]
      : []),
    ...(isSession && canMakeAccounts(api) && api.has('session.create', 'password')
      ? [{ name: 'a user who says that he may do everything', judge: () => makesNobodyMighty(ground) }]
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
  await eachUntilKnown(verified, kit, async (members) => {
    const { made, mail } = await sendFrom(members)
    verify.that(mail === null, {
      ...(mail === null ? {} : { mail }),
      of: made,
      expected: 'no mail from a domain that nobody has verified',
      actual: `mail from it arrived: it was made with ${Object.keys(members).join(', ')} in the body`,
    })
    return { made, isOver: mail !== null }
  })
}

/** All at once, and each by itself for those who refuse what they do not know, but for what the refusal names as such. */
async function eachUntilKnown(
  ways: readonly Members[],
  ground: Ground,
  tryWith: (members: Members) => Promise<{ readonly made: Exchange; readonly isOver: boolean }>,
): Promise<void> {
  const all: Members = Object.assign({}, ...ways)
  const said = {
    ...{ words: Object.keys(all), nonsense: nonsenseWord() },
    values: Object.values(all).flat().map(String),
  }
  const { made, isOver } = await tryWith({ ...all, [said.nonsense]: true })
  if (isOver) return
  const unknown = await refusedByName(ground, made, { place: 'body', ...said })
  for (const members of ways)
    if (!Object.keys(members).every((name) => unknown.has(name)) && (await tryWith(members)).isOver) return
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
const mighty: readonly Members[] = [
  { is_admin: true, isAdmin: true, admin: true, is_superuser: true, is_staff: true },
  { role: 'admin', roles: ['admin'] },
  { permissions: ['*'], scopes: ['*'] },
]

/**
 * A verdict: a user who is made with a word of what he may do reads nothing that another one, made by the same call without it, is
 * refused. Not applicable where any user may read everything.
 */
async function makesNobodyMighty(kit: Ground): Promise<void> {
  const { api, verify } = kit
  const { user: control } = await userMadeWith(kit, {})
  const answers = new Map<DeclaredOperation, string>()
  for (const name of control === null ? [] : plainReads(kit))
    answers.set(name, (await api.call(name, inputAlone(kit, name) ?? {}, control)).answer)
  verify.held(
    [...answers.values()].includes('accepted'),
    'a user who was just made is let in nowhere',
    'who has no account yet is no user: have user.create make one that needs no confirmation, and map principal.get',
  )
  const refused = [...answers.keys()].filter((name) => answers.get(name) === 'refused')
  const mayOwner = async (name: DeclaredOperation) =>
    (await api.call(name, inputAlone(kit, name) ?? {}, owner)).answer === 'accepted'
  let isWitnessed = false
  for (const name of refused) isWitnessed ||= await mayOwner(name)
  verify.applies(isWitnessed, 'any user may read whatever the owner may')
  const declared = api.has('user.create', 'role')
  const ways = declared ? mighty.filter((members) => !('role' in members)) : mighty
  await eachUntilKnown(ways, kit, async (members) => {
    const { made, user } = await userMadeWith(kit, members)
    for (const name of user === null ? [] : refused) {
      const exchange = await api.call(name, inputAlone(kit, name) ?? {}, user)
      verify.that(exchange.answer !== 'accepted', {
        of: exchange,
        operation: 'user.create',
        expected: `${name} refused to the user, as to one who was made without a word of his rights`,
        actual: `he was made with ${Object.keys(members).join(', ')} in the body, and reads it`,
      })
    }
    return { made, isOver: false }
  })
  verify.that(true, { expected: '', actual: '' })
}

/** Whoever shows the session of a user who was made so; `null` where none was. */
async function userMadeWith(
  { api, mailbox }: Ground,
  members: Members,
): Promise<{ readonly made: Exchange; readonly user: As }> {
  const role = api.profile.principals['support']?.role ?? Object.keys(api.profile.roles).at(-1) ?? ''
  const [email, password] = [`${freshMark()}@${mailbox.domain()}`, `Right-${mailbox.canary()}`]
  const input = { email, password, ...api.carried('user.create', { role }) }
  const request = withMembers(await api.prepare('user.create', input, owner), members)
  if (request === null) throw new NotApplicable('its body has no members')
  const made = await api.send(request, { operation: 'user.create', principal: owner, input })
  if (made.answer !== 'accepted') return { made, user: null }
  return { made, user: (await signInAs({ api }, { email, password })).credential }
}
