import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as after } from 'node:timers/promises'
import { GenericContainer, Wait } from 'testcontainers'
import { connectEngine } from '../drivers/containers-engine.ts'
import { openLog } from '../drivers/target-log.ts'
import { Unavailable } from '../obstacles.ts'
import { freePort } from '../sandbox/free-port.ts'
import {
  type Daemon,
  type DaemonOptions,
  daemonArguments,
  daemonConfiguration,
  daemonEnvironment,
} from './daemon-setup.ts'

/** Its connections break before it has ended: milliseconds. */
const settling = 1000
const configurationFile = '/tmp/postern-zap.properties'
/** Milliseconds; the image is pulled before. */
const startWithin = 180_000

/**
 * Starts ZAP's image in this machine's own network, so that it reaches the target by the same addresses as we do,
 * wherever that is; its API listens on loopback alone.
 */
export async function startZapContainer(image: string, options: DaemonOptions): Promise<Daemon> {
  const engine = await connectEngine()
  const log = openLog(options.out, 'zap')
  const key = randomBytes(24).toString('hex')
  log.hide('ZAP_API_KEY', key)
  for (const { name, value } of options.secrets) log.hide(name, value)
  const port = await freePort()
  const close = async () => {
    await engine.removeAll()
    await log.close()
  }
  try {
    const starting = new GenericContainer(image)
      .withAutoCleanup(false)
      .withLabels({ ...engine.labels })
      .withNetworkMode('host')
      .withEnvironment(daemonEnvironment(options))
      .withCopyContentToContainer([{ content: daemonConfiguration(key), target: configurationFile }])
      .withCommand(['zap.sh', ...daemonArguments(port, configurationFile)])
      .withLogConsumer((stream: Readable) => void stream.on('data', (chunk: Buffer) => log.write(chunk)))
      .withWaitStrategy(Wait.forLogMessage('ZAP is now listening'))
      .withStartupTimeout(startWithin)
      .start()
    const container = await Promise.race([starting, interrupted(options.signal)])
    return {
      address: { url: `http://127.0.0.1:${port}`, key },
      ours: true,
      async ended() {
        const over = engine.client.container
          .getById(container.getId())
          .wait()
          .then(
            ({ StatusCode: code }: { StatusCode: number }) => `its container ended with ${code}`,
            () => 'its container is gone',
          )
        return Promise.race([over, after(settling, null, { ref: false })])
      },
      close,
    }
  } catch (error) {
    const tail = log.tail()
    await close()
    throw new Unavailable(
      `expected a container of ${image} to come up with ZAP; seen ${firstLine(error)}; see zap.image in the profile, docker pull ${image}, or name an installation by zap.home; ${tail === '' ? 'its log is empty' : `the end of its log:\n${tail}`}`,
    )
  }
}

/** What comes up after all is removed by its labels, at the latest when the next run starts. */
function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new Error('the run was interrupted'))
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
  })
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 300) ?? ''
}
