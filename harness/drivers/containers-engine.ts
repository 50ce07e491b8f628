import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { type ContainerRuntimeClient, getContainerRuntimeClient } from 'testcontainers'
import { Unavailable } from '../obstacles.ts'
import { halvesOf } from '../sandbox/address-range.ts'
import { isGone, ownerText, readOwner, thisProcess } from './owner.ts'

/** A Docker engine, as far as one run uses it. */
export interface Engine {
  readonly client: ContainerRuntimeClient
  /** Everything that the run makes carries these. */
  readonly labels: Readonly<Record<string, string>>
  /** `sparing`: half of its addresses are kept from containers. */
  createNetwork(options?: { readonly sparing: boolean }): Promise<EngineNetwork>
  /** Removes whatever of the run is there: containers with their volumes, then networks. */
  removeAll(): Promise<void>
}

export interface EngineNetwork {
  readonly name: string
  /** The address of this machine in it; `null` where the engine runs elsewhere, or in a machine of its own. */
  readonly gateway: string | null
  /** Addresses of it that the engine gives to nobody, in CIDR notation; `null` where it may give out any. */
  readonly spare: string | null
}

const sparingAttempts = 5
const runLabel = 'postern.run'
const ownerLabel = 'postern.owner'

/** Connects, and removes what runs that were killed have left. Throws Unavailable where there is no engine. */
export async function connectEngine(): Promise<Engine> {
  // What a run leaves, the next one removes, by its labels: no container is needed that watches.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  const client = await getContainerRuntimeClient().catch((cause: unknown) => {
    throw new Unavailable(
      'expected a Docker engine; seen none that answers; start one, and see DOCKER_HOST (docker info must work)',
      { cause },
    )
  })
  await removeLeft(client)
  const run = randomBytes(6).toString('hex')
  const labels = { 'org.testcontainers': 'true', [runLabel]: run, [ownerLabel]: ownerText(thisProcess()) }
  return {
    client,
    labels,
    async createNetwork({ sparing } = { sparing: false }) {
      const name = `postern-${run}`
      const asked = { Name: name, Driver: 'bridge', Labels: labels }
      const { gateway, spare } = sparing ? await createSparing(client, asked) : await create(client, asked)
      return { name, gateway: gateway !== null && (await isOurs(gateway)) ? gateway : null, spare }
    },
    removeAll: () => removeLabelled(client, `${runLabel}=${run}`),
  }
}

type NetworkOptions = Parameters<ContainerRuntimeClient['network']['create']>[0]

/** A network of the addresses that the engine gives it. */
async function create(client: ContainerRuntimeClient, options: NetworkOptions) {
  const network = await client.network.create(options)
  const inspected = (await network.inspect()) as {
    IPAM?: { Config?: { Subnet?: string; Gateway?: string }[] | null }
  }
  const configs = inspected.IPAM?.Config ?? []
  const { Subnet: subnet, Gateway } =
    configs.find((config) => config.Subnet?.includes('.')) ?? configs[0] ?? {}
  return { subnet, gateway: Gateway?.split('/')[0] ?? null, spare: null, remove: () => network.remove() }
}

/**
 * The same, where containers get addresses of its lower half alone. Only for addresses that were named can the engine be told so: those
 * that it gave a first network, which another run may take in between.
 */
async function createSparing(client: ContainerRuntimeClient, options: NetworkOptions) {
  for (let attempt = 1; attempt <= sparingAttempts; attempt += 1) {
    const { subnet = '', gateway, remove } = await create(client, options)
    const [lower, upper] = halvesOf(subnet) ?? []
    if (gateway === null || lower === undefined || upper === undefined) return { gateway, spare: null }
    await remove()
    const config = { Subnet: subnet, IPRange: lower, Gateway: gateway }
    const made = await create(client, { ...options, IPAM: { Config: [config] } }).catch(() => null)
    if (made !== null) return { gateway: made.gateway, spare: upper }
  }
  return create(client, options)
}

async function removeLabelled(
  { container: { dockerode } }: ContainerRuntimeClient,
  label: string,
): Promise<void> {
  const filters = { label: [label] }
  const containers = await dockerode.listContainers({ all: true, filters })
  await Promise.all(
    containers.map(({ Id: id }) =>
      dockerode.getContainer(id).remove({ force: true, v: true }).catch(unlessGone),
    ),
  )
  const networks = await dockerode.listNetworks({ filters })
  await Promise.all(networks.map(({ Id: id }) => dockerode.getNetwork(id).remove().catch(unlessGone)))
}

/** Of processes that are no more. */
async function removeLeft(client: ContainerRuntimeClient): Promise<void> {
  const { dockerode } = client.container
  const filters = { label: [ownerLabel] }
  const [containers, networks] = await Promise.all([
    dockerode.listContainers({ all: true, filters }),
    dockerode.listNetworks({ filters }),
  ])
  const left = new Set<string>()
  for (const { Labels: labels = {} } of [...containers, ...networks]) {
    const owner = readOwner(labels[ownerLabel] ?? '')
    if (owner !== null && isGone(owner)) left.add(labels[runLabel] ?? '')
  }
  for (const run of left) await removeLabelled(client, `${runLabel}=${run}`)
}

/** 404: another has removed it; 409: another is about to. */
function unlessGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error
}

/** Whether this machine has the address. A bridge without a container is not among its running interfaces. */
function isOurs(address: string): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(0, address, () => server.close(() => resolve(true)))
  })
}
