import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import { readJson } from '../json.ts'
import type { Exchange } from '../model.ts'
import { changed } from '../probes/disclosure.ts'
import { type DeclaredOperation, resources } from '../profile/operations.ts'
import type { Operation, SharedObject } from '../profile/shape.ts'
import { HeldBack, Unproven } from '../verdicts.ts'
import { controlOf, letIn } from './attempts.ts'
import { isDenial } from './denials.ts'
import { bears, canSay, freshMark, goesHome, type Input, owner, sampleOf } from './sample-input.ts'
import { asText } from './shared-items.ts'
import { canMake, lookBack, type Sight } from './throw-away.ts'

type SharedKit = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'runReach' | 'verify'>

const neighbour = 'neighbour'

/** Who is of another tenant, and reads what came of it: a copy of the caller's own is nobody else's. */
const readerBeside = (caller: string) => (caller === neighbour ? owner : neighbour)

/** One of the provider's, as two tenants read it. */
interface Shared extends SharedObject {
  /** By our words, as far as its read shows them. */
  readonly fields: Input
  /** As it was when the check began. */
  readonly first: Sight
}

/** What is tried on objects that all tenants share by the profile. A guard: both tenants read each of them. */
export async function changesOfShared(kit: SharedKit): Promise<Part[]> {
  const { profile, verify } = kit
  const single = profile.shared.filter((each) => typeof each !== 'string')
  verify.applies(single.length > 0, 'profile names no object that all tenants share: shared: [{kind, id}]')
  const tenants = [owner, neighbour].filter((each) => profile.principals[each]?.tenant !== undefined)
  verify.applies(tenants.length > 0, 'no principal of the profile says of which tenant it is')
  await Promise.all(tenants.map((each) => letIn(kit, each)))
  const parts = await Promise.all(
    single.map(async (each) => partsOf(kit, await readByAll(kit, each), tenants)),
  )
  verify.applies(parts.flat().length > 0, 'profile declares no call that changes what all tenants share')
  return parts.flat()
}

async function readByAll(kit: SharedKit, { kind, id }: SharedObject): Promise<Shared> {
  const { api, verify } = kit
  const [first, others] = await Promise.all([owner, neighbour].map((as) => seen(kit, { kind, id }, as)))
  verify.held(
    first?.there === true && others?.there === true,
    `the ${kind} ${id} is not read by both ${owner} and ${neighbour}`,
    'see shared in the profile, and who may read what all tenants share',
  )
  const get = api.profile.operations[`${kind}.get`]
  const shown = get?.object == null ? null : await api.call(get.name, { [get.object]: id }, owner)
  const item = readJson(first?.body ?? '')
  const fields = shown?.result ?? (typeof item === 'object' && item !== null ? { ...item } : {})
  return { kind, id, fields, first: first as Sight }
}

function seen(kit: SharedKit, { kind, id }: SharedObject, as: string): Promise<Sight> {
  return lookBack(kit, kind, { id, mark: null }, as)
}

function partsOf(kit: SharedKit, shared: Shared, tenants: readonly string[]): Part[] {
  const { api } = kit
  const calls = Object.values(api.profile.operations)
    .filter(({ kind, effect }) => kind === shared.kind && effect !== 'read')
    .filter((each) => api.has(each.name) && canSay(each) && goesHome(each) && canMake(api, shared.kind))
  return calls
    .filter(({ effect, object, steps }) => (effect === 'create' ? steps.length === 0 : object !== null))
    .filter((each) => each.effect !== 'create' || Object.keys(namesOf(kit, each, shared)).length > 0)
    .toSorted((a, b) => Number(isLasting(a, shared)) - Number(isLasting(b, shared)))
    .flatMap((operation) => {
      const least = leastOf(kit, operation)
      const callers = [...(least === null ? [] : [least]), ...tenants.toReversed()]
      const name = `${operation.name} on ${shared.kind} ${shared.id}`
      // Whoever has removed it leaves nothing to the next: one after the other, whoever may least first.
      if (isLasting(operation, shared))
        return [{ name, judge: () => lastingly(kit, operation, shared, callers) }]
      return callers.map((caller) => ({
        name: `${name}, by ${caller}`,
        judge: async () => {
          const by = await unchangedBy(kit, operation, shared, caller)
          if (by !== null) await putBack(kit, operation, shared, caller)
        },
      }))
    })
}

/** A call after which nobody can put it back by what its read shows. */
function isLasting({ effect, inputs }: Operation, { fields }: Shared): boolean {
  return effect === 'delete' || !Object.keys(fields).some((name) => name !== 'id' && inputs.has(name))
}

/** By which one that is made may be taken for it. */
function namesOf({ api }: SharedKit, { name, kind }: Operation, { id, fields }: Shared): Input {
  const named = resources[kind]?.named ?? 'id'
  return api.carried(name, { ...(fields['name'] === undefined ? {} : { name: fields['name'] }), [named]: id })
}

/** Somebody of the owner's tenant who by the tables may not make the call even on their own; `null` where there is none. */
function leastOf({ api: { profile } }: SharedKit, { name }: Operation): string | null {
  const ours = profile.principals[owner]?.tenant
  const denied = (allowed: '*' | readonly string[] | undefined) =>
    allowed !== undefined && allowed !== '*' && !allowed.includes(name)
  const people = Object.entries(profile.principals).filter(
    ([each, { tenant, role, scopes }]) =>
      each !== owner && tenant !== undefined && tenant === ours && (role ?? scopes) !== undefined,
  )
  const [person] =
    people.find(([, { role }]) => role !== undefined && denied(profile.roles[role])) ??
    people.find(
      ([, { scopes = [] }]) => scopes.length > 0 && scopes.every((each) => denied(profile.scopes[each])),
    ) ??
    []
  return person ?? null
}

/** A verdict, in turn: what cannot be put back is left as it is by each of them. */
async function lastingly(
  kit: SharedKit,
  operation: Operation,
  shared: Shared,
  callers: readonly string[],
): Promise<void> {
  const { runReach, verify } = kit
  if (runReach !== 'disruptive')
    throw new HeldBack(
      `what ${operation.name} does to a ${shared.kind} of all tenants cannot be put back: allow it with --reach disruptive`,
    )
  for (const caller of callers)
    if ((await unchangedBy(kit, operation, shared, caller)) !== null)
      return verify.remark(
        `the ${shared.kind} ${shared.id} cannot be put back by a tenant: have the provider do it`,
      )
}

/**
 * A verdict: whoever is of another tenant reads it as before. A guard: the call does to one of the owner's own what it is for. The
 * call where it was changed.
 */
async function unchangedBy(
  kit: SharedKit,
  operation: Operation,
  shared: Shared,
  caller: string,
): Promise<Exchange | null> {
  const { api, verify } = kit
  const { effect, object } = operation
  await controlOf(operation, kit)
  if (caller !== owner && caller !== neighbour) await letIn(kit, caller)
  const reader = readerBeside(caller)
  const before = await seen(kit, shared, reader)
  if (!before.there)
    throw new Unproven(
      `the ${shared.kind} ${shared.id} is gone from what ${reader} reads`,
      'have the provider put it back, and run the check again',
    )
  const mark = freshMark()
  const input = {
    ...sampleOf(kit, operation, mark).input,
    ...(effect === 'create' ? namesOf(kit, operation, shared) : { [object ?? 'id']: shared.id }),
  }
  const isAsBefore = async (of: Exchange) => {
    const after = await looked(kit, shared, reader)
    const became = !after.there
      ? 'does not find it any more'
      : bears(after.body, mark)
        ? 'reads the text of the call in it'
        : isOther(shared.first, before, after)
          ? 'reads it otherwise than before'
          : null
    return verify.that(became === null, {
      of,
      expected: `the ${shared.kind} ${shared.id} stays as the provider keeps it, whatever a tenant calls`,
      actual: `${api.said(of)}, and ${reader}, who is of another tenant, ${became}`,
    })
  }
  const exchange = await tried(kit, operation, input, caller)
  if (!(await isAsBefore(exchange))) return exchange
  if (effect === 'create' && exchange.answer === 'accepted')
    await withoutCopy(kit, operation, { input, mark, caller }, shared)
  await isDenial(kit, exchange, async () => {
    const again = await tried(kit, operation, input, caller)
    await isAsBefore(again)
    return again
  })
  return null
}

/** The journal takes back whatever is made, by what the answer names: that must not be what is everybody's. */
async function tried(
  { api }: SharedKit,
  { name, effect }: Operation,
  input: Input,
  caller: string,
): Promise<Exchange> {
  if (effect !== 'create') return api.call(name, input, caller)
  const exchange = await api.send(await api.prepare(name, input, caller), {
    operation: null,
    principal: caller,
  })
  return { ...exchange, operation: name }
}

/** What the caller has now under its name, and nobody else has. */
async function withoutCopy(
  kit: SharedKit,
  { name, kind, undo }: Operation,
  { input, mark, caller }: { readonly input: Input; readonly mark: string; readonly caller: string },
  { id }: Shared,
): Promise<void> {
  const { api, verify } = kit
  const { body, single } = await lookBack(kit, kind, { id: null, mark }, caller)
  const result = single ? readJson(body) : undefined
  const named = (await undo?.input.evaluate({ input, result })) as Input | undefined
  const isCopy =
    named !== undefined && Object.values(named).every((each) => asText(each) !== null && each !== id)
  if (undo == null || !isCopy)
    return verify.remark(`what ${name} made under the name of ${kind} ${id} stays with ${caller}`)
  await api.call(undo.operation as DeclaredOperation, named, caller)
}

const isOther = (first: Sight, before: Sight, after: Sight) =>
  before.single && after.single && changed(first.body, before.body, after.body)

const looks = 3

/** A replica may be late: what is gone is gone at each of several looks. */
async function looked(kit: SharedKit, shared: Shared, reader: string): Promise<Sight> {
  let sight = await seen(kit, shared, reader)
  for (let look = 1; look < looks && !sight.there; look++) sight = await seen(kit, shared, reader)
  return sight
}

/** C7: who has changed it writes what stood there, and whoever is of another tenant reads it so; else it is told. */
async function putBack(kit: SharedKit, operation: Operation, shared: Shared, caller: string): Promise<void> {
  const { api, verify } = kit
  const { kind, id, fields, first } = shared
  const update = api.profile.operations[`${kind}.update`]
  for (const each of new Set([update ?? operation, operation])) {
    const object = each.object === null ? {} : { [each.object]: id }
    await tried(kit, each, { ...api.carried(each.name, fields), ...object }, caller)
    const now = await seen(kit, shared, readerBeside(caller))
    if (now.there && !isOther(first, first, now)) return
  }
  verify.remark(`the ${kind} ${id} could not be put back by ${caller}: have the provider do it`)
}
