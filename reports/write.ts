import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report } from '../harness/model.ts'
import { htmlParts } from './html.ts'
import { toJson } from './json.ts'
import { toJunit } from './junit.ts'
import { toMarkdown } from './markdown.ts'
import { replaceFile } from './replace-file.ts'
import { toSarif } from './sarif.ts'

export interface Written {
  /** The paths of report.json, report.html, report.sarif and junit.xml. */
  readonly files: readonly string[]
  /** Markdown for the place a CI offers for a summary; written nowhere. */
  readonly summary: string
}

/**
 * Writes the documents into `directory`, which is made where it is missing. Each appears whole or not at all: it is
 * written beside its place and renamed, so a run that is killed leaves no half report. Throws what the file system throws.
 */
export async function write(report: Report, directory: string): Promise<Written> {
  const documents = [
    ['report.json', toJson(report)],
    ['report.html', htmlParts(report)],
    ['report.sarif', toSarif(report)],
    ['junit.xml', toJunit(report)],
  ] as const
  const summary = toMarkdown(report)
  await mkdir(directory, { recursive: true })
  for (const [name, text] of documents) await replaceFile(join(directory, name), text)
  return { files: documents.map(([name]) => join(directory, name)), summary }
}
