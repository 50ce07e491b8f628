import type { Exchange } from '../model.ts'
import { redactedStart } from '../profile/redact.ts'

/** Of a body, in UTF-16 code units; of a page, whose text mostly stands behind its styles, more is looked at. */
const told = 300
const looked = 20_000

/** What may be told of an answer; without `answer` nobody knows what it means. */
export type Answered = Pick<Exchange, 'response' | 'failure'> & Partial<Pick<Exchange, 'answer'>>

/**
 * What was answered, for a sentence: the status and, unless it is a yes, the beginning of its body on one line, or why there is
 * no answer. Secrets are taken out before anything is cut: half a secret is none that is known.
 */
export function answerText(
  { response, failure, answer }: Answered,
  redact: (text: string) => string,
): string {
  if (response === null) return failure ?? 'no answer'
  if (answer === 'accepted') return String(response.status)
  const isPage = /^\s*<(?:!doctype html|html|head|body)\b/i.test(response.body)
  const { start } = redactedStart(response.body, isPage ? looked : told, redact)
  const text = (isPage ? textOfPage(start) : start).replace(/\s+/g, ' ').trim()
  if (!/[\p{L}\p{N}]/u.test(text)) return String(response.status)
  return `${response.status} “${text.slice(0, told).toWellFormed()}${text.length > told ? '…' : ''}”`
}

/** Roughly: what is not shown goes, and so do the tags. */
function textOfPage(html: string): string {
  return html
    .replace(/<!--.*?-->|<(style|script)\b.*?<\/\1\s*>|<(?:!--|style\b|script\b).*$/gis, ' ')
    .replace(/<[^<>]*>?/g, ' ')
}
