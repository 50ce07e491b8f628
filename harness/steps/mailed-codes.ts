import type { CallOptions } from '../api/api.ts'
import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { type Door, doorOfSession } from './doors.ts'
import { guardForAll } from './guard-for-all.ts'
import { once } from './once.ts'
import { mailedToken, tokenInMail } from './password-resets.ts'
import { type Begun, hasAuthenticators, jarOf, type SecondFactors, secondFactors } from './second-factors.ts'
import { type SignedIn, signedIn } from './signed-in.ts'

export type MailKit = Pick<Kit, 'api' | 'endpoints' | 'mailbox' | 'profile' | 'reach' | 'verify' | 'wire'>

/** Somebody who was made for one check, and signs in with codes that are mailed to them. */
export interface MailedTo extends SignedIn {
  readonly door: Door
}

/** Signing in with codes by mail. */
export interface MailedCodes extends Pick<SecondFactors, 'begin' | 'passwordAlone' | 'show'> {
  /** A guard: somebody new, who has set up that codes are mailed to them, where that is set up. */
  enroll(label: string): Promise<MailedTo>
  /** Asks for a code to be mailed for a sign-in whose password was right; the answer as it is. */
  ask(person: MailedTo, begun: Begun, options?: CallOptions): Promise<Exchange>
  /** How many messages they have, once all codes that they asked for have come, or did not in the time that mail may take. */
  settled(person: MailedTo): Promise<number>
  /** A guard: the code in what comes after so many messages. */
  read(person: MailedTo, before: number): Promise<string>
  /** A guard: the code that is mailed for a sign-in whose password was right, and the call that had it mailed. */
  mailed(person: MailedTo, begun: Begun): Promise<{ readonly code: string; readonly asked: Exchange }>
  opened(person: MailedTo, exchange: Exchange): Promise<boolean>
}

/** Whether the profile has codes by mail behind a password, and mail is seen. */
export function hasMailedCodes({ api, profile }: Pick<Kit, 'api' | 'profile'>): boolean {
  return api.has('session.mailCode') && api.has('session.verify', 'code') && seesMail(profile)
}

/** Which codes of a second factor the profile has. Not applicable where it has none. */
export function kindsOfCodes(kit: Pick<Kit, 'api' | 'profile' | 'verify'>): {
  readonly hasClock: boolean
  readonly isMailed: boolean
} {
  const [hasClock, isMailed] = [hasAuthenticators(kit.api), hasMailedCodes(kit)]
  kit.verify.applies(
    hasClock || isMailed,
    'profile declares no codes of a second factor: factor.enroll and factor.confirm with its code, or session.mailCode, session.verify and mail that is seen',
  )
  return { hasClock, isMailed }
}

export function mailedCodes(kit: MailKit): MailedCodes {
  const { api, profile, reach, verify, wire } = kit
  const { begin, opened, passwordAlone, show } = secondFactors(kit)
  const inbox = createInbox(wire)
  /** How many codes each was promised. */
  const due = new WeakMap<MailedTo, number>()
  const read: MailedCodes['read'] = async ({ email }, before) =>
    (await mailedToken(kit, email, before, 'who signs in')).token
  const ask: MailedCodes['ask'] = async (person, { challenge, cookies }, options) => {
    await reach.take('mail', 1)
    const said = { email: person.email, ...(challenge === null ? {} : { challenge }) }
    const input = api.carried('session.mailCode', said)
    const asked = await api.call('session.mailCode', input, jarOf(cookies), options)
    if (asked.answer === 'accepted') due.set(person, (due.get(person) ?? 0) + 1)
    return asked
  }
  return {
    ...{ ask, begin, opened, passwordAlone, read, show },
    async enroll(label) {
      const account = await signedIn(kit, label)
      const { email, password, session } = account
      const person = { ...account, door: await doorOfSession(kit, session) }
      if (!api.has('factor.mail')) return person
      const before = await inbox.count(email)
      await reach.take('mail', 1)
      verify.accepted(await api.call('factor.mail', api.carried('factor.mail', { password }), session))
      if (!api.has('factor.confirmMail', 'code')) return person
      const code = await read(person, before)
      verify.accepted(await api.call('factor.confirmMail', { code }, session))
      due.set(person, 1)
      return person
    },
    async settled(person) {
      const until = performance.now() + profile.mail.delivery.within * 1000
      for (;;) {
        const all = await inbox.after(person.email, 0, 0)
        const codes = all.filter((texts) => tokenInMail(texts) !== null).length
        const left = until - performance.now()
        if (codes >= (due.get(person) ?? 0) || left <= 0) return all.length
        await inbox.after(person.email, all.length, left)
      }
    },
    async mailed(person, begun) {
      const before = await inbox.count(person.email)
      const asked = verify.accepted(await ask(person, begun))
      return { asked, code: await read(person, before) }
    },
  }
}

/** What of a code by mail must not let in twice, or not be told otherwise. */
export function mailedCodesAgain(kit: MailKit): Part[] {
  if (!hasMailedCodes(kit)) return []
  const { api, verify } = kit
  const codes = mailedCodes(kit)
  const first = once(async () => {
    const person = await codes.enroll('mailed')
    const begun = await codes.begin(person)
    return { person, begun, ...(await codes.mailed(person, begun)) }
  })
  const before = guardForAll(async () => {})
  const used: Part = {
    name: 'a mailed code that was used',
    judge: () =>
      before.atOnce(async () => {
        const { person, begun, code } = await first()
        const shown = await codes.show(person, begun, code)
        verify.held(
          await codes.opened(person, shown),
          `a code that was mailed does not let in: ${api.said(shown)}`,
          'see session.mailCode and session.verify in the profile',
        )
        const of = await codes.show(person, await codes.begin(person), code)
        verify.that(!(await codes.opened(person, of)), {
          of,
          expected: 'a code that was used is refused',
          actual: 'it lets in again',
        })
      }),
  }
  const older: Part = {
    name: 'a mailed code after a newer one',
    async judge() {
      const { person } = await first()
      await before.holds()
      const begun = await codes.begin(person)
      const former = await codes.mailed(person, begun)
      const second = await codes.mailed(person, begun)
      verify.applies(former.code !== second.code, 'the same code is mailed again')
      const of = await codes.show(person, begun, former.code)
      const isIn = await codes.opened(person, of)
      if (!isIn) {
        const shown = await codes.show(person, begun, second.code)
        verify.held(await codes.opened(person, shown), 'the newer code does not let in either')
      }
      verify.that(!isIn, {
        ...{ of, severity: 'low' },
        expected: 'a newer code ends those before it',
        actual: 'an older one lets in',
      })
    },
  }
  const told: Part = {
    name: 'a mailed code in the answer',
    async judge() {
      const { code, asked } = await first()
      const { response } = asked
      const said = `${response?.body} ${response?.headers.map(([, value]) => value).join(' ')}`
      verify.that(!new RegExp(`(?<![0-9])${code}(?![0-9])`).test(said), {
        of: asked,
        expected: 'a code is told by mail alone',
        actual: 'the answer to who asked for it holds it',
      })
    },
  }
  return [used, older, told]
}

/** What must not be taken for the code that was mailed for a sign-in. */
export function mailedCodesOfOthers(kit: MailKit): Part[] {
  if (!hasMailedCodes(kit)) return []
  const { verify } = kit
  const codes = mailedCodes(kit)
  const victim = once(() => codes.enroll('victim'))
  /** A guard: the code of the last of these sign-ins lets in, so that mail of another was refused for what it was. */
  const own = guardForAll(async () => {
    if (last === null) return
    const { person, begun } = last
    const { code } = await codes.mailed(person, begun)
    const shown = await codes.show(person, begun, code)
    verify.held(await codes.opened(person, shown), 'the code of this sign-in does not let in either')
  })
  let last: Signing | null = null
  /** A verdict: a code that was mailed for one sign-in does nothing for another, whose own does. */
  const judge = async (
    tried: () => Promise<Signing & { readonly code: string }>,
    claim: { readonly severity?: 'medium'; readonly actual: string },
  ) => {
    const { of, isIn } = await own.inTurn(async () => {
      const { person, begun, code } = await tried()
      const of = await codes.show(person, begun, code)
      const isIn = await codes.opened(person, of)
      if (!isIn) last = { person, begun }
      return { of, isIn }
    })
    if (!isIn) await own.holds()
    verify.that(!isIn, {
      ...{ of, ...claim },
      expected: 'a code is good for the sign-in that it was mailed for',
    })
  }
  const ofSomebodyElse = async () => {
    const [person, other] = [await victim(), await codes.enroll('attacker')]
    const { code } = await codes.mailed(other, await codes.begin(other))
    return { person, code, begun: await codes.begin(person) }
  }
  const ofAnotherSignIn = async () => {
    const person = await victim()
    const [theirs, begun] = [await codes.begin(person), await codes.begin(person)]
    return { person, begun, code: (await codes.mailed(person, theirs)).code }
  }
  return [
    {
      name: 'a mailed code of somebody else',
      judge: () => judge(ofSomebodyElse, { actual: 'that of another user lets in' }),
    },
    {
      name: 'a mailed code of another sign-in',
      judge: () =>
        judge(ofAnotherSignIn, {
          severity: 'medium',
          actual: 'a code that its owner was mailed for another sign-in lets in whoever began this one',
        }),
    },
  ]
}

/** Somebody whose password was right. */
interface Signing {
  readonly person: MailedTo
  readonly begun: Begun
}
