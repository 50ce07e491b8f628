import type { CallOptions } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { wording } from '../probes/answer-shapes.ts'
import { Unproven } from '../verdicts.ts'
import type { Account } from './accounts.ts'
import { type Guessing, guessedByHttp, isQuick, promise, type WayToGuess } from './guessing.ts'
import { kindsOfCodes, type MailedTo, type MailKit, mailedCodes } from './mailed-codes.ts'
import {
  type Begun,
  type Enrolled,
  hasAuthenticators,
  type SecondFactors,
  secondFactors,
} from './second-factors.ts'

type CodeKit = MailKit & Pick<Kit, 'random'>

/** Guesses at a code, and whether many are released together: a race tells of the counter of an account, which is one for all its codes. */
export interface CodesToGuess extends WayToGuess {
  readonly races: boolean
}

/** Codes of one kind, of somebody who was made to be guessed at. */
interface Codes<Person> {
  enroll(): Promise<Person>
  /** What a code is shown with, or the answer where there is none for it any more; of one that is `known`, what is right as well. */
  begin(person: Person, isKnown: boolean): Promise<Begun | Refused>
  show(person: Person, begun: Begun, code: string, options: CallOptions): Promise<Exchange>
  /** The code that is right there; `null` where there is none for now. */
  right(person: Person, begun: Begun): string | null | Promise<string | null>
  wrong(person: Person): string
}

interface Refused {
  readonly refused: Exchange
}

/** Codes behind one right password, and each behind one of its own. */
export function waysToGuessCodes(kit: CodeKit): CodesToGuess[] {
  const { api, profile } = kit
  const { hasClock, isMailed } = kindsOfCodes(kit)
  const { perAccount, window } = profile.policies.limits?.codes ?? {}
  const promised = promise(perAccount, window)

  /**
   * `inOne`: behind one password. The right code ends that sign-in, and guesses that come later are of nobody: what goes out `apart`
   * from them, in a race, is behind a password of its own.
   */
  const guessing = <Person>(
    codes: Codes<Person>,
    person: Promise<Person>,
    { inOne, apart }: { readonly inOne: boolean; readonly apart: boolean },
  ): Guessing => {
    let first: Promise<Begun | Refused> | null = null
    let letIn: Exchange | null = null
    /** What one wrong code by itself is answered. */
    let looked: Promise<string> | null = null
    const begunBy = (who: Person, isKnown: boolean) => {
      if (!inOne) return codes.begin(who, isKnown)
      first ??= codes.begin(who, true)
      return first
    }
    const lookedAt = async (who: Person) => {
      const begun = await codes.begin(who, true)
      if ('refused' in begun) throw expectBegun(kit, begun)
      return saidBy(await codes.show(who, begun, codes.wrong(who), { unlimited: true }))
    }
    return {
      async guess(ready) {
        const who = await person
        looked ??= lookedAt(who)
        const usual = await looked
        const begun = await begunBy(who, false)
        const says = codes.wrong(who)
        if ('refused' in begun) {
          // Of one sign-in the limit of sign-ins, or of mail, says nothing.
          if (inOne) throw expectBegun(kit, begun)
          return { says, exchange: begun.refused, guessed: 'held back' }
        }
        const exchange = await codes.show(who, begun, says, { unlimited: true, ready })
        const guessed = guessedByHttp(kit, exchange)
        // Of a sign-in that is over, no code is looked at.
        return { says, exchange, guessed: saidBy(exchange) === usual ? guessed : 'held back' }
      },
      async right(ready) {
        const who = await person
        const isApart = apart && ready !== undefined
        const begun = await (isApart ? codes.begin(who, true) : begunBy(who, true))
        if ('refused' in begun) return inOne && letIn !== null ? letIn : begun.refused
        const code = await codes.right(who, begun)
        // The next one is half a minute away: what became of the last one holds until then.
        if (code === null && letIn !== null) return letIn
        const shown = await codes.show(who, begun, code ?? '', { unlimited: true, ready })
        if (shown.answer !== 'accepted') return shown
        letIn = shown
        if (!isApart) first = null
        return shown
      },
    }
  }

  const way = <Person>(
    codes: Codes<Person>,
    name: string,
    { inOne, races }: { readonly inOne: boolean; readonly races: boolean },
  ): CodesToGuess => {
    const person = codes.enroll()
    person.catch(() => {})
    const made = guessing(codes, person, { inOne, apart: true })
    return {
      ...{ ...made, name, promised, races, ready: person },
      isTarpit: async () => (await made.guess()).guessed !== 'looked at' && (await isQuick(kit)),
      async another() {
        const other = codes.enroll()
        await other
        return guessing(codes, other, { inOne, apart: false })
      },
    }
  }
  const isSeparate = api.has('session.verify', 'code')
  const ofClock = hasClock ? codesOfClock(kit) : null
  const mailed = isMailed ? codesByMail(kit) : null
  return [
    ...(ofClock === null ? [] : [way(ofClock, 'codes behind one password', { inOne: true, races: true })]),
    ...(ofClock === null || !isSeparate
      ? []
      : [way(ofClock, 'each behind a password of its own', { inOne: false, races: true })]),
    ...(mailed === null
      ? []
      : [
          way(mailed, 'mailed codes behind one password', { inOne: true, races: ofClock === null }),
          way(mailed, 'mailed codes, each behind a password of its own', { inOne: false, races: false }),
        ]),
    ...(ofClock === null ? [] : changesByCode)
      .filter(([operation]) => api.has(operation, 'code'))
      .map(
        ([operation, what]): CodesToGuess => ({
          ...way(codesOfChange(kit, operation), `codes that ${what}`, { inOne: true, races: false }),
          // Whoever guesses there is in a session of the person, such as one that was stolen.
          severity: 'medium',
        }),
      ),
  ]
}

function expectBegun({ api }: CodeKit, { refused }: Refused): Unproven {
  return new Unproven(
    `a sign-in with the right password gets no code to guess at: ${api.said(refused)}`,
    'see session.create and session.mailCode in the profile, and what limits them',
  )
}

/** A sign-in with the right password, or the answer where it is let go no further. */
async function begunOrRefused(
  { api, verify }: CodeKit,
  factors: Pick<SecondFactors, 'begin' | 'passwordAlone'>,
  person: Account,
): Promise<Begun | Refused> {
  if (!api.has('session.verify', 'code')) return factors.begin(person)
  const begun = await factors.passwordAlone(person, { unlimited: true })
  if (begun.exchange.answer === 'accepted') return begun
  if (begun.exchange.answer !== 'limited') verify.answered(begun.exchange)
  return { refused: begun.exchange }
}

/** Of an authenticator (RFC 6238). */
function codesOfClock(kit: CodeKit): Codes<Enrolled> {
  const factors = secondFactors(kit)
  return {
    enroll: () => factors.enroll('guessed'),
    begin: (person) => begunOrRefused(kit, factors, person),
    show: factors.show,
    right: (person) => factors.unshown(person),
    wrong: (person) => wrongCode(kit, person),
  }
}

/** What somebody who is signed in changes by a code, and what comes of it. */
const changesByCode = [
  ['factor.remove', 'remove the second factor'],
  ['factor.recoveryCodes', 'renew recovery codes'],
  ['factor.enroll', 'set up another second factor'],
] as const

/** Of an authenticator, shown in a session with such a change. Not applicable where a wrong one does as well. */
function codesOfChange(kit: CodeKit, operation: (typeof changesByCode)[number][0]): Codes<Enrolled> {
  const { api, verify } = kit
  const codes = codesOfClock(kit)
  const show = ({ password, session }: Enrolled, code: string, options?: CallOptions) =>
    api.call(operation, { code, ...api.carried(operation, { password }) }, session, options)
  return {
    ...codes,
    async enroll() {
      const person = await codes.enroll()
      const { answer } = await show(person, codes.wrong(person))
      verify.applies(answer !== 'accepted', `a wrong code does for ${operation}: see mfa/enroll-recovery`)
      return person
    },
    begin: async () => ({ challenge: null, cookies: [] }),
    show: (person, _, code, options) => show(person, code, options),
  }
}

/** Of mail: behind each password one is mailed, so that there is something to guess. */
function codesByMail(kit: CodeKit): Codes<MailedTo> {
  const { verify } = kit
  const codes = mailedCodes(kit)
  const right: string[] = []
  const known = new WeakMap<Begun, string>()
  const read = async (person: MailedTo, before: number) => {
    const code = await codes.read(person, before)
    verify.applies(/^\d+$/.test(code), 'what is mailed is a link, and no code of digits')
    right.push(code)
    return code
  }
  const asked = async (person: MailedTo, begun: Begun): Promise<Begun | Refused> => {
    const exchange = await codes.ask(person, begun, { unlimited: true })
    if (exchange.answer === 'accepted') return begun
    if (exchange.answer !== 'limited') verify.answered(exchange)
    return { refused: exchange }
  }
  return {
    async enroll() {
      const person = await codes.enroll('guessed')
      // A guard, and what codes are like.
      const before = await codes.settled(person)
      verify.accepted(await codes.ask(person, await codes.begin(person)))
      await read(person, before)
      return person
    },
    show: codes.show,
    async begin(person, isKnown) {
      const begun = await begunOrRefused(kit, codes, person)
      if ('refused' in begun) return begun
      // Mail that was asked for before holds other codes.
      const before = isKnown ? await codes.settled(person) : 0
      const mailed = await asked(person, begun)
      if (isKnown && !('refused' in mailed)) known.set(mailed, await read(person, before))
      return mailed
    },
    right: (_, begun) => known.get(begun) ?? null,
    wrong: () => digitsBut(kit, right),
  }
}

/** The status and the words of an answer, without numbers and fields. */
export function saidBy({ response }: Pick<Exchange, 'response'>): string {
  return response === null ? '' : wording({ response: { ...response, headers: [] } })
}

/** Digits that are no code of this time. */
export function wrongCode({ random }: Pick<Kit, 'random'>, { authenticator }: Enrolled): string {
  const now = authenticator.stepAt(Date.now())
  const right = [-3, -2, -1, 0, 1, 2, 3].map((steps) => authenticator.codeAt(now + steps))
  return digitsBut({ random }, right)
}

/** As many digits as these codes have, and none of them. */
export function digitsBut({ random }: Pick<Kit, 'random'>, right: readonly string[]): string {
  const { length } = right[0] ?? ''
  for (;;) {
    const code = String(Math.floor(random() * 10 ** length)).padStart(length, '0')
    if (!right.includes(code)) return code
  }
}

/** Ways to show more codes than one in a request, the right one among wrong ones. */
export function severalAtOnce(kit: CodeKit): Part[] {
  const { api, verify } = kit
  if (!hasAuthenticators(api)) return []
  const factors = secondFactors(kit)
  const judge = (write: (codes: readonly string[]) => unknown) => async () => {
    const person = await factors.enroll('guessed')
    const begun = await factors.begin(person)
    const right = await factors.unshown(person)
    verify.held(right !== null, 'no code is left in this half minute', 'run it again')
    const codes = [wrongCode(kit, person), wrongCode(kit, person), right ?? '']
    const of = await factors.show(person, begun, write(codes))
    verify.that(!(await factors.opened(person, of)), {
      of,
      expected: 'one code a request',
      actual: 'of three that one request shows, one is right, and it lets in',
    })
  }
  return [
    { name: 'a list of codes', judge: judge((codes) => codes) },
    { name: 'codes with commas between', judge: judge((codes) => codes.join(',')) },
  ]
}
