import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, Severity } from '../model.ts'
import { type Begun, type Enrolled, type SecondFactors, secondFactors } from './second-factors.ts'

type CodeKit = Pick<Kit, 'api' | 'endpoints' | 'mailbox' | 'verify'>

/** What is shown in the place of a code of who signs in. */
export interface NotTheCode extends Variant {
  readonly person: Enrolled
  readonly factors: SecondFactors
  readonly severity?: Severity
  /** Shows it with a sign-in whose password was right. */
  show(begun: Begun): Promise<Exchange>
}

/** Somebody's right code for another one, and whatever loose comparisons take for right. */
export async function notTheCode(kit: CodeKit): Promise<NotTheCode[]> {
  const { api } = kit
  const factors = secondFactors(kit)
  const [person, other] = await Promise.all([factors.enroll('victim'), factors.enroll('attacker')])
  // A guard: it is a second factor that the target looks at.
  await factors.shownRight(person, async (code) => factors.show(person, await factors.begin(person), code))
  const zeros = '0'.repeat(person.authenticator.codeAt(0).length)
  const given = { person, factors }
  const instead = (name: string, code?: unknown): NotTheCode => ({
    ...{ ...given, name },
    show: (begun) => factors.show(person, begun, code),
  })
  const ofAnother: NotTheCode = {
    ...{ ...given, name: 'the code of another' },
    async show(begun) {
      // Theirs is right at this moment, by their own sign-in, and is not used up by it.
      const { step } = await factors.now(other.authenticator)
      return factors.show(person, begun, other.authenticator.codeAt(step))
    },
  }
  const again: NotTheCode = {
    ...{ factors, name: 'a challenge that was met', severity: 'low' },
    // Of this half minute there are no more than two codes, and the victim has shown one.
    person: other,
    async show(begun) {
      await factors.shownRight(other, (code) => factors.show(other, begun, code))
      const code = await factors.unshown(other)
      kit.verify.held(code !== null, 'no code is left in this half minute', 'run it again')
      return factors.show(other, begun, code)
    },
  }
  return [
    ofAnother,
    instead('no code'),
    instead('an empty code', ''),
    instead('null', null),
    instead('true', true),
    instead('zeros', zeros),
    ...(api.has('session.verify', 'challenge') ? [again] : []),
  ]
}

/** A verdict: what it shows lets nobody in, where a right code does. */
export async function showNotTheCode(
  { verify }: Pick<Kit, 'verify'>,
  { name, person, factors, severity, show }: NotTheCode,
): Promise<void> {
  const begun = await factors.begin(person)
  const of = await show(begun)
  const letIn = await factors.opened(person, of)
  verify.that(!letIn, {
    ...{ of, severity },
    expected: 'the sign-in goes on to nobody',
    actual: `${name} lets in`,
  })
}
