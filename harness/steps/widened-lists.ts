import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { withMembers, withParameters } from '../probes/added-members.ts'
import { privateTokens, says } from '../probes/disclosure.ts'
import { type Widening, widenings } from '../probes/widenings.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { HeldBack, NotApplicable, Unproven } from '../verdicts.ts'
import { attemptable, inputAlone } from './attempts.ts'
import { type Names, namesOf, wordsForTenants, wordsForUsers } from './names-of-owners.ts'
import { nonsenseWord, refusedByName } from './refused-words.ts'
import { freshMark, type Ground, type Input } from './sample-input.ts'
import { callerOf, canMake, make } from './throw-away.ts'

/** Reads that show what somebody has, without an id. */
export function listsToWiden(
  ground: Pick<Ground, 'api' | 'mailbox'>,
): { name: string; operation: DeclaredOperation }[] {
  return attemptable(ground.api, 'read')
    .filter((name) => inputAlone(ground, name) !== null)
    .map((name) => ({ name, operation: name }))
}

/**
 * A verdict: no parameter has the read show the stranger what is its owner's alone, and what it does not show him without. Where the
 * run may make something, there is something to see.
 */
export async function shownNoWider(
  stranger: string,
  operation: DeclaredOperation,
  kit: Ground & Pick<Kit, 'runReach'>,
): Promise<void> {
  const { api, verify } = kit
  const { kind = '' } = api.profile.operations[operation] ?? {}
  verify.applies(!api.profile.shared.includes(kind), `all tenants share every ${kind}, as the profile says`)
  const holder = holderOf(api, operation)
  const list = { input: inputOf(kit, operation), of: operation }
  const mark = kit.runReach !== 'safe' && canMake(api, kind) ? freshMark() : null
  if (mark !== null) await make(kit, kind, mark)
  const own = verify.accepted(await api.call(operation, list.input, stranger))
  const asked = { theirs: await namesOf(api, holder), own: await namesOf(api, stranger) }
  /** What the holder is shown now, and the stranger was not. */
  const seen = async () => {
    const tokens = await tokensOf(holder, list, { mark, names: asked.theirs }, kit)
    return tokens.filter((token) => !shows(own, token))
  }
  const theirs = await seen()
  verify.applies(theirs.length > 0, `${operation} shows ${stranger} whatever it shows ${holder}`)

  const disclosedBy = async (exchange: Exchange): Promise<readonly string[]> => {
    const found = theirs.filter((token) => shows(exchange, token))
    if (found.length > 0 || mark !== null || exchange.answer !== 'accepted') return found
    // A log goes on: of what is shown by now, nothing may have been there before.
    const { request, principal } = exchange
    const later = await seen()
    const again = await api.send(request, { operation, principal, input: list.input })
    return later.filter((token) => shows(again, token))
  }
  const words = { tenants: wordsForTenants, users: wordsForUsers }
  const wide = widenings(asked, words)
  const probed = await askedForAll(wide, stranger, list, kit)
  const unknown = probed === null ? new Set<string>() : probed.refused
  await verify.each(wide, async ({ parameters, apart = parameters.map((one) => [one]) }) => {
    const ask = (some: Widening['parameters']) => asksFor(some, stranger, list, kit)
    const isUnknown = (some: Widening['parameters']) => some.every(([name]) => unknown.has(name))
    const all = probed !== null && isUnknown(parameters) ? probed.exchange : await ask(parameters)
    const left = apart.filter((some) => !isUnknown(some))
    const isWhole = all.answer === 'accepted' || left.length === 0
    const answers = isWhole ? [all] : await Promise.all(left.map(ask))
    for (const exchange of answers) {
      verify.answered(exchange, 'the effect decides')
      const found = await disclosedBy(exchange)
      const secret = found.length === 0 ? null : await unseen(stranger, found, list, kit)
      verify.that(secret === null, {
        of: exchange,
        expected: `what ${stranger} is shown without the parameter, or less`,
        actual: `the answer holds ${secret}, which is for ${holder} alone`,
      })
    }
  })
}

/**
 * All words at once, and one that nobody knows: who refuses those that he does not know, and names them, need not be asked for each.
 * Of what a word may say, the first one says the first, and others the last, lest a layer in front looks at that. `null` where none is
 * named.
 */
async function askedForAll(
  wide: readonly Widening[],
  stranger: string,
  list: List,
  kit: Ground,
): Promise<{ readonly exchange: Exchange; readonly refused: ReadonlySet<string> } | null> {
  const all = wide.flatMap(({ parameters }) => parameters)
  const last = new Map([...all, ...all.slice(0, 1)])
  const nonsense = nonsenseWord()
  const exchange = await asksFor([...last, [nonsense, 'true']], stranger, list, kit)
  const said = { words: [...last.keys()], nonsense, values: [...last.values()] }
  const refused = await refusedByName(kit, exchange, { place: 'query', ...said })
  return refused.size === 0 ? null : { exchange, refused }
}

interface List {
  readonly of: DeclaredOperation
  readonly input: Input
}

/** By the profile: of the owner's tenant. */
function holderOf(api: Ground['api'], name: DeclaredOperation): string {
  const operation = api.profile.operations[name]
  if (operation === undefined) throw new NotApplicable(`profile declares no ${name}`)
  return callerOf(api, operation)
}

function inputOf(ground: Ground, name: DeclaredOperation): Input {
  const { api } = ground
  return { ...inputAlone(ground, name), ...(api.has<DeclaredOperation>(name, 'limit') ? { limit: 100 } : {}) }
}

const shows = ({ response }: Exchange, token: string) => response?.body.includes(token) === true

/** What the read shows its holder that is nobody else's by its looks. */
async function tokensOf(
  holder: string,
  { of, input }: List,
  { mark, names }: { readonly mark: string | null; readonly names: Names },
  { api, runReach, verify }: Ground & Pick<Kit, 'runReach'>,
): Promise<string[]> {
  const { request, response } = verify.accepted(await api.call(of, input, holder))
  const body = response?.body ?? ''
  const sent = [request.path, request.body, names.tenant, names.user].join(' ')
  const tokens = privateTokens(body, mark ?? freshMark(), sent)
  if (tokens.length === 0 && !says(body)) throw nothingToSee(of, holder, { api, runReach })
  const alike = `what ${of} shows may look the same for another tenant`
  if (tokens.length === 0 && runReach === 'safe' && canMake(api, api.profile.operations[of]?.kind ?? ''))
    throw new HeldBack(`${alike}; one made with a mark in it would tell: allow it with --reach intrusive`)
  verify.applies(tokens.length > 0, alike)
  return tokens
}

/** Why of a read that shows nothing, not even its holder, nothing is said. */
function nothingToSee(
  name: DeclaredOperation,
  holder: string,
  { api, runReach }: Pick<Kit, 'api' | 'runReach'>,
): Error {
  const { kind = '', result = {} } = api.profile.operations[name] ?? {}
  const nothing = `${name} shows ${holder} nothing`
  if (runReach === 'safe' && canMake(api, kind))
    return new HeldBack(`${nothing}, and making something is intrusive: allow it with --reach intrusive`)
  return result['items'] === undefined
    ? new NotApplicable(`${nothing} by which to tell whose it is`)
    : new Unproven(nothing, `have ${holder} keep one, or declare ${kind}.create`)
}

async function asksFor(
  parameters: Widening['parameters'],
  stranger: string,
  { of, input }: List,
  { api }: Ground,
): Promise<Exchange> {
  const request = withParameters(await api.prepare(of, input, stranger), parameters)
  // Some are asked for by a body.
  const asked = withMembers(request, Object.fromEntries(parameters)) ?? request
  return api.send(asked, { operation: of, principal: stranger, input })
}

const mostPages = 20

/** The first that he is not shown without any parameter, on whatever page; `null` where he is shown all of them. */
async function unseen(
  stranger: string,
  tokens: readonly string[],
  { of, input }: List,
  { api }: Ground,
): Promise<string | null> {
  let left = tokens
  let cursor: unknown
  for (let page = 1; page <= mostPages; page++) {
    const more = cursor === undefined ? {} : { cursor }
    const exchange = await api.call(of, { ...input, ...more }, stranger)
    left = left.filter((token) => !shows(exchange, token))
    cursor = exchange.result?.['next']
    if (typeof cursor !== 'string' || cursor === '' || !api.has<DeclaredOperation>(of, 'cursor')) break
  }
  return left[0] ?? null
}
