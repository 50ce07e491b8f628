import type { Api } from './api.ts'
import { closedOrReset } from './client.ts'
import { callersOf, createFinder, type Find, knows } from './finding.ts'
import type { Entry, Undo } from './journal.ts'

/** An entry that could not be taken back, with the call that should have; with `never` it is given up. */
export interface Leftover {
  readonly entry: Entry
  readonly reason: string
  readonly never: boolean
}

export interface CleanUp {
  /** Objects that were there and are no more. */
  readonly taken: number
  readonly left: readonly Leftover[]
}

/** What came of one entry. */
interface Outcome {
  readonly taken: number
  /** `null` where nothing of it is left. */
  readonly reason: string | null
  readonly never?: boolean
  /** The call that takes it back, where it was seen what that is. */
  readonly undo?: Undo
  /** Nobody who asked got an answer. */
  readonly lost: boolean
  /** No request could hold what it was to say. */
  readonly unsaid?: boolean
}

/** Entries that are worked on at once; as many in a row without an answer, and the target is lost. */
const atOnce = 16

/**
 * Takes back what runs made, newest first; what is gone already counts as done. `done` is told of each entry that
 * needs no more. Ends soon where the target is lost, and at once when `stop` says so.
 */
export async function cleanUp(
  api: Api,
  entries: readonly Entry[],
  { done = () => {}, stop }: { readonly done?: (entry: Entry) => void; readonly stop?: AbortSignal } = {},
): Promise<CleanUp> {
  const find = createFinder(api)
  const queue = [...entries]
  const left: Leftover[] = []
  let taken = 0
  let lost = 0
  let loss: string | null = null
  const stopped = new Promise<null>((resolve) =>
    stop?.addEventListener('abort', () => resolve(null), { once: true }),
  )
  const handle = async (entry: Entry): Promise<Omit<Outcome, 'taken'>> => {
    if (lost >= atOnce) return { reason: `the target had stopped answering: ${loss}`, lost: true }
    const outcome = stop?.aborted === true ? null : await Promise.race([takeBack(api, find, entry), stopped])
    if (outcome === null) return { reason: 'there was no time', lost: false }
    taken += outcome.taken
    lost = outcome.lost ? lost + 1 : 0
    loss = outcome.reason
    return outcome
  }
  const work = async () => {
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      const { reason, never = false, undo = entry.undo } = await handle(entry)
      if (reason !== null) left.push({ entry: { ...entry, undo }, reason, never })
      if (reason === null || never) done(entry)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { taken, left }
}

/** One that cannot be made sense of keeps no other from being taken back. */
async function takeBack(api: Api, find: Find, entry: Entry): Promise<Outcome> {
  try {
    return await takenBack(api, find, entry)
  } catch (error) {
    return { taken: 0, reason: error instanceof Error ? error.message : String(error), lost: false }
  }
}

async function takenBack(api: Api, find: Find, entry: Entry): Promise<Outcome> {
  const { undo, principal } = entry
  const found = undo === null ? await find(entry) : { undos: [undo], by: principal }
  if ('reason' in found) return { taken: 0, ...found, lost: false }
  const outcome = await takenBackBy(api, entry, found)
  const refused = outcome.reason !== null && outcome.unsaid !== true
  if (undo === null || outcome.taken > 0 || refused || entry.marks.length === 0) return outcome
  // It is not there, or the answer that named it was garbled: by its mark it is seen.
  const seen = await find(entry)
  if (!('undos' in seen) || seen.by === null) return outcome
  const again = await takenBackBy(api, { ...entry, undo: null }, seen)
  if (again.reason !== null || again.taken > 0) return again
  // Lists are read once, and others take back as well: what is still shown now has another id than is shown.
  const still = await createFinder(api)(entry)
  if (!('undos' in still) || still.by === null) return again
  return { ...again, reason: `${still.by} sees it in a list, by an id by which it is not there` }
}

async function takenBackBy(
  api: Api,
  { undo, principal, answered }: Entry,
  { undos, by }: { readonly undos: readonly Undo[]; readonly by: string | null },
): Promise<Outcome> {
  const outcomes = await Promise.all(undos.map((each) => undone(api, each, by ?? principal)))
  const taken = outcomes.reduce((sum, outcome) => sum + outcome.taken, 0)
  const late = taken === 0 && !answered ? 'its call was still on its way' : null
  const [first] = undo !== null || by === null ? [] : undos
  return {
    taken,
    ...(first === undefined ? {} : { undo: first }),
    reason: outcomes.find(({ reason }) => reason !== null)?.reason ?? late,
    lost: outcomes.length > 0 && outcomes.every(({ lost }) => lost),
    unsaid: outcomes.some(({ unsaid }) => unsaid === true),
  }
}

/** As each who may, until one is let. */
async function undone(api: Api, { operation, input }: Undo, maker: string | null): Promise<Outcome> {
  const { profile } = api
  const declared = profile.operations[operation]?.name
  if (declared === undefined)
    return { taken: 0, reason: `the profile no longer declares ${operation}`, lost: false }
  let reason = ''
  let gone = false
  let lost = true
  let asked = false
  for (const by of callersOf(profile, operation, maker)) {
    try {
      const first = await api.call(declared, input, by)
      // It may be done, and its answer lost: what is gone already is told by the next.
      const exchange = closedOrReset.has(first.failure) ? await api.call(declared, input, by) : first
      asked = true
      const { answer, response } = exchange
      if (answer === 'accepted') return { taken: 1, reason: null, lost: false }
      lost &&= response === null
      gone ||= answer === 'missing' && knows(profile, by, maker)
      reason = `${operation} was answered ${api.said(exchange)}`
    } catch (error) {
      // A sign-in that is refused, say.
      reason = error instanceof Error ? error.message : String(error)
    }
  }
  return { taken: 0, reason: gone ? null : reason, lost, unsaid: !asked }
}
