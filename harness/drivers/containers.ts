import { GenericContainer, type StartedTestContainer } from 'testcontainers'
import { Unavailable } from '../obstacles.ts'
import { isSecretKey, variables } from '../profile/secrets.ts'
import type { ContainerData, ProfileDocument } from '../profile/shape.ts'
import { nameserverOf } from '../sandbox/forwarded-addresses.ts'
import { type ContainerSettings, startContainer } from './container.ts'
import { connectEngine, type Engine } from './containers-engine.ts'
import type { Driver, DriverOptions } from './driver.ts'
import { filledIn, type Values } from './filled-in.ts'
import { isToldOfNameserver, type StartedForwarder, startForwarder, wantsForwarder } from './forwarder.ts'
import { createRunFolder, type RunFolder } from './run-folder.ts'
import { sandboxValues } from './sandbox-values.ts'
import { announcementOf, startsUntil } from './starting.ts'
import { openLog, type TargetLog } from './target-log.ts'

/** Mailpit's advisories of 2026 are mended from this version on. */
const mailpitImage = 'axllent/mailpit:v1.30.5'
const mailpitPorts = { http: 8025, smtp: 1025 } as const

type Place = Pick<ContainerSettings, 'engine' | 'network' | 'signal'>

interface Instance {
  readonly container: StartedTestContainer
  readonly log: TargetLog
}

/** Of its settings in the profile. */
const at = ['target', 'container']

/** The target's image and a real Mailpit, in a network of their own, in which the sandbox listens. */
export function containersDriver(document: ProfileDocument, options: DriverOptions): Driver {
  const settings = document.data.target.container
  if (settings === undefined) throw new TypeError('expected target.container')
  const instances = new Map<string, Instance>()
  const closing: (() => Promise<void>)[] = []
  const { started, settled } = startsUntil(options.signal)
  const ground = Promise.withResolvers<Place & { readonly folder: RunFolder }>()
  ground.promise.catch(() => {})
  const sparing = wantsForwarder(document.data)
  let forwarder: StartedForwarder | null = null
  let leading: Promise<void> | undefined
  let count = 0

  const log = (name: string) => {
    const opened = openLog(options.out, name)
    closing.push(() => opened.close())
    return opened
  }
  const prepare = async () => {
    const engine = await connectEngine()
    closing.unshift(() => engine.removeAll())
    const folder = await createRunFolder('container')
    closing.push(() => folder.remove())
    const network = await engine.createNetwork({ sparing })
    ground.resolve({ engine, network, signal: options.signal, folder })
    return ground.promise
  }
  /** Without one the run goes on, and says so. */
  const startForwarderIn = async (place: Place): Promise<StartedForwarder | null> => {
    if (!sparing) return null
    const own = log('forwarder')
    try {
      const started = await startForwarder(document, { ...place, log: own })
      instances.set('forwarder', { container: started.container, log: own })
      return started
    } catch (error) {
      if (!(error instanceof Unavailable) || options.signal?.aborted) throw error
      const [why] = own.tail() === '' ? error.message.split('\n') : own.tail().trim().split('\n').slice(-1)
      options.say(
        `all mail exchangers have one address, since no forwarder came up: ${why}; see sandbox.forwarder in the profile`,
      )
      return null
    }
  }
  const start = async (id: string, values: Values, own: TargetLog) => {
    const { folder, ...place } = await ground.promise
    const image = await imageOf(document, settings, values, own)
    const fill = <Value>(name: string, value: Value) => filledIn(document, [...at, name], value, values)
    const { run, environment = {}, files = {} } = settings
    const data = {
      ...settings,
      environment: fill('environment', environment),
      ...(run === undefined ? {} : { run: fill('run', run) }),
    }
    const mounts = await mounted(fill('files', files), folder, id)
    const nameserver =
      forwarder === null || isToldOfNameserver(document.data) ? null : nameserverOf(forwarder)
    return startContainer(image, { ...place, log: own, alias: id, mounts, nameserver, data })
  }

  return {
    name: 'containers',
    async ground() {
      const place = await started(prepare())
      const own = log('mailpit')
      const both = Promise.all([startMailpit(document, place, own), startForwarderIn(place)])
      const [mailpit, forwards] = await started(both)
      instances.set('mailpit', { container: mailpit, log: own })
      forwarder = forwards
      const { gateway } = place.network
      const host = mailpit.getHost()
      return {
        ...(gateway === null ? { seenAs: 'host.docker.internal' } : { host: gateway }),
        ...(forwards === null ? {} : { forwarder: forwards }),
        mailbox: {
          url: `http://${host}:${mailpit.getMappedPort(mailpitPorts.http)}`,
          smtp: { host, port: mailpit.getMappedPort(mailpitPorts.smtp) },
        },
      }
    },
    async up(sandbox, { weaknesses }) {
      const id = `t${++count}`
      const own = log(id === 't1' ? 'target' : `target-${id}`)
      const values: Values = {
        ...process.env,
        ...options.randoms,
        ...(await sandboxValues(sandbox, id)),
        'run:weaknesses': weaknesses.join(','),
      }
      for (const { name, value } of options.secrets) own.hide(name, value)
      for (const key of variables(JSON.stringify(settings)).filter(isSecretKey))
        own.hide(key, values[key] ?? '')
      leading ??= forwarder?.lead(sandbox)
      if (leading !== undefined) await started(leading)
      const container = await started(start(id, values, own))
      instances.set(id, { container, log: own })
      const announced =
        settings.announces === true
          ? await started(announcementOf(own, settings.ready?.within ?? 60, 'target.container'))
          : null
      sandbox.dns.publish(announced?.records ?? [])
      const ports = settings.ports.map((port) => [`target:${port}`, String(container.getMappedPort(port))])
      const address = container.getIpAddress((await ground.promise).network.name)
      return {
        id,
        exports: { ...announced?.exports, ...Object.fromEntries(ports), 'target:address': address },
      }
    },
    async down(id) {
      await instances.get(id)?.container.stop({ timeout: 0 })
      instances.delete(id)
    },
    log: (id) => instances.get(id)?.log ?? null,
    async lost() {
      const { engine } = await ground.promise
      const mailbox = instances.get('mailpit')
      return (
        (await ended('the target', instances.get('t1'), engine)) ??
        (await ended('the mailbox', mailbox, engine)) ??
        (await ended('the forwarder', instances.get('forwarder'), engine))
      )
    },
    async close() {
      const [removeAll, ...rest] = closing.splice(0)
      await removeAll?.()
      // What was being made meanwhile is only now there to be found.
      if (await settled()) await removeAll?.()
      for (const end of rest) await end()
    },
  }
}

function startMailpit(
  document: ProfileDocument,
  place: Place,
  log: TargetLog,
): Promise<StartedTestContainer> {
  const image = document.data.sandbox?.mailpit?.image ?? mailpitImage
  return startContainer(filledIn(document, ['sandbox', 'mailpit', 'image'], image, process.env, 'needed'), {
    ...place,
    log,
    alias: 'mailpit',
    data: {
      // It would drop the oldest beyond 500.
      run: ['--disable-version-check', '--smtp-disable-rdns', '--max', '0'],
      ports: Object.values(mailpitPorts),
      ready: { path: '/readyz', port: mailpitPorts.http },
    },
  })
}

/** The name of the image; built first where the profile says from what. */
async function imageOf(
  document: ProfileDocument,
  { image, build }: ContainerData,
  values: Values,
  log: TargetLog,
): Promise<string> {
  if (build === undefined) return filledIn(document, [...at, 'image'], image ?? '', values, 'needed')
  const context = document.pathOf(['target', 'container', 'build', 'context'], build.context)
  const tag = `postern-target-${document.data.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}`
  const args = filledIn(document, [...at, 'build', 'args'], build.args ?? {}, values)
  await GenericContainer.fromDockerfile(context, build.dockerfile)
    .withBuildArgs(args)
    // The next run builds on it.
    .build(tag, { deleteOnExit: false })
    .catch((cause: Error) => {
      const seen = log.redact(cause.message).split('\n')[0]?.slice(0, 300)
      throw new Unavailable(
        `expected an image from ${context}; seen ${seen}; see target.container.build in the profile, and docker build`,
        { cause },
      )
    })
  return tag
}

async function mounted(
  files: NonNullable<ContainerData['files']>,
  folder: RunFolder,
  id: string,
): Promise<Record<string, string>> {
  const paths = Object.entries(files).map(
    async ([target, content], i) => [target, await folder.add(`${id}/${i}`, content)] as const,
  )
  return Object.fromEntries(await Promise.all(paths))
}

async function ended(
  what: string,
  instance: Instance | undefined,
  { client }: Engine,
): Promise<string | null> {
  if (instance === undefined) return null
  const { container, log } = instance
  const state = await client.container
    .getById(container.getId())
    .inspect()
    .then(
      ({ State }) => State,
      () => null,
    )
  if (state?.Running === true) return null
  const why = state === null ? 'its container is gone' : `its container ended with ${state.ExitCode}`
  const tail = log.tail() === '' ? '' : `; the end of its log: ${log.tail()}`
  return `${what} is lost: ${why}${tail}`
}
