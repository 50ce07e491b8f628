import { readJson } from '../json.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { withOwnKey } from '../profile/examples.ts'
import { isSecretResult } from '../profile/further-operations.ts'
import type { Redactor } from '../profile/redact.ts'
import type { Operation, Profile } from '../profile/shape.ts'
import { answerText } from './answer-text.ts'
import { isRefused, readAnswer } from './answers.ts'
import type { Client } from './client.ts'
import type { Mailing } from './mailing.ts'
import type { Making } from './making.ts'
import type { Patience } from './patience.ts'
import { assertCredential, bearerCredential, type Principals } from './principals.ts'
import type { Reach } from './reach.ts'
import { buildRequest, type Credential, type Input, normaliseInput, type Pairs } from './request.ts'
import type { Scripts } from './scripts.ts'
import { assertSendable } from './sendable.ts'
import type { Slots } from './slots.ts'
import type { Ready } from './starting-line.ts'
import { createSteps, type Drawn } from './steps.ts'

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
  /** The same operation by another way than the profile's own call, such as a tool. */
  readonly by?: Operation | undefined
}

export interface CallOptions extends References {
  /** The answer as it is, also where it says to come back later. */
  readonly unlimited?: boolean
  /** On a connection that nothing else uses: balancers keep one to one server. */
  readonly ownConnection?: boolean
  /** It goes out when this has resolved, which is called when its own connection is open. */
  readonly ready?: Ready | undefined
}

export interface InnerOptions extends CallOptions {
  /** Who is being signed in or looked up: the secrets in the answer are theirs, and only what the profile says of them is known yet. */
  readonly owner?: string
}

export interface SendOptions extends Pick<InnerOptions, 'owner' | 'ownConnection' | 'ready'> {
  /** Who is written to by it, as far as that is known. */
  readonly recipients?: readonly string[]
  /** What further calls tell of what was accepted. */
  readonly complete?: (result: Exchange['result']) => Promise<Exchange['result']>
}

/** What the callers of one instance of a target share. */
export interface Line {
  readonly client: Client
  readonly redactor: Redactor
  readonly principals: Principals
  /** A request that waits for a connection has not gone out. */
  readonly slots: Slots
  /** Callers and operations where 401 is no matter of the session: it stayed after a fresh sign-in. */
  readonly refusedAnyway: Set<string>
  readonly patience: Patience
  readonly scripts: Scripts
}

interface Session extends Line {
  readonly profile: Profile
  readonly reach: Reach
  readonly mailing?: Mailing | undefined
  /** Told of each request. */
  readonly counted: () => void
  /** `null` for what makes nothing: sign-ins, and looking up who one is. */
  readonly making: Making | null
}

/** An operation that the profile does not declare: the check should have named it in its needs. */
export class UndeclaredOperation extends Error {
  override readonly name = 'UndeclaredOperation'
}

let exchanges = 0

/** Calls operations of the profile, with their steps, and sends requests as they are; `prefix` begins the ids of exchanges. */
export function createCaller(session: Session, prefix: string) {
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

  type Whose = Pick<InnerOptions, 'owner' | 'refersTo' | 'by'>

  const draw = async (
    name: string,
    given: Input,
    as: As | undefined,
    { owner, refersTo, by }: Whose = {},
  ): Promise<Drawn & { readonly who: As; readonly credential: Credential }> => {
    const operation = by ?? declared(name)
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

  const prepare = async (name: string, asked: Input, as: As | undefined, whose: Whose = {}) => {
    const given = withOwnKey((whose.by ?? declared(name)).example, asked)
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
export function makerIn({ principals }: Profile, name: string): string | null {
  return name in principals && principals[name]?.none !== true ? name : null
}

function nameOf(who: As): string {
  if (who === null) return 'anonymous'
  if (typeof who === 'string') return who
  return 'bearer' in who ? 'a token of the check' : 'a credential of the check'
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
