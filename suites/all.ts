import { pathToFileURL } from 'node:url'

/**
 * Imports the checks that are asked for into one Vitest file, so that they all run at once.
 * POSTERN_FILES: JSON list of their absolute paths.
 */
const files: readonly string[] = JSON.parse(process.env['POSTERN_FILES'] ?? '[]')
/** Another one for each role: what is imported again under the same address does not run again. */
const { search } = new URL(import.meta.url)

for (const file of files)
  await import(`${pathToFileURL(file)}${search}`).catch((cause: unknown) => {
    // Node names the module that is missing, or the token that it did not expect, and not who has it.
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  })
