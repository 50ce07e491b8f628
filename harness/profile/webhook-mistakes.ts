import type { WebhookScheme } from '../model.ts'
import type { Mistake } from './schema.ts'
import { templateNames } from './templates.ts'
import { type Path, unknown } from './unknown-name.ts'

const inMessages = ['id', 'timestamp', 'body']
const inFields = ['signature', 'timestamp', 'id']

/** What is wrong with how events are said to be signed: what its templates may name, and where the signature stands. */
export function webhookMistakes(
  scheme: 'standard-webhooks' | WebhookScheme | undefined,
  place: Path,
): Mistake[] {
  const at = (...rest: Path): Path => [...place, ...rest]
  if (scheme === undefined || scheme === 'standard-webhooks') return []
  const { headers = {}, body, message } = scheme
  const inHeaders = Object.entries(headers).flatMap(([name, template]) =>
    templateNames(template).map((part) => ({ header: at('headers', name), part })),
  )
  const stands = body?.signature !== undefined || inHeaders.some(({ part }) => part === 'signature')
  return [
    ...templateNames(message).flatMap((part) =>
      inMessages.includes(part) ? [] : [unknown(at('message'), part, inMessages, 'a part of what is signed')],
    ),
    ...inHeaders.flatMap(({ header, part }) =>
      inFields.includes(part) ? [] : [unknown(header, part, inFields, 'a part of a signature')],
    ),
    ...(stands
      ? []
      : [
          {
            path: at(),
            key: true,
            expected: 'a header field with {signature} in it, or body.signature',
            seen: 'none: no event would have a signature',
            remedy: "write headers: { X-Signature: '{signature}' }, as the target calls it",
          },
        ]),
  ]
}
