import type { Api } from '../api/api.ts'
import { seesMail } from '../check/needs.ts'
import { readJson } from '../json.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import {
  changed,
  distinctValues,
  heldIn,
  isAbout,
  privateTokens,
  sameShape,
  says,
} from '../probes/disclosure.ts'
import { type DeclaredOperation, operations } from '../profile/operations.ts'
import type { Operation } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import { bears, freshMark, type Ground, type Input, owner, sampleOf, searchFor } from './sample-input.ts'
import { itemsOf, sharedItems, sharedTexts } from './shared-items.ts'
import {
  callerOf,
  canMake,
  heldToReading,
  holderOf,
  listed,
  listsIds,
  lookBack,
  make,
  type Owned,
  type Sight,
  searches,
  seesAll,
} from './throw-away.ts'

/** A call, and how to see whether it was carried out. */
export interface Trial {
  readonly operation: DeclaredOperation
  readonly input: Input
  /** What shows that the call was carried out, as a sentence; `null` where it had no effect and disclosed nothing. */
  trace(exchange: Exchange, looks?: number): Promise<string | null>
  /**
   * It is the target's answer to the call, where that was accepted: a page in its place, as a web site gives for whatever it does
   * not know, names no message. What came of the request is another matter.
   */
  isAnswer(exchange: Exchange): boolean
  /** The answer holds what nobody else's does; false where the same call of another tenant may look like it. */
  readonly own: boolean
  /** Nothing more is tried on what was made for it: the next call on such a one may be. */
  readonly leave?: () => void
  /**
   * The same call for a reader of its own, whose mail tells it from the others, so that many wait for theirs at once; left out where
   * what comes of it is not seen on the wire.
   */
  readonly toAnother?: () => Trial
}

/** Somebody who is about to try a call that is another's. */
export interface Stranger {
  readonly principal: string
  /** It may make the call on what is its own, as another tenant may; else not at all. */
  readonly mayOnOwn: boolean
}

/** The same, and what of: of what the call's holder has, or of its own. */
export interface Trying extends Stranger {
  readonly onOwn: boolean
}

type Kept<Value> = WeakMap<Ground, Map<string, Promise<Value>>>

/** What is read on behalf of its holder, and what is made to be read: nothing changes it, so that one serves a whole check. */
const readings: Kept<Trial> = new WeakMap()
const toRead: Kept<{ readonly object: Owned; readonly mark: string }> = new WeakMap()

/** What came of it the first time; where that failed, it is tried again. */
function once<Value>(
  kept: Kept<Value>,
  ground: Ground,
  key: string,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = kept.get(ground) ?? new Map<string, Promise<Value>>()
  kept.set(ground, known)
  const before = known.get(key)
  if (before !== undefined) return before
  const made = make()
  known.set(key, made)
  made.catch(() => known.delete(key))
  return made
}

async function makeToRead(ground: Ground, kind: string) {
  const mark = freshMark()
  return { object: await make(ground, kind, mark), mark }
}

/** Makes what the call needs, as the owner; where it is known who is about to try it, so that the traces are not their own. */
export function prepareTrial(operation: Operation, ground: Ground, by: Trying | null): Promise<Trial> {
  if (operation.effect === 'read') {
    // Whoever may not read at all is shown what its holder sees, which is the same for all of them.
    const sameForAll = by === null || (!by.mayOnOwn && !by.onOwn)
    const read = () => reading(ground, operation, by)
    return sameForAll ? once(readings, ground, operation.name, read) : read()
  }
  if (isSeenOnTheWire(operation, ground)) return sending(ground, operation)
  if (ground.runReach === 'safe') return Promise.reject(heldToReading(operation.name))
  return operation.object === null
    ? Promise.resolve(creating(ground, operation, by))
    : changing(ground, operation)
}

/** What comes of the call is looked for on the wire, and not where the target keeps it. */
export function isSeenOnTheWire(
  { sends }: Pick<Operation, 'sends'>,
  { api, looksInLists }: Pick<Ground, 'api' | 'looksInLists'>,
): boolean {
  return sends && looksInLists !== true && seesMail(api.profile)
}

async function sending(ground: Ground, operation: Operation): Promise<Trial> {
  const object = operation.object === null ? null : await make(ground, operation.kind, freshMark())
  return sendingWith(ground, operation, object?.reference(operation) ?? {})
}

function sendingWith(ground: Ground, operation: Operation, reference: Input): Trial {
  const { input, address } = sampleOf(ground, operation, freshMark())
  const isAnswer = ({ result }: Exchange) =>
    Object.keys(operation.result).length === 0 || Object.values(result ?? {}).some(saysSomething)
  return {
    operation: operation.name,
    own: true,
    isAnswer,
    input: { ...input, ...reference },
    toAnother: () => sendingWith(ground, operation, reference),
    async trace(exchange) {
      // For what was not accepted, a fence is enough to say that nothing came.
      const answered = isAnswer(exchange) ? exchange : { ...exchange, answer: 'refused' as const }
      const came = await ground.post.of(address, answered).arrived()
      return came === null ? null : `its message reached the wire for ${address}`
    },
  }
}

/** Of a list, also where it holds nothing in each of its places. */
function saysSomething(value: unknown): boolean {
  return Array.isArray(value)
    ? value.some(saysSomething)
    : value !== undefined && value !== null && value !== ''
}

function creating(ground: Ground, operation: Operation, by: Trying | null): Trial {
  const { name, kind } = operation
  const mark = freshMark()
  return {
    operation: name,
    own: true,
    isAnswer: () => true,
    input: sampleOf(ground, operation, mark).input,
    async trace(exchange) {
      const id = exchange.result?.['id']
      const made = { id: typeof id === 'string' ? id : null, mark }
      const isThere = (await lookBack(ground, kind, made)).there
      if (isThere && (await ground.isOthers?.(kind, made)) !== true)
        return `the ${kind} it made stands in the ${kind}s of the tenant`
      if (by?.onOwn !== true || by.mayOnOwn || exchange.answer !== 'accepted') return null
      const own = await lookBack(ground, kind, made, by.principal)
      return own.there ? `the ${kind} it made stands in the ${kind}s of ${by.principal}` : null
    },
  }
}

/** What a call was tried on and left, and how it was last seen; `null` where that is not known. */
interface Left {
  readonly object: Owned
  readonly older: Owned | null
  readonly sight: Sight | null
}

/** By kind. */
const leftOver = new WeakMap<Ground, Map<string, Left[]>>()

function leftOf(ground: Ground, kind: string): Left[] {
  const kinds = leftOver.get(ground) ?? new Map<string, Left[]>()
  leftOver.set(ground, kinds)
  const left = kinds.get(kind) ?? []
  kinds.set(kind, left)
  return left
}

async function changing(ground: Ground, operation: Operation): Promise<Trial> {
  const { name, kind } = operation
  const mark = freshMark()
  const { onto } = operations[name] ?? {}
  const left = leftOf(ground, kind)
  const madeHere = async (): Promise<Left> => ({
    older: seesAll(ground.api, kind) ? null : await make(ground, kind, freshMark(), onto),
    object: await make(ground, kind, freshMark(), onto),
    sight: null,
  })
  // What a call wants of it is not known of what others were tried on.
  const { object, older, sight } = (onto === undefined ? left.pop() : undefined) ?? (await madeHere())
  const { input } = sampleOf(ground, operation, mark)
  const marked = bears(JSON.stringify(input), mark)
  const before = sight ?? (await lookBack(ground, kind, object))
  let seen: Sight | null = before
  if (!before.there)
    throw new Unproven(
      `the ${kind} that was made is not to be seen`,
      `see ${kind}.get and ${kind}.list of the profile`,
    )
  return {
    operation: name,
    own: true,
    isAnswer: () => true,
    input: { ...input, ...object.reference(operation) },
    leave() {
      // Whoever changed its text by right may have left it with that alone.
      const isKnown = object.id !== null || !marked
      const kept = marked ? { ...object, mark: null } : object
      if (onto === undefined && isKnown && seen?.there !== false)
        left.push({ object: kept, older, sight: seen })
    },
    async trace(exchange, looks = mostLooks) {
      seen = null
      if (typeof exchange.result?.['secret'] === 'string')
        return `the answer holds a new secret of the ${kind}`
      if (marked) {
        const after = await lookBack(ground, kind, { id: object.id, mark })
        return after.there ? `the ${kind} now bears the text of the call` : null
      }
      const after = await lookAgain(ground, kind, object, { older, looks })
      seen = after
      // What changes by itself is another at the next look as well.
      const touched =
        before.there !== after.there ||
        (before.single &&
          after.single &&
          before.body !== after.body &&
          changed((await lookBack(ground, kind, object)).body, after.body, before.body))
      return touched ? `the ${kind} is no longer what its owner made` : null
    },
  }
}

const mostLooks = 3
/** Of a hundred each. */
const mostPages = 20

/** A replica may be late: what is gone is gone at each of several looks. Of a list of the newest, so is `older`, which nobody touched. */
async function lookAgain(
  ground: Ground,
  kind: string,
  object: Owned,
  { older, looks }: { readonly older: Owned | null; readonly looks: number },
): Promise<Sight> {
  let sight = await lookBack(ground, kind, object)
  for (let look = 1; look < looks && !sight.there; look++) sight = await lookBack(ground, kind, object)
  if (!sight.there && older !== null && !(await lookBack(ground, kind, older)).there)
    throw new Unproven(
      `${kind}.list shows the newest alone, so that what it no longer shows may be there`,
      `declare ${kind}.get, or the cursor of ${kind}.list`,
    )
  return sight
}

async function reading(ground: Ground, operation: Operation, by: Trying | null): Promise<Trial> {
  const { api } = ground
  const { name, kind } = operation
  const neighbour = by?.mayOnOwn === true ? by.principal : null
  // What is there already is looked at where nothing is to be made.
  const makes = canMake(api, kind) && (ground.runReach !== 'safe' || !listsIds(api, kind))
  const isAsked = operation.object !== null || ground.runReach !== 'safe'
  const made = makes && isAsked ? await once(toRead, ground, kind, () => makeToRead(ground, kind)) : null
  const mark = made?.mark ?? freshMark()
  const [object = null, second = null] =
    made !== null ? [made.object] : operation.object === null ? [] : await listed(ground, kind, neighbour)
  const inputFor = (which: Owned | null): Input => ({
    ...sampleOf(ground, operation, mark).input,
    ...which?.reference(operation),
    ...(searches(api, operation) && object !== null ? { search: searchFor(mark) } : {}),
  })
  const input = inputFor(object)
  const caller = callerOf(api, operation)
  const read = async (more: Input = {}) => {
    const exchange = await api.call(name, { ...input, ...more }, caller)
    const { answer, response } = exchange
    if (answer === 'accepted' && response !== null) return { exchange, body: response.body }
    throw new Unproven(
      `${name} was answered ${api.said(exchange)} to ${caller}`,
      'the owner must be able to make the call: check the profile',
      answer,
    )
  }
  const first = await read()
  // Counts and the like of a tenant who has sent nothing: with a message they say something.
  const empty = object === null && !says(first.body) && api.has('message.send')
  if (empty) await ground.post.send()
  const rightful = empty ? await read() : first
  const { path, body } = rightful.exchange.request
  const asked = `${path} ${body ?? ''} ${JSON.stringify(input)}`
  const seen = privateTokens(rightful.body, mark, asked)
  const isMarked = seen.some((token) => mark.startsWith(token))
  const most = api.has<DeclaredOperation>(name, 'limit') ? { limit: 100 } : {}

  /** What its owner sees of it now: of a log, page by page back to what was there at the first look, where it can be read so. */
  const seenNow = async (): Promise<{ readonly pages: readonly string[]; readonly isAll: boolean }> => {
    const pages: string[] = []
    let cursor: unknown
    for (;;) {
      const { body, exchange } = await read(cursor === undefined ? most : { ...most, cursor })
      pages.push(body)
      // A few, such as who did what, are said again of what is new.
      const isAll = seen.filter((token) => body.includes(token)).length > seen.length / 2
      cursor = exchange.result?.['next']
      const isLast =
        typeof cursor !== 'string' || cursor === '' || !api.has<DeclaredOperation>(name, 'cursor')
      if (isAll || isLast || pages.length === mostPages) return { pages, isAll }
    }
  }

  // What is another with each request, such as an id of its own, is nobody's secret, and never comes again; of a log it may be further back.
  const comeAgain = async (): Promise<string[]> => {
    const { body } = await read()
    const found = seen.filter((token) => body.includes(token))
    if (found.length > 0 || itemsOf(rightful.exchange).length === 0) return found
    const { pages } = await seenNow()
    return seen.filter((token) => pages.some((page) => page.includes(token)))
  }
  const tokens = isMarked || seen.length === 0 ? seen : await comeAgain()

  /** Where nothing of it looks like nobody else's: what tells it from another of its owner's. */
  const distinct = async (): Promise<ReadonlyMap<string, string>> => {
    if (neighbour === null || operation.object === null || tokens.length > 0) return new Map()
    const other = made === null ? second : await make(ground, kind, freshMark())
    if (other === null) return new Map()
    const exchange = await api.call(name, inputFor(other), caller)
    if (exchange.answer !== 'accepted' || exchange.response === null) return new Map()
    const values = distinctValues(rightful.body, [exchange.response.body], asked)
    return heldIn((await read()).body, values)
  }
  const byValues = await distinct()

  /** Of what the neighbour was answered, what is no secret, since he sees it at home. */
  const knownTo = async (neighbour: string, found: string[]): Promise<string[]> => {
    if (by?.onOwn === false && (await saysWhose(api, { operation: name, input }, neighbour))) {
      const home = await api.call(name, input, neighbour)
      return found.filter((token) => home.response?.body.includes(token))
    }
    const before = (await read(most)).exchange
    const others = await api.call(name, { ...input, ...most }, neighbour)
    const after = (await read(most)).exchange
    const page = { limit: most.limit ?? null, cursor: api.has<DeclaredOperation>(name, 'cursor') }
    const [own, callers, other] = [owner, caller, neighbour].map(
      (each) => api.profile.principals[each]?.tenant,
    )
    const readings = { before, others, after }
    if (![before, others].some(({ result }) => Array.isArray(result?.['items']))) {
      const texts = sharedTexts(readings, tokens)
      if (texts.length > 0)
        ground.verify.remark(
          `${name} shows both tenants ${texts.length} of the same values, first ${texts[0]}`,
        )
      return found.filter((each) => texts.includes(each))
    }
    const shared = sharedItems(readings, page, [own ?? callers, other])
    if (shared === null) return []
    ground.verify.remark(`of what ${name} shows, both tenants see ${shared.length} alike, first ${shared[0]}`)
    return found
  }

  /** Of what only the owner may see, what the answer holds. */
  const disclosed = async (exchange: Exchange): Promise<string[]> => {
    const { request, principal } = exchange
    let theirs = exchange
    let owners: Awaited<ReturnType<typeof seenNow>> | null = null
    for (let look = 1; ; look++) {
      const isIn = (token: string) => theirs.response?.body.includes(token) === true
      const found = tokens.filter(isIn)
      if (found.length > 0 || theirs.answer !== 'accepted' || tokens.length === 0) return found
      // Of what goes on, such as a log, the newest is shown, which was not there when its owner looked before.
      const { pages, isAll } = owners ?? (await seenNow())
      const later = pages.flatMap((page) => privateTokens(page, mark, asked)).filter(isIn)
      // Only what its owner sees afterwards is all that there was.
      if (later.length > 0 || (isAll && owners === null) || look === mostLooks) return later
      // Where it goes on faster than two can look one after the other, both look at once: what is read may be read again.
      const again = api.send(request, { operation: name, principal, input })
      const [next, own] = await Promise.all([again, seenNow()])
      theirs = next
      owners = own
    }
  }

  return {
    operation: name,
    input,
    isAnswer: () => true,
    own: tokens.length > 0 || byValues.size > 0,
    async trace(exchange) {
      const body = exchange.response?.body ?? ''
      const found = await disclosed(exchange)
      const known =
        neighbour === null || isMarked || operation.object !== null || found.length === 0
          ? []
          : await knownTo(neighbour, found)
      const token = found.find((each) => !known.includes(each))
      if (token !== undefined) return `the answer holds ${token}, which is for its owner alone`
      // What its owner sees change meanwhile, a count of readers, say, is another for a stranger as well.
      const isPartly = heldIn(body, byValues).size > 0
      const values = isPartly ? heldIn((await read()).body, byValues) : byValues
      if (byValues.size > 0)
        return isAbout(body, values)
          ? `the answer holds what of the ${kind}s of its owner this one alone holds (${[...values.keys()].join(', ')})`
          : null
      const denied = by?.onOwn === true && !by.mayOnOwn
      if ((tokens.length > 0 && !denied) || exchange.answer !== 'accepted') return null
      if (sameShape(body, rightful.body)) return 'the answer has the same fields as the owner’s'
      const isPage = readJson(body) === undefined && readJson(rightful.body) !== undefined
      if (denied || says(rightful.body) || isPage) return null
      if (readJson(body) === undefined && body.trim() !== '' && body === rightful.body)
        return 'the answer is the owner’s'
      throw new Unproven(
        `${name} was accepted, and what it answers to ${caller} says nothing by which to tell whether it was disclosed`,
        `have ${caller} keep some of what it shows`,
      )
    },
  }
}

/**
 * Whether a call says whose it is, by what the profile puts into it: then it is another where it is the principal's own instead
 * of its holder's.
 */
export async function saysWhose(
  api: Api,
  { operation, input }: Pick<Trial, 'operation' | 'input'>,
  principal: string,
  holder = holderOf(api, operation),
): Promise<boolean> {
  // Sessions may say it; a signature is another each time.
  const as = api.profile.principals[principal]?.session === undefined ? null : principal
  const asked = async (refersTo: string | undefined) => {
    const requests = await api.outline(operation, input, as, { refersTo })
    return requests.map(textOf).join('\n')
  }
  return (await asked(holder)) !== (await asked(principal))
}

function textOf(request: HttpRequest): string {
  const type = request.headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  const { body } = request
  const text = JSON.stringify({
    ...request,
    body: typeof body === 'string' ? body : String(Buffer.from(body ?? [])),
  })
  // Of a form of several parts it is another each time (RFC 7578 §4.1).
  const [, boundary] = /boundary=(.+)/.exec(type) ?? []
  return boundary === undefined ? text : text.replaceAll(boundary, '')
}
