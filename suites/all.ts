import { glob } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/**
 * Imports every check into one Vitest file, so that they all run at once.
 * POSTERN_ONLY: JSON list of suites (`keys`) and checks (`keys/scope-matrix`) to which the run is restricted; empty for all.
 */
const only = new Set<string>(JSON.parse(process.env['POSTERN_ONLY'] ?? '[]'))
/** Another one for each role: what is imported again under the same address does not run again. */
const { search } = new URL(import.meta.url)

const files = await Array.fromAsync(
  glob('*/*.check.ts', {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    exclude: ['*/*.browser.check.ts'],
  }),
)
const checks = files
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => {
    const id = file.replace(/\.check\.ts$/, '')
    return only.size === 0 || only.has(id) || only.has(id.split('/')[0] ?? '')
  })
for (const file of checks.sort()) await import(`./${file}${search}`)
