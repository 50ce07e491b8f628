import { pathToFileURL } from 'node:url'

/**
 * Imports the checks that are asked for into one Vitest file, so that they all run at once.
 * POSTERN_FILES: JSON list of their absolute paths.
 */
const files: readonly string[] = JSON.parse(process.env['POSTERN_FILES'] ?? '[]')
/** Another one for each role: what is imported again under the same address does not run again. */
const { search } = new URL(import.meta.url)

for (const file of files) await import(`${pathToFileURL(file)}${search}`)
