import { readJson } from '../json.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { isSecretResult } from '../profile/further-operations.ts'
import type { DeclaredOperation, InputOf } from '../profile/operations.ts'
import { createRedactor, type Redactor } from '../profile/redact.ts'
import type { Operation, Profile, Secret } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import { type Answered, answerText } from './answer-text.ts'
import { isRefused, readAnswer } from './answers.ts'
import { type Baselines, createBaselines } from './baseline.ts'
import { type Client, createClient } from './client.ts'
import { unlessCutOff } from './cut-off.ts'
import { placesOfSignature } from './hmac.ts'
import type { Journal } from './journal.ts'
import type { Inbox } from './mailed-code.ts'
import type { Mailing } from './mailing.ts'
import { createMaking, isUndoable, type Making } from './making.ts'
import { createPatience, type Patience } from './patience.ts'
import {
  assertCredential,
  bearerCredential,
  createPrincipals,
  type LiveCredential,
  type Principals,
  signsRequests,
} from './principals.ts'
import { type Reach, ReachError } from './reach.ts'
import { buildRequest, type Credential, type Input, normaliseInput, type Pairs } from './request.ts'
import { createScripts, type Place, type Scripts } from './scripts.ts'
import { assertSendable } from './sendable.ts'
import { createSlots, type Slots } from './slots.ts'
import type { Ready } from './starting-line.ts'
import { createSteps, type Drawn } from './steps.ts'
import type { Usage } from './usage.ts'

export type { Input } from './request.ts'

/** Who calls: a principal of the profile, a token or a credential of the check's own, or nobody (`null`). */
export type As =
  | string
  | { readonly bearer: string }
  | { readonly headers: Pairs; readonly query?: Pairs; readonly body?: Pairs }
  | null

/** Whom a request speaks of. */
export interface References {
  /**
   * The principal whose values (tenant, user id) the profile puts into it, and what it writes out in sessions: the caller's own
   * where it is left out, those of the operation's own principal for a caller that the profile does not know.
   */
  readonly refersTo?: string | undefined
}

export interface CallOptions extends References {
  /** The answer as it is, also where it says to come back later. */
  readonly unlimited?: boolean
  /** On a connection that nothing else uses: balancers keep one to one server. */
  readonly ownConnection?: boolean
  /** It goes out when this has resolved, which is called when its own connection is open. */
  readonly ready?: Ready | undefined
}

interface InnerOptions extends CallOptions {
  /** Who is being signed in or looked up: the secrets in the answer are theirs, and only what the profile says of them is known yet. */
  readonly owner?: string
}

interface SendOptions extends Pick<InnerOptions, 'owner' | 'ownConnection' | 'ready'> {
  /** Who is written to by it, as far as that is known. */
  readonly recipients?: readonly string[]
  /** What further calls tell of what was accepted. */
  readonly complete?: (result: Exchange['result']) => Promise<Exchange['result']>
}

/** What a request that a check wrote itself asks for, and who does. */
export interface Asked {
  readonly operation: string | null
  readonly principal: string
  /** What of our inputs is in it: by that it is known what the request makes, and to whom mail goes by it. */
  readonly input?: Input
  /** The answer as it is, also where it says to come back later. */
  readonly unlimited?: boolean
  /** It goes out when this has resolved, which is called when a connection of its own is open. */
  readonly ready?: Ready | undefined
  /** What comes of it besides, as the calls that would have made the same: a link that unsubscribes suppresses. */
  readonly makes?: readonly Besides[]
}

/** A call of an operation that the profile may declare, by a principal of its own. */
interface Besides {
  readonly operation: string
  readonly input: Input
  readonly principal?: string | undefined
}

/** The target, for one check. */
export interface Api {
  readonly profile: Profile
  /** The profile declares the operation, and it can carry that input. */
  has<Name extends DeclaredOperation>(operation: Name, input?: InputOf<Name>): boolean
  /** Of these inputs, those that the operation can carry. */
  carried(operation: DeclaredOperation, input: object): Input
  /**
   * As the operation's own principal where `as` is left out. A refusal is an answer, not an exception. Throws Unproven, naming
   * the place in the profile, where no request can hold the input or the credential.
   */
  call(operation: DeclaredOperation, input?: Input, as?: As, options?: CallOptions): Promise<Exchange>
  /**
   * The request that `call` would send. Where the operation takes several calls it is the last: those before it are made, as the
   * operation's own principal where they are refused to this one. Throws Unproven where they are refused to both.
   */
  prepare(operation: DeclaredOperation, input?: Input, as?: As, references?: References): Promise<HttpRequest>
  /**
   * All requests of such a call, to be looked at: nothing but what the profile has it read first is sent. What they would get from
   * one another is stood in for.
   */
  outline(
    operation: DeclaredOperation,
    input?: Input,
    as?: As,
    references?: References,
  ): Promise<readonly HttpRequest[]>
  /**
   * Sends exactly this: the path is not normalised, duplicate fields are kept. A signature that it carries is renewed as
   * the principal's: one over something else would be refused for that alone. What a limit refuses is sent again when the target
   * says. Throws Unsendable for what is no HTTP, and ReachError where mail would leave the sandbox by its input.
   */
  send(request: HttpRequest, about: Asked): Promise<Exchange>
  /** What is asked for by other ways than HTTP, and what comes of that besides, as the calls that would have made the same. */
  causing(makes: readonly Besides[], ask: () => Promise<Exchange>): Promise<Exchange>
  /** A call that must be accepted, made once in a run for the same input and principal; throws Unproven otherwise. */
  baseline(operation: DeclaredOperation, input?: Input, as?: As): Promise<Exchange>
  /** The live credential of a principal, signed in where that is needed. */
  credential(principal: string): Promise<LiveCredential>
  /** Resolves when no call is on its way: a check may end before all of its calls, and what they made is to be known. */
  settled(): Promise<void>
  /** Requests sent for this check; sign-ins that it shares with others are not counted. */
  readonly requests: number
  /** Text without the secrets of the run. */
  redact(text: string): string
  /** From now on, no report shows a line of this text, which the target should not have told: `name` stands for each. */
  conceal(name: string, text: string): void
  /** What was answered, for a sentence: the status, and the beginning of what a refusal or an error says; redacted. */
  said(exchange: Answered): string
  readonly script: Scripts['script']
  readonly spell: Scripts['spell']
}

export interface ApiOptions {
  readonly profile: Profile
  readonly reach: Reach
  /** PEM of authorities to trust besides the system's and the profile's. */
  readonly ca?: string | undefined
  /** The check's id. */
  readonly check: string
  readonly journal?: Journal | undefined
  /** Sees every exchange of the check, and what of our inputs it held. */
  readonly noted?: (exchange: Exchange, input: Input) => void
  /** Told of each secret that the target gives out. */
  readonly learned?: ((secret: Secret) => void) | undefined
  readonly usage?: Usage
  readonly mailing?: Mailing | undefined
  /** Sees what sign-ins by a mailed code cause. */
  readonly inbox?: Inbox | undefined
  /** What is another text when the target is started again. */
  readonly places?: readonly Place[]
  /** Resolves when a benign message has come through: a message that is cut off is sent again then. Throws Unproven. */
  readonly open?: () => Promise<void>
}

/** What the checks share that look at one instance of a target. */
interface Shared {
  readonly client: Client
  readonly redactor: Redactor
  readonly baselines: Baselines
  readonly principals: Principals
  /** A request that waits for a connection has not gone out. */
  readonly slots: Slots
  /** Callers and operations where 401 is no matter of the session: it stayed after a fresh sign-in. */
  readonly refusedAnyway: Set<string>
  readonly patience: Patience
  readonly scripts: Scripts
}

/** Of a text that is to be concealed: shorter lines, such as braces, stand everywhere. */
const shortestLine = 8
const mostLines = 500

/** As many as the client has. */
const connections = 24

const shared = new WeakMap<Profile, Shared>()

/** Connections, sign-ins and baselines are shared by every Api of the same resolved profile; see `closeApi`. */
export function createApi(options: ApiOptions): Api {
  const { profile, check, journal, noted, reach, usage } = options
  const { baselines, ...common } = sharedOf(options)
  const { redactor, principals, scripts } = common
  const underway = new Set<Promise<unknown>>()
  let requests = 0
  const making = createMaking(profile, redactor, journal, usage)
  const caller = createCaller({ ...options, ...common, making, counted: () => void requests++ }, `${check}#`)

  const settling = <T>(running: Promise<T>): Promise<T> => {
    underway.add(running)
    const over = () => underway.delete(running)
    running.then(over, over)
    return running
  }
  const watched = (input: Input, work: () => Promise<Exchange>): Promise<Exchange> => {
    const running = settling(work())
    return noted === undefined
      ? running
      : running.then((exchange) => {
          noted(exchange, input)
          return exchange
        })
  }
  /** Whoever counts what gets through, or has all go out at once, makes each request once. */
  const again = (
    declared: Operation | null | undefined,
    { unlimited = false, ready }: Pick<CallOptions, 'unlimited' | 'ready'>,
    ask: () => Promise<Exchange>,
  ) =>
    options.open === undefined || declared?.sends !== true || unlimited || ready !== undefined
      ? ask()
      : unlessCutOff(ask, options.open)
  const use = (operation: string, input: Input) =>
    usage?.used(
      operation,
      Object.keys(input).filter((name) => input[name] !== undefined),
    )

  const withBesides = (
    send: () => Promise<Exchange>,
    { operation, input, principal }: Besides,
  ): (() => Promise<Exchange>) => {
    const declared = profile.operations[operation]
    const by = principal ?? declared?.as
    return declared === undefined || !isUndoable(declared)
      ? send
      : () => making({ operation: declared, input, principal: by ? makerIn(profile, by) : null }, send)
  }

  const has = (operation: string, input?: string) => {
    usage?.asked(operation, input)
    const declared = profile.operations[operation]
    return declared !== undefined && (input === undefined || declared.inputs.has(input))
  }

  return {
    profile,
    has,
    carried: (operation, input) =>
      Object.fromEntries(Object.entries(input).filter(([name]) => has(operation, name))),
    call: (operation, input = {}, as, callOptions) =>
      watched(input, () => {
        use(operation, input)
        return again(profile.operations[operation], callOptions ?? {}, () =>
          caller.call(operation, input, as, callOptions),
        )
      }),
    async settled() {
      while (underway.size > 0) await Promise.allSettled(underway)
    },
    async prepare(operation, input = {}, as, references) {
      use(operation, input)
      return settling(caller.lastRequest(operation, input, as, references))
    },
    async outline(operation, input = {}, as, references) {
      use(operation, input)
      return caller.outline(operation, input, as, references)
    },
    send: (request, about) =>
      watched(about.input ?? {}, async () => {
        const { operation, principal, input = {} } = about
        const declared = profile.operations[operation ?? ''] ?? null
        if (declared?.sends === true && about.input === undefined)
          throw new TypeError(`expected the input of ${operation}: by it is known to whom mail goes; name it`)
        const recipients = declared === null ? [] : reach.recipients(declared.name, input)
        return again(declared, about, () =>
          caller.waiting(about, async () => {
            const signed = await resigned(profile, principals, request, principal)
            const options = {
              ...{ recipients, ready: about.ready, ownConnection: about.ready !== undefined },
              ...completedAs(caller, declared, input, principal, profile.principals),
            }
            const send = () => caller.send(signed, { operation, principal }, declared, input, options)
            return (about.makes ?? []).reduce(withBesides, send)()
          }),
        )
      }),
    causing: (makes, ask) => settling(makes.reduce(withBesides, ask)()),
    baseline(operation, input = {}, as) {
      return baselines.get([operation, input, as ?? profile.operations[operation]?.as ?? null], () =>
        this.call(operation, input, as),
      )
    },
    credential: (principal) => principals.credential(principal),
    get requests() {
      return requests
    },
    redact: (text) => redactor.redact(text),
    conceal(name, text) {
      const lines = text.split(/\r?\n/).filter((line) => line.length >= shortestLine)
      for (const line of lines.slice(0, mostLines)) redactor.learn(name, line)
    },
    said: (exchange) => answerText(exchange, redactor.redact),
    ...{ script: scripts.script, spell: scripts.spell },
  }
}

/** Closes the connections of a profile's Apis. */
export async function closeApi(profile: Profile): Promise<void> {
  const known = shared.get(profile)
  shared.delete(profile)
  await known?.client.close()
}

function sharedOf(options: ApiOptions): Shared {
  const { profile, reach } = options
  const known = shared.get(profile)
  if (known !== undefined) return known
  const ca = [profile.ca, options.ca].filter((pem) => typeof pem === 'string')
  const client = createClient({ ca, timeout: profile.target.timeout, lookup: reach.lookup })
  const redactor = telling(createRedactor(profile.secrets, signatureNames(profile)), options.learned)
  const principals: Principals = createPrincipals(
    profile,
    redactor,
    (operation, input, as, owner) =>
      createCaller({ ...options, ...fresh, making: null, counted: () => {} }, 'shared#').call(
        operation,
        input,
        as,
        { owner },
      ),
    { inbox: options.inbox ?? null, admit: (address) => admitMail(reach, address) },
  )
  const fresh = {
    client,
    redactor,
    principals,
    baselines: createBaselines((exchange) => answerText(exchange, redactor.redact)),
    slots: createSlots(connections),
    refusedAnyway: new Set<string>(),
    patience: createPatience(),
    scripts: createScripts({ profile, redactor, places: options.places ?? [] }),
  }
  shared.set(profile, fresh)
  return fresh
}

interface Session extends Pick<ApiOptions, 'profile' | 'reach' | 'mailing'>, Omit<Shared, 'baselines'> {
  readonly counted: () => void
  /** `null` for what makes nothing: sign-ins, and looking up who one is. */
  readonly making: Making | null
}

/** An operation that the profile does not declare: the check should have named it in its needs. */
export class UndeclaredOperation extends Error {
  override readonly name = 'UndeclaredOperation'
}

let exchanges = 0

function createCaller(session: Session, prefix: string) {
  const { profile, reach, client, redactor, principals, slots } = session
  const { refusedAnyway, patience, scripts, making, counted, mailing } = session

  const admit = async (request: HttpRequest, operation: string | null) => {
    assertSendable(request)
    reach.request(request, operation)
    await reach.take('request', 1)
    counted()
  }

  const isStep = (operation: Operation | null) =>
    operation !== null && profile.operations[operation.name] === undefined

  const steps = createSteps({
    profile,
    said: (exchange) => answerText(exchange, redactor.redact),
    send: (request, { operation, principal }, step, input) =>
      send(request, { operation: operation.name, principal }, step, input),
    async ask(request, { operation, principal }, step, input) {
      await admit(request, operation.name)
      const { response } = await client.send(request, { ownConnection: false })
      const reading = await readAnswer({ ...step, name: operation.name }, response, input)
      learnSecrets(redactor, operation, principal, reading.result)
      return reading
    },
  })

  const declared = (name: string): Operation => {
    const operation = profile.operations[name]
    if (operation !== undefined) return operation
    throw new UndeclaredOperation(
      `expected ${name} among the operations of the profile; not there; name it in the check's needs`,
    )
  }

  type Whose = Pick<InnerOptions, 'owner' | 'refersTo'>

  const draw = async (
    name: string,
    given: Input,
    as: As | undefined,
    { owner, refersTo }: Whose = {},
  ): Promise<Drawn & { readonly who: As; readonly credential: Credential }> => {
    const operation = declared(name)
    const who = as === undefined ? operation.as : as
    const credential = await credentialOf(who, principals)
    // A caller of the check's own stands where the operation's own principal stands.
    const stands = refersTo ?? (typeof who === 'string' ? who : operation.as)
    const values =
      owner !== undefined
        ? principals.ownValues(owner)
        : stands === null
          ? {}
          : await principals.values(stands)
    // Each tenant sends in a name of its own.
    const input = normaliseInput(name, given, values['from'] ?? profile.mail.from)
    const shown = refersTo === undefined ? credential : speakingOf(refersTo, who, credential, principals)
    return { operation, input, who, credential, shown, values, principal: nameOf(who) }
  }

  const prepare = async (name: string, given: Input, as: As | undefined, whose: Whose = {}) => {
    const drawn = await draw(name, given, as, whose)
    // Steps may send it: what must not leave the sandbox is held before them.
    if (drawn.operation.steps.length > 0) reach.recipients(name, drawn.input)
    const { input, stopped, made: before } = await steps.before(drawn)
    const made = { ...drawn, input, before }
    return stopped === null
      ? { ...made, request: await ownRequest(made, given, whose) }
      : { ...made, stopped }
  }

  const ownRequest = async (
    { operation, input, shown, values, who }: Drawn & { readonly who: As },
    given: Input,
    { refersTo }: Whose,
  ) => {
    const current = await currentOf(operation, given, who, { refersTo })
    return buildRequest(profile, operation, input, shown, values, current)
  }

  const lastRequest = async (name: string, given: Input, as?: As, whose: Whose = {}) => {
    const asked = await prepare(name, given, as, whose)
    if ('request' in asked) return asked.request
    const { input } = await steps.asUsual(await draw(name, given, undefined, whose))
    return ownRequest({ ...asked, input }, given, whose)
  }

  const outline = async (name: string, given: Input, as?: As, whose: Whose = {}) => {
    const drawn = await draw(name, given, as, whose)
    const { requests, input } = await steps.outline(drawn)
    return [...requests, await ownRequest({ ...drawn, input }, given, whose)]
  }

  const complete =
    (name: string, given: Input, as: As | undefined, whose: Whose) => async (result: Exchange['result']) =>
      steps.after({ ...(await draw(name, given, as, whose)), input: given }, result)

  /** As who reads it by the profile, else as who changes it; `undefined` where neither is shown it. */
  const currentOf = async (
    { current }: Operation,
    input: Input,
    who: As,
    references: References,
  ): Promise<unknown> => {
    if (current === null) return undefined
    for (const by of new Set([declared(current).as, who])) {
      const { answer, response } = await call(current, input, by, by === who ? references : {})
      if (answer === 'accepted') return readJson(response?.body ?? '')
    }
    return undefined
  }

  const send = async (
    request: HttpRequest,
    about: { operation: string | null; principal: string },
    operation: Operation | null,
    input: Input,
    { owner = about.principal, ownConnection = false, ready, recipients = [], complete }: SendOptions = {},
  ): Promise<Exchange> => {
    await admit(request, about.operation)
    const exchange = async (): Promise<Exchange> => {
      const startedAt = Date.now()
      const started = performance.now()
      const { response, failure, sent } = await client.send(request, { ownConnection, ready })
      const milliseconds = performance.now() - started
      const { answer, result: said } = await readAnswer(operation, response, input)
      learnSecrets(redactor, operation, owner, said)
      const result = answer === 'accepted' && complete !== undefined ? await complete(said) : said
      if (answer === 'accepted' && !isStep(operation)) {
        mailing?.accepted(takenOf(reach, about.operation, input, result) ?? recipients, result?.['id'])
        if (about.operation === 'message.cancel') mailing?.cancelled(input['id'])
      }
      const exchange: Exchange = {
        ...{ id: `${prefix}${++exchanges}`, ...about, request, response, failure, unsent: !sent },
        ...{ startedAt, milliseconds, answer, result },
      }
      scripts.note(exchange)
      return exchange
    }
    const made = () =>
      making === null || operation === null || (isStep(operation) && operation.undo === null)
        ? exchange()
        : making({ operation, input, principal: makerIn(profile, about.principal) }, exchange)
    // Who waits for others until it goes out must not keep them from their turn.
    return ready === undefined ? slots(made) : made()
  }

  const sendLast = async (
    {
      operation,
      input,
      principal,
      who,
      request,
    }: Drawn & { readonly who: As; readonly request: HttpRequest },
    options: InnerOptions,
  ): Promise<Exchange> => {
    const { name } = operation
    const recipients = reach.recipients(name, input)
    if (recipients.length > 0) await reach.take('mail', recipients.length)
    const further = operation.afterwards.length === 0 ? {} : { complete: complete(name, input, who, options) }
    const about = { operation: name, principal }
    const exchange = await send(request, about, operation, input, { ...options, ...further, recipients })
    if (recipients.length > 0 && isRefused(exchange)) await reach.unsent(recipients.length)
    return exchange
  }

  /** Asks again when the target says, unless somebody wants to see the limit. */
  const waiting = (
    { unlimited = false }: Pick<CallOptions, 'unlimited'>,
    ask: () => Promise<Exchange>,
  ): Promise<Exchange> => (unlimited ? ask() : patience(reach.patience, ask))

  const call = async (name: string, given: Input, as?: As, options: InnerOptions = {}): Promise<Exchange> => {
    let renewed = false
    return waiting(options, async () => {
      for (;;) {
        const prepared = await prepare(name, given, as, options)
        const { who, credential, before } = prepared
        const last = 'request' in prepared ? await sendLast(prepared, options) : prepared.stopped
        const exchange = before.length === 0 ? last : { ...last, steps: before }
        if (typeof who !== 'string' || exchange.response?.status !== 401) return exchange
        const pair = `${who} ${name}`
        if (renewed) refusedAnyway.add(pair)
        if (refusedAnyway.has(pair)) return exchange
        renewed = await principals.renew(who, credential)
        if (!renewed) return exchange
      }
    })
  }

  return { lastRequest, outline, complete, send, call, waiting }
}

/** What is sent as it is, and accepted, is completed as its caller, or as the operation's own where the profile knows no such. */
function completedAs(
  { complete }: ReturnType<typeof createCaller>,
  declared: Operation | null,
  input: Input,
  principal: string,
  known: Profile['principals'],
): Pick<SendOptions, 'complete'> {
  if (declared === null || declared.afterwards.length === 0) return {}
  return { complete: complete(declared.name, input, principal in known ? principal : undefined, {}) }
}

async function resigned(
  profile: Profile,
  principals: Principals,
  request: HttpRequest,
  principal: string,
): Promise<HttpRequest> {
  if (!signsRequests(profile.principals[principal])) return request
  const { sign, signed } = await principals.credential(principal)
  return signed?.(request) === true ? (sign?.(request) ?? request) : request
}

async function credentialOf(who: As, principals: Principals): Promise<Credential> {
  if (who === null) return { headers: [], query: [] }
  if (typeof who === 'string') return principals.credential(who)
  const credential = 'bearer' in who ? bearerCredential(who.bearer) : { query: [], ...who }
  assertCredential(credential, {
    from: `${nameOf(who)}, made of what the target or the profile gave it`,
    remedy: 'see what the target gives out as keys and tokens',
  })
  return credential
}

/** Whom those messages of a batch are for that its answer does not refuse by itself; `null` where it tells of none. */
function takenOf(
  reach: Pick<Reach, 'recipients'>,
  operation: string | null,
  { messages }: Input,
  result: Exchange['result'],
): readonly string[] | null {
  const ids = result?.['ids']
  if (operation !== 'message.batch' || !Array.isArray(ids) || !Array.isArray(messages)) return null
  const taken = messages.filter((_, at) => ids[at] !== null)
  return reach.recipients(operation, { messages: taken })
}

/** The same credential beside what another's sessions say in plain text; nobody's is that alone. */
function speakingOf(other: string, who: As, credential: Credential, principals: Principals): Credential {
  const others = principals.plainFields(other)
  if (who === null) return { ...credential, ...others }
  if (typeof who !== 'string') return credential
  const own = principals.plainFields(who)
  const instead = (part: 'headers' | 'query') => {
    const [mine, theirs] = [own[part], others[part]].map((pairs) => new Map(pairs))
    return credential[part].map(
      ([name, value]) => [name, (mine?.has(name) ? theirs?.get(name) : undefined) ?? value] as const,
    )
  }
  return { ...credential, headers: instead('headers'), query: instead('query') }
}

/** Who may be asked to take back what the caller made: nobody for nobody's, and for a token of a check's own. */
function makerIn({ principals }: Profile, name: string): string | null {
  return name in principals && principals[name]?.none !== true ? name : null
}

function nameOf(who: As): string {
  if (who === null) return 'anonymous'
  if (typeof who === 'string') return who
  return 'bearer' in who ? 'a token of the check' : 'a credential of the check'
}

/** Counts a message that a sign-in has mailed to somebody. Throws Unproven where it would leave the sandbox. */
async function admitMail(reach: Reach, address: string): Promise<void> {
  try {
    reach.recipients('submission.send', { to: address })
  } catch (error) {
    if (!(error instanceof ReachError)) throw error
    throw new Unproven(
      `a sign-in would have a code mailed to ${address}: ${error.message}`,
      'name an address below sandbox.zone, which the profile sets then, or add its domain to mail.recipients.domains if its mail ends in the sandbox',
    )
  }
  await reach.take('mail', 1)
}

/** Where the principals' signatures stand: whoever holds one can send the request again. */
function signatureNames({ principals }: Profile): string[] {
  return Object.values(principals)
    .map(placesOfSignature)
    .flatMap(({ fields, parameters }) => [...fields, ...parameters])
}

/** Whoever else may write a secret down is to know of it as well. */
function telling(redactor: Redactor, learned: ApiOptions['learned']): Redactor {
  if (learned === undefined) return redactor
  const told = new Set<string>()
  return {
    ...redactor,
    learn(name, value) {
      const variable = redactor.learn(name, value)
      if (!told.has(value)) learned({ name: variable, value })
      told.add(value)
      return variable
    },
  }
}

/** What the target gives out is a secret from then on, named after who got it and what it is. */
function learnSecrets(
  redactor: Redactor,
  operation: Operation | null,
  owner: string,
  result: Exchange['result'],
): void {
  if (operation === null || result === null) return
  for (const [name, value] of Object.entries(result))
    if (isSecretResult(operation.name, name) && typeof value === 'string')
      redactor.learn(
        operation.name === 'session.create' ? `${owner}_${name}` : `${operation.name}_${name}`,
        value,
      )
}
