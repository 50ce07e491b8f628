import type { Report } from '../harness/model.ts'
import { bounded, longestBlock, unseen } from './visible.ts'

/**
 * `report.json`, as `report.schema.json` describes it. Long texts are bounded; characters that cannot be seen are
 * written as JSON escapes, so that the values stay and the file is safe to read in a terminal. Only a lone surrogate
 * becomes U+FFFD, because many JSON parsers refuse it (RFC 8259 §8.2).
 */
export function toJson(report: Report): string {
  return `${escapeUnseen(JSON.stringify(report, bound, 2))}\n`
}

/** JSON text in which every unseen character but the line feed is a `\u` escape. */
export function escapeUnseen(json: string): string {
  return json.replace(unseen, (character) =>
    character === '\n'
      ? character
      : character
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  )
}

function bound(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? bounded(value, longestBlock).toWellFormed() : value
}
