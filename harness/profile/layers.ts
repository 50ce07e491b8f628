import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { LineCounter, parseDocument } from 'yaml'
import { ProfileError } from './errors.ts'

type Path = readonly (string | number)[]
type Yaml = ReturnType<typeof parseDocument>

/** Where something stands. */
export interface Position {
  /** Absolute path. */
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A profile with all that it extends. */
export interface Layers {
  /** Merged: maps deeply, lists and scalars replaced, what an extending file sets to null left out. */
  readonly data: unknown
  /** Of the value at a path, or of its nearest ancestor; with `key`, of the name it stands under. */
  locate(at: Path, key?: boolean): Position
}

interface Layer {
  readonly file: string
  readonly data: unknown
  /** `null` where this file says nothing there. */
  find(at: Path, key: boolean): Position | null
}

const maximumSize = 1024 * 1024
const maximumLayers = 10
/** Ours: a user writes into what extends them. */
export const presets = fileURLToPath(new URL('../../fixtures/targets/presets/', import.meta.url))

/** Reads a profile and, by its `extends`, those below it. Throws ProfileError. */
export async function readLayers(file: string): Promise<Layers> {
  const layers = [await readLayer(file, null)]
  for (let top = layers[0]; top !== undefined; ) {
    const next: Layer | undefined = await extended(top, layers)
    if (next !== undefined) layers.push(next)
    top = next
  }
  const locate = (at: Path, key = false): Position => {
    for (let depth = at.length; depth >= 0; depth--)
      for (const layer of layers) {
        const found = layer.find(at.slice(0, depth), key && depth === at.length)
        if (found !== null) return found
      }
    return { file, line: 1, column: 1 }
  }
  return { data: layers.map(({ data }) => data).reduceRight(merged), locate }
}

async function extended(layer: Layer, before: readonly Layer[]): Promise<Layer | undefined> {
  const name = isMap(layer.data) ? layer.data['extends'] : undefined
  // What is no text, the schema complains of.
  if (typeof name !== 'string') return undefined
  const file = name.startsWith('preset:')
    ? path.join(presets, `${path.basename(name.slice('preset:'.length))}.yaml`)
    : path.resolve(path.dirname(layer.file), name)
  const position = layer.find(['extends'], false) ?? { file: layer.file, line: 1, column: 1 }
  if (before.some((known) => known.file === file) || before.length >= maximumLayers) {
    const expected = `a chain of at most ${maximumLayers} profiles that ends`
    throw complaint(position, 'extends', expected, `${name} again, or too many`, 'take one of them out')
  }
  return readLayer(file, position)
}

async function readLayer(file: string, from: Position | null): Promise<Layer> {
  const text = await textOf(file, from)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const [broken] = document.errors
  if (broken !== undefined) {
    // Only the first: the others follow from it. What is quoted may be a secret.
    const seen = broken.message.replace(/: ".*$/s, '')
    const remedy = `correct it there; inside { } and [ ] a value with \${…} needs quotes`
    throw complaint(position(broken.pos[0]), 'the document', 'YAML', seen, remedy)
  }
  return {
    file,
    data: document.toJS({ maxAliasCount: 100 }) as unknown,
    find(at, key) {
      const offset = offsetOf(document, at, key)
      return offset === null ? null : position(offset)
    },
  }
}

async function textOf(file: string, from: Position | null): Promise<string> {
  const remedy = from === null ? 'see --target or TARGET' : 'a path is relative to the file it stands in'
  const problem = (seen: string) =>
    from === null
      ? complaint({ file, line: 1, column: 1 }, 'the file', readable, seen, remedy)
      : complaint(from, 'extends', readable, `${seen} for ${file}`, remedy)
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw problem(error.code ?? 'an error')
  })
  if (bytes.length > maximumSize) throw problem(`${bytes.length} bytes`)
  return bytes.toString('utf8')
}

const readable = `a readable file of at most ${maximumSize} bytes`

function complaint(
  position: Position,
  at: string,
  expected: string,
  seen: string,
  remedy: string,
): ProfileError {
  return new ProfileError(position.file, [{ ...position, path: at, expected, seen, remedy }])
}

/** What takes away may find nothing: the layer below need not say everything. */
function merged(under: unknown, above: unknown): unknown {
  if (!isMap(above)) return above
  const below = isMap(under) ? under : {}
  const names = [...new Set([...Object.keys(below), ...Object.keys(above)])]
  return Object.fromEntries(
    names
      .filter((name) => above[name] !== null)
      .map((name) => [name, name in above ? merged(below[name], above[name]) : below[name]]),
  )
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** Where a value stands, or the name it stands under. */
function offsetOf(document: Yaml, at: Path, key: boolean): number | null {
  if (key) {
    const parent = document.getIn(at.slice(0, -1), true) as
      | { items?: { key?: { value?: unknown; range?: number[] } }[] }
      | undefined
    const pair = parent?.items?.find((item) => String(item.key?.value) === String(at.at(-1)))
    return pair?.key?.range?.[0] ?? null
  }
  const node = at.length === 0 ? document.contents : document.getIn(at, true)
  return (node as { range?: number[] } | null | undefined)?.range?.[0] ?? null
}
