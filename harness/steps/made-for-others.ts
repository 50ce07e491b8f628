import type { As } from '../api/api.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { withMembers, withParameters } from '../probes/added-members.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { type Attempt, attemptable, attemptsBy, prepareAttempt } from './attempts.ts'
import { namesOf, sayingWhose } from './names-of-owners.ts'
import { nonsenseWord, refusedByName } from './refused-words.ts'
import { type Ground, owner } from './sample-input.ts'
import type { Stranger } from './trials.ts'

/** Calls that make something to be looked at; none that send mail, which is looked at where it arrives. */
export function makings({ api }: Pick<Ground, 'api'>): { name: string; operation: DeclaredOperation }[] {
  return attemptable(api, 'create')
    .filter((name) => api.profile.operations[name]?.sends !== true)
    .map((operation) => ({ name: operation, operation }))
}

type Names = Readonly<Record<string, string>>

/** Where a request may say whose it is. */
export interface Place {
  readonly name: string
  /** Where a refusal may name words that are not known. */
  readonly within?: 'body' | 'query'
  /** Header fields, where it is those: whoever does not know one minds none. */
  readonly fields?: readonly string[]
  /** `null` where the request has no such place. */
  put(request: HttpRequest, names: Names, fields?: readonly string[]): HttpRequest | null
}

/** By which gateways and APIs name a tenant. */
export const fieldsOfTenants = [
  'X-Tenant-Id',
  'X-Tenant',
  'X-Account-Id',
  'X-Organization-Id',
  'X-Org-Id',
  'X-Workspace-Id',
]

/** With these header fields, each of which holds the first of the names. */
export function placesOfNames(fields: readonly string[]): readonly Place[] {
  return [
    { name: 'the body', within: 'body', put: withMembers },
    {
      name: 'the query',
      within: 'query',
      put: (request, names) => withParameters(request, Object.entries(names)),
    },
    {
      name: 'the header',
      fields,
      put(request, names, some = fields) {
        const [whose = ''] = Object.values(names)
        return {
          ...request,
          headers: [...request.headers, ...some.map((field) => [field, whose] as const)],
        }
      },
    },
  ]
}

/**
 * A verdict: who makes something makes it for nobody else, whether the profile puts it into the call whose it is, or somebody
 * writes it there. That a stranger makes such things for himself, and the owner does not see them, is a guard. Not applicable
 * where he may not.
 */
export async function madeForNobodyElse(
  stranger: Stranger,
  operation: DeclaredOperation,
  ground: Ground,
): Promise<void> {
  const { api, verify } = ground
  const { principal } = stranger
  const expected = `nothing that ${principal} has made in the tenant of ${owner}`
  const [ofHolder, ofOwn = ofHolder] = await attemptsBy(stranger, operation, ground)
  if (ofHolder === undefined || ofOwn === undefined) return
  const atHome = await api.call(operation, ofOwn.input, principal)
  verify.applies(atHome.answer !== 'refused', `${principal} may make none for itself either`)
  verify.accepted(atHome)
  verify.held(
    (await ofOwn.trace(atHome)) === null,
    `what ${principal} makes for itself is shown to ${owner}`,
    'nothing tells then for whom it was made: see access/bola-read',
  )

  const names = sayingWhose(await namesOf(api, owner))
  const byProfile = {
    name: 'where it names its holder',
    judge: async () => ofHolder.notCarriedOut(await ofHolder.tryAs(principal), expected),
  }
  const written = placesOfNames(fieldsOfTenants).map(({ name, ...place }) => ({
    name: `with its holder in ${name}`,
    judge: () => refusedIn({ operation, as: principal, principal, ...place, names, expected }, ground),
  }))
  const ways = [
    ...(ofOwn === ofHolder ? [] : [byProfile]),
    ...(Object.keys(names).length === 0 ? [] : written),
  ]
  verify.applies(ways.length > 0, `nothing says what the tenant of ${owner} is called at the target`)
  await verify.each(ways, ({ judge }) => judge())
}

/** A call that says whose it is, by somebody who is not. */
export interface Claiming extends Pick<Place, 'put' | 'within' | 'fields'> {
  readonly operation: DeclaredOperation
  readonly as: As
  /** What reports call them. */
  readonly principal: string
  readonly names: Names
  readonly expected: string
}

/**
 * A verdict: the call does nothing to what is the owner's, and shows nothing of it. All words for it at once, and each by itself where
 * the call is refused, but for those that the refusal names as not known: one that is known and refused hides what becomes of the
 * others.
 */
export async function refusedIn(
  { operation, as, principal, put, within, fields, names, expected }: Claiming,
  ground: Ground,
): Promise<void> {
  const { api, verify } = ground
  const tryWith = async (
    said: Names,
    some?: readonly string[],
  ): Promise<{ attempt: Attempt; exchange: Exchange } | null> => {
    const attempt = await prepareAttempt(operation, ground)
    const { input } = attempt
    const request = put(await api.prepare(operation, input, as), said, some)
    if (request === null) return null
    if (api.profile.operations[operation]?.sends === true) await ground.reach?.take('mail', 1)
    return { attempt, exchange: await api.send(request, { operation, principal, input }) }
  }
  const judged = async (said: Names, some?: readonly string[]) => {
    const one = await tryWith(said, some)
    if (one !== null && one.exchange.answer !== 'invalid')
      await one.attempt.notCarriedOut(one.exchange, expected, { permission: 'own' })
    return one?.exchange.answer
  }
  const said = { words: Object.keys(names), nonsense: nonsenseWord(), values: Object.values(names) }
  // Who is let in by words that he knows minds no other, and who minds one is not let in by all of them.
  const all = await tryWith(
    within === undefined ? names : { ...names, [said.nonsense]: said.values[0] ?? '' },
  )
  verify.applies(all !== null, 'its body has no members')
  if (all === null) return
  const isRefused = all.exchange.answer !== 'accepted'
  if (within !== undefined && isRefused) {
    const unknown = await refusedByName(ground, all.exchange, { place: within, ...said })
    for (const [word, whose] of Object.entries(names).filter(([word]) => !unknown.has(word)))
      await judged({ [word]: whose })
  }
  if (fields !== undefined && isRefused) {
    const alone = await Promise.all(
      fields.map(async (field) => ((await judged(names, [field])) === 'accepted' ? [field] : [])),
    )
    const open = alone.flat()
    if (open.length > 1 && open.length < fields.length) await judged(names, open)
  }
  await all.attempt.notCarriedOut(all.exchange, expected, { permission: 'own' })
}
