import { setTimeout as after } from 'node:timers/promises'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { guardForAll } from './guard-for-all.ts'
import { kindsOfCodes, type MailKit, mailedCodesAgain } from './mailed-codes.ts'
import { type Enrolled, secondFactors, triedOn } from './second-factors.ts'

/** Steps from now, the furthest first: what is accepted there is accepted nearer as well. */
const distances = [10, 2]
/** Seconds from either end of a step, in which clocks that are told by the second may disagree on it. */
const margin = 3

/** Codes that were used, and codes of other half minutes. */
export function codesOfOtherTimes(kit: MailKit): Part[] {
  const { verify } = kit
  const { hasClock } = kindsOfCodes(kit)
  const factors = secondFactors(kit)

  /** Somebody for whom a right code comes after those of other times: a guard that these were refused for their time. */
  const rightAfterOthers = <Shown>(show: (person: Enrolled) => Promise<Shown>) => {
    const tried = triedOn(factors)
    const right = guardForAll(async () => {
      const person = await tried.now()
      return { person, shown: await show(person) }
    })
    return { tried, right }
  }
  const once = rightAfterOthers(async (person) => {
    let used = ''
    const begun = await factors.begin(person)
    await factors.shownRight(person, (code) => {
      used = code
      return factors.show(person, begun, code)
    })
    return used
  })
  const twice = rightAfterOthers(async (person) => {
    const begun = [await factors.begin(person), await factors.begin(person)]
    let shown: Exchange[] = []
    // A guard: the code is right, so that of two that show it one at least is let in.
    await factors.shownRight(person, async (code) => {
      shown = await Promise.all(begun.map((one) => factors.show(person, one, code)))
      const accepted = shown.find(({ answer }) => answer === 'accepted')
      return accepted ?? (shown[0] as Exchange)
    })
    return shown
  })

  const again = async () => {
    const { person, shown: used } = await once.right.holds()
    const of = await factors.show(person, await factors.begin(person), used)
    verify.that(!(await factors.opened(person, of)), {
      of,
      expected: 'a code that was used is refused',
      actual: 'it lets in again',
    })
  }

  const atOnce = async () => {
    const { person, shown } = await twice.right.holds()
    const opened = await Promise.all(shown.map((exchange) => factors.opened(person, exchange)))
    verify.that(!opened.every(Boolean), {
      of: shown[1],
      expected: 'of two sign-ins that show one code at once, one is let in',
      actual: 'both are',
    })
  }

  const elsewhen =
    (direction: 1 | -1, { tried, right }: typeof once | typeof twice) =>
    async () => {
      const letIn = await right.atOnce(async () => {
        const person = await tried.now()
        for (const distance of distances)
          if (await lets(person, direction, distance)) {
            // Some take no code from before the last one.
            tried.spoilt()
            return true
          }
        return false
      })
      if (!letIn) await right.holds()
    }

  /** A verdict: whether a code of so many steps away lets in. */
  const lets = async (person: Enrolled, direction: 1 | -1, distance: number) => {
    const { authenticator } = person
    const begun = await factors.begin(person)
    const step = await calmStep(authenticator)
    const of = await factors.show(person, begun, authenticator.codeAt(step + direction * distance))
    verify.held(
      (await factors.now(authenticator)).step === step,
      'the step of the clock was over before the answer came',
      'run it on a quieter machine',
    )
    const letIn = await factors.opened(person, of)
    const seconds = distance * authenticator.period
    verify.that(!letIn, {
      ...{ of, severity: distance > 2 ? 'medium' : 'low' },
      expected: `a code of the step of now, or of one beside it: about ${authenticator.period} seconds`,
      actual: `a code of ${seconds} seconds ${direction < 0 ? 'ago' : 'ahead'} lets in`,
    })
    return letIn
  }

  /** A step whose end is not near. */
  const calmStep = async (authenticator: Parameters<typeof factors.now>[0]) => {
    const { step, seconds } = await factors.now(authenticator)
    if (seconds >= margin && seconds <= authenticator.period - margin) return step
    const wait = seconds < margin ? margin - seconds : authenticator.period - seconds + margin
    await after(wait * 1000)
    return (await factors.now(authenticator)).step
  }

  return [
    ...mailedCodesAgain(kit),
    ...(hasClock
      ? [
          { name: 'a code that was used', judge: again },
          { name: 'one code twice at once', judge: atOnce },
          { name: 'a code of the past', judge: elsewhen(-1, once) },
          { name: 'a code of the future', judge: elsewhen(1, twice) },
        ]
      : []),
  ]
}
