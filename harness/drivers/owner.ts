import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process, told from any other that has or had its number: what a run made names the process it belongs to. */
export interface Owner {
  readonly host: string
  readonly pid: number
  /** Boot and start of the process in the kernel's own words; `''` where they cannot be had. */
  readonly since: string
}

export function thisProcess(): Owner {
  return processWith(process.pid)
}

/** A process of this machine that is there now. */
export function processWith(pid: number): Owner {
  return { host: hostname(), pid, since: since(pid) ?? '' }
}

/** Whether that process is gone for certain. What belongs to another machine is left to it. */
export function isGone({ host, pid, since: then }: Owner): boolean {
  if (host !== hostname()) return false
  if (!exists(pid)) return true
  return then !== '' && since(pid) !== then
}

/** `null` for what is no owner. */
export function readOwner(text: string): Owner | null {
  const [host = '', pid = '', since = ''] = text.split(' ')
  return /^\d+$/.test(pid) ? { host, pid: Number(pid), since } : null
}

export function ownerText({ host, pid, since }: Owner): string {
  return `${host} ${pid} ${since}`
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** `null` where there is none, and where the system does not tell. */
export function parentOf(pid: number): number | null {
  const parent = statusOf(pid)?.[1]
  return parent === undefined ? null : Number(parent)
}

/** The boot, and the start of the process in clock ticks since then; of one that has only to be buried, nothing. */
function since(pid: number): string | null {
  const fields = statusOf(pid)
  if (fields === null || fields[0] === 'Z') return null
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  } catch {
    return null
  }
}

/** proc(5): the fields of a process from the third on, its state. */
function statusOf(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return null
  }
}
