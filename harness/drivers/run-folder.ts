import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isGone, type Owner, ownerText, processWith, readOwner, thisProcess } from './owner.ts'

/** A process's own folder for what must lie in a file, and who may be asked whether it is still needed. */
export interface RunFolder {
  readonly path: string
  /** Writes a file that only this user reads; returns its absolute path. */
  add(name: string, content: string | Uint8Array): Promise<string>
  /** What runs on its behalf, as the leader of a group: who removes the folder when its owner was killed ends that, too. */
  serves(pid: number): Promise<void>
  remove(): Promise<void>
}

const prefix = 'postern-'
const groupFile = 'group'

/** `postern-<kind>-…`, among temporary files unless `parent` says where. */
export async function createRunFolder(kind: string, parent: string = tmpdir()): Promise<RunFolder> {
  const folder = await mkdtemp(path.join(parent, `${prefix}${kind}-`))
  await writeFile(path.join(folder, 'owner'), ownerText(thisProcess())).catch(async (error: unknown) => {
    // Of nobody it would stay for good: a disk that is full has room for a folder.
    await rm(folder, { recursive: true, force: true })
    throw error
  })
  let removed = false
  const adding = new Set<Promise<void>>()
  const write = async (file: string, content: string | Uint8Array) => {
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, content, { mode: 0o644 })
  }
  const add = async (name: string, content: string | Uint8Array) => {
    const file = path.join(folder, name)
    // What comes up while all is taken down would make it anew.
    if (removed) return file
    const written = write(file, content)
    adding.add(written)
    await written.finally(() => adding.delete(written))
    return file
  }
  return {
    path: folder,
    add,
    serves: async (pid) => void (await add(groupFile, ownerText(processWith(pid)))),
    async remove() {
      removed = true
      await Promise.allSettled(adding)
      // Who is being ended may still write.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Removes the folders of processes that were killed, and ends what they have left running. */
export async function removeLeftFolders(parent: string = tmpdir()): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue
    const folder = path.join(parent, name)
    const owner = await ownerIn(folder, 'owner')
    if (owner === null || !isGone(owner) || !(await isOurs(folder))) continue
    const group = await ownerIn(folder, groupFile)
    // Its number may be another's by now.
    if (group !== null && group.since !== '' && !isGone(group)) signalGroup(group.pid, 'SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Whether there was anybody to get it. Windows knows no groups: there the leader alone has to do. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(process.platform === 'win32' ? leader : -leader, signal)
  } catch {
    return false
  }
}

async function ownerIn(folder: string, name: string): Promise<Owner | null> {
  return readOwner(await readFile(path.join(folder, name), 'utf8').catch(() => ''))
}

/** Everybody may make a folder there, and say in it whom to end. */
async function isOurs(folder: string): Promise<boolean> {
  const uid = process.getuid?.()
  return lstat(folder).then(
    (stats) => stats.isDirectory() && (uid === undefined || stats.uid === uid),
    () => false,
  )
}
