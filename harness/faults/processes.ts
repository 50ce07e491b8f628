import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as after } from 'node:timers/promises'

/** Between two looks at the processes: milliseconds. */
const interval = 100

export interface Watch {
  /** The most that any process of the tree has held at once: MB of resident memory; `null` where the system does not tell. */
  ended(): Promise<number | null>
}

/** Looks at a process and all that come from it until it is told to stop. proc(5). */
export function watchMemory(root: number): Watch {
  let stop = false
  let peak: number | null = null
  const watching = (async () => {
    while (!stop) {
      for (const pid of await treeOf(root)) {
        const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
        const kilobytes = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN)
        if (!Number.isNaN(kilobytes)) peak = Math.max(peak ?? 0, kilobytes / 1024)
      }
      await after(interval)
    }
  })()
  return {
    async ended() {
      stop = true
      await watching
      return peak
    },
  }
}

async function treeOf(root: number): Promise<Set<number>> {
  const parents = new Map<number, number>()
  for (const pid of await pids()) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    parents.set(pid, Number(stat.replace(/^.*\) /s, '').split(' ')[1] ?? 0))
  }
  const tree = new Set([root])
  for (let before = 0; before !== tree.size; ) {
    before = tree.size
    for (const [pid, parent] of parents) if (tree.has(parent)) tree.add(pid)
  }
  return tree
}

/** The processes whose environment names that folder, but for these: their command lines. */
export async function processesOf(folder: string, but: readonly number[]): Promise<string[]> {
  const found: string[] = []
  for (const pid of await pids()) {
    if (but.includes(pid) || pid === process.pid) continue
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (!environment.includes(folder)) continue
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command !== '') found.push(`${pid} ${command.replaceAll('\0', ' ').slice(0, 120)}`)
  }
  return found
}

async function pids(): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => [])
  return entries.filter((name) => /^\d+$/.test(name)).map(Number)
}
