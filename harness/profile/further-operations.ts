import { type Effect, effectOfVerb, effects, sendsByVerb, synonyms } from './effects.ts'
import { type Example, freshIn } from './examples.ts'
import { slipOf } from './nearest.ts'
import { bodyExpression, callsOf } from './operation-calls.ts'
import type { ResultKind } from './operations/resource.ts'
import { operations, resources } from './operations.ts'
import type { Mistake } from './schema.ts'
import type { OperationData } from './shape.ts'
import { namesInTemplates } from './templates.ts'

/** The input by which operations beyond our words name the object that they act on. */
export const furtherObject = 'id'

/** Results that mean the same in every operation. */
const meanings: Readonly<Record<string, ResultKind>> = {
  id: 'text',
  items: 'list',
  next: 'text',
  secret: 'secret',
}

/** How a result of any operation is read; `undefined` where it is taken as it comes. */
export function resultKind(operation: string, result: string): ResultKind | undefined {
  return (operations[operation]?.results ?? meanings)[result]
}

/** What users call secrets that calls beyond our words give, and steps; what leads to the next page of a list is none. */
const secretNames = /(?:(?<!next_?|page_?|continuation_?)token|secret|password|(?:api|access|private)_?key)$/i

/** A result that nobody may see: by our words, or where we have none for it, by its name. */
export function isSecretResult(operation: string, result: string): boolean {
  const kind = resultKind(operation, result)
  return kind === 'secret' || (kind === undefined && secretNames.test(result))
}

/** `contact.list`: the kind and the verb of any operation's name. */
export function partsOf(operation: string): { kind: string; verb: string } {
  const [kind = '', verb = ''] = operation.split('.')
  return { kind, verb }
}

/** What it does to the target, as the profile or its verb says; `null` where neither does. */
export function effectOf(operation: string, { effect }: Pick<OperationData, 'effect'>): Effect | null {
  return effect ?? operations[operation]?.effect ?? effectOfVerb(partsOf(operation).verb)
}

/** The inputs of one beyond our words by which mail is sent to the sandbox; `null` where no mail goes out by it. */
export function furtherRecipients(operation: string, example: Example = {}): string[] | null {
  if (!sendsByVerb(partsOf(operation).verb)) return null
  return Object.keys(example).filter((input) => freshIn(example[input]).includes('address'))
}

/**
 * The inputs of one beyond our words: what the templates and the bodies of its calls name and none of them gives, and what its
 * example has where a body takes all. Throws ExpressionFailed where one is no JSONata.
 */
export function furtherInputs(data: OperationData): string[] {
  const named = callsOf(data).flatMap(({ call, given }) => {
    const body = bodyExpression(call)
    const inBody = body?.inputs ?? Object.keys(body === null ? {} : (data.example ?? {}))
    return [...namesInTemplates(call), ...inBody].filter((name) => !given.includes(name))
  })
  return [...new Set(named)]
}

/** Whether a name may stand for an input or a result of one beyond our words. */
export function isFreeName(name: string): boolean {
  return /^[A-Za-z]\w*$/.test(name)
}

/** What makes one beyond our words none: a slip in a name of ours, no name at all, an effect that nobody says. */
export function furtherMistake(
  name: string,
  data: OperationData,
  declared: Readonly<Record<string, unknown>>,
): Mistake | null {
  const mistake = (expected: string, remedy: string): Mistake => ({
    path: ['operations', name],
    key: true,
    expected,
    seen: JSON.stringify(name),
    remedy,
  })
  const [, kind, verb] = /^([a-z][\w-]*)\.([a-z][\w-]*)$/i.exec(name) ?? []
  if (kind === undefined || verb === undefined)
    return mistake('the name of an operation, kind.verb', 'write it as segment.create')
  const meant = data.effect === undefined ? meantFor(kind, verb, declared) : null
  const own = `effect: ${effects.slice(0, -1).join(', ')} or ${effects.at(-1)}`
  if (meant !== null)
    return mistake(
      'an operation of ours, or another one with its effect',
      `did you mean ${meant}? Where it is another one, write ${own} into it`,
    )
  return effectOf(name, data) === null
    ? mistake('a verb that says what the operation does', `write ${own} into it`)
    : null
}

/** An operation of ours that somebody may have misspelt, or called by another word and not declared besides; else `null`. */
function meantFor(kind: string, verb: string, declared: Readonly<Record<string, unknown>>): string | null {
  const ours = kind in resources ? kind : slipOf(kind, Object.keys(resources))
  if (ours === null) return null
  const verbs = Object.keys(resources[ours]?.verbs ?? {})
  // A word that says what it does is misspelt in no other's favour.
  const meant = verbs.includes(verb)
    ? verb
    : effectOfVerb(verb) === null
      ? slipOf(verb, verbs)
      : verbs.find((each) => synonyms(each).includes(verb) && !(`${ours}.${each}` in declared))
  return meant === undefined || meant === null ? null : `${ours}.${meant}`
}
