import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { mailpitThatIsThere } from '../../fixtures/targets/mailpit-binary.ts'
import { startMailpit } from '../sandbox/real-mailpit.ts'
import type { Moment, Trial } from './staged.ts'

type Blow = Omit<Trial, 'name' | 'group' | 'ground'>

/** After so many answers: early, in the midst, late. A run that is over by then was quicker. */
const someTime = async ({ front, run, random }: Moment, most = 120) =>
  Promise.race([front.passed(5 + Math.floor(random() * most)), run.ended])

const toRun = (signal: NodeJS.Signals, again = false): Blow => ({
  ...(signal === 'SIGKILL' ? { killsRun: true as const } : {}),
  async blow(moment) {
    await someTime(moment)
    send(-moment.run.pid, signal)
    if (!again) return
    await after(700)
    send(-moment.run.pid, signal)
  },
})

const toTarget = (signal: NodeJS.Signals): Blow => ({
  ...(signal === 'SIGSTOP' ? {} : { killsTarget: true as const }),
  async blow(moment) {
    await someTime(moment)
    send(moment.staging.pid, signal)
    moment.later(() => send(moment.staging.pid, 'SIGCONT'))
  },
})

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It was over before.
  }
}

/** What of a run lies on a disk that has room for nothing more. */
const onFullDisk = (part: 'reports' | 'temporary files' | 'the journal'): Blow => ({
  mayRefuse: true,
  impossible: async () =>
    process.platform === 'linux' && process.getuid?.() === 0 && mounts()
      ? null
      : 'needs root, to make a small file system',
  async before({ place }, later) {
    const disk = path.join(place.folder, 'disk')
    await mkdir(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk])
    later(() => void execFileSync('umount', ['-l', disk]))
    // Room for the names of files, and for no more of their content.
    const filled = path.join(disk, 'filled')
    await writeFile(filled, Buffer.alloc(1 << 17)).catch(() => {})
    if (part === 'reports') return { out: disk }
    return { env: part === 'the journal' ? { XDG_STATE_HOME: disk } : { TMPDIR: disk } }
  },
})

const mailpit = await mailpitThatIsThere().catch(() => null)

/** Of a Mailpit that a team has already, behind the sandbox. */
const toMailpit = (signal: NodeJS.Signals): Blow => {
  const pids = new WeakMap<object, number>()
  return {
    impossible: async () => (mailpit === null ? 'no Mailpit' : null),
    async before(staging, later) {
      const { url, smtp, pid, close } = await startMailpit(mailpit)
      later(close)
      pids.set(staging, pid)
      return { sandbox: { mailpit: { url, smtp: `${smtp?.host}:${smtp?.port}` } } }
    },
    async blow(moment) {
      await someTime(moment, 40)
      send(pids.get(moment.staging) ?? 0, signal)
    },
  }
}

function mounts(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'postern-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmdirSync(folder)
  }
}

/** Something that happens to a run at a moment of the seed's, or that it stands on from the start. */
export const blows: Readonly<Record<string, Blow>> = {
  'the run: SIGKILL': toRun('SIGKILL'),
  'the run: SIGTERM': toRun('SIGTERM'),
  'the run: SIGINT': toRun('SIGINT'),
  'the run: SIGINT twice': toRun('SIGINT', true),
  'the run: SIGHUP': toRun('SIGHUP'),
  'the run: SIGQUIT': { ...toRun('SIGQUIT'), killsRun: true },
  'the target: SIGKILL': toTarget('SIGKILL'),
  'the target: SIGTERM': toTarget('SIGTERM'),
  'the target: SIGSTOP': toTarget('SIGSTOP'),
  'Mailpit: SIGKILL': toMailpit('SIGKILL'),
  'Mailpit: SIGSTOP': toMailpit('SIGSTOP'),
  'no room for reports': onFullDisk('reports'),
  'no room for temporary files': onFullDisk('temporary files'),
  'no room for the journal': onFullDisk('the journal'),
}
