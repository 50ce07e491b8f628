import pc from 'picocolors'
import { sentence } from '../../reports/visible.ts'
import { atLeast } from '../../reports/wording.ts'
import type { Severity } from '../model.ts'
import type { Judged } from './judged.ts'

/** Prints it, as a table or as JSON; the exit code. */
export function tell(
  judged: readonly Judged[],
  { json, failOn }: { readonly json?: true; readonly failOn: Severity },
): 0 | 1 | 2 {
  console.log(json === true ? JSON.stringify(judged, null, 2) : table(judged))
  return exitCodeOf(judged, failOn)
}

/** 0 where nothing of the severity is wrong, 1 where something is, 2 where something could not be judged. */
export function exitCodeOf(judged: readonly Judged[], failOn: Severity): 0 | 1 | 2 {
  if (judged.some(({ severity }) => severity !== null && atLeast(severity, failOn))) return 1
  return judged.some(({ state }) => state === 'unknown') ? 2 : 0
}

/** What is wrong comes with what to do; a line each, nothing of the message unescaped. */
export function table(judged: readonly Judged[]): string {
  const lines = judged.map(({ area, what, state, severity, says, remedy }) => {
    const word = severity ?? { right: 'ok', wrong: 'wrong', unknown: 'unknown', told: '' }[state]
    const next = remedy === null ? '' : `\n${' '.repeat(22)}→ ${sentence(remedy)}`
    return `${colour(state)(word.padEnd(9))} ${area.padEnd(11)} ${what === '' ? '' : `${sentence(what)}: `}${sentence(says)}${next}`
  })
  const count = (state: Judged['state']) => judged.filter((each) => each.state === state).length
  return `${lines.join('\n')}\n\n${count('right')} in order, ${count('wrong')} wrong, ${count('unknown')} not to be judged`
}

function colour(state: Judged['state']): (text: string) => string {
  if (state === 'wrong') return pc.red
  return state === 'right' ? pc.green : state === 'unknown' ? pc.yellow : (text) => text
}
