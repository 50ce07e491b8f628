import type { Basis, Outcome } from '../../harness/model.ts'
import { basisText, seenText } from '../basis.ts'
import { bounded } from '../visible.ts'
import { moment, plural } from '../wording.ts'

/** `report.json` has them all. */
const most = 12
const longestName = 120
const longestSummary = 400

/** What a verdict rests on: in short, and how often what was done, in lines. */
export function basisLines(outcome: Outcome): { readonly summary: string; readonly lines: string } | null {
  const { basis } = outcome
  const text = basisText(outcome)
  if (basis === undefined || text === null) return null
  const { baselines, callers, channels, startedAt } = basis
  const rows: readonly (readonly [string, readonly string[]])[] = [
    [
      'Accepted first',
      baselines.map(({ principal, operation, count }) => `${operation} as ${principal}${times(count)}`),
    ],
    ['Other guards', otherGuards(basis)],
    [
      'Called as',
      callers.map(
        ({ principal, calls, accepted }) => `${principal} (${plural(calls, 'call')}, ${accepted} accepted)`,
      ),
    ],
    ['Messages by', channels.map(({ channel, messages }) => `${channel}${times(messages)}`)],
    ['Looked at', [seenText(basis) ?? 'answers to calls alone']],
    ['Began', [moment(startedAt)]],
  ]
  const lines = rows.flatMap(([name, said]) => (said.length === 0 ? [] : [`${name}: ${listed(said)}`]))
  return { summary: `Rests on ${bounded(text, longestSummary)}`, lines: lines.join('\n') }
}

function listed(said: readonly string[]): string {
  const more = said.length - most
  const shown = said.slice(0, most).map((each) => bounded(each, longestName))
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

function otherGuards({ guards, baselines, fences }: Basis): string[] {
  const others = guards - fences - baselines.reduce((sum, { count }) => sum + count, 0)
  return [
    ...(fences === 0 ? [] : [`${plural(fences, 'fence')}: benign mail came through after what was tried`]),
    ...(others <= 0 ? [] : [`${others} of its own, such as what must be there or must arrive`]),
  ]
}

function times(count: number): string {
  return count === 1 ? '' : ` (${count} times)`
}
