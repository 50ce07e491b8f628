import type { Exchange, HttpRequest } from '../model.ts'
import type { DeclaredOperation, InputOf } from '../profile/operations.ts'
import { createRedactor, type Redactor } from '../profile/redact.ts'
import type { Operation, Profile, Secret } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import { type Answered, answerText } from './answer-text.ts'
import { type Baselines, createBaselines } from './baseline.ts'
import {
  type As,
  type CallOptions,
  createCaller,
  type Line,
  makerIn,
  type References,
  type SendOptions,
} from './caller.ts'
import { createClient } from './client.ts'
import { unlessCutOff } from './cut-off.ts'
import { placesOfSignature } from './hmac.ts'
import type { Journal } from './journal.ts'
import type { Inbox } from './mailed-code.ts'
import type { Mailing } from './mailing.ts'
import { createMaking, isUndoable } from './making.ts'
import { createPatience } from './patience.ts'
import { createPrincipals, type LiveCredential, type Principals, signsRequests } from './principals.ts'
import { type Reach, ReachError } from './reach.ts'
import type { Input } from './request.ts'
import { createScripts, type Place, type Scripts } from './scripts.ts'
import { createSlots } from './slots.ts'
import type { Ready } from './starting-line.ts'
import type { Usage } from './usage.ts'

export { type As, type CallOptions, type References, UndeclaredOperation } from './caller.ts'
export type { Input } from './request.ts'

/** What a request that a check wrote itself asks for, and who does. */
export interface Asked {
  readonly operation: string | null
  readonly principal: string
  /** What of our inputs is in it: by that it is known what the request makes, and to whom mail goes by it. */
  readonly input?: Input
  /** The same operation by another way than the profile's own call. */
  readonly by?: Operation | undefined
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
interface Shared extends Line {
  readonly baselines: Baselines
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
        if (callOptions?.by === undefined) use(operation, input)
        return again(callOptions?.by ?? profile.operations[operation], callOptions ?? {}, () =>
          caller.call(operation, input, as, callOptions),
        )
      }),
    async settled() {
      while (underway.size > 0) await Promise.allSettled(underway)
    },
    async prepare(operation, input = {}, as, references) {
      if (references?.by === undefined) use(operation, input)
      return settling(caller.lastRequest(operation, input, as, references))
    },
    async outline(operation, input = {}, as, references) {
      if (references?.by === undefined) use(operation, input)
      return caller.outline(operation, input, as, references)
    },
    send: (request, about) =>
      watched(about.input ?? {}, async () => {
        const { operation, principal, input = {} } = about
        const declared = about.by ?? profile.operations[operation ?? ''] ?? null
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
