import type { DocumentedOperation } from '../api/openapi.ts'
import { operations } from '../profile/operations.ts'
import { type Body, bodyOf } from './request.ts'
import { namedInPath, plain, singular, wordsOf } from './words.ts'

/** One of the target's calls, and why it is taken for an operation of ours. */
export interface Match {
  readonly operation: string
  readonly documented: DocumentedOperation
  readonly body: Body | null
  /** Clauses that make a sentence. */
  readonly reasons: readonly string[]
  /** Others fit as well, or little speaks for it. */
  readonly unsure: boolean
}

interface Candidate extends Match {
  /** What is nearer to the usual shape has more; what it carries and is called decides among equals. */
  readonly score: number
  /** Names of the parameters before the shape. */
  readonly outer: readonly string[]
}

/** Finds, for each operation of ours, the call of the document that is most like it; each call stands for one at most. */
export function matchOperations(documented: readonly DocumentedOperation[]): Match[] {
  const found = Object.keys(operations)
    .flatMap((operation) => documented.flatMap((call) => candidate(operation, call) ?? []))
    .sort((a, b) => b.score - a.score)
  // What stands in the path of sending, a tenant say, may stand in others; whatever else does is not known.
  const sending = found.find(({ operation }) => operation === 'message.send')?.outer ?? []
  const candidates = found.filter(({ outer }) => outer.every((name) => sending.includes(name)))
  const matches = new Map<string, Candidate>()
  const taken = new Set<DocumentedOperation>()
  for (const each of candidates) {
    if (matches.has(each.operation) || taken.has(each.documented)) continue
    matches.set(each.operation, each)
    taken.add(each.documented)
  }
  return Object.keys(operations).flatMap((operation) => {
    const match = matches.get(operation)
    if (match === undefined) return []
    const rival = candidates.find(
      (other) =>
        other.operation === operation && !taken.has(other.documented) && other.score >= match.score - 0.5,
    )
    return [
      rival === undefined ? match : { ...match, unsure: true, reasons: [...match.reasons, alsoFits(rival)] },
    ]
  })
}

function alsoFits({ documented: { method, path } }: Match): string {
  return `${method} ${path} would fit as well`
}

function candidate(operation: string, call: DocumentedOperation): Candidate | null {
  // What else could stand in a path would mean something in a profile.
  if (!/^[\w\-.~/{}:]{1,200}$/.test(call.path)) return null
  const ours = operations[operation]
  if (ours === undefined) return null
  const words = wordsOf(operation)
  const found = endOf(ours.calls, words, call)
  if (found === null) return null
  const body = bodyOf(operation, call)
  // Without one of these a request is not what its path says.
  const wanted = ours.essential.filter((input) => input !== namedInPath(operation, call.path))
  if (wanted.some((input) => body?.inputs.includes(input) !== true)) return null
  // A change that can carry nothing of ours changes nothing.
  if (call.body !== null && (body === null || (body.inputs.length === 0 && /create|update/.test(operation))))
    return null
  const named = call.labels.some((label) => words.includes(singular(label)) || words.includes(plain(label)))
  const carried = body?.inputs ?? []
  const missing = body?.missing ?? []
  return {
    operation,
    documented: call,
    body,
    outer: found.outer,
    score:
      10 -
      found.rank -
      2 * found.outer.length -
      found.statics +
      (named ? 1 : 0) +
      Math.min(carried.length, 6) / 2 -
      2 * missing.length -
      (call.deprecated ? 5 : 0),
    reasons: [
      `${call.method} on a path that ends in ${found.shape}`,
      ...(carried.length > 0 ? [`it takes ${carried.join(', ')}`] : []),
      ...(named ? [`its tag or name says ${ours.kind}`] : []),
      ...(call.deprecated ? ['it is deprecated'] : []),
    ],
    unsure: found.rank > 1 || found.statics > 1 || missing.length > 0,
  }
}

interface End {
  /** The position of the shape among those of its operation. */
  readonly rank: number
  readonly shape: string
  /** Names of the parameters before it. */
  readonly outer: readonly string[]
  /** How many other words are before it. */
  readonly statics: number
}

/** The shape that the path ends in. */
function endOf(wanted: readonly string[], words: readonly string[], call: DocumentedOperation): End | null {
  const tokens = tokensOf(call.path)
  for (const [rank, text] of wanted.entries()) {
    const [method = '', shape = ''] = text.split(' ')
    const pattern = shape.split('/')
    const end = tokens.slice(-pattern.length)
    if (method !== call.method || end.length < pattern.length) continue
    const fits = pattern.every((part, i) => {
      const token = end[i] ?? ''
      if (part === '{}') return isParameter(token)
      return part === 'R' ? words.includes(singular(token)) : plain(token) === part
    })
    if (!fits) continue
    const before = tokens.slice(0, -pattern.length)
    return {
      rank,
      shape: end.join('/'),
      outer: before.filter(isParameter),
      statics: before.filter((token) => !isParameter(token) && !words.includes(singular(token))).length,
    }
  }
  return null
}

function isParameter(token: string): boolean {
  return /^\{[^{}]*\}$/.test(token)
}

/** The steps of a path, without version numbers and what every path of an API has. */
function tokensOf(path: string): string[] {
  return path
    .replace(/\.(json|php|xml)$/, '')
    .split('/')
    .filter((step) => step !== '' && !/^(v\d+(\.\d+)*|api|rest|public)$/i.test(step))
}
