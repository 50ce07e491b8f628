import { isDeepStrictEqual } from 'node:util'
import type { Api } from '../api/api.ts'
import { isObject } from '../json.ts'
import type { Exchange } from '../model.ts'
import type { Verb } from '../profile/operations/resource.ts'
import { type DeclaredOperation, operations, resources } from '../profile/operations.ts'
import type { Operation } from '../profile/shape.ts'
import { HeldBack, NotApplicable, NothingThere, Unproven } from '../verdicts.ts'
import {
  bears,
  canSay,
  freshMark,
  type Ground,
  goesHome,
  type Input,
  owner,
  sampleOf,
  searchFor,
} from './sample-input.ts'
import { asText, idOf, itemsOf } from './shared-items.ts'

/** The operation by which one of a kind is made, whether or not it is known with what; `null` where none is declared. */
function makerOf(api: Api, kind: string): Operation | null {
  const ours = Object.entries(resources[kind]?.verbs ?? {}).find(([, { effect }]) => effect === 'create')
  const all = Object.values(api.profile.operations)
  const usual = all.find(({ name }) => name === `${kind}.${ours?.[0] ?? 'create'}`)
  if (usual !== undefined || kind in resources) return usual ?? null
  return all.find((each) => each.kind === kind && each.effect === 'create' && each.object === null) ?? null
}

/**
 * Who makes a call for a check: whom the profile names for it, unless that is nobody or somebody of another tenant; else the
 * owner.
 */
export function callerOf({ profile }: Pick<Api, 'profile'>, { caller }: Operation): string {
  const [said, ours] = [caller ?? '', owner].map((name) => profile.principals[name])
  const isOurs = said?.tenant === undefined || ours?.tenant === undefined || said.tenant === ours.tenant
  return caller !== null && said?.none !== true && isOurs ? caller : owner
}

/** The same for what makes or changes one of a kind: messages are made by who may send. */
export function whoMakes(api: Api, operation: Operation): string | undefined {
  const sent = operation.caller === null && makerOf(api, operation.kind)?.sends === true
  return sent ? undefined : callerOf(api, operation)
}

/** Whose call it is by right, made on what was made to try it on; `undefined` where it is nobody's. */
export function holderOf(api: Api, name: DeclaredOperation): string | undefined {
  const operation = api.profile.operations[name]
  if (operation === undefined) return undefined
  if (operation.effect === 'read') return callerOf(api, operation)
  return whoMakes(api, operation) ?? operation.as ?? undefined
}

/** One of the kind can be made to try things on, where `onto` is given such a one. */
export function canMake(api: Api, kind: string, onto: NonNullable<Verb['onto']> = {}): boolean {
  const maker = makerOf(api, kind)
  if (maker === null || !api.has(maker.name) || !canSay(maker) || !goesHome(maker)) return false
  return Object.keys(onto).every((input) => api.has<DeclaredOperation>(maker.name, input))
}

/** The owner sees one of the kind afterwards. */
export function canLookBack(api: Api, kind: string): boolean {
  return getOf(api, kind) !== null || listOf(api, kind) !== null
}

/** Those of a kind can be found without an id. */
export function canList(api: Api, kind: string): boolean {
  return listOf(api, kind) !== null
}

/** The owner sees all of a kind that there are: by id, or by a list that can be read to its end. */
export function seesAll(api: Api, kind: string): boolean {
  const list = listOf(api, kind)
  return getOf(api, kind) !== null || (list !== null && api.has<DeclaredOperation>(list.name, 'cursor'))
}

/** Their list gives ids. */
export function listsIds(api: Api, kind: string): boolean {
  return listOf(api, kind)?.result['items'] !== undefined
}

function getOf(api: Api, kind: string): Operation | null {
  const get = declared(api, `${kind}.get`)
  return get !== null && get.object !== null && canSay(get) ? get : null
}

function listOf(api: Api, kind: string): Operation | null {
  const list = declared(api, `${kind}.list`)
  return list !== null && list.object === null && canSay(list) ? list : null
}

function declared(api: Api, name: string): Operation | null {
  const operation = api.profile.operations[name]
  return operation !== undefined && api.has(operation.name) ? operation : null
}

type Tools = Pick<Ground, 'api' | 'mailbox' | 'runReach' | 'keyScopes'>

/** What a read is called with, beside what it looks for. */
const askedWith = (ground: Tools, operation: Operation) => sampleOf(ground, operation, freshMark()).input

/** An object of the owner's. */
export interface Owned {
  readonly id: string | null
  /** `null` where nothing of it bears one. */
  readonly mark: string | null
  /** The input by which the operation names it; throws Unproven where nobody said it. */
  reference(operation: Operation): Input
}

/** A run that only reads makes nothing, and changes nothing. */
export function heldToReading(what: string): HeldBack {
  return new HeldBack(`${what} is intrusive, and the run is held to safe: allow it with --reach intrusive`)
}

/** Who makes one of a kind for a check, and by which operation; `null` where none is declared. */
export function makingOf(
  api: Api,
  kind: string,
): { readonly operation: DeclaredOperation; readonly by: string | null } | null {
  const maker = makerOf(api, kind)
  return maker === null ? null : { operation: maker.name, by: whoMakes(api, maker) ?? maker.as }
}

/**
 * Makes one, as the owner or that principal, with `mark` in it; throws Unproven where that is refused, and HeldBack where nothing
 * is to be made.
 */
export async function make(
  ground: Tools,
  kind: string,
  mark: string,
  onto?: Verb['onto'],
  as?: string,
): Promise<Owned> {
  const { api } = ground
  const maker = makerOf(api, kind)
  if (maker === null) throw new TypeError(`expected an operation that makes a ${kind}; the profile has none`)
  if (ground.runReach === 'safe') throw heldToReading(`${maker.name}, to try things on,`)
  const { input } = sampleOf(ground, maker, mark, onto)
  const exchange = await api.call(maker.name, input, as ?? whoMakes(api, maker))
  if (exchange.answer !== 'accepted')
    throw new Unproven(
      `making one by ${maker.name} to try things on was answered ${api.said(exchange)}`,
      `see that ${exchange.principal} may make one, and ${maker.name} of the profile with its example`,
      exchange.answer,
    )
  const marked = bears(JSON.stringify(input), mark)
  return owned({ ...input, ...exchange.result }, marked ? mark : null, maker.name)
}

/**
 * One that is there already, and none of those that `neighbour` sees in a list of his own, and a second to compare it with; throws
 * Unproven where the list shows no such.
 */
export async function listed(
  ground: Tools,
  kind: string,
  neighbour: string | null,
): Promise<readonly [Owned, Owned?]> {
  const { api } = ground
  const list = listOf(api, kind)
  if (list === null) throw new TypeError(`expected ${kind}.list; the profile has none`)
  const caller = callerOf(api, list)
  const shownTo = (as: string) => api.call(list.name, askedWith(ground, list), as)
  const { items } = await looked(api, shownTo(caller))
  // An address may be somebody's, and none is sent to the target that the run did not make.
  const usable = items.filter((item) => !idOf(item)?.includes('@'))
  const shared = neighbour === null || usable.length === 0 ? [] : itemsOf(await shownTo(neighbour))
  const his = shared.map(idOf)
  const [first, second] = usable.filter((item) => !his.includes(idOf(item)))
  if (first === undefined && items.length === 0 && ground.runReach === 'safe' && canMake(api, kind))
    throw heldToReading(`making one where ${list.name} shows none`)
  // Each tenant counts its own: what bears the same number is another.
  const isCounted = usable.some((item) => !shared.some((other) => isDeepStrictEqual(item, other)))
  if (first === undefined && isCounted && ground.runReach === 'safe' && canMake(api, kind))
    throw heldToReading(
      `making one where ${list.name} shows the owner and ${String(neighbour)} different ones by the same ids`,
    )
  if (first === undefined)
    throw new (items.length === 0 ? NothingThere : Unproven)(
      items.length === 0
        ? `${list.name} shows the owner none to try things on`
        : usable.length === 0
          ? `${list.name} names what it shows by addresses, which are not tried`
          : `${list.name} shows the owner nothing that it does not show to ${neighbour}`,
      `have ${caller} keep one, or declare ${kind}.create with an example${his.length === 0 ? '' : `; where all tenants share them, say so: shared: [${kind}]`}`,
    )
  const known = (item: unknown) => owned({ ...(isObject(item) ? item : {}), id: idOf(item) }, null, list.name)
  return second === undefined ? [known(first)] : [known(first), known(second)]
}

function owned(said: Input, mark: string | null, by: DeclaredOperation): Owned {
  return {
    id: asText(said['id']),
    mark,
    reference({ name, object }) {
      if (object === null) return {}
      const value = asText(said[object])
      if (value === null)
        throw new Unproven(`${by} gave no ${object} for ${name}`, `see result of ${by} in the profile`)
      return { [object]: value }
    },
  }
}

/** What somebody sees of an object now. */
export interface Sight {
  readonly body: string
  /** It is there at all. */
  readonly there: boolean
  /** The body is of the object alone; a list changes with every other object in it. */
  readonly single: boolean
}

/**
 * A guard: how to look for something so that whoever sees it is told from `one`, who does not, while `other` does: by its id, else in the
 * list. Not applicable where `one` sees it anyway.
 */
export async function toldApart(
  kind: string,
  { id, mark }: Pick<Owned, 'id' | 'mark'>,
  { one, other }: { readonly one: Tools; readonly other: Tools },
): Promise<Pick<Owned, 'id' | 'mark'>> {
  for (const made of [
    { id, mark },
    { id: null, mark },
  ]) {
    const [ones, others] = [await lookBack(one, kind, made), await lookBack(other, kind, made)]
    if (others.there && !ones.there) return made
  }
  throw new NotApplicable(
    `the ${kind}s of others are seen anyway: a key tells nothing of whose it is by them`,
  )
}

/** Looks for it by its id, else in the list; without either it is not to be seen. As the owner where `as` is left out. */
export async function lookBack(
  ground: Tools,
  kind: string,
  { id, mark }: Pick<Owned, 'id' | 'mark'>,
  as?: string,
): Promise<Sight> {
  const { api } = ground
  const shows = (text: string) => mark !== null && bears(text, mark)
  const get = getOf(api, kind)
  if (id !== null && get !== null && get.object !== null) {
    const { body, found } = await looked(
      api,
      api.call(get.name, { ...askedWith(ground, get), [get.object]: id }, as ?? callerOf(api, get)),
    )
    return { body, there: found && (mark === null || shows(body)), single: true }
  }
  const list = listOf(api, kind)
  if (list === null) return { body: '', there: false, single: false }
  const carries = (input: string) => api.has<DeclaredOperation>(list.name, input)
  const question = {
    ...askedWith(ground, list),
    ...(mark !== null && searches(api, list) ? { search: searchFor(mark) } : {}),
    ...(carries('limit') ? { limit: 100 } : {}),
  }
  let cursor: unknown
  for (let page = 1; ; page++) {
    const { body, items, next } = await looked(
      api,
      api.call(
        list.name,
        { ...question, ...(cursor === undefined ? {} : { cursor }) },
        as ?? callerOf(api, list),
      ),
    )
    const item = items.find((each) => (mark === null ? idOf(each) === id : shows(JSON.stringify(each))))
    if (item !== undefined) return { body: JSON.stringify(item), there: true, single: true }
    const there = shows(body)
    if (there || page === 20 || typeof next !== 'string' || next === '' || !carries('cursor'))
      return { body, there, single: false }
    cursor = next
  }
}

/** A list of ours: of others it is not known whether they search the field that bears the mark. */
export function searches(api: Api, list: Operation): boolean {
  return list.name in operations && api.has<DeclaredOperation>(list.name, 'search')
}

interface Looked {
  readonly body: string
  readonly found: boolean
  readonly items: readonly unknown[]
  readonly next: unknown
}

/** An answer that shows the object or says that there is none: anything else shows nothing. */
async function looked(api: Api, call: Promise<Exchange>): Promise<Looked> {
  const exchange = await call
  const { operation, answer, response, result } = exchange
  if (response === null || ['limited', 'broken', 'refused'].includes(answer))
    throw new Unproven(
      `looking back by ${operation} was answered ${api.said(exchange)}`,
      'the owner must be able to see the object: see whether the target is up, its limits and the profile',
      answer,
    )
  return {
    body: response.body,
    found: answer === 'accepted',
    items: itemsOf({ result }),
    next: result?.['next'],
  }
}
