import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'

/**
 * Writes a file that appears whole or not at all: it is written beside its place and renamed. Throws what the file system throws, and leaves
 * nothing beside it then.
 */
export async function replaceFile(file: string, text: string | Iterable<string>): Promise<void> {
  const beside = `${file}.${randomUUID()}.part`
  try {
    await writeFile(beside, typeof text === 'string' ? text : inBlocks(text), { flag: 'wx' })
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

const blockSize = 256 * 1024

/** Few large writes in place of many small ones; in characters. */
function* inBlocks(parts: Iterable<string>): Generator<string> {
  let block = ''
  for (const part of parts) {
    block += part
    if (block.length < blockSize) continue
    yield block
    block = ''
  }
  yield block
}
