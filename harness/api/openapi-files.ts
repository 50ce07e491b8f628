import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { isObject } from '../json.ts'
import { readYaml } from './read-yaml.ts'

/** A document in one piece, and what it refers to that is not in it, each with the reason. */
export interface WholeDocument {
  readonly text: string
  readonly left: readonly string[]
}

/** The bounded text of one file. */
type Read = (file: string) => Promise<string>

const mostFiles = 100
/** Characters, of all files together. */
const largest = 10 * 1024 * 1024
/** Levels of one file. */
const deepest = 200
/** Where in the document the other files stand. */
const shelf = 'x-files'

/** A reference to anything but a place in the same file. */
const foreign = /["']?\$ref["']?\s*:\s*["']?\s*[^"'\s#]/

/** Throws Unproven where the file itself cannot be had. Files beside it, in its folder and below, are taken in; others are left. */
export async function readWhole(file: string, read: Read): Promise<WholeDocument> {
  const text = await read(file)
  if (!foreign.test(text)) return { text, left: [] }
  const main = await realpath(file)
  return new Files(main, read).whole(text)
}

/** What a document that came from a URL refers to beside it is left: it may be anybody's. */
export function leftOf(text: string): string[] {
  if (!foreign.test(text)) return []
  const found = text.matchAll(/["']?\$ref["']?\s*:\s*["']?\s*([^"'\s#][^"'\s#]{0,300})/g)
  return [
    ...new Set(
      [...found].map(([, where]) => `${where}: is beside a document of a URL: save both and name the file`),
    ),
  ]
}

class Files {
  readonly #read: Read
  readonly #main: string
  readonly #folder: string
  /** By its path, the name of each file on the shelf. */
  readonly #names = new Map<string, string>()
  readonly #contents: Record<string, unknown> = {}
  readonly #left = new Map<string, string>()
  #size = 0

  constructor(main: string, read: Read) {
    this.#read = read
    this.#main = main
    this.#folder = path.dirname(main)
  }

  async whole(text: string): Promise<WholeDocument> {
    const document = readYaml(text)
    // What is no document its reader explains.
    if (!isObject(document)) return { text, left: [] }
    this.#size = text.length
    const own = await this.#rewritten(document, this.#main, 0)
    return {
      text: JSON.stringify({ ...(own as object), [shelf]: this.#contents }),
      left: [...this.#left].map(([where, why]) => `${where}: ${why}`),
    }
  }

  /** The same with its references as they are in the whole. */
  async #rewritten(node: unknown, file: string, depth: number): Promise<unknown> {
    if (node === null || typeof node !== 'object' || depth > deepest) return depth > deepest ? null : node
    if (Array.isArray(node)) {
      const items: unknown[] = []
      for (const item of node) items.push(await this.#rewritten(item, file, depth + 1))
      return items
    }
    const entries: [string, unknown][] = []
    for (const [key, value] of Object.entries(node)) {
      if (key !== '$ref' || typeof value !== 'string') {
        entries.push([key, await this.#rewritten(value, file, depth + 1)])
        continue
      }
      const place = await this.#placeOf(value, file)
      if (place !== null) entries.push([key, place])
    }
    return Object.fromEntries(entries)
  }

  /** Where in the whole a reference leads; `null` where that is left. */
  async #placeOf(reference: string, file: string): Promise<string | null> {
    const [where = '', pointer = ''] = reference.split('#')
    if (where === '') return this.#within(file, pointer)
    if (/^[a-z][a-z\d+.-]+:|^\/\//i.test(where))
      return this.#leave(where, 'is elsewhere: nothing is fetched for it')
    try {
      const beside = await realpath(path.resolve(path.dirname(file), decodeURIComponent(where)))
      if (!beside.startsWith(this.#folder + path.sep))
        return this.#leave(where, 'is outside the folder of the document')
      if (beside !== this.#main && !this.#names.has(beside)) await this.#take(beside, where)
      return this.#left.has(where) ? null : this.#within(beside, pointer)
    } catch {
      return this.#leave(where, 'is not there, or cannot be read')
    }
  }

  #within(file: string, pointer: string): string {
    const name = this.#names.get(file)
    return name === undefined ? `#${pointer}` : `#/${shelf}/${name}${pointer}`
  }

  #leave(where: string, why: string): null {
    this.#left.set(where, why)
    return null
  }

  async #take(file: string, where: string): Promise<void> {
    if (this.#names.size >= mostFiles) return void this.#leave(where, `is beyond ${mostFiles} files`)
    const text = await this.#read(file)
    this.#size += text.length
    if (this.#size > largest)
      return void this.#leave(where, `makes the document larger than ${largest} characters`)
    const content = readYaml(text)
    if (content === undefined) return void this.#leave(where, 'is neither JSON nor YAML')
    const name = String(this.#names.size)
    this.#names.set(file, name)
    this.#contents[name] = await this.#rewritten(content, file, 0)
  }
}
