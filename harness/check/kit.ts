import type { MailpitClient } from 'mailpit-api'
import { type Api, type ApiOptions, closeApi, createApi, type Input } from '../api/api.ts'
import type { Take } from '../api/budget.ts'
import type { Journal } from '../api/journal.ts'
import { createMailing } from '../api/mailing.ts'
import { createReach, type Reach } from '../api/reach.ts'
import { createUsage, type Usage } from '../api/usage.ts'
import { isObject } from '../json.ts'
import type { About, Basis, Exchange, Reach as HowFar, Role } from '../model.ts'
import { createResolver, type RecordingResolver } from '../probes/resolver.ts'
import { mulberry32 } from '../probes/statistics.ts'
import { type Profile, readProfile, resolveProfile } from '../profile/profile.ts'
import type { Secret } from '../profile/shape.ts'
import { withShare } from '../profile/share.ts'
import { type Callback, connectSandbox, type Dns, type SandboxClient, type Wire } from '../sandbox/client.ts'
import { monotonic } from '../sandbox/clock.ts'
import type { DeliveryFilter } from '../sandbox/wire.ts'
import { Unproven } from '../verdicts.ts'
import { type Absence, type Absences, createAbsences } from './absences.ts'
import { channelOf } from './channels.ts'
import { discretionOf } from './discretion.ts'
import { createEndpoints, type Endpoints } from './endpoints.ts'
import { createErrors, type Errors } from './errors.ts'
import { evidenceMakers } from './evidence.ts'
import { createFence } from './fence.ts'
import { createInbound, type Inbound } from './inbound.ts'
import { createInbox } from './inbox.ts'
import { createLetters } from './letters.ts'
import { createLog, type Log } from './log.ts'
import { createMailbox, type Mailbox } from './mailbox.ts'
import { placesOf, spelledBy, variablesOf } from './places.ts'
import { createPost, type Post } from './post.ts'
import type { Instance, Provided } from './provided.ts'
import { createSaw, type Saw } from './saw.ts'
import { createSpending, type Spent } from './spending.ts'
import { createSubmission, type Submission } from './submission.ts'
import { createTrail, type Trail } from './trail.ts'
import { createVerify, type Judged, type Verify } from './verify.ts'

/** What a check gets to work with. */
export interface Kit {
  readonly api: Api
  readonly post: Post
  readonly mailbox: Mailbox
  readonly wire: Wire
  readonly dns: Dns
  readonly callback: Callback
  readonly log: Log
  readonly errors: Errors
  readonly submission: Submission
  readonly inbound: Inbound
  readonly endpoints: Endpoints
  readonly profile: Profile
  readonly verify: Verify
  readonly saw: Saw
  /** The target's domains are the sandbox's: what it delivers from is what receivers see. */
  readonly inSandbox: boolean
  /** Asks who knows the target's domains, and keeps what it said. */
  readonly resolver: RecordingResolver
  /** Below which, in the sandbox, every name is an organisation of its own, as below a public suffix. */
  readonly suffixes: readonly string[]
  /** In [0, 1); repeats with `--seed`. */
  readonly random: () => number
  readonly reach: Reach
  /** How far the run may go. */
  readonly runReach: HowFar
  /** The mailbox by its own API. */
  readonly mailpit: MailpitClient
  /** Waits until no other check runs; none begins before this one has ended. */
  alone(): Promise<void>
}

/** The kit of one check in front of its target, and what came of it. */
export interface OpenKit {
  readonly kit: Kit
  readonly usage: Usage
  readonly spent: Spent
  readonly absences: readonly Absence[]
  judged(thrown: unknown): Judged
  /** What the judgement rests on. */
  basis(startedAt: number): Basis
  redact(text: string): string
  /** Waits for the calls that are still on their way. */
  close(): Promise<void>
}

/** What the checks share that look at one instance. */
interface Opened {
  readonly profile: Profile
  readonly reach: Reach
  readonly fence: () => Promise<void>
  /** Where the target's own output is written down, what it gives out is to be hidden there. */
  readonly learned: ApiOptions['learned']
}

export interface KitOptions {
  readonly role: Role
  /** The check gets an instance of its own, with this weakness or habit switched on. */
  readonly switched: string | null
  readonly provided: Provided
  readonly about: About
  readonly alone: () => Promise<void>
  /** Stable names of the variants to try; all where it is left out. */
  readonly only?: ReadonlySet<string> | null
}

const sandboxes = new Map<string, SandboxClient>()
const instances = new Map<string, Promise<Opened>>()
/** One of a run, whatever targets it starts. */
const documents = new Map<string, ReturnType<typeof readProfile>>()

/** The sandbox of a run, for this worker. */
export function sandboxOf({ sandbox }: Provided): SandboxClient {
  return remembered(sandboxes, sandbox.control.url, () => connectSandbox(sandbox))
}

export async function openKit({
  role,
  switched,
  provided,
  about,
  alone,
  only = null,
}: KitOptions): Promise<OpenKit> {
  const sandbox = sandboxOf(provided)
  const own =
    switched === null ? null : ((await sandbox.call('target.start', { weaknesses: [switched] })) as Instance)
  const instance = own ?? provided.instance
  const key = [sandbox.address.control.url, instance.id, provided.profile].join(' ')
  const opened = await remembered(instances, key, () => open(provided, instance, sandbox))
  const { learned } = opened
  const profile = role === 'target' ? opened.profile : without(opened.profile, about.silentOn)
  const spending = createSpending(opened.reach, opened.fence)
  const { reach, sockets, fence } = spending
  const tell = async (method: string, ...args: unknown[]) =>
    void (await sandbox.call(`journal.${method}`, args))
  const journal: Journal = {
    expect: (intent) => tell('expect', intent),
    answered: (id, outcome) => tell('answered', id, outcome),
    undone: (undone) => tell('undone', undone),
    stays: (operation) => tell('stays', operation),
  }
  const mailing = createMailing()
  const usage = createUsage()
  const { ca } = provided.sandbox
  const { embedded, container } = profile.target
  const variables = variablesOf(profile, provided.sandbox, instance.exports)
  const api = createApi({
    ...{ profile, reach, ca, usage, learned },
    ...{ check: about.id, places: placesOf(variables) },
    noted: (exchange, input) => {
      note(exchange, input)
      errors.note(exchange)
      toldSilence(sandbox, exchange)
    },
    // These are thrown away whole.
    ...(embedded === undefined && container === undefined ? { journal } : {}),
    mailing,
    open: fence,
    inbox: createInbox(sandbox.wire),
  })
  const { redact } = api
  const errors = createErrors(sandbox, instance.id, about.id, redact)
  const discretion = discretionOf(profile, provided.sandbox.zone)
  const evidence = evidenceMakers(redact, discretion)
  const trail: Trail = createTrail(
    evidence,
    (exchange, seen, beside) =>
      submission.reproduce(exchange, beside.after) ?? api.script(exchange, seen, beside),
  )
  const note = (exchange: Exchange, input: Input = {}) => {
    trail.note({ exchange })
    discretion.made(exchange)
    const channel = channelOf(exchange.operation, input)
    if (channel !== null) trail.basis.sent(channel)
  }
  const spell = spelledBy(variables, api.spell)
  const submission = createSubmission({
    ...{ profile, reach: sockets, ca, redact, spell },
    script: (exchange, after) => api.script(exchange, '', { after }),
    noted: note,
    mailing,
    silent: () => void tellSilence(sandbox),
  })
  const absences = createAbsences(evidence.text)
  const wire = watched(sandbox.wire, trail, absences)
  const mailbox = createMailbox(wire, createLetters(provided.seed, about.id))
  const { judged, basis, ...verify } = createVerify({
    ...{ about, trail, text: evidence.text, claim: evidence.claim, said: api.said, fence, only },
  })
  const nameServer = ownsDomains(profile, provided.sandbox.zone) ? provided.sandbox.dns : null
  const saw = createSaw(trail, evidence, nameServer, spell)
  const { dns, callback, mailbox: mailpit, problems } = sandbox
  return {
    usage,
    redact,
    judged,
    basis,
    get spent() {
      return spending.spent
    },
    get absences() {
      return absences.all
    },
    kit: {
      ...{ api, wire, dns, callback, mailbox, mailpit, profile, reach, submission, verify, saw, alone },
      post: createPost({ api, mailbox, wire, verify, submission, problems, mx: provided.sandbox.mx }),
      inbound: createInbound({ api, profile, reach: sockets, ca, saw, spell }),
      endpoints: createEndpoints(profile, sockets, saw, { ca, spell, spellWithin: api.spell }),
      log: createLog(sandbox, instance.id),
      errors,
      inSandbox: nameServer !== null,
      resolver: createResolver(nameServer, saw.asked),
      suffixes: [provided.sandbox.zone, `${instance.id}.${provided.sandbox.zone}`],
      random: mulberry32(provided.seed),
      runReach: provided.reach,
    },
    async close() {
      await api.settled()
      await errors.tell()
      const { recipients } = mailing
      if (recipients.length > 0) await tell('mailed', recipients)
      if (own === null) return
      await closeApi(profile)
      await sandbox.call('target.stop', { id: own.id })
    },
  }
}

/** Says nothing of these places below its policies. */
function without(profile: Profile, silentOn: About['silentOn'] = []): Profile {
  const policies = structuredClone(profile.policies) as Record<string, unknown>
  for (const place of silentOn) {
    const names = place.split('.')
    const holder = names.slice(0, -1).reduce<unknown>((at, name) => isObject(at) && at[name], policies)
    if (isObject(holder)) Reflect.deleteProperty(holder, names.at(-1) ?? '')
  }
  return { ...profile, policies }
}

async function open(provided: Provided, instance: Instance, sandbox: SandboxClient): Promise<Opened> {
  const read = [sandbox.address.control.url, provided.profile].join(' ')
  const document = await remembered(documents, read, async () =>
    withShare(await readProfile(provided.profile), provided.share),
  )
  const { further } = provided
  const profile = await resolveProfile(document, { ...process.env, ...instance.exports }, { further })
  const reach = createReach({
    profile,
    zone: provided.sandbox.zone,
    addresses: provided.addresses,
    take: inPortions(profile, async (kind, count) => {
      await sandbox.call('reach.take', [kind, count]).catch((error: Error) => {
        if (error.name !== 'ReachError') throw error
        throw new Unproven(
          'the budget of the run is used up',
          `raise budget.${kind}s in the profile, or run fewer checks`,
        )
      })
    }),
    unsent: async (count) =>
      profile.mail.inFlight === undefined ? undefined : void (await sandbox.call('reach.unsent', [count])),
  })
  const noted = (exchange: Exchange) => toldSilence(sandbox, exchange)
  const { command, container } = profile.target
  const learned =
    command === undefined && container === undefined
      ? undefined
      : (secret: Secret) => void sandbox.call('log.hide', [instance.id, secret]).catch(() => {})
  const inbox = createInbox(sandbox.wire)
  const { ca } = provided.sandbox
  // Every Api of this profile spells as the first one does.
  const places = placesOf(variablesOf(profile, provided.sandbox, instance.exports))
  const api = createApi({ profile, reach, ca, check: 'fence', noted, learned, inbox, places })
  const { redact, spell } = api
  const submission = createSubmission({
    ...{ profile, reach, ca, redact, spell, noted, mailing: createMailing() },
  })
  const path = { api, submission }
  const fence = createFence(path, sandbox, createLetters(provided.seed, 'fence'))
  return { profile, reach, fence, learned }
}

/** A run need not go on where the target is lost, and who asks it is the first to see that. */
function toldSilence(sandbox: SandboxClient, { response }: Exchange): void {
  if (response === null) tellSilence(sandbox)
}

function tellSilence(sandbox: SandboxClient): void {
  sandbox.call('target.silent', {}).catch(() => {})
}

/** Of many that match, the first tell enough. */
const noted = 3

/** The wire, with what a check sees on it noted in its trail. */
function watched(wire: Wire, trail: Trail, absences: Absences): Wire {
  const opened = monotonic()
  /** A check asks for texts of its own, which it had not made yet when it began. */
  const own = <Filter extends { readonly containing?: string; readonly saying?: string }>(filter: Filter) =>
    filter.containing === undefined && filter.saying === undefined ? filter : { ...filter, since: opened }
  const deliveries = async (filter: DeliveryFilter, ask: Wire['deliveries']) => {
    const found = await ask(filter)
    absences.saw(trail.scope, filter, found)
    for (const delivery of found.slice(0, noted)) trail.note({ delivery })
    return found
  }
  const sessions = async (asked: ReturnType<Wire['sessions']>) => {
    const found = await asked
    for (const session of found.slice(0, noted)) trail.note({ session })
    return found
  }
  return {
    ...wire,
    deliveries: (filter) => deliveries(own(filter), wire.deliveries),
    arrival: (filter, options) => deliveries(own(filter), (asked) => wire.arrival(asked, options)),
    sessions: (filter) => sessions(wire.sessions(own(filter))),
    session: (filter, options) => sessions(wire.session(own(filter), options)),
  }
}

function remembered<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key) ?? make()
  map.set(key, known)
  return known
}

function ownsDomains({ mail }: Profile, zone: string): boolean {
  return mail.domains.some((domain) => domain.endsWith(`.${zone}`))
}

/** Asks for many at once where nothing is rationed, since every request waits for its leave; one by one where something is. */
function inPortions(profile: Profile, take: Take): Take {
  if (profile.budget !== undefined || profile.mail.inFlight !== undefined) return take
  const portion = 200
  const left = { request: 0, mail: 0 }
  const last = { request: Promise.resolve(), mail: Promise.resolve() }
  return (kind, count) => {
    const taken = last[kind].then(async () => {
      while (left[kind] < count) {
        await take(kind, portion)
        left[kind] += portion
      }
      left[kind] -= count
    })
    last[kind] = taken.catch(() => {})
    return taken
  }
}
