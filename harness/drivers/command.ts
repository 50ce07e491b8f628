import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { Unavailable, UsageError } from '../obstacles.ts'
import { isSecretKey, variables } from '../profile/secrets.ts'
import type { CommandData, ProfileDocument } from '../profile/shape.ts'
import { type Driver, type DriverOptions, programFolder } from './driver.ts'
import { filledIn, type Values } from './filled-in.ts'
import { createRunFolder, type RunFolder, signalGroup } from './run-folder.ts'
import { sandboxValues } from './sandbox-values.ts'
import { announcementOf, startsUntil } from './starting.ts'
import { openLog, type TargetLog } from './target-log.ts'

interface Program {
  readonly child: ChildProcess
  /** Rejects when it ends, or does not start. */
  readonly failed: Promise<never>
  readonly log: TargetLog
}

/** What a program gets to end by itself, in milliseconds. */
const grace = 3000
/** For an answer as a whole whether it is up, in milliseconds. */
const patience = 2000
/** Between two questions whether it is up, in milliseconds. */
const interval = 100

/** Of its settings in the profile. */
const at = ['target', 'command']

/** A program of this machine, in a process group of its own. */
export function commandDriver(document: ProfileDocument, options: DriverOptions): Driver {
  const settings = document.data.target.command
  if (settings === undefined) throw new TypeError('expected target.command')
  const programs = new Map<string, Program>()
  const folders: RunFolder[] = []
  const { started } = startsUntil(options.signal)
  let count = 0

  return {
    name: 'command',
    ground: async () => ({}),
    async up(sandbox, { weaknesses }) {
      const id = `t${++count}`
      const log = openLog(options.out, id === 't1' ? 'target' : `target-${id}`)
      const values = {
        ...process.env,
        ...options.randoms,
        ...(await sandboxValues(sandbox, id)),
        'run:weaknesses': weaknesses.join(','),
      } as Values
      for (const { name, value } of options.secrets) log.hide(name, value)
      for (const key of variables(JSON.stringify(settings)).filter(isSecretKey))
        log.hide(key, values[key] ?? '')
      const child = start(document, settings, values, log)
      const program = { child, log, failed: failed(child, log) }
      program.failed.catch(() => {})
      programs.set(id, program)
      const folder = await createRunFolder('command')
      folders.push(folder)
      if (child.pid !== undefined) await folder.serves(child.pid)
      const within = settings.ready?.within ?? 60
      const announced =
        settings.announces === true
          ? await started(Promise.race([announcementOf(log, within, 'target.command'), program.failed]))
          : null
      sandbox.dns.publish(announced?.records ?? [])
      const known = { ...values, ...announced?.exports }
      const place = settings.ready?.url === undefined ? ['target', 'url'] : [...at, 'ready', 'url']
      const url = filledIn(document, place, settings.ready?.url ?? document.data.target.url, known, 'needed')
      await started(
        Promise.race([ready(url, settings.ready?.url !== undefined, within, program), program.failed]),
      )
      return { id, exports: announced?.exports ?? {} }
    },
    async down(id) {
      const program = programs.get(id)
      programs.delete(id)
      if (program !== undefined) await end(program)
    },
    log: (id) => programs.get(id)?.log ?? null,
    async lost() {
      const program = programs.get('t1')
      if (program === undefined || isRunning(program.child)) return null
      const tail = program.log.tail()
      return `the target is lost: ${how(program.child)}${tail === '' ? '' : `; the end of its log: ${tail}`}`
    },
    async close() {
      await Promise.all([...programs.values()].map(end))
      for (const folder of folders) await folder.remove()
    },
  }
}

function start(
  document: ProfileDocument,
  { run, environment = {}, cwd }: CommandData,
  values: Values,
  log: TargetLog,
): ChildProcess {
  const [program = '', ...args] = filledIn(document, [...at, 'run'], run, values)
  const filled = filledIn(document, [...at, 'environment'], environment, values)
  const folder =
    cwd === undefined
      ? (programFolder(document) ?? '.')
      : document.pathOf([...at, 'cwd'], filledIn(document, [...at, 'cwd'], cwd, values, 'needed'))
  // Of both, the system says that there is no such file, and of the program.
  if (program === '')
    throw new UsageError('target.command.run.0: expected a program; seen an empty text; name one')
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(
      `target.command.cwd: expected a folder to run the program in; seen none at ${log.redact(folder)}; make it, or name another`,
    )
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...filled },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => log.write(chunk))
  return child
}

async function failed(child: ChildProcess, log: TargetLog): Promise<never> {
  const program = log.redact(child.spawnargs[0] ?? '')
  await once(child, 'close').catch(({ code = 'an error' }: NodeJS.ErrnoException) => {
    throw new Unavailable(`expected ${program} to start; seen ${code}; see target.command in the profile`)
  })
  throw new Unavailable(
    `expected ${program} to come up; ${how(child)}; see target.command in the profile; the end of its log:\n${log.tail()}`,
  )
}

async function ready(
  url: string,
  byHttp: boolean,
  within: number,
  { child, failed, log }: Program,
): Promise<void> {
  const until = performance.now() + within * 1000
  while (performance.now() < until) {
    if (await (byHttp ? answers(url) : takesConnections(new URL(url)))) return
    await after(interval)
    // Nobody waits for the rest of the time.
    if (!isRunning(child)) return failed
  }
  throw new Unavailable(
    `expected ${log.redact(url)} to be ready within ${within} s; seen it not; see target.command.ready in the profile; the end of its log:\n${log.tail()}`,
  )
}

async function answers(url: string): Promise<boolean> {
  // Its certificate is judged by checks.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  try {
    const { statusCode, body } = await request(url, { dispatcher, signal: AbortSignal.timeout(patience) })
    await body.dump({ limit: 64 * 1024 })
    return statusCode >= 200 && statusCode < 400
  } catch {
    return false
  } finally {
    await dispatcher.destroy()
  }
}

function takesConnections({ hostname, port, protocol }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(
      Number(port || (protocol === 'https:' ? 443 : 80)),
      hostname.replace(/^\[|\]$/g, ''),
    )
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

async function end({ child, log }: Program): Promise<void> {
  if (isRunning(child) && child.pid !== undefined) {
    const closed = once(child, 'close')
    signalGroup(child.pid, 'SIGTERM')
    await Promise.race([closed, after(grace, null, { ref: false })])
  }
  // Whatever of its group lives on without it.
  if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
  await log.close()
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null && child.pid !== undefined
}

function how({ exitCode, signalCode }: ChildProcess): string {
  return `it ended with ${exitCode ?? signalCode ?? 'an error'}`
}
