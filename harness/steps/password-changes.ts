import type { CallOptions } from '../api/api.ts'
import { newPassword } from '../check/canary.ts'
import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { HeldBack } from '../verdicts.ts'
import { createAccounts, sessionIn } from './accounts.ts'
import { guardForAll } from './guard-for-all.ts'
import { guessedByHttp, guessUntilThrottled, isQuick } from './guessing.ts'
import { once } from './once.ts'
import { hasResets, opens, resetByMail } from './password-resets.ts'
import { secondFactors } from './second-factors.ts'
import { othersEnd, personWith } from './sessions.ts'
import { again, type SignedIn, signedIn } from './signed-in.ts'

export type PasswordKit = Pick<
  Kit,
  'api' | 'endpoints' | 'mailbox' | 'profile' | 'reach' | 'runReach' | 'verify' | 'wire'
>

/** What is shown with a change, beside the session. */
interface Proofs {
  readonly current?: string
  readonly code?: string
}

type Change = (person: SignedIn, password: string, proofs: Proofs, options?: CallOptions) => Promise<Exchange>

function changing({ api }: Pick<Kit, 'api'>): Change {
  return ({ session }, password, proofs, options) =>
    api.call('password.change', { password, ...api.carried('password.change', proofs) }, session, options)
}

/** A guard: a password is changed by who shows the present one. */
async function changed(
  kit: PasswordKit,
  person: SignedIn,
): Promise<{ readonly by: Exchange; readonly password: string }> {
  const { verify } = kit
  const password = newPassword('Other')
  const by = verify.accepted(await changing(kit)(person, password, { current: person.password }))
  verify.held(
    (await opens(kit, { ...person, password })) !== null,
    'nobody can sign in with the password that its holder has set',
  )
  return { by, password }
}

/** What must not come of a change of one’s own password, and what must. */
export function changesOfPassword(kit: PasswordKit): Part[] {
  return [...lackingProofs(kit), ...afterwards(kit), ...(takesPresent(kit) ? [guesses(kit)] : [])]
}

/** Where it does not, the session alone has to be refused, and there is nothing to guess. */
function takesPresent({ api }: Pick<Kit, 'api'>): boolean {
  return api.has('password.change', 'current')
}

const expected = 'who changes a password shows the present one, and a code where they have one'

function lackingProofs(kit: PasswordKit): Part[] {
  const { api, verify } = kit
  const { create } = createAccounts(kit)
  const change = changing(kit)
  // As they are now: what sets a password all the same has set theirs.
  let person: SignedIn | null = null
  /** Whether the password of before signs in yet. */
  const stays = guardForAll(async () => {
    if (person === null) return false
    const signedIn = await opens(kit, person)
    if (signedIn === null) return false
    // Some end the session before where somebody signs in.
    const session = sessionIn({ api }, signedIn) ?? person.session
    // So that a refusal is one of what was missing.
    await changed(kit, { ...person, session })
    return true
  })
  const lacking = (name: string, proofs: () => Proofs | Promise<Proofs>): Part => ({
    name,
    async judge() {
      const password = newPassword('Other')
      const signsIn = async ({ email }: SignedIn) => (await opens(kit, { email, password })) !== null
      const { tried, by, isSetAtOnce } = await stays.inTurn(async () => {
        const tried = person ?? (await signedIn(kit, 'changing'))
        person = tried
        const by = await change(tried, password, await proofs())
        const isSetAtOnce = by.answer === 'accepted' && (await signsIn(tried))
        if (isSetAtOnce) person = await again(kit, { ...tried, password })
        return { tried, by, isSetAtOnce }
      })
      if (!isSetAtOnce) verify.answered(by)
      const isKept = !isSetAtOnce && (await stays.holds())
      const isSet = !isKept && (isSetAtOnce || (await signsIn(tried)))
      verify.held(isKept || isSet, 'neither the password from before nor the one that was tried signs in')
      verify.that(isKept, {
        ...{ of: by, expected },
        actual: `it was changed ${name}, and the new one signs in`,
      })
    },
  })
  const withoutCode: Part = {
    name: 'by the password and no code',
    async judge() {
      const { enroll, shownRight } = secondFactors(kit)
      const person = await enroll()
      const { password: current } = person
      const password = newPassword('Other')
      const by = await change(person, password, { current })
      const of = await opens(kit, { ...person, password })
      if (of === null) {
        verify.answered(by)
        await shownRight(person, (code) => change(person, password, { current, code }))
        verify.held(
          (await opens(kit, { ...person, password })) !== null,
          'nobody can sign in with the password that its holder has set',
        )
      }
      verify.that(of === null, {
        ...{ of: by, severity: 'medium', expected },
        actual: 'it was changed by the password, without a code of the second factor',
      })
    },
  }
  const otherPasswords = [
    lacking('by an empty password', () => ({ current: '' })),
    lacking('by a wrong password', () => ({ current: newPassword('Wrong') })),
    lacking('by the password of somebody else', async () => ({ current: (await create('other')).password })),
  ]
  return [
    lacking('by the session alone', () => ({})),
    ...(takesPresent(kit) ? otherPasswords : []),
    ...(api.has('password.change', 'code') && api.has('factor.enroll') ? [withoutCode] : []),
  ]
}

/** What must come of a change: that the other sessions end, and that its owner is told, each of the same one. */
function afterwards(kit: PasswordKit): Part[] {
  const { api, profile, verify, wire } = kit
  const inbox = createInbox(wire)
  const { within } = profile.mail.delivery
  // What the target mails is seen where somebody gets to set a password by it.
  const isSeen = hasResets(api) && seesMail(profile)
  const change = once(async () => {
    const person = await personWith(kit)
    const [{ credential: session }] = person.sessions
    const before = isSeen ? await inbox.count(person.email) : 0
    return { person, before, ...(await changed(kit, { ...person, session })) }
  })
  const otherSessions: Part = {
    name: 'the other sessions',
    async judge() {
      const { person, by } = await change()
      await othersEnd(kit, person, 'password.change', by)
    },
  }
  const ownerIsTold: Part = {
    name: 'its owner is told',
    async judge() {
      const { person, before, by, password } = await change()
      const came = await inbox.after(person.email, before, within * 1000)
      // A guard: what the target mails to its own people comes here.
      if (came.length === 0) await resetByMail(kit, { ...person, password })
      verify.that(came.length > 0, {
        ...{ of: by, severity: 'medium' },
        expected: 'its owner is told by mail: it may not have been they',
        actual: `nothing came to them within ${within} s`,
      })
    },
  }
  return [otherSessions, ...(isSeen ? [ownerIsTold] : [])]
}

/** Whoever has a session, and not the password, guesses it where no sign-in is watched. */
function guesses(kit: PasswordKit): Part {
  const { mailbox, profile, reach, runReach, verify } = kit
  const change = changing(kit)
  return {
    name: 'guesses of the present password',
    async judge() {
      if (runReach !== 'disruptive')
        throw new HeldBack('guessing is disruptive: allow it with --reach disruptive')
      const person = await signedIn(kit, 'guessed')
      const shown = (current: string) =>
        change(person, newPassword('Other'), { current }, { unlimited: true })
      const one = async () => {
        const says = mailbox.canary()
        const exchange = await shown(`Wrong-${says}`)
        verify.held(
          exchange.answer !== 'accepted',
          'a wrong password was accepted: what guesses are worth cannot be told',
        )
        return { says, exchange, guessed: guessedByHttp(kit, exchange) }
      }
      let last: Promise<unknown> = Promise.resolve()
      // Of several at one account each waits for those before it, which holds nobody back.
      const guess = () => {
        const mine = last.then(one)
        last = mine.catch(() => {})
        return mine
      }
      const isTarpit = async () => (await guess()).guessed !== 'looked at' && (await isQuick(kit))
      const tried = await guessUntilThrottled(reach, { guess, isTarpit }, profile.policies)
      const { guesses, heldBack, turned } = tried
      // Some answer guesses as before, and refuse what is right.
      const right = heldBack ? null : await shown(person.password)
      const isShut = right !== null && ['refused', 'invalid', 'limited'].includes(right.answer)
      verify.held(
        heldBack || isShut || turned === null,
        `guesses were answered ${turned?.from}, and then ${turned?.to}: whether that is a throttle is not known`,
        'say what a limit looks like there: operations.password.change.limited in the profile',
      )
      verify.that(heldBack || isShut, {
        ...{ severity: 'medium', expected: `a throttle within ${guesses} wrong guesses` },
        actual: `${guesses} guesses in a row were looked at, none was held back`,
      })
    },
  }
}
