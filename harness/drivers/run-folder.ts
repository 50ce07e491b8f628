import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isGone, ownerText, readOwner, thisProcess } from './owner.ts'

/** A run's own folder for what must lie in a file, and who may be asked whether it is still needed. */
export interface RunFolder {
  readonly path: string
  /** Writes a file that only this user reads; returns its absolute path. */
  add(name: string, content: string): Promise<string>
  remove(): Promise<void>
}

const ordinary = 'postern-run-'

export async function createRunFolder(prefix = ordinary): Promise<RunFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), prefix))
  await writeFile(path.join(folder, 'owner'), ownerText(thisProcess()))
  return {
    path: folder,
    async add(name, content) {
      const file = path.join(folder, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, content, { mode: 0o644 })
      return file
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The folders of runs that were killed; `end` is called with each before it goes. */
export async function removeLeftFolders(
  end: (folder: string) => Promise<void> = async () => {},
  prefix = ordinary,
): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue
    const folder = path.join(tmpdir(), name)
    const owner = readOwner(await readFile(path.join(folder, 'owner'), 'utf8').catch(() => ''))
    if (owner === null || !isGone(owner)) continue
    await end(folder)
    await rm(folder, { recursive: true, force: true })
  }
}
