import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '../model.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** For tests: what became of a process of postern. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Spawned {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Resolves once standard output, or the errors, hold the text. */
  printed(text: string): Promise<void>
}

/** For tests: a folder for reports, and processes that know it; the folder and its temporary files go afterwards. */
export interface Place {
  readonly folder: string
  /** Where the processes have their temporary files. */
  readonly temporary: string
  /** `postern ARGUMENTS`, in a group of its own as in a terminal. `out` of the place is not passed by itself. */
  postern(args: readonly string[], env?: Record<string, string>): Spawned
  npm(args: readonly string[], env?: Record<string, string>): Spawned
  /** A script, in the folder itself; all that it leaves running ends with it. */
  bash(script: string, env?: Record<string, string>): Spawned
  /** What is in `out`, by name. */
  documents(): Promise<Record<string, string>>
  report(): Promise<Report>
  readonly out: string
}

/** For a profile: runs beside one another make answers late by less than what matters then, so that what is told by times is judged. */
export const besideOthers = 'policies: { timing: { difference: 300 } }\n'

/** The group is the script's own; its exit code stays. */
const endsWithAll = `trap 'code=$?; trap "" TERM; kill -- -$$; exit $code' EXIT`

export async function inPlace<Result>(use: (place: Place) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-cli-'))
  const out = path.join(folder, 'out')
  const temporary = path.join(folder, 'temporary')
  await mkdir(temporary)
  const spawned: Spawned[] = []
  const start = (command: string, args: readonly string[], env: Record<string, string> = {}) => {
    const own = { TMPDIR: temporary, XDG_STATE_HOME: path.join(folder, 'state') }
    const child = startProcess(command, args, { ...own, ...env })
    spawned.push(child)
    return child
  }
  const documents = async () => {
    const entries = await readdir(out, { withFileTypes: true }).catch(() => [])
    const texts = entries
      .filter((entry) => entry.isFile())
      .map(async ({ name }) => [name, await readFile(path.join(out, name), 'utf8')] as const)
    return Object.fromEntries(await Promise.all(texts))
  }
  try {
    return await use({
      folder,
      out,
      temporary,
      postern: (args, env) => start(process.execPath, [`${root}harness/postern.js`, ...args], env),
      npm: (args, env) => start('npm', args, env),
      bash: (script, env) => start('bash', ['-c', `${endsWithAll}\ncd ${folder}\n${script}`], env),
      documents,
      report: async () => JSON.parse((await documents())['report.json'] ?? '{}') as Report,
    })
  } finally {
    for (const { pid } of spawned) stop(pid)
    await Promise.all(spawned.map(({ ended }) => ended))
    await rm(folder, { recursive: true })
  }
}

/** Whether anything of the group is left. */
export function isRunning(group: number): boolean {
  try {
    return process.kill(-group, 0)
  } catch {
    return false
  }
}

function stop(group: number): void {
  // What did not start has none, and 0 would be our own.
  if (group > 0 && isRunning(group)) process.kill(-group, 'SIGKILL')
}

function startProcess(command: string, args: readonly string[], env: Record<string, string>): Spawned {
  // Vitest's own variables would change the Vitest inside; the target of whoever runs the tests is not meant.
  const { VITEST: _, VITEST_MODE: _mode, NODE_ENV: _env, TARGET: _target, ...inherited } = process.env
  const child = spawn(command, args, {
    cwd: root,
    env: { ...inherited, NO_COLOR: '1', ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const said = new EventEmitter().setMaxListeners(0)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    said.emit('more')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    said.emit('more')
  })
  child.once('exit', () => said.emit('more'))
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, stdout, stderr }))
  return {
    pid: child.pid ?? 0,
    ended,
    async printed(text) {
      while (!stdout.includes(text) && !stderr.includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null) {
          await ended
          throw new Error(`expected ${text} from the process; seen ${stdout}\n${stderr}`)
        }
        await once(said, 'more')
      }
    },
  }
}
