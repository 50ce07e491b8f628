import type { DocumentedOperation } from '../api/openapi.ts'
import type { InputKind } from '../profile/operations/resource.ts'
import { operations } from '../profile/operations.ts'
import { namedInPath } from './paths.ts'
import { isSafe, sampleOf } from './schema.ts'
import { meaning, otherNames } from './words.ts'

export interface Query {
  readonly query: Readonly<Record<string, string | number | boolean>>
  readonly inputs: readonly string[]
  /** Parameters that must be there, and that nothing is known for. */
  readonly missing: readonly string[]
}

/** Of these a query has no place for the parts. */
const ofParts: readonly InputKind[] = ['mailbox', 'mailboxes', 'messages', 'fields', 'object', 'attachments']

/** The query of a call, in our inputs; `credential` is the parameter that its caller puts there. */
export function queryOf(
  operation: string,
  { parameters, path, body }: DocumentedOperation,
  credential: string | null = null,
): Query {
  const inPath = namedInPath(operation, path)
  const ours = Object.entries(operations[operation]?.inputs ?? {})
    .filter(([input, kind]) => input !== inPath && !ofParts.includes(kind))
    .map(([input]) => input)
  const query: Record<string, string | number | boolean> = {}
  const inputs: string[] = []
  const missing: string[] = []
  for (const { name, in: where, required, schema } of parameters) {
    if (where !== 'query' || name === credential || !isSafe(name)) continue
    const left = ours.filter((each) => !inputs.includes(each))
    const input = meaning(name, left, otherNames(operation, inPath === null && body === null).inputs)
    if (input !== null) {
      query[name] = `{${input}}`
      inputs.push(input)
    } else if (required) {
      const sample = sampleOf(schema)
      if (sample === null) missing.push(name)
      else query[name] = sample
    }
  }
  return { query, inputs, missing }
}
