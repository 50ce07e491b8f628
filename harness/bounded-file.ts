import { readFile, stat } from 'node:fs/promises'

/** A file as it is, or `null` where it is longer than so many bytes. Rejects for what is none: a device or a pipe may have no end. */
export async function readBounded(file: string, most: number): Promise<Buffer | null> {
  const found = await stat(file)
  if (!found.isFile()) throw new Error('it is no file')
  return found.size > most ? null : readFile(file)
}
