import { randomBytes, randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { type Api, closeApi, createApi } from '../api/api.ts'
import { createBudget, type Take } from '../api/budget.ts'
import { cleanUp } from '../api/cleanup.ts'
import { type Created, createJournal } from '../api/journal.ts'
import { createReach } from '../api/reach.ts'
import type { Driver, DriverOptions } from '../drivers/driver.ts'
import { embeddedDriver } from '../drivers/embedded.ts'
import { externalDriver } from '../drivers/external.ts'
import type { DnsRecord, Reach } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { type Profile, type ProfileDocument, readProfile, resolveProfile } from '../profile/profile.ts'
import { variables } from '../profile/secrets.ts'
import type { ComesUp } from '../profile/shape.ts'
import { type Sandbox, type SandboxPort, startSandbox } from '../sandbox/sandbox.ts'
import { type Instance, type Provided, root } from './vitest.ts'

export interface WorldOptions {
  /** Path of the profile; the embedded reference API where it is left out. */
  readonly target?: string | undefined
  readonly reach?: Reach | undefined
  readonly seed?: number | undefined
  readonly weakness?: readonly string[] | undefined
  /** Milliseconds by which the embedded target's queue holds every message. */
  readonly deliveryDelay?: number | undefined
  /** Absolute path of the run's folder. */
  readonly out?: string | undefined
  /** Interrupts the start. */
  readonly signal?: AbortSignal | undefined
}

/** The sandbox with the target in it. */
export interface World {
  readonly provided: Provided
  readonly profile: Profile
  readonly driver: string
  readonly comesUp: ComesUp
  /** Counts against the budget of the run. */
  readonly take: Take
  /** Why the target is lost; `null` where it takes connections. */
  lost(): Promise<string | null>
  /** Nothing more is sent for a check, and whatever one waits for ends. */
  halt(): void
  /** Deletes what the run created, whatever is left of its budget; a sentence for each object that could not be deleted. */
  cleanUp(): Promise<string[]>
  /** Takes everything down, at once. */
  close(): Promise<void>
}

export const referenceProfile = resolve(root, 'fixtures/targets/reference.yaml')

/** Brings sandbox and target up. Throws ProfileError or UsageError before anything was sent. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const document = await readProfile(options.target ?? referenceProfile)
  const randoms = randomsOf(document)
  const journal = createJournal()
  const { budget = {} } = document.data
  const take = createBudget(budget)
  const halted = Promise.withResolvers<never>()
  halted.promise.catch(() => {})
  const driver = await driverFor(document, {
    weakness: options.weakness ?? [],
    deliveryDelay: options.deliveryDelay ?? 0,
    randoms,
    out: options.out ?? null,
    signal: options.signal ?? null,
  })
  let sandbox: Sandbox | null = null
  let cleaner: Cleaner | null = null
  const close = async () => {
    await driver.close()
    await sandbox?.close()
  }
  const start = async (weaknesses: readonly string[]): Promise<Instance> => {
    if (sandbox === null) throw new Error('expected the sandbox before the target')
    const { id, exports } = await driver.up(sandbox, { weaknesses })
    return { id, exports: { ...randoms, ...exports } }
  }
  try {
    const { zone, ports = {}, records = [] } = document.data.sandbox ?? {}
    const authority = await authorityOf(document)
    sandbox = await startSandbox({
      ...(await driver.ground()),
      ...(zone === undefined ? {} : { zone }),
      ...(authority === null ? {} : { authority }),
      records: records as readonly DnsRecord[],
      ports: ports as Partial<Record<SandboxPort, number>>,
      handlers: {
        'target.start': async (args) => start((args as { weaknesses: string[] }).weaknesses),
        'target.stop': async (args) => driver.down((args as { id: string }).id),
        'reach.take': async (args) => Promise.race([halted.promise, take(...(args as Parameters<Take>))]),
        'journal.record': async (args) => {
          journal.record(args as Created)
          cleaner?.signIn(args as Created)
        },
        'journal.forget': async (args) => journal.forget(args as Created),
      },
    })
    const { address, wire, refusal, clearMailbox } = sandbox
    const instance = await start(options.weakness ?? [])
    const profile = await resolveProfile(document, { ...process.env, ...instance.exports })
    const cleaning = createCleaner(profile, address)
    cleaner = cleaning
    const provided: Provided = {
      sandbox: address,
      profile: document.file,
      instance,
      reach: options.reach ?? (document.comesUp === 'embedded' ? 'disruptive' : 'safe'),
      seed: options.seed ?? randomInt(2 ** 32),
    }
    return {
      provided,
      profile,
      driver: driver.name,
      comesUp: document.comesUp,
      take,
      async lost() {
        const ended = await driver.lost()
        if (ended !== null) return ended
        const refused = await refusal()
        if (refused !== null)
          return `the mailbox takes no mail any more (${refused}): its disk may be full, make room and run again`
        return (await takesConnections(profile.target.url)) ? null : 'the target no longer takes connections'
      },
      halt() {
        halted.reject(new Error('the run was interrupted'))
        wire.close()
      },
      async cleanUp() {
        // These go down with all that is in them.
        if (document.comesUp === 'embedded' || document.comesUp === 'container') return []
        const left = await cleanUp(cleaning.api, journal.entries())
        await closeApi(profile)
        const objects = left.map(
          ({ entry, reason }) => `left behind: ${entry.operation} ${JSON.stringify(entry.input)}: ${reason}`,
        )
        return [...objects, ...(await clearMailbox())]
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface Cleaner {
  readonly api: Api
  /** Who will take it back signs in now: checks of sign-in limits may lock everybody out for a while. */
  signIn(entry: Created): void
}

/** Takes back what the run made, whatever is left of its budget. */
function createCleaner(profile: Profile, { zone, ca }: Sandbox['address']): Cleaner {
  const { perSecond } = profile.budget ?? {}
  const take = createBudget(perSecond === undefined ? {} : { perSecond })
  const api = createApi({ profile, reach: createReach({ profile, zone, take }), ca, check: 'clean-up' })
  const signedIn = new Set<string | null>()
  return {
    api,
    signIn({ operation, input, principal }) {
      if (signedIn.has(principal)) return
      signedIn.add(principal)
      // What is wrong with it shows when it is needed.
      api.prepare(operation, input, principal ?? undefined).catch(() => {})
    },
  }
}

async function driverFor(
  document: ProfileDocument,
  {
    weakness,
    deliveryDelay,
    ...options
  }: DriverOptions & { weakness: readonly string[]; deliveryDelay: number },
): Promise<Driver> {
  if (document.embedded !== null) return embeddedDriver(document.embedded, deliveryDelay)
  if (weakness.length > 0 && !references(document).includes('run:weaknesses'))
    throw new UsageError(
      '--weakness works with the embedded reference API, and where run:weaknesses stands in the settings of a container or command: leave out --target and TARGET',
    )
  if (document.comesUp === 'container') {
    // Nobody else pays for loading it.
    const { containersDriver } = await import('../drivers/containers.ts')
    return containersDriver(document, options)
  }
  if (document.comesUp === 'command') {
    const { commandDriver } = await import('../drivers/command.ts')
    return commandDriver(document, options)
  }
  // An unset variable ends the run here, before anything is started: the target is not to say it.
  return externalDriver(await resolveProfile(document, { ...process.env, ...options.randoms }))
}

async function authorityOf(document: ProfileDocument): Promise<string | null> {
  const { authority } = document.data.sandbox ?? {}
  if (authority === undefined) return null
  const file = document.pathOf(['sandbox', 'authority'], authority)
  return readFile(file, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new UsageError(`sandbox.authority: expected a readable PEM file; seen ${code} for ${file}`)
  })
}

/** The keys of everything that the profile refers to. */
function references({ data }: ProfileDocument): string[] {
  return variables(JSON.stringify(data))
}

/** A secret for each `${random:NAME}` of the profile. */
function randomsOf(document: ProfileDocument): Record<string, string> {
  const keys = references(document).filter((key) => key.startsWith('random:'))
  return Object.fromEntries(keys.map((key) => [key, randomBytes(24).toString('base64url')]))
}

function takesConnections(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url)
  return new Promise((settle) => {
    const socket = connect(
      Number(port || (protocol === 'https:' ? 443 : 80)),
      hostname.replace(/^\[|\]$/g, ''),
    )
    const done = (alive: boolean) => {
      socket.destroy()
      settle(alive)
    }
    socket.setTimeout(5000, () => done(false))
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}
