import { randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { type Driver, UsageError } from '../drivers/driver.ts'
import { embeddedDriver } from '../drivers/embedded.ts'
import { externalDriver } from '../drivers/external.ts'
import type { Personality, Reach } from '../model.ts'
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts'
import { closeApi, createApi } from '../target/api.ts'
import { createBudget, type Take } from '../target/budget.ts'
import { cleanUp } from '../target/cleanup.ts'
import { type Created, createJournal } from '../target/journal.ts'
import { type Profile, type ProfileDocument, readProfile, resolveProfile } from '../target/profile.ts'
import { createReach } from '../target/reach.ts'
import { type Provided, root } from './vitest.ts'

export interface WorldOptions {
  /** Path of the profile; the embedded reference API where it is left out. */
  readonly target?: string | undefined
  readonly reach?: Reach | undefined
  readonly seed?: number | undefined
  readonly weakness?: readonly string[] | undefined
  /** Milliseconds by which the embedded target's queue holds every message. */
  readonly deliveryDelay?: number | undefined
}

/** The sandbox with the target in it. */
export interface World {
  readonly provided: Provided
  readonly profile: Profile
  readonly driver: string
  /** Whether the target takes connections. */
  alive(): Promise<boolean>
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
  // An unset variable ends the run here, before anything is started; an embedded target sets its own.
  if (document.embedded === null) await resolveProfile(document, process.env)

  const journal = createJournal()
  const { budget = {} } = document.data
  const take = createBudget(budget)
  const halted = Promise.withResolvers<never>()
  halted.promise.catch(() => {})
  let driver: Driver | null = null
  const sandbox = await startSandbox({
    ports: (document.data.sandbox?.ports ?? {}) as Partial<Record<Personality, number>>,
    handlers: {
      'target.start': async (args) => driver?.up(args as { weaknesses: string[] }),
      'target.stop': async (args) => driver?.down((args as { id: string }).id),
      'reach.take': async (args) => Promise.race([halted.promise, take(...(args as Parameters<Take>))]),
      'journal.record': async (args) => journal.record(args as Created),
      'journal.forget': async (args) => journal.forget(args as Created),
    },
  })
  try {
    driver = driverFor(document, sandbox, options)
    const instance = await driver.up({ weaknesses: options.weakness ?? [] })
    const profile = await resolveProfile(document, { ...process.env, ...instance.exports })
    const provided: Provided = {
      sandbox: sandbox.address,
      profile: document.file,
      instance,
      reach: options.reach ?? (document.embedded === null ? 'safe' : 'disruptive'),
      seed: options.seed ?? randomInt(2 ** 32),
    }
    return {
      provided,
      profile,
      driver: driver.name,
      alive: () => takesConnections(profile.target.url),
      halt() {
        halted.reject(new Error('the run was interrupted'))
        sandbox.wire.close()
      },
      async cleanUp() {
        // An embedded target goes down with all that is in it.
        if (document.embedded !== null) return []
        const own = createBudget(budget.perSecond === undefined ? {} : { perSecond: budget.perSecond })
        const reach = createReach({ profile, zone: sandbox.address.zone, take: own })
        const api = createApi({ profile, reach, ca: sandbox.address.ca, check: 'clean-up' })
        const left = await cleanUp(api, journal.entries())
        await closeApi(profile)
        return left.map(
          ({ entry, reason }) => `left behind: ${entry.operation} ${JSON.stringify(entry.input)}: ${reason}`,
        )
      },
      async close() {
        await driver?.close()
        await sandbox.close()
      },
    }
  } catch (error) {
    await driver?.close()
    await sandbox.close()
    throw error
  }
}

function driverFor(document: ProfileDocument, sandbox: Sandbox, options: WorldOptions): Driver {
  if (document.embedded !== null)
    return embeddedDriver(document.embedded, sandbox, options.deliveryDelay ?? 0)
  if ((options.weakness ?? []).length > 0)
    throw new UsageError(
      '--weakness works with the embedded reference API alone: leave out --target and TARGET',
    )
  return externalDriver()
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
