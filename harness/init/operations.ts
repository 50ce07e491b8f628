import type { DocumentedOperation } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import { operations, resources, sendingOperations } from '../profile/operations.ts'
import { itemNames, listsSomething, resultsOf } from './answers.ts'
import { commonSteps, evidenceOf, unusual } from './evidence.ts'
import { type Form, formOf, isBroughtIn, namedInPath, type Saying, tokensOf } from './paths.ts'
import { type Query, queryOf } from './query.ts'
import { type Body, bodyOf, type Known } from './request.ts'
import { propertiesOf } from './schema.ts'
import { meaning, otherNames, plain, singular, wordsOf } from './words.ts'

/** One of the target's calls, and why it is taken for an operation of ours. */
export interface Match {
  readonly operation: string
  readonly documented: DocumentedOperation
  readonly body: Body | null
  readonly query: Query
  /** Clauses that make a sentence. */
  readonly reasons: readonly string[]
  /** From 0 to 1: how likely it is that somebody who knows the API would say the same. */
  readonly confidence: number
}

interface Candidate extends Match {
  /** What is nearer to the usual shape has more; what it carries and is called decides among equals. */
  readonly score: number
  readonly form: Form
}

/** Below this a guess is marked. */
export const threshold = 0.6
/** How near another call must come to make a guess doubtful, and how far it may be to be named at all. */
const near = 0.5
const far = 6
/** The parameters of a path that say whose something is, where they are not those of sending. */
const mostOuter = 1
const mostlyPost = 0.7

/** Finds, for each operation of ours, the call of the document that is most like it; each call stands for one at most. */
export function matchOperations(documented: readonly DocumentedOperation[], known: Known = {}): Match[] {
  const common = commonSteps(documented)
  const spoken = documented.filter(({ method }) => method === 'POST').length > mostlyPost * documented.length
  const context = { common, known, spoken }
  const found = Object.keys(operations)
    .flatMap((operation) => documented.flatMap((call) => candidate(operation, call, context) ?? []))
    .sort((a, b) => b.score - a.score)
  // What stands in the path of sending, a tenant say, may stand in others; whatever else does is not known.
  const isOwned = (name: string) => isBroughtIn(name) || common.has(name)
  const sending =
    found.find(({ operation, form }) => operation === 'message.send' && form.outer.every(isOwned)) ?? null
  const owned = [...(sending?.form.outer ?? []), ...common]
  const candidates = together(
    found.flatMap((each) => within(each, owned) ?? []).flatMap((each) => beside(each, sending) ?? []),
  ).sort((a, b) => b.score - a.score)
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
    const rivals = candidates.filter((other) => other.operation === operation && !taken.has(other.documented))
    return [judged(asMade(match, matches), rivals[0])]
  })
}

/** Where it is doubtful that what is made is a user, say, then what is listed is none either. */
function asMade(match: Candidate, matches: ReadonlyMap<string, Candidate>): Candidate {
  const kind = match.operation.split('.')[0] ?? ''
  const made = matches.get(`${kind}.create`) ?? matches.get(`${kind}.update`)
  if (made === undefined || made === match || !isOther(made.operation, made.documented)) return match
  return {
    ...match,
    confidence: match.confidence - doubt,
    reasons: [
      ...match.reasons,
      `what ${made.documented.method} ${made.documented.path} makes has nothing that tells a ${kind}`,
    ],
  }
}

/** The guess, less sure where another comes near; where it is not sure, the runner-up is named. */
function judged(
  { operation, documented, body, query, reasons, confidence, score }: Candidate,
  rival?: Candidate,
): Match {
  const isNear = rival !== undefined && rival.score >= score - near
  const sure = Math.max(0, Math.min(1, confidence - (isNear ? 0.35 : 0)))
  const isNamed = rival !== undefined && (isNear || (sure < threshold && rival.score >= score - far))
  return {
    operation,
    documented,
    body,
    query,
    reasons: [...reasons, ...(isNamed ? [alsoFits(rival, isNear)] : [])],
    confidence: sure,
  }
}

function alsoFits({ documented: { method, path } }: Match, isNear: boolean): string {
  return isNear ? `${method} ${path} would fit as well` : `else it is ${method} ${path}`
}

/** A parameter that nothing is known of makes a guess doubtful; of more than one nobody would guess anything. */
function within(candidate: Candidate, known: readonly string[]): Candidate | null {
  const strange = candidate.form.outer.filter((name) => !known.includes(name))
  if (strange.length === 0) return candidate
  if (strange.length > mostOuter || !strange.every(isBroughtIn)) return null
  return {
    ...candidate,
    score: candidate.score - 2 * strange.length,
    confidence: candidate.confidence - 0.4,
    reasons: [...candidate.reasons, `whose it is says ${strange.join(', ')}`],
  }
}

/** What the call that sends says of another. */
function beside(candidate: Candidate, sending: Candidate | null): Candidate | null {
  const { operation, documented, form } = candidate
  if (!operation.startsWith('message.') && form.saying !== 'loose') return candidate
  if (form.saying === 'loose' && sending !== null && !operation.startsWith('message.')) {
    // /account/{account} is nobody's in particular where mail is sent below it.
    const below = tokensOf(sending.documented.path)
    const path = tokensOf(documented.path)
    if (path.length < below.length && path.every((step, i) => singular(step) === singular(below[i] ?? '')))
      return null
  }
  if (!operation.startsWith('message.') || sendingOperations.includes(operation)) return candidate
  const elsewhere =
    form.saying === 'compound' && sending !== null && sending.form.collection !== form.collection
  const reasons = [
    ...(sending === null ? ['nothing of the document sends'] : []),
    ...(elsewhere ? [`what is sent is not called ${form.collection}`] : []),
  ]
  return {
    ...candidate,
    confidence: candidate.confidence - doubt * reasons.length,
    reasons: [...candidate.reasons, ...reasons],
  }
}

/** Calls of one collection are likelier than such as stand each elsewhere: a share for each operation that is there. */
function together(candidates: readonly Candidate[]): Candidate[] {
  const key = ({ operation, form }: Candidate) => `${operations[operation]?.kind} ${form.collection}`
  const there = new Map(
    [...Map.groupBy(candidates, key)].map(([name, all]) => [
      name,
      new Set(all.map(({ operation }) => operation)).size,
    ]),
  )
  return candidates.map((each) => ({
    ...each,
    score: each.score + Math.min(there.get(key(each)) ?? 0, 5) / 4,
  }))
}

/** By the position of the shape among those of its operation. */
const byRank = [0.9, 0.85, 0.7, 0.6]
const unusualRank = 0.5
const bySaying: Readonly<Record<Saying, number>> = { own: 0, compound: -0.1, loose: -0.45 }

/** What each reason to doubt takes away. */
const doubt = 0.45

interface Context {
  readonly common: ReadonlySet<string>
  readonly known: Known
  /** The document says all in verbs, and by POST. */
  readonly spoken: boolean
}

function candidate(
  operation: string,
  call: DocumentedOperation,
  { common, known, spoken }: Context,
): Candidate | null {
  // What else could stand in a path would mean something in a profile.
  if (!/^[\w\-.~/{}:]{1,200}$/.test(call.path)) return null
  const ours = operations[operation]
  const form = formOf(operation, call.method, call.path)
  if (ours === undefined || form === null) return null
  const evidence = evidenceOf(operation, call)
  if (evidence === null) return null
  const body = bodyOf(operation, call, known)
  const query = queryOf(operation, call, known.parameter)
  const carried = [...(body?.inputs ?? []), ...query.inputs]
  // Without one of these a request is not what its path says.
  const wanted = ours.essential.filter((input) => input !== namedInPath(operation, call.path))
  if (wanted.some((input) => !carried.includes(input))) return null
  // A change that can carry nothing of ours changes nothing.
  const changes = carried.filter((input) => input !== ours.object)
  const isIdle = call.body !== null && changes.length === 0 && /create|update/.test(operation)
  if (isIdle && !(form.isSpoken && carried.length > 0)) return null
  const lists = listsSomething(call)
  if ('items' in ours.results && lists === false) return null
  const isKnown = 'items' in ours.results && resultsOf(operation, call).expressions['items'] !== undefined
  const special = unusual(form.statics, common)
  const isCertain = form.saying === 'own' && operation !== 'principal.get'
  if (special.length > (isCertain ? 1 : 0)) return null
  if (form.saying === 'loose' && ours.kind === 'user' && form.statics.some((step) => !common.has(step)))
    return null
  // A POST that makes an object looks like one that lists them, but for an API that says all in verbs.
  if (form.isBare && call.method === 'POST' && 'items' in ours.results && !(spoken && isKnown)) return null
  if (form.saying === 'loose' && 'items' in ours.results && lists !== null && !isKnown) return null
  const missing = body?.missing ?? []
  const named = isNamed(operation, call)
  const doubts = [
    ...(call.deprecated ? ['it is deprecated'] : []),
    ...(call.elsewhere ? ['it has a server of its own'] : []),
    ...(isIdle ? ['it carries nothing of ours that it changes'] : []),
    ...(form.isSpoken && ours.effect === 'read' && call.method === 'POST' && !spoken
      ? ['other calls of the document that read are no POST']
      : []),
    ...(operation.endsWith('.get') && lists === 'alone' ? ['its answer is a list'] : []),
    ...(isOfOthers(operation, call) ? ['its items have nothing of one'] : []),
    ...(isOther(operation, call) ? [`what is made so has nothing that tells a ${ours.kind}`] : []),
  ]
  return {
    operation,
    documented: call,
    body,
    query,
    form,
    score: scoreOf(form, special, { call, named, carried, missing }) + 4 * Math.min(0, evidence.confidence),
    confidence:
      (byRank[form.rank] ?? unusualRank) +
      bySaying[form.saying] +
      evidence.confidence -
      0.45 * special.length -
      doubt * doubts.length -
      (missing.length > 0 ? 0.4 : 0) -
      ('items' in ours.results && lists !== null && !isKnown ? 0.2 : 0) +
      (named ? 0.05 : 0),
    reasons: [
      `${call.method} on a path that ends in ${form.shape}`,
      ...(carried.length > 0 ? [`it takes ${carried.join(', ')}`] : []),
      ...(named ? [`its tag or name says ${ours.kind}`] : []),
      ...evidence.reasons,
      ...(special.length > 0 ? [`it is below ${special.join('/')}`] : []),
      ...doubts,
    ],
  }
}

function scoreOf(
  { rank, saying, statics, shape, outer }: Form,
  special: readonly string[],
  {
    call,
    named,
    carried,
    missing,
  }: {
    readonly call: DocumentedOperation
    readonly named: boolean
    readonly carried: readonly string[]
    readonly missing: readonly string[]
  },
): number {
  return (
    10 -
    rank +
    4 * bySaying[saying] -
    outer.length / 2 -
    special.length -
    (statics.length - special.length) / 4 +
    (named ? 1 : 0) +
    // Beside templates of other things, those of mail are meant.
    (/^e?-?mail-?template/i.test(shape) ? near + 0.1 : 0) +
    Math.min(carried.length, 6) / 2 -
    2 * missing.length -
    (call.deprecated ? 5 : 0)
  )
}

function isNamed(operation: string, { labels }: DocumentedOperation): boolean {
  const words = wordsOf(operation)
  return labels.some((label) => words.includes(singular(label)) || words.includes(plain(label)))
}

/** The document says what the items of a list hold, and nothing of it names what such a list is of. */
function isOfOthers(operation: string, call: DocumentedOperation): boolean {
  if (operation !== 'suppression.list') return false
  const names = itemNames(call)
  return (
    names.length > 0 && names.every((name) => meaning(name, ['email'], otherNames(operation).inputs) === null)
  )
}

/** What is made has none of the properties by which its kind is told. */
function isOther(operation: string, { body }: DocumentedOperation): boolean {
  const telling = resources[operations[operation]?.kind ?? '']?.telling
  if (telling === undefined || !/\.(?:create|update)$/.test(operation) || body === null) return false
  const names = Object.values(body).flatMap((media) =>
    isObject(media) ? propertiesOf(media['schema']).map(({ name }) => plain(name)) : [],
  )
  return names.length > 0 && !names.some((name) => telling.includes(name))
}
