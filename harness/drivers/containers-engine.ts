import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { type ContainerRuntimeClient, getContainerRuntimeClient } from 'testcontainers'
import { Unavailable } from '../obstacles.ts'
import { isGone, ownerText, readOwner, thisProcess } from './owner.ts'

/** A Docker engine, as far as one run uses it. */
export interface Engine {
  readonly client: ContainerRuntimeClient
  /** Everything that the run makes carries these. */
  readonly labels: Readonly<Record<string, string>>
  createNetwork(): Promise<EngineNetwork>
  /** Removes whatever of the run is there: containers with their volumes, then networks. */
  removeAll(): Promise<void>
}

export interface EngineNetwork {
  readonly name: string
  /** The address of this machine in it; `null` where the engine runs elsewhere, or in a machine of its own. */
  readonly gateway: string | null
}

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
    async createNetwork() {
      const network = await client.network.create({
        Name: `postern-${run}`,
        Driver: 'bridge',
        Labels: labels,
      })
      const inspected = (await network.inspect()) as { IPAM?: { Config?: { Gateway?: string }[] | null } }
      const [config] = inspected.IPAM?.Config ?? []
      const gateway = config?.Gateway?.split('/')[0] ?? null
      return { name: `postern-${run}`, gateway: gateway !== null && (await isOurs(gateway)) ? gateway : null }
    },
    removeAll: () => removeLabelled(client, `${runLabel}=${run}`),
  }
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
