import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { sentence } from '../../reports/visible.ts'
import { readYaml } from '../api/read-yaml.ts'
import { isObject } from '../json.ts'
import { UsageError } from '../obstacles.ts'
import { isUrl } from '../profile/authorization.ts'
import { download } from './document.ts'

/** Bytes. */
const largest = 1024 * 1024

/** As the specification advises to call it, and as others do: `shop.arazzo.yaml`. */
const usualName = /^(?:.{1,100}\.)?arazzo\.(?:json|ya?ml)$/i

export type ArazzoDocument = Readonly<Record<string, unknown>>

/**
 * The Arazzo document at a path or URL, or the one in the folder of the OpenAPI document; `null` where none is named and none is
 * there. Throws UsageError where one is named that is none; of one that was not named, that it is none is its own affair.
 */
export async function arazzoAt(
  { arazzo, openapi }: { readonly arazzo?: string; readonly openapi: string },
  ca: string | null,
): Promise<ArazzoDocument | null> {
  if (arazzo !== undefined)
    return arazzoIn(isUrl(arazzo) ? await download(arazzo, ca, '--arazzo') : await textOf(arazzo), arazzo)
  const beside = isUrl(openapi) ? null : await besideFile(openapi)
  if (beside === null) return null
  try {
    return arazzoIn(await textOf(beside), beside)
  } catch (error) {
    if (error instanceof UsageError) return null
    throw error
  }
}

/** Throws UsageError where the text is no Arazzo document of version 1. */
export function arazzoIn(text: string, source: string): ArazzoDocument {
  const document = text.length > largest ? undefined : readYaml(text)
  const { arazzo: version } = isObject(document) ? document : {}
  if (
    isObject(document) &&
    /^1\.\d{1,3}(?:\.|$)/.test(String(version)) &&
    Array.isArray(document['workflows'])
  )
    return document
  throw new UsageError(
    `--arazzo: expected an Arazzo document (arazzo: 1.0.1, with workflows); seen ${sentence(source)} without them; name another file or URL, JSON or YAML`,
  )
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size <= largest) return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`--arazzo: expected a readable file; seen ${code} for ${file}; correct the path`)
  }
  throw new UsageError(
    `--arazzo: expected a document; seen more than ${largest} bytes in ${file}; name another`,
  )
}

async function besideFile(openapi: string): Promise<string | null> {
  const folder = path.dirname(path.resolve(openapi))
  const names = await readdir(folder).catch(() => [])
  const [name] = names.filter((each) => usualName.test(each)).sort()
  return name === undefined ? null : path.join(folder, name)
}
