import type { Outcome, VariantOutcome } from '../harness/model.ts'
import { plural } from './wording.ts'

type State = VariantOutcome['state']

/** The states of a variant in the order in which a reader wants them, in words. */
export const stateWords = {
  violated: 'violated',
  unjudged: 'not judged',
  'held-back': 'held back',
  'not-applicable': 'not applicable',
  held: 'held',
} as const satisfies Record<State, string>

const stateOrder = Object.keys(stateWords) as State[]

export interface VariantGroup {
  readonly state: State
  /** As of each of its variants. */
  readonly reason: string | null
  readonly names: readonly string[]
}

/** The variants by what became of them and why: one reason is often that of many. */
export function variantGroups(variants: readonly VariantOutcome[]): VariantGroup[] {
  const byState = Map.groupBy(variants, ({ state }) => state)
  return stateOrder.flatMap((state) => {
    const alike = Map.groupBy(byState.get(state) ?? [], ({ reason }) => reason)
    return [...alike].map(([reason, members]) => ({ state, reason, names: members.map(({ name }) => name) }))
  })
}

/** Whether something of them could not be judged: the whole of each, or what came after its finding. */
export function isOpen({ state, reason }: VariantGroup): boolean {
  return state === 'unjudged' || (state === 'violated' && reason !== null)
}

/** How many there are of each state, without those that there are none of. */
export function countStates(variants: readonly VariantOutcome[]): (readonly [State, number])[] {
  const byState = Map.groupBy(variants, ({ state }) => state)
  return stateOrder
    .map((state) => [state, byState.get(state)?.length ?? 0] as const)
    .filter(([, count]) => count > 0)
}

/** `3 of 45 variants violated, 2 not judged`; `null` where there is nothing to say: all held, or there are none. */
export function exceptions(variants: readonly VariantOutcome[]): string | null {
  const [first, ...others] = countStates(variants)
    .filter(([state]) => state !== 'held')
    .map(([state, count]) => ({ count, words: stateWords[state] }))
  if (first === undefined) return null
  const of = `${first.count} of ${plural(variants.length, 'variant')} ${first.words}`
  return [of, ...others.map(({ count, words }) => `${count} ${words}`)].join(', ')
}

/**
 * Whether a check has findings and could still not be judged whole: a finding ends nothing, so what was left open beside
 * it counts as what is unproven. A foreign tool's reason beside its findings says something else.
 */
export function isJudgedInPart({ verdict, judge, reason }: Outcome): boolean {
  return verdict === 'fail' && judge === null && reason !== null
}
