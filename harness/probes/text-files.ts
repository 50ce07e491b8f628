import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'

/** What is made of other people's, or again. */
const passedOver = ['node_modules', '.git', 'vendor', '.venv']
/** Bytes of a file, and how many of them. */
const [largest, most] = [2 * 1024 * 1024, 10_000]

/** The texts below a folder, or of one file; `null` for what is none, or is too large or beyond the first ten thousand. Links are not followed. Empty for what is not there. */
export async function* textFilesIn(root: string): AsyncGenerator<{ file: string; text: string | null }> {
  const isFile = await stat(root).then(
    (found) => found.isFile(),
    () => null,
  )
  if (isFile === null) return
  let left = most
  for await (const file of isFile ? [root] : filesBelow(root)) {
    const { size } = await stat(file)
    const bytes = left-- > 0 && size <= largest ? await readFile(file) : null
    yield {
      file: path.relative(path.dirname(root), file),
      text: bytes?.includes(0) === false ? bytes.toString() : null,
    }
  }
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory() && !passedOver.includes(entry.name)) yield* filesBelow(file)
    if (entry.isFile()) yield file
  }
}
