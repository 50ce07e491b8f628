import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { createRunFolder } from '../drivers/run-folder.ts'
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
import { listens } from './zap-client.ts'

/** A cold start with every add-on, on a busy machine: milliseconds. */
const startWithin = 180_000
/** Its connections break before it has ended: milliseconds. */
const settling = 1000

/** Starts the ZAP that is installed in `home` as a child, with a folder, a key and a port of its own. */
export async function startLocalZap(home: string, options: DaemonOptions): Promise<Daemon> {
  await assertInstalled(home)
  const folder = await createRunFolder('zap')
  const log = openLog(options.out, 'zap')
  const key = randomBytes(24).toString('hex')
  log.hide('ZAP_API_KEY', key)
  for (const { name, value } of options.secrets) log.hide(name, value)

  const port = await freePort()
  const file = await folder.add('zap.properties', daemonConfiguration(key))
  const classes = [path.join(home, '*'), path.join(home, 'lib', '*')].join(path.delimiter)
  await mkdir(path.join(folder.path, 'tmp'))
  const java = [
    '-Xmx2g',
    `-Djava.io.tmpdir=${path.join(folder.path, 'tmp')}`,
    '-cp',
    classes,
    'org.zaproxy.zap.ZAP',
    ...daemonArguments(port, file),
  ]
  const child = spawn('java', [...java, '-installdir', home, '-dir', path.join(folder.path, 'zap')], {
    env: { ...process.env, ...daemonEnvironment(options) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in a terminal is for us: what ZAP has found until then is to be read first.
    detached: true,
  })
  child.stdout.on('data', log.write)
  child.stderr.on('data', log.write)
  const ended = once(child, 'exit').then(
    ([code, signal]) => `it ended with ${code ?? signal}`,
    (error: NodeJS.ErrnoException) => `java did not start (${error.code})`,
  )
  const close = async () => {
    child.kill('SIGKILL')
    await ended
    await log.close()
    await folder.remove()
  }
  try {
    if (child.pid !== undefined) await folder.serves(child.pid)
    const address = { url: `http://127.0.0.1:${port}`, key }
    const why = await Promise.race([ended, ready(address.url, options.signal)])
    if (why !== null)
      throw new Unavailable(
        `expected ZAP in ${home} to come up; seen ${why}; it needs Java 17 or later as java on the PATH; ${log.tail() === '' ? 'its log is empty' : `the end of its log:\n${log.tail()}`}`,
      )
    return {
      address,
      ours: true,
      ended: () => Promise.race([ended, after(settling, null, { ref: false })]),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function assertInstalled(home: string): Promise<void> {
  const jars = await readdir(home).catch(() => [])
  if (jars.some((name) => /^zap-.*\.jar$/.test(name))) return
  throw new Unavailable(
    `expected an installation of ZAP in ${home} (zap-….jar); seen none; see zap.home in the profile`,
  )
}

/** `null` once it answers; a sentence where it does not in time. */
async function ready(url: string, signal: AbortSignal): Promise<string | null> {
  const until = performance.now() + startWithin
  while (performance.now() < until) {
    if (signal.aborted) return 'the run was interrupted'
    if (await listens(url)) return null
    await after(200)
  }
  return `it did not answer within ${startWithin / 1000} s`
}
