import { type Api, type As, UndeclaredOperation } from '../api/api.ts'
import { seesMail } from '../check/needs.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, HttpRequest, Permission, Severity } from '../model.ts'
import type { Effect } from '../profile/effects.ts'
import { type DeclaredOperation, operations, resources } from '../profile/operations.ts'
import type { Operation } from '../profile/shape.ts'
import { HeldBack, NotApplicable, Unproven } from '../verdicts.ts'
import { isDenial } from './denials.ts'
import { rightsHeldBy, withNarrowKeys } from './narrow-keys.ts'
import {
  canSay,
  freshMark,
  type Ground,
  goesHome,
  type Input,
  isMarked,
  owner,
  sampleOf,
} from './sample-input.ts'
import { canList, canLookBack, canMake, holderOf, listsIds, whoMakes } from './throw-away.ts'
import { isSeenOnTheWire, prepareTrial, type Stranger, saysWhose, type Trial, type Trying } from './trials.ts'

/** A call that somebody who may not make it is about to try, in all but the credential as its rightful caller would. */
export interface Attempt extends Trial {
  /**
   * The owner makes such a call with an object of its own, it is accepted, and the same look finds its trace: else a
   * refusal of others may be no more than a wrong input, and their success unseen. Throws Unproven.
   */
  control(): Promise<void>
  /** It takes several calls. */
  readonly isOfSteps: boolean
  /** Makes the call. */
  tryAs(as: As): Promise<Exchange>
  /** The request that this would send. */
  requestAs(as: As): Promise<HttpRequest>
  /** Makes it with an id of the same form that nobody has; `null` where it names no object. */
  tryUnknown(as: As): Promise<Exchange | null>
  /**
   * A verdict: the call, which this exchange is, had no effect and disclosed nothing; the control shows that it might. Where nothing
   * else is said, its caller may not make it at all, unless the attempt is of somebody who may on his own. With `last`, nothing else is
   * tried on the same: the control uses it.
   */
  notCarriedOut(
    exchange: Exchange,
    expected: string,
    more?: { readonly severity?: Severity; readonly permission?: Permission; readonly last?: true },
  ): Promise<void>
  /**
   * The same for one of many spellings of the call: what was not accepted, or answered by a page in the place of an answer, is
   * left to the look at the end of them, but for mail, which is looked for.
   */
  refusedAs(exchange: Exchange, expected: string): Promise<void>
  readonly toAnother?: () => Attempt
  /** The answer to somebody who may make the call: on what is its own or, where it was not accepted so, on what is its holder's. */
  asGranted(principal: string): Promise<Exchange>
  /** A verdict: that was accepted. A limit that refuses its rightful caller is a finding of low severity. */
  granted(principal: string, expected: string): Promise<void>
}

/** The operations of the profile that an attempt can be made of, or those of them with this effect: what cannot be judged is left out. */
export function attemptable(api: Api, effect?: Effect): DeclaredOperation[] {
  return Object.values(api.profile.operations)
    .filter((operation) => effect === undefined || operation.effect === effect)
    .filter((operation) => isJudgeable(api, operation))
    .map(({ name }) => name)
}

function isJudgeable(api: Api, operation: Operation): boolean {
  const { name, kind, effect, sends, object } = operation
  if (operations[name]?.untried !== undefined || isPublic(api, operation) || !api.has(name)) return false
  if (!canSay(operation) || !goesHome(operation)) return false
  if (effect === 'read') return object === null || canMake(api, kind) || listsIds(api, kind)
  // Only what the run made itself is changed.
  if (object !== null && !canMake(api, kind, operations[name]?.onto)) return false
  if (sends && seesMail(api.profile)) return true
  if (object !== null) return canLookBack(api, kind)
  return effect === 'create' && isMarked(operation) && canLookBack(api, kind)
}

/** The same, as variants. Throws NotApplicable where there are none. */
export function callsToTry(
  api: Api,
  effect?: Effect,
): { readonly name: string; readonly operation: DeclaredOperation }[] {
  const names = attemptable(api, effect)
  if (names.length === 0)
    throw new NotApplicable(
      `profile declares no ${effect ?? 'call'} that takes a credential and can be judged by what comes of it`,
    )
  return names.map((operation) => ({ name: operation, operation }))
}

const turns = new WeakMap<Ground, Map<string, Promise<unknown>>>()

/** What is tried on objects of one kind comes one after the other: what one call was refused on, the next is tried on. */
export function inTurn<T>(ground: Ground, name: DeclaredOperation, work: () => Promise<T>): Promise<T> {
  const { kind = '', object = null, effect = 'read' } = ground.api.profile.operations[name] ?? {}
  if (object === null || effect === 'read') return work()
  const kinds = turns.get(ground) ?? new Map<string, Promise<unknown>>()
  turns.set(ground, kinds)
  const mine = (kinds.get(kind) ?? Promise.resolve()).then(work)
  kinds.set(
    kind,
    mine.catch(() => {}),
  )
  return mine
}

/** The reads that need no object, in the order in which they are tried: whoever may make one is known there. */
export function plainReads(ground: Pick<Ground, 'api' | 'mailbox'>): DeclaredOperation[] {
  const { api } = ground
  const reads = ['principal.get' as const, ...attemptable(api, 'read')]
  return reads.filter((name) => api.has<DeclaredOperation>(name) && inputAlone(ground, name) !== null)
}

/** The same of those that are anybody's: nothing follows from who may make them, but what they answer is read all the same. */
export function publicReads(ground: Pick<Ground, 'api' | 'mailbox'>): DeclaredOperation[] {
  const { api } = ground
  const ofAnybody = Object.values(api.profile.operations).filter(
    (operation) => isPublic(api, operation) && goesHome(operation) && api.has(operation.name),
  )
  return ofAnybody.map(({ name }) => name).filter((name) => inputAlone(ground, name) !== null)
}

/** A guard: the principal is known there, by whatever read it may make, which is given back. */
export async function letIn(ground: Ground, principal: string): Promise<Exchange> {
  const { api, verify } = ground
  const reads = plainReads(ground)
  for (const name of reads) {
    const exchange = await api.call(name, inputAlone(ground, name) ?? {}, principal)
    if (exchange.answer === 'accepted') return verify.accepted(exchange)
  }
  throw new Unproven(
    `${principal} was let in by no read: ${reads.join(', ')}`,
    'see its credential in the profile: a refusal of strangers to the target says nothing',
  )
}

/** What a read is called with that needs no object; `null` where it needs one, or is no read. */
export function inputAlone(ground: Pick<Ground, 'api' | 'mailbox'>, name: DeclaredOperation): Input | null {
  const operation = ground.api.profile.operations[name]
  if (operation === undefined || operation.effect !== 'read' || operation.object !== null) return null
  return canSay(operation) ? sampleOf(ground, operation, freshMark()).input : null
}

/** An id of the same form that nobody has: its last letters and digits, each another of its kind, and no leading zero. */
function strangerTo(id: unknown): string {
  const next = (c: string) => (c >= '0' && c <= '9' ? String((Number(c) % 9) + 1) : c === 'a' ? 'b' : 'a')
  return String(id).replace(/[0-9a-f](?=[0-9a-zA-Z]{0,11}$)/g, next)
}

/** The profile says that the target asks nobody who he is: the owner himself has no credential, or the call is nobody’s. */
export function asksNobody({ profile }: Pick<Api, 'profile'>, name?: DeclaredOperation): boolean {
  const callers = [owner, name === undefined ? null : profile.operations[name]?.as]
  return callers.some((caller) => profile.principals[caller ?? '']?.none === true)
}

/**
 * By the profile itself it takes no credential. What shows all that somebody has, and what sends messages, should, and where
 * nothing takes any, whatever is private by its kind.
 */
function isPublic(api: Api, { name, as, kind, sends }: Operation): boolean {
  if (as !== null && api.profile.principals[as]?.none !== true) return false
  if (operations[name]?.confides === true || (sends && kind === 'message')) return false
  return !(asksNobody(api) && kind in resources)
}

/** Makes what the call needs, as the owner, which is a guard, and says how to see whether it was carried out. */
export function prepareAttempt(name: DeclaredOperation, ground: Ground): Promise<Attempt> {
  return attemptOf(name, ground, null)
}

/**
 * A stranger's call in all that it may speak of. Attackers know the references of others, such as tenants and user ids: it bears
 * those of its holder. Where it says by them whose it is, it is tried with the stranger's own as well, by which a target may
 * let it in to what it then names by an id. Not applicable to what all tenants share.
 */
export async function attemptsBy(
  stranger: Stranger,
  name: DeclaredOperation,
  ground: Ground,
): Promise<readonly (Attempt & Variant)[]> {
  const { api, verify } = ground
  const kind = api.profile.operations[name]?.kind ?? ''
  if (stranger.mayOnOwn)
    verify.applies(!api.profile.shared.includes(kind), `all tenants share every ${kind}, as the profile says`)
  const attempt = await attemptOf(name, ground, { ...stranger, onOwn: false })
  const ofHolder = { ...attempt, name: 'where it names its holder' }
  if (!(await saysWhose(api, attempt, stranger.principal))) return [ofHolder]
  const own = await attemptOf(name, ground, { ...stranger, onOwn: true })
  return [ofHolder, { ...own, name: 'where it names the caller' }]
}

/**
 * The answer to its owner tells whose it is: else nobody could say of a stranger's whether it is his own. What is made to be read bears
 * a mark, so that a run which makes nothing holds it back.
 */
export function tellsWhose(
  { own, operation }: Attempt,
  { api, verify, runReach }: Pick<Ground, 'api' | 'verify' | 'runReach'>,
): void {
  const { kind = '', object = null } = api.profile.operations[operation] ?? {}
  const alike = `what ${operation} answers to its owner may look the same for another tenant`
  if (!own && runReach === 'safe' && canMake(api, kind))
    throw new HeldBack(
      `${alike}${object === null ? '' : ', with no second to tell it from'}; one made with a mark in it would tell: allow it with --reach intrusive`,
    )
  verify.applies(own, alike)
}

/** The same, judged each. */
export async function eachReference(
  stranger: Stranger,
  name: DeclaredOperation,
  ground: Ground,
  judge: (attempt: Attempt) => Promise<void>,
): Promise<void> {
  const attempts = await attemptsBy(stranger, name, ground)
  const [only] = attempts
  if (only !== undefined && attempts.length === 1) await judge(only)
  else await ground.verify.each(attempts, judge)
}

/** A verdict: who may not make the call cannot, whatever it refers to. */
export function deniedTo(
  principal: string,
  name: DeclaredOperation,
  wide: Ground,
  expected: string,
): Promise<void> {
  const ground = withNarrowKeys(wide, name, rightsHeldBy(wide.api.profile, principal))
  return inTurn(ground, name, () =>
    eachReference({ principal, mayOnOwn: false }, name, ground, async (attempt) =>
      attempt.notCarriedOut(await attempt.tryAs(principal), expected, { last: true }),
    ),
  )
}

async function attemptOf(name: DeclaredOperation, ground: Ground, by: Trying | null): Promise<Attempt> {
  const { api, verify } = ground
  const operation = api.profile.operations[name]
  if (operation === undefined) throw new UndeclaredOperation(`profile declares no ${name}`)
  const trial = await asDocumented(operation, verify, () => prepareTrial(operation, ground, by))
  verify.held(true, `the owner made what ${name} is tried on`)
  return attemptOn(operation, trial, ground, by)
}

function attemptOn(operation: Operation, trial: Trial, ground: Ground, by: Trying | null): Attempt {
  const { api, verify } = ground
  const { name } = operation
  const { toAnother, ...only } = trial
  const references = { refersTo: by?.onOwn === true ? by.principal : holderOf(api, name) }
  const attempt: Attempt = {
    ...only,
    ...(toAnother === undefined ? {} : { toAnother: () => attemptOn(operation, toAnother(), ground, by) }),
    async trace(exchange, looks) {
      const trace = await trial.trace(exchange, looks)
      if (trace === null && by?.onOwn === true && !by.mayOnOwn && exchange.answer === 'accepted')
        throw new Unproven(
          `${name} was accepted of ${by.principal} on its own behalf, and what came of it is not to be seen`,
          `see what ${by.principal} has there now: it may not make the call`,
        )
      return trace
    },
    isOfSteps: operation.steps.length > 0,
    control: () => controlOf(operation, ground),
    tryAs: (as) => api.call(name, trial.input, as, references),
    requestAs: (as) => api.prepare(name, trial.input, as, references),
    async tryUnknown(as) {
      const { object } = operation
      const own = object === null ? undefined : trial.input[object]
      if (object === null || own === undefined) return null
      return api.call(name, { ...trial.input, [object]: strangerTo(own) }, as, references)
    },
    async notCarriedOut(exchange, expected, { last, ...more } = {}) {
      const hadNoEffect = async (of: Exchange) => {
        const trace = await attempt.trace(of)
        return verify.that(trace === null, {
          ...{ of, expected, permission: by?.mayOnOwn === true ? 'own' : 'refused', ...more },
          actual: `${api.said(of)}, and ${trace}`,
        })
      }
      if (!(await hadNoEffect(exchange))) return
      await isDenial(ground, exchange, async () => {
        await rightful(operation, trial.input, ground)
        const { request, principal } = exchange
        const again = await api.send(request, { operation: name, principal, input: trial.input })
        await hadNoEffect(again)
        return again
      })
      if (last === undefined) return attempt.control()
      // What was revoked or suspended may be shown as before, and refuses whatever is tried next to everybody.
      const isKept = controls.get(ground)?.has(name) === true || /\.update$/.test(name)
      await asDocumented(operation, verify, () => controlled(operation, ground, trial))
      if (isKept) trial.leave?.()
    },
    async refusedAs(exchange, expected) {
      // A spelling may lead to a path that does not exist, but to an answer.
      if (exchange.response === null || exchange.answer === 'limited') verify.answered(exchange)
      if (exchange.answer === 'accepted' && attempt.isAnswer(exchange))
        return attempt.notCarriedOut(exchange, expected)
      const trace = toAnother === undefined ? null : await attempt.trace(exchange)
      const actual = `${api.said(exchange)}, and ${trace}`
      verify.that(trace === null, { of: exchange, expected, actual })
    },
    async asGranted(principal) {
      const own = await api.call(name, trial.input, principal)
      if (own.answer === 'accepted' || !(await saysWhose(api, trial, principal))) return own
      const holders = await attempt.tryAs(principal)
      return holders.answer === 'accepted' ? holders : own
    },
    async granted(principal, expected) {
      const exchange = await attempt.asGranted(principal)
      verify.answered(exchange)
      verify.applies(
        exchange.answer === 'accepted' ||
          operation.object === null ||
          !(await saysWhose(api, trial, principal)),
        `what ${name} is tried on is its holder’s, and ${principal} has none of its own`,
      )
      verify.that(exchange.answer === 'accepted', {
        of: exchange,
        severity: 'low',
        permission: 'allowed',
        expected,
        actual: `it was answered ${api.said(exchange)}`,
      })
    },
  }
  return attempt
}

/** What nobody declared may not be as the document says: then nothing of it can be judged, and it is left out, by name. */
export async function asDocumented<T>(
  { name, method, path, documented }: Operation,
  verify: Ground['verify'],
  prepare: () => Promise<T>,
): Promise<T> {
  try {
    return await prepare()
  } catch (error) {
    // A limit says nothing of the call.
    if (documented === null || !(error instanceof Unproven) || error.answer === 'limited') throw error
    verify.applies(
      false,
      `${method} ${path} cannot be tried as the document has it: ${error.reason}; declare ${name} in the profile, or name the call under operations.except`,
    )
    throw error
  }
}

/** Whether a table of the profile says who may make the call: of one that nobody declared, only where it names it. */
export function isDecided(
  { profile }: Pick<Api, 'profile'>,
  name: DeclaredOperation,
  table: 'roles' | 'scopes',
): boolean {
  if (profile.operations[name]?.documented === null) return true
  return Object.values(profile[table]).some((allowed) => allowed !== '*' && allowed.includes(name))
}

const controls = new WeakMap<Ground, Map<string, Promise<void>>>()

/** A guard: who may make the call does so on what was made for it, and what came of it is seen. Once a check. */
export function controlOf(operation: Operation, ground: Ground): Promise<void> {
  return asDocumented(operation, ground.verify, () => controlled(operation, ground))
}

/** One control an operation and a check: a reading is controlled when it is prepared. */
function controlled(operation: Operation, ground: Ground, spent?: Trial): Promise<void> {
  const known = controls.get(ground) ?? new Map<string, Promise<void>>()
  controls.set(ground, known)
  const control = known.get(operation.name) ?? carryOut(operation, ground, spent)
  known.set(operation.name, control)
  return control
}

/** On what nothing else is tried on, where that serves. */
async function carryOut(operation: Operation, ground: Ground, spent?: Trial): Promise<void> {
  const { api } = ground
  const { name, kind, effect } = operation
  if (effect === 'read') return
  if (spent !== undefined && operation.object !== null && !operation.sends) {
    const exchange = await api.call(name, spent.input, whoMakes(api, operation))
    if (exchange.answer === 'accepted' && (await spent.trace(exchange, 1)) !== null) return
  }
  const trial = await prepareTrial(operation, ground, null)
  const exchange = await api.call(name, trial.input, whoMakes(api, operation))
  if (exchange.answer !== 'accepted')
    throw new Unproven(
      `${name} was answered ${api.said(exchange)} to ${exchange.principal}, who may make it`,
      `as it is refused to everybody, nothing follows from a refusal: check the profile’s call${effect === 'change' ? ', and where it wants the whole object, have it read first (current)' : ''}`,
      exchange.answer,
    )
  // Its rightful caller was told that it is done: one look is enough.
  if ((await trial.trace(withoutId(exchange, ground, operation), 1)) === null)
    throw new Unproven(
      `what ${name} does cannot be seen afterwards`,
      `see that ${kind}.get or ${kind}.list of the profile shows the objects, with a search or a cursor where there are many${effect === 'change' ? `, and that the call changes something: where it takes nothing that is tried anyway, write what under example of ${name}` : ''}`,
    )
}

/** A guard: whoever may make the call is let in now; with a change, that is shown once a check. */
async function rightful(operation: Operation, input: Input, ground: Ground): Promise<void> {
  const { api, verify } = ground
  if (operation.effect !== 'read') return controlled(operation, ground)
  verify.accepted(await api.call(operation.name, input, holderOf(api, operation.name)))
}

/** Whoever is refused gets no id: what they made must be found without one. */
function withoutId(exchange: Exchange, ground: Ground, operation: Operation): Exchange {
  const isListed = operation.object === null && canList(ground.api, operation.kind)
  return isListed && !isSeenOnTheWire(operation, ground) ? { ...exchange, result: null } : exchange
}
