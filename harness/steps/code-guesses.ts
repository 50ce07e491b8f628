import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { wording } from '../probes/answer-shapes.ts'
import { type Guessing, guessedByHttp, type WayToGuess } from './guessing.ts'
import { type Begun, type Enrolled, secondFactors } from './second-factors.ts'
import { isQuick, promise } from './ways-to-guess.ts'

type CodeKit = Pick<Kit, 'api' | 'endpoints' | 'mailbox' | 'profile' | 'random' | 'verify'>

/** Codes behind one right password, and each behind one of its own. */
export function waysToGuessCodes(kit: CodeKit): WayToGuess[] {
  const { api, profile } = kit
  const factors = secondFactors(kit)
  const { perAccount, window } = profile.policies.limits?.codes ?? {}
  const promised = promise(perAccount, window)

  /**
   * `inOne`: behind one password. The right code ends that sign-in, and guesses that come later are of nobody: what goes out `apart`
   * from them, in a race, is behind a password of its own.
   */
  const guessing = (
    person: Promise<Enrolled>,
    { inOne, apart }: { readonly inOne: boolean; readonly apart: boolean },
  ): Guessing => {
    let first: Promise<Begun> | null = null
    let letIn: Exchange | null = null
    /** What one wrong code by itself is answered. */
    let looked: Promise<string> | null = null
    const begunBy = (who: Enrolled) => {
      if (!inOne) return factors.begin(who)
      first ??= factors.begin(who)
      return first
    }
    return {
      async guess(ready) {
        const who = await person
        looked ??= factors
          .begin(who)
          .then((begun) => factors.show(who, begun, wrongCode(kit, who), { unlimited: true }))
          .then(saidBy)
        const [begun, usual] = [await begunBy(who), await looked]
        const says = wrongCode(kit, who)
        const exchange = await factors.show(who, begun, says, { unlimited: true, ready })
        const guessed = guessedByHttp(kit, exchange)
        // Of a sign-in that is over, no code is looked at.
        return { says, exchange, guessed: saidBy(exchange) === usual ? guessed : 'held back' }
      },
      async right(ready) {
        const who = await person
        const code = await factors.unshown(who)
        // The next one is half a minute away: what became of the last one holds until then.
        if (code === null && letIn !== null) return letIn
        const isApart = apart && ready !== undefined
        const begun = await (isApart ? factors.begin(who) : begunBy(who))
        const shown = await factors.show(who, begun, code ?? '', { unlimited: true, ready })
        if (shown.answer !== 'accepted') return shown
        letIn = shown
        if (!isApart) first = null
        return shown
      },
    }
  }

  const way = (name: string, inOne: boolean): WayToGuess => {
    const person = factors.enroll('guessed')
    person.catch(() => {})
    const made = guessing(person, { inOne, apart: true })
    return {
      ...{ ...made, name, promised, ready: person },
      isTarpit: async () => (await made.guess()).guessed !== 'looked at' && (await isQuick(kit)),
      async another() {
        const other = factors.enroll('guessed')
        await other
        return guessing(other, { inOne, apart: false })
      },
    }
  }
  return [
    way('codes behind one password', true),
    ...(api.has('session.verify', 'code') ? [way('each behind a password of its own', false)] : []),
  ]
}

/** The status and the words of an answer, without numbers and fields. */
function saidBy({ response }: Exchange): string {
  return response === null ? '' : wording({ response: { ...response, headers: [] } })
}

/** Digits that are no code of this time. */
function wrongCode({ random }: Pick<Kit, 'random'>, { authenticator }: Enrolled): string {
  const now = authenticator.stepAt(Date.now())
  const right = [-3, -2, -1, 0, 1, 2, 3].map((steps) => authenticator.codeAt(now + steps))
  const { length } = right[0] ?? ''
  for (;;) {
    const code = String(Math.floor(random() * 10 ** length)).padStart(length, '0')
    if (!right.includes(code)) return code
  }
}

/** Ways to show more codes than one in a request, the right one among wrong ones. */
export function severalAtOnce(kit: CodeKit): Part[] {
  const { verify } = kit
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
