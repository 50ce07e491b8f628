import type { Absence } from '../check/absences.ts'
import type { Outcome, VariantOutcome } from '../model.ts'
import type { DeliveryFilter } from '../sandbox/wire.ts'

const why =
  'mail came after it had been judged not to come: what is slower than the benign mail beside it cannot be told from what is never sent; see what holds it up (a queue of its own, another server), and run again'

/** The outcome, with nothing said for what held only because mail came late: `hasCome` says what matches when a run ends. */
export function withLateMail(
  outcome: Outcome,
  absences: readonly Absence[],
  hasCome: (filter: DeliveryFilter) => boolean,
): Outcome {
  const late = absences.filter(({ filter }) => hasCome(filter))
  const isOf = ({ name, state }: VariantOutcome) =>
    state === 'held' && late.some(({ variant }) => variant !== null && isWithin(name, variant))
  const [first, ...others] = outcome.variants.filter(isOf)
  const isWhole = late.some(({ variant }) => variant === null)
  if (first === undefined && !isWhole) return outcome
  const text =
    first === undefined || isWhole
      ? why
      : `${others.length + 1} of ${outcome.variants.length} variants could not be judged, first ${first.name}: ${why}`
  return {
    ...outcome,
    verdict: outcome.verdict === 'pass' ? 'unproven' : outcome.verdict,
    reason: outcome.verdict === 'pass' || outcome.reason === null ? text : `${outcome.reason}; ${text}`,
    variants: outcome.variants.map((each) =>
      isOf(each) ? { ...each, state: 'unjudged', reason: why } : each,
    ),
  }
}

/** It is that one, or stands in it. */
function isWithin(name: string, variant: string): boolean {
  return name === variant || name.startsWith(`${variant}, `)
}
