import { randomBytes, randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { setTimeout as after } from 'node:timers/promises'
import { createBudget, type Take } from '../api/budget.ts'
import type { Journal } from '../api/journal.ts'
import type { Inbox } from '../api/mailed-code.ts'
import type { Announced, Runner } from '../check/admission.ts'
import type { LeakingError } from '../check/errors.ts'
import { createInbox } from '../check/inbox.ts'
import type { LogFindings } from '../check/log.ts'
import type { Instance, Provided } from '../check/provided.ts'
import type { Driver, DriverOptions } from '../drivers/driver.ts'
import { type Delays, embeddedDriver } from '../drivers/embedded.ts'
import { externalDriver } from '../drivers/external.ts'
import { filledIn, type Values } from '../drivers/filled-in.ts'
import { removeLeftFolders } from '../drivers/run-folder.ts'
import type { FurtherCalls } from '../init/further-calls.ts'
import type { Delivery, DnsRecord, Leftovers, Reach, Shard } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { optional } from '../optional.ts'
import { pinnedLookup } from '../pinned-lookup.ts'
import {
  deliveryByDefault,
  type Profile,
  type ProfileDocument,
  readProfile,
  resolveProfile,
} from '../profile/profile.ts'
import { createRedactor } from '../profile/redact.ts'
import { fillIn } from '../profile/references.ts'
import { variables } from '../profile/secrets.ts'
import type { Budget, ComesUp, Secret } from '../profile/shape.ts'
import { type Share, shardKey, withShare } from '../profile/share.ts'
import { type Sandbox, type SandboxPort, startSandbox } from '../sandbox/sandbox.ts'
import type { DeliveryFilter } from '../sandbox/wire.ts'
import { addressesOf } from './addresses.ts'
import { type Admission, createAdmission } from './admission.ts'
import { authorityOf } from './authority.ts'
import { type Cleaning, createCleaning, type TakenBack } from './cleaning.ts'
import { furtherOf } from './further.ts'
import { createInFlight } from './in-flight.ts'
import { inTurn } from './in-turn.ts'
import { isMute, unreachable } from './liveness.ts'
import { profileFile } from './reference-profile.ts'
import { createStrayMail } from './stray-mail.ts'

export interface WorldOptions {
  /** Where the profile has none. */
  readonly budget?: Budget
  /** Path of the profile; the embedded reference API where it is left out. */
  readonly target?: string | undefined
  readonly reach?: Reach | undefined
  readonly seed?: number | undefined
  readonly weakness?: readonly string[] | undefined
  /** Milliseconds by which the embedded target's queue holds every message. */
  readonly deliveryDelay?: number | undefined
  /** Milliseconds that it takes for each answer. */
  readonly answerDelay?: number | undefined
  /** Checks that run at once; as many as the target takes where it is left out. */
  readonly atOnce?: number | undefined
  /** Where machines share the checks of a run: which one this is. */
  readonly place?: PlaceAmongShards | undefined
  /** Absolute path of the run's folder. */
  readonly out?: string | undefined
  /** Interrupts the start, and cuts cleaning up short. */
  readonly signal?: AbortSignal | undefined
}

/** One of several machines that share the checks of a run. */
export interface PlaceAmongShards extends Pick<Shard, 'index' | 'of' | 'shared'> {
  readonly share: Share
}

/** The sandbox with the target in it. */
export interface World {
  readonly provided: Provided
  readonly profile: Profile
  /** As it was written. */
  readonly document: ProfileDocument
  /** Calls of the target's document that no check makes, where the profile wants all of them. */
  readonly leftOut: FurtherCalls['left']
  readonly driver: string
  readonly comesUp: ComesUp
  /** Counts against the budget of the run. */
  readonly take: Take
  /** What comes to the sandbox. */
  readonly inbox: Inbox
  /** Whether any mail has come that matches. */
  hasCome(filter: DeliveryFilter): boolean
  /** Called for each message that comes to the sandbox from now on. */
  arrivals(seen: (delivery: Delivery) => void): void
  /** Runs what each runner has to run, beside one another; `null` is nothing. Checks are let in by this world. */
  runs(work: Readonly<Record<Runner, (() => Promise<unknown>) | null>>): Promise<void>
  /** Text without the secrets of the profile. */
  redact(text: string): string
  /** Why the target is lost; `null` where it takes connections. */
  lost(): Promise<string | null>
  /** Resolves with the reason once the target did not answer a check, and is lost for some seconds. */
  readonly lostMeanwhile: Promise<string>
  /** Nothing more is sent for a check, and whatever one waits for ends. */
  halt(): void
  /** Takes back what runs against the target have left that were killed. */
  takeOver(): Promise<TakenBack>
  /** Takes back what the run made. */
  cleanUp(): Promise<Leftovers>
  /** Takes everything down, at once. */
  close(): Promise<void>
}

/** What the profile says of the zone of the sandbox, filled in. Throws ProfileError where there is nothing to fill in. */
export function zoneOf(
  document: ProfileDocument,
  values: Values,
): { readonly zone?: string; readonly records: readonly DnsRecord[] } {
  const { zone, records = [] } = document.data.sandbox ?? {}
  const said = { ...(zone === undefined ? {} : { zone }), records: records as readonly DnsRecord[] }
  return filledIn(document, ['sandbox'], said, values, 'needed')
}

/** Brings sandbox and target up. Throws ProfileError or UsageError before anything was sent. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { place: shard } = options
  const document = withShare(await readProfile(profileFile(options.target)), shard?.share)
  await removeLeftFolders()
  const named = variablesOf(document, process.env)
  const randoms = randomsOf(document, shard?.index)
  const { budget = options.budget ?? {} } = document.data
  const { inFlight, delivery = deliveryByDefault } = document.data.mail
  const mails = createInFlight(createBudget(budget), {
    most: inFlight ?? Number.POSITIVE_INFINITY,
    ...delivery,
  })
  const { take } = mails
  const admission = createAdmission(Math.max(1, options.atOnce ?? atOnce(document, budget)))
  const losing = Promise.withResolvers<string>()
  losing.promise.catch(() => {})
  let lost = async (): Promise<string | null> => null
  let mute = lost
  let watching = false
  const watch = async () => {
    if (watching) return
    watching = true
    const why = (await stillLost(() => lost())) ?? (await mute())
    watching = false
    if (why !== null) losing.resolve(why)
  }
  const halted = Promise.withResolvers<never>()
  halted.promise.catch(() => {})
  const driver = await driverFor(document, {
    weakness: options.weakness ?? [],
    delays: { deliveryDelay: options.deliveryDelay ?? 0, answerDelay: options.answerDelay ?? 0 },
    randoms,
    secrets: await secretsOf(document, randoms),
    out: options.out ?? null,
    signal: options.signal ?? null,
    say: (line) => console.error(line),
  })
  const errors = new Map<string, readonly LeakingError[]>()
  let sandbox: Sandbox | null = null
  let cleaning: Cleaning | null = null
  const close = async () =>
    inTurn(
      () => cleaning?.close(),
      () => driver.close(),
      () => sandbox?.close(),
    )
  const wanted = new Set(references(document))
  const start = async (weaknesses: readonly string[]): Promise<Instance> => {
    if (sandbox === null) throw new Error('expected the sandbox before the target')
    const { id, exports } = await driver.up(sandbox, { weaknesses })
    // A shell obeys some variables, and a target may announce any: those that the profile names are its user's own.
    const announced = Object.entries(exports).filter(([name]) => wanted.has(name))
    return { id, exports: { ...named, ...randoms, ...Object.fromEntries(announced) } }
  }
  try {
    const { ports = {} } = document.data.sandbox ?? {}
    const authority = await authorityOf(document)
    sandbox = await startSandbox({
      ...(await driver.ground()),
      ...zoneOf(document, { ...process.env, ...randoms }),
      ...(authority === null ? {} : { authority }),
      ports: ports as Partial<Record<SandboxPort, number>>,
      handlers: {
        'target.start': async (args) => start((args as { weaknesses: string[] }).weaknesses),
        'target.stop': async (args) => driver.down((args as { id: string }).id),
        'log.shows': async (args) => {
          const [id, ...asked] = args as [string, string, number]
          return Promise.race([halted.promise, driver.log(id)?.shows(...asked) ?? false])
        },
        'log.find': async (args) => {
          const [id, ...asked] = args as [string, Secret[], string[]]
          return driver.log(id)?.find(...asked) ?? ({ lines: 0, held: [] } satisfies LogFindings)
        },
        'log.hide': async (args) => {
          const [id, { name, value }] = args as [string, Secret]
          driver.log(id)?.hide(name, value)
        },
        'errors.tell': async (args) => {
          const [id, leaking] = args as [string, LeakingError[]]
          errors.set(id, [...(errors.get(id) ?? []), ...leaking].slice(0, mostErrors))
        },
        'errors.leaking': async (args) => errors.get((args as [string])[0]) ?? [],
        'target.silent': async () => void watch().catch(losing.reject),
        'reach.take': async (args) => Promise.race([halted.promise, take(...(args as Parameters<Take>))]),
        'reach.unsent': async (args) => mails.landed((args as [number])[0]),
        'checks.announce': async (args) => admission.announce((args as { checks: Announced[] }).checks),
        'checks.enter': async (args) => admission.enter(ticketIn(args)),
        'checks.alone': async (args) => admission.alone(ticketIn(args)),
        'checks.leave': async (args) => admission.leave(ticketIn(args)),
        'journal.expect': async (args) => {
          const [intent] = args as Parameters<Journal['expect']>
          await Promise.race([halted.promise, null])
          cleaning?.journal.expect(intent)
          cleaning?.signIn(intent)
        },
        'journal.answered': async (args) =>
          cleaning?.journal.answered(...(args as Parameters<Journal['answered']>)),
        'journal.undone': async (args) =>
          cleaning?.journal.undone(...(args as Parameters<Journal['undone']>)),
        'journal.stays': async (args) => cleaning?.journal.stays(...(args as Parameters<Journal['stays']>)),
        'journal.mailed': async (args) => cleaning?.mailed(...(args as Parameters<Cleaning['mailed']>)),
      },
    })
    const { address, wire, refusal, clearMailbox } = sandbox
    wire.watch(({ envelope }) => mails.landed(envelope.to.length))
    if (shard?.shared === true) {
      const values = { ...process.env, ...randoms }
      const stray = createStrayMail(
        (index) => zoneOf(document, { ...values, [shardKey]: String(index) }).zone,
        shard,
      )
      wire.watch(({ envelope }) => {
        const astray = stray(envelope.to)
        if (astray !== null) losing.resolve(astray)
      })
    }
    const instance = await start(options.weakness ?? [])
    const values = { ...process.env, ...instance.exports }
    const mapped = await resolveProfile(document, values)
    const addresses = await addressesOf(document, mapped)
    const lookup = pinnedLookup(addresses)
    // Of a target that is not there it is told later, as of any other; where nothing is asked of it, nothing connects.
    const isThere =
      document.data.documented !== undefined && (await unreachable(mapped.target.url, lookup)) === null
    const further = isThere ? await furtherOf(document, mapped, { ca: address.ca, lookup }) : null
    const profile = further === null ? mapped : await resolveProfile(document, values, { further })
    const reach = reachOf(document, options.reach)
    const inbox = createInbox(wire)
    const place = { ...address, addresses, inbox }
    const learned = ({ name, value }: Secret) => driver.log(instance.id)?.hide(name, value)
    cleaning = outlivesRuns(document)
      ? createCleaning(document, profile, place, options.signal, learned)
      : null
    if (reach !== 'safe') cleaning?.journal.open()
    const provided: Provided = {
      sandbox: address,
      profile: document.file,
      ...(further === null ? {} : { further: { operations: further.operations, scopes: further.scopes } }),
      instance,
      reach,
      ...(shard === undefined ? {} : { share: shard.share }),
      addresses,
      seed: options.seed ?? randomInt(2 ** 32),
    }
    let answered = false
    lost = async () => {
      const ended = await driver.lost()
      if (ended !== null) return ended
      const why = await unreachable(profile.target.url, pinnedLookup(addresses))
      if (why !== null) {
        // That a program has ended is told a moment after its port is closed.
        const since = (await driver.lost()) ?? (await after(interval).then(() => driver.lost()))
        if (since !== null) return since
        return answered ? 'the target no longer takes connections' : `the target ${why}`
      }
      answered = true
      // Known only when all that came has been handed on.
      const refused = await refusal()
      return refused === null
        ? null
        : `the mailbox takes no mail any more (${refused}): its disk may be full, make room and run again`
    }
    mute = async () => {
      const { url, timeout } = profile.target
      const isLost = await isMute(url, pinnedLookup(addresses), timeouts * timeout)
      return isLost ? `the target takes connections, and answered nothing for ${timeouts * timeout} s` : null
    }
    return {
      provided,
      profile,
      document,
      leftOut: further?.left ?? [],
      driver: driver.name,
      comesUp: document.comesUp,
      take,
      inbox,
      hasCome: (filter) => wire.deliveries(filter).length > 0,
      arrivals: wire.watch,
      runs: (work) => runAll(work, admission),
      redact: createRedactor(profile.secrets).redact,
      lost,
      lostMeanwhile: losing.promise,
      halt() {
        halted.reject(new Error('the run was interrupted'))
        admission.close()
        wire.close()
      },
      takeOver: async () => (await cleaning?.takeOver()) ?? nothingLeft,
      async cleanUp() {
        const { left, objects, lost } = (await cleaning?.cleanUp()) ?? nothingLeft
        const arrived = (to: string) => wire.deliveries({ to }).length > 0
        const mails = cleaning?.underway(arrived) ?? 0
        return { objects, lines: [...left, ...(await clearMailbox())], lost, mails }
      },
      close,
    }
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}

const nothingLeft: TakenBack = {
  ...{ taken: 0, left: [], objects: 0, lost: false },
  ...{ others: [], unread: [], whose: 'this run' },
}

/** Checks that run at once: they wait for the target, mail and clocks, so many do, and each holds some memory. */
const most = 24
/** The same for each processor where the target is in this process: those that wait for clocks come to their waiting sooner. */
const mostBesideTarget = 6
/** Of errors that tell of the inside of one instance; more of them say nothing new. */
const mostErrors = 100
/** Where requests are rationed: what a check asks for then comes in its own time, not in everybody's. */
const mostRationed = 6

function atOnce({ comesUp }: ProfileDocument, { perSecond }: Budget): number {
  if (perSecond !== undefined) return mostRationed
  return comesUp === 'embedded' ? Math.min(most, mostBesideTarget * availableParallelism()) : most
}

const ticketIn = (args: unknown) => (args as { ticket: string }).ticket

async function runAll(work: Parameters<World['runs']>[0], admission: Admission): Promise<void> {
  const given = (Object.entries(work) as [Runner, (() => Promise<unknown>) | null][]).flatMap(
    ([runner, run]) => (run === null ? [] : [{ runner, run }]),
  )
  admission.expect(given.map(({ runner }) => runner))
  await Promise.all(given.map(({ runner, run }) => run().finally(() => admission.gone(runner))))
}

/** How far a run goes that was not told. */
export function reachOf({ comesUp }: ProfileDocument, asked: Reach | undefined): Reach {
  return asked ?? (comesUp === 'embedded' ? 'disruptive' : 'safe')
}

/** The others go down with all that is in them. */
export function outlivesRuns({ comesUp }: ProfileDocument): boolean {
  return comesUp === 'external' || comesUp === 'command'
}

async function driverFor(
  document: ProfileDocument,
  { weakness, delays, ...options }: DriverOptions & { weakness: readonly string[]; delays: Delays },
): Promise<Driver> {
  if (document.embedded !== null) return embeddedDriver(document.embedded, delays)
  if (weakness.length > 0 && !references(document).includes('run:weaknesses'))
    throw new UsageError(
      '--weakness works with the embedded reference API, and where run:weaknesses stands in the settings of a container or command: leave out --target and TARGET',
    )
  if (document.comesUp === 'container') {
    // Nobody else pays for loading it.
    const { containersDriver } = await optional('testcontainers', () => import('../drivers/containers.ts'))
    return containersDriver(document, options)
  }
  if (document.comesUp === 'command') {
    const { commandDriver } = await import('../drivers/command.ts')
    return commandDriver(document, options)
  }
  // An unset variable ends the run here, before anything is started: the target is not to say it.
  return externalDriver(await resolveProfile(document, { ...process.env, ...options.randoms }))
}

/** The keys of everything that the profile refers to. */
function references({ data }: ProfileDocument): string[] {
  return variables(JSON.stringify(data))
}

/** What of the profile's secrets can be had before a target announces more; of what is wrong it is told later. */
async function secretsOf(document: ProfileDocument, randoms: Readonly<Record<string, string>>) {
  if (document.comesUp !== 'container' && document.comesUp !== 'command') return []
  return (await fillIn(document, { ...process.env, ...randoms })).secrets
}

/**
 * What the profile names of this environment: the runners of checks set variables of their own in their workers, BASE_URL and MODE
 * among them, and the profile is read again there.
 */
export function variablesOf(document: ProfileDocument, env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    references(document).flatMap((key) => {
      const value = env[key]
      return value === undefined ? [] : [[key, value]]
    }),
  )
}

/** A secret for each `${random:NAME}` of the profile, and what it wants to know of the run. */
export function randomsOf(document: ProfileDocument, shard = 1): Record<string, string> {
  const keys = references(document)
  const randoms = keys.filter((key) => key.startsWith('random:'))
  return {
    ...Object.fromEntries(randoms.map((key) => [key, randomBytes(24).toString('base64url')])),
    ...(keys.includes(shardKey) ? { [shardKey]: String(shard) } : {}),
  }
}

/** Who restarts a service is done by then: milliseconds. */
const reprieve = 5000
/** So many times the time for an answer: who has much to do answers at last, in turn. */
const timeouts = 3
/** Between two looks: milliseconds. */
const interval = 500

/** Why it is lost, and stays so; `null` as soon as it is not. */
async function stillLost(lost: () => Promise<string | null>): Promise<string | null> {
  const until = performance.now() + reprieve
  for (let why = await lost(); ; why = await lost()) {
    if (why === null || performance.now() >= until) return why
    await after(interval)
  }
}
