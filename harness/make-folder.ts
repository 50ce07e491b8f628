import { mkdirSync, statSync } from 'node:fs'
import path from 'node:path'

/**
 * Makes a folder and those above it that are missing; one that is there is left as it is. Throws what the file system says.
 * Node's own `recursive` never ends where a folder that exists says ENOENT to whoever makes one in it, as /proc does.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return
    const above = path.dirname(folder)
    if (code !== 'ENOENT' || above === folder) throw error
    makeFolder(above, mode)
    mkdirSync(folder, { mode })
  }
}
