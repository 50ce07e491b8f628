import { newPassword } from '../check/canary.ts'
import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { tokenIn } from '../probes/mailed-tokens.ts'
import { Unproven, unlessUnproven } from '../verdicts.ts'
import { sessionIn } from './accounts.ts'
import { guardForAll } from './guard-for-all.ts'
import { once } from './once.ts'
import { hasResets, mailedToken, opens, passwordByToken, resetByMail } from './password-resets.ts'
import { secondFactors } from './second-factors.ts'
import { othersEnd, personWith } from './sessions.ts'
import { again, type SignedIn, signedIn } from './signed-in.ts'

export type AddressKit = Pick<Kit, 'api' | 'endpoints' | 'mailbox' | 'profile' | 'reach' | 'verify' | 'wire'>

/** What is shown with a change, beside the session. */
interface Proofs {
  readonly password?: string
  readonly code?: string
}

/** The calls by which somebody gets another address to sign in with. */
export interface Moves {
  ask(person: SignedIn, to: string, proofs: Proofs): Promise<Exchange>
  confirm(person: Pick<SignedIn, 'session'>, token: string): Promise<Exchange>
  /** A guard: what was mailed to the new address. */
  token(to: string): Promise<string>
  /** A guard: a change that was accepted comes to its end, and the new address signs in. */
  finish(person: SignedIn, to: string, asked: Exchange): Promise<Moved>
  /** A guard: the whole of it, from who shows everything. */
  move(person: SignedIn, to: string): Promise<Moved>
}

/** The call that changed an address, and whose it was, signed in by the new one. */
interface Moved {
  readonly by: Exchange
  readonly now: SignedIn
}

export function movesOf(kit: AddressKit): Moves {
  const { api, reach, verify } = kit
  const moves: Moves = {
    async ask({ session }, to, proofs) {
      // One to the new address, and one to the former.
      await reach.take('mail', 2)
      return api.call('email.change', { email: to, ...api.carried('email.change', proofs) }, session)
    },
    confirm: ({ session }, token) => api.call('email.confirm', { token }, session),
    token: async (to) => (await mailedToken(kit, to, 0, 'the address that somebody asked for')).token,
    async finish(person, to, asked) {
      const by = isConfirmed(kit)
        ? verify.accepted(await moves.confirm(person, await moves.token(to)))
        : asked
      const opened = await opens(kit, { ...person, email: to })
      if (opened === null)
        throw new Unproven(
          'nobody can sign in with the new address once it was changed',
          'where it counts only when it was confirmed, declare email.confirm in the profile',
        )
      verify.held(true, 'the new address signs in')
      return { by, now: { ...person, email: to, session: sessionIn(kit, opened) ?? person.session } }
    },
    async move(person, to) {
      const { password } = person
      return moves.finish(person, to, verify.accepted(await moves.ask(person, to, { password })))
    },
  }
  return moves
}

function isConfirmed({ api }: Pick<Kit, 'api'>): boolean {
  return api.has('email.confirm', 'token')
}

/** What must not come of a change of the address that somebody signs in with, and what must. */
export function changesOfAddress(kit: AddressKit): Part[] {
  const { api } = kit
  return [
    ...lackingProofs(kit),
    ...ofOneChange(kit),
    ...(isConfirmed(kit) ? [byAnothersSession(kit)] : []),
    ...(isConfirmed(kit) && hasResets(api) ? [resetBefore(kit), afterAnotherPassword(kit)] : []),
  ]
}

const severe = 'who changes the address shows their password, and a code where they have one'

function lackingProofs(kit: AddressKit): Part[] {
  const { api, mailbox, verify } = kit
  const moves = movesOf(kit)
  /** The sign-in with the new address, if it comes to that. */
  const arrives = async (person: SignedIn, to: string, asked: Exchange) => {
    if (asked.answer !== 'accepted') {
      verify.answered(asked)
      return null
    }
    const [now, token] = [
      await opens(kit, { ...person, email: to }),
      isConfirmed(kit) ? await moves.token(to).catch(unlessUnproven) : null,
    ]
    if (now !== null || token === null) return now
    await moves.confirm(person, token)
    return opens(kit, { ...person, email: to })
  }
  // As they are now: what moved them all the same has moved them.
  let person: SignedIn | null = null
  // So that a refusal is one of what was missing.
  const whole = guardForAll(async () => {
    if (person !== null) await moves.move(person, mailbox.address('moved'))
  })
  const lacking = (name: string, proofs: (person: SignedIn) => Proofs): Part => ({
    name,
    async judge() {
      const of = await whole.inTurn(async () => {
        const tried = person ?? (await signedIn(kit, 'moving'))
        person = tried
        const to = mailbox.address('moved')
        const of = await arrives(tried, to, await moves.ask(tried, to, proofs(tried)))
        if (of !== null) person = { ...tried, email: to, session: sessionIn(kit, of) ?? tried.session }
        return of
      })
      if (of === null) await whole.holds()
      verify.that(of === null, {
        ...{ of: of ?? undefined, operation: 'email.change', expected: severe },
        actual: `it was changed ${name}, and the new address signs in`,
      })
    },
  })
  const withoutCode: Part = {
    name: 'by the password and no code',
    async judge() {
      const { enroll, shownRight } = secondFactors(kit)
      const person = await enroll()
      const { password } = person
      const to = mailbox.address('moved')
      const of = await arrives(person, to, await moves.ask(person, to, { password }))
      if (of === null) {
        const other = mailbox.address('moved')
        const whole = (code: string) => moves.ask(person, other, { password, code })
        await moves.finish(person, other, await shownRight(person, whole))
      }
      verify.that(of === null, {
        ...{ of: of ?? undefined, operation: 'email.change', severity: 'medium', expected: severe },
        actual: 'it was changed by the password, without a code of the second factor',
      })
    },
  }
  return [
    lacking('by the session alone', () => ({})),
    ...(api.has('email.change', 'password')
      ? [lacking('by a wrong password', () => ({ password: newPassword('Wrong') }))]
      : []),
    ...(api.has('email.change', 'code') && api.has('factor.enroll') ? [withoutCode] : []),
  ]
}

/** What is asked of one change, from its beginning to its end and after it. */
function ofOneChange(kit: AddressKit): Part[] {
  const { mailbox, profile, verify, wire } = kit
  const { ask, confirm, finish, move, token } = movesOf(kit)
  const inbox = createInbox(wire)
  const begun = once(async () => {
    const { sessions, ...account } = await personWith(kit)
    const person = { ...account, session: sessions[0].credential }
    const before = await inbox.count(person.email)
    const to = mailbox.address('moved')
    const asked = verify.accepted(await ask(person, to, { password: person.password }))
    return { sessions, person, before, to, asked, early: await opens(kit, { ...person, email: to }) }
  })
  const ended = once(async () => {
    const { person, to, asked } = await begun()
    return finish(person, to, asked)
  })
  const looked = guardForAll(async () => {})
  const early: Part = {
    name: 'signing in before it is confirmed',
    async judge() {
      const { early: of } = await begun()
      if (of === null) await ended()
      verify.that(of === null, {
        ...{ of: of ?? undefined, operation: 'email.change' },
        expected: 'a new address counts once it has proved itself by what is mailed to it',
        actual: 'it signs in at once, whoever reads its mail',
      })
    },
  }
  const told: Part = {
    name: 'the former address is told',
    async judge() {
      const { by } = await ended()
      const { person, before } = await begun()
      const came = await inbox.after(person.email, before, profile.mail.delivery.within * 1000)
      verify.that(came.length > 0, {
        ...{ of: by, operation: 'email.confirm', severity: 'medium' },
        expected: 'the former address is told by mail: it may not have been its owner',
        actual: `nothing came to it within ${profile.mail.delivery.within} s`,
      })
    },
  }
  const otherSessions: Part = {
    name: 'the other sessions',
    judge: () =>
      looked.atOnce(async () => {
        const { by } = await ended()
        const operation = isConfirmed(kit) ? 'email.confirm' : 'email.change'
        await othersEnd(kit, await begun(), operation, by)
      }),
  }
  const twice: Part = {
    name: 'confirmed once more',
    async judge() {
      const { now: second } = await ended()
      await looked.holds()
      const used = await token(second.email)
      const { now: third } = await move(second, mailbox.address('moved'))
      const by = await confirm(third, used)
      const of = await opens(kit, { ...third, email: second.email })
      if (of === null) {
        verify.answered(by, 'the effect decides')
        verify.held(
          (await opens(kit, third)) !== null,
          'neither the former address nor the one after it signs in',
        )
      }
      verify.that(of === null, {
        ...{ of: of ?? undefined, operation: 'email.confirm', severity: 'medium' },
        expected: 'a token proves an address once',
        actual: 'an address that was given up signs in again by its old token',
      })
    },
  }
  return [early, otherSessions, ...(isConfirmed(kit) ? [told, twice] : [])]
}

/** What is mailed to an address that has not proved itself opens nothing. */
function resetBefore(kit: AddressKit): Part {
  const { api, mailbox, profile, reach, verify, wire } = kit
  const { ask, token } = movesOf(kit)
  const inbox = createInbox(wire)
  const forget = async (email: string) => {
    await reach.take('mail', 1)
    return verify.accepted(await api.call('password.forgot', { email }))
  }
  return {
    name: 'a new password by mail before it is confirmed',
    async judge() {
      const person = await signedIn(kit, 'moving')
      const to = mailbox.address('moved')
      verify.accepted(await ask(person, to, { password: person.password }))
      await token(to)
      const before = await inbox.count(person.email)
      const asked = await forget(to)
      await verify.fenced()
      const [, ...others] = await inbox.after(to, 0, 0)
      const found = tokenIn(others.flat().join('\n'))
      const password = newPassword('Other')
      let isSet = false
      // Whichever of the two the account goes by.
      for (const email of found === null ? [] : [to, person.email]) {
        await passwordByToken(kit, { email }, found?.token ?? '', password)
        isSet ||= (await opens(kit, { email, password })) !== null
      }
      // A guard: what sets a password is mailed at all.
      if (!isSet) {
        await forget(person.email)
        const came = await inbox.after(person.email, before, profile.mail.delivery.within * 1000)
        verify.held(came.length > 0, 'nothing that sets a password came to the former address either')
        const late = await inbox.after(to, 1 + others.length, 0)
        verify.held(
          late.length === 0,
          'what sets a password came to the new address when it had been looked for',
          'run it when the target has less to do',
        )
      }
      verify.that(!isSet, {
        ...{ of: asked, operation: 'email.change' },
        expected: 'what sets a password goes to the address that has proved itself',
        actual: 'it came to an address that had not, and set the password of the account',
      })
    },
  }
}

function byAnothersSession(kit: AddressKit): Part {
  const { mailbox, verify } = kit
  const { ask, confirm, token } = movesOf(kit)
  return {
    name: 'confirmed by the session of somebody else',
    async judge() {
      verify.applies(!isAnonymous(kit), 'email.confirm is called by nobody in particular in the profile')
      const [asker, victim] = [await signedIn(kit, 'asking'), await signedIn(kit, 'lured')]
      const to = mailbox.address('moved')
      verify.accepted(await ask(asker, to, { password: asker.password }))
      const shown = await token(to)
      const by = await confirm(victim, shown)
      const of = await opens(kit, { ...victim, email: to })
      if (of === null) {
        verify.answered(by, 'the effect decides')
        verify.held(
          (await opens(kit, victim)) !== null,
          'somebody else can sign in no more by their own address',
        )
        if ((await opens(kit, { ...asker, email: to })) === null) {
          verify.accepted(await confirm(asker, shown))
          verify.held(
            (await opens(kit, { ...asker, email: to })) !== null,
            'the token does not do for who asked for it either',
          )
        }
      }
      verify.that(of === null, {
        ...{ of: of ?? undefined, operation: 'email.confirm' },
        expected: 'a token changes the address of who asked for it, and of nobody else',
        actual: 'who was signed in when it was shown has the address of who asked for it',
      })
    },
  }
}

function isAnonymous({ profile }: Pick<Kit, 'profile'>): boolean {
  const as = profile.operations['email.confirm']?.as
  return as != null && profile.principals[as]?.none === true
}

/** Whoever finds out that another has their password sets a new one: what that one had begun is over then. */
function afterAnotherPassword(kit: AddressKit): Part {
  const { mailbox, verify } = kit
  const { ask, confirm, token } = movesOf(kit)
  return {
    name: 'confirmed after another password was set',
    async judge() {
      const person = await signedIn(kit, 'moving')
      const to = mailbox.address('moved')
      verify.accepted(await ask(person, to, { password: person.password }))
      const begun = await token(to)
      const { password } = await resetByMail(kit, person)
      const now = await again(kit, { ...person, password })
      const by = await confirm(now, begun)
      const of = await opens(kit, { ...now, email: to })
      if (of === null) {
        verify.answered(by, 'the effect decides')
        verify.held((await opens(kit, now)) !== null, 'neither the former address nor the new one signs in')
      }
      verify.that(of === null, {
        ...{ of: of ?? undefined, operation: 'email.confirm' },
        ...{ severity: isAnonymous(kit) ? 'medium' : 'low' },
        expected: 'a change that was begun is over once another password was set',
        actual: 'its token was good all the same, and the new address signs in',
      })
    },
  }
}
