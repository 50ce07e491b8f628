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

/** proc(5): the boot, and field 22 of the process, its start in clock ticks since then. */
function since(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return `${boot}/${fields[19]}`
  } catch {
    return null
  }
}
