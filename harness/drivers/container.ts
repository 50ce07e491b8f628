import type { Readable } from 'node:stream'
import { GenericContainer, type StartedTestContainer, Wait, type WaitStrategy } from 'testcontainers'
import { Unavailable } from '../obstacles.ts'
import type { ContainerData } from '../profile/shape.ts'
import type { Engine, EngineNetwork } from './containers-engine.ts'
import type { TargetLog } from './target-log.ts'

/** What a container is started with; every reference filled in. */
export interface ContainerSettings {
  readonly engine: Engine
  readonly network: EngineNetwork
  readonly log: TargetLog
  /** Ends the wait for it to be ready. */
  readonly signal: AbortSignal | null
  /** The name under which the other containers find it. */
  readonly alias: string
  /** Absolute paths of this machine by path in the container. */
  readonly mounts?: Readonly<Record<string, string>>
  /** In place of the image's. */
  readonly entrypoint?: readonly string[]
  /** The only ones of Linux that it has, where they are given. */
  readonly capabilities?: readonly string[]
  /** The address of whom it asks for names that are none of the network's, where it is not who the engine asks. */
  readonly nameserver?: string | null
  readonly data: Pick<ContainerData, 'run' | 'environment' | 'ports' | 'ready' | 'volumes' | 'readOnly'>
}

/** What testcontainers has no setter for. */
class Container extends GenericContainer {
  /** In this network alone; by `withNetworkAliases` it would be in the default one as well. */
  joinNetwork(name: string, alias: string): this {
    this.createOpts.NetworkingConfig = { EndpointsConfig: { [name]: { Aliases: [alias] } } }
    return this.withNetworkMode(name)
  }
  publishOnLoopback(ports: readonly number[]): this {
    this.withExposedPorts(...ports)
    this.hostConfig.PortBindings = Object.fromEntries(
      ports.map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: '0' }]]),
    )
    return this
  }
  withVolumes(paths: readonly string[]): this {
    this.createOpts.Volumes = Object.fromEntries(paths.map((path) => [path, {}]))
    return this
  }
  withNameserver(address: string): this {
    this.hostConfig.Dns = [address]
    // Without the domains of this machine.
    this.hostConfig.DnsSearch = ['.']
    return this
  }
  withReadOnlyRoot(): this {
    this.hostConfig.ReadonlyRootfs = true
    return this.withTmpFs({ '/tmp': 'rw,mode=1777' })
  }
}

/** Starts a container and waits until it is ready. Throws Unavailable with the remedy. */
export async function startContainer(
  image: string,
  settings: ContainerSettings,
): Promise<StartedTestContainer> {
  const {
    engine,
    network,
    log,
    signal,
    alias,
    mounts = {},
    entrypoint,
    capabilities,
    nameserver,
    data,
  } = settings
  const { run, environment = {}, ports, ready = {}, volumes = [], readOnly = false } = data
  const within = ready.within ?? 60
  const container = new Container(image)
    .withAutoCleanup(false)
    .withLabels({ ...engine.labels })
    .joinNetwork(network.name, alias)
    .withEnvironment({ ...environment })
    .publishOnLoopback(ports)
    .withVolumes(volumes)
    .withBindMounts(
      Object.entries(mounts).map(([target, source]) => ({ source, target, mode: 'ro' as const })),
    )
    .withLogConsumer((stream: Readable) => void stream.on('data', (chunk: Buffer) => log.write(chunk)))
    .withWaitStrategy(until(signal, waitFor(ready, ports)))
    .withStartupTimeout(Math.ceil(within * 1000))
  if (network.gateway === null)
    container.withExtraHosts([{ host: 'host.docker.internal', ipAddress: 'host-gateway' }])
  if (entrypoint !== undefined) container.withEntrypoint([...entrypoint])
  if (capabilities !== undefined)
    container.withDroppedCapabilities('ALL').withAddedCapabilities(...capabilities)
  if (nameserver !== undefined && nameserver !== null) container.withNameserver(nameserver)
  if (run !== undefined) container.withCommand([...run])
  if (readOnly) container.withReadOnlyRoot()
  return container.start().catch((error: Error) => {
    throw new Unavailable(log.redact(complaint(image, error, { within, tail: log.tail() })), { cause: error })
  })
}

/** The strategies of testcontainers wait to their end, also for a container that is gone. */
function until(signal: AbortSignal | null, strategy: WaitStrategy): WaitStrategy {
  if (signal === null) return strategy
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => {})
  signal.addEventListener('abort', () => aborted.reject(new Error('interrupted')), { once: true })
  return {
    waitUntilReady: (...args) => Promise.race([strategy.waitUntilReady(...args), aborted.promise]),
    withStartupTimeout(milliseconds) {
      strategy.withStartupTimeout(milliseconds)
      return this
    },
    isStartupTimeoutSet: () => strategy.isStartupTimeoutSet(),
    getStartupTimeout: () => strategy.getStartupTimeout(),
  }
}

function waitFor(
  { path, port, tls, log, healthcheck }: NonNullable<ContainerData['ready']>,
  ports: readonly number[],
): WaitStrategy {
  if (log !== undefined) return Wait.forLogMessage(log)
  if (healthcheck === true) return Wait.forHealthCheck()
  const http = Wait.forHttp(path ?? '/', port ?? ports[0] ?? 0, { abortOnContainerExit: true })
    // It is also how often it asks, in milliseconds.
    .withReadTimeout(500)
    .forStatusCodeMatching((status) => status >= 200 && status < 400)
  return tls === true ? http.usingTls().allowInsecure() : http
}

/** What the engine says, in our words; the log of the container tells the rest. */
function complaint(image: string, error: Error, { within, tail }: { within: number; tail: string }): string {
  const said = error.message
  const [, program] = /exec: "([^"]{1,100})": (?:executable file not found|stat )/.exec(said) ?? []
  if (program !== undefined)
    return `expected a program ${program} in the image ${image}; seen none; see what it is run with in the profile, or take another image`
  if (
    /no such image|not found|pull access denied|invalid reference|unescaped characters|does not exist|lookup|registry|\/v2\/|EOF/i.test(
      said,
    ) &&
    tail === ''
  )
    return `expected the image ${image}; seen none here and none to pull; see its name, docker login, or build it`
  if (/port is already allocated|address already in use/i.test(said))
    return `expected free ports for ${image}; seen one taken; end what listens there`
  const log = tail === '' ? 'its log is empty' : `the end of its log:\n${tail}`
  if (/exited|is not running|not running/i.test(said))
    return `expected the container of ${image} to come up; seen it end; see its settings in the profile; ${log}`
  if (/not accessible after|not received after|not healthy after|became unhealthy|unhealthy/i.test(said))
    return `expected ${image} to be ready within ${within} s; seen it not; see target.container.ready in the profile; ${log}`
  return `expected the container of ${image} to start; seen ${said.split('\n')[0]?.slice(0, 300)}; see its settings in the profile; ${log}`
}
