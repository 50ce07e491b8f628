/**
 * Imports every check into one Vitest file, so that they all run at once.
 * POSTERN_ONLY: JSON list of suites (`keys`) and checks (`keys/scope-matrix`) to which the run is restricted; empty for all.
 */
const only = new Set<string>(JSON.parse(process.env['POSTERN_ONLY'] ?? '[]'))

const checks = Object.entries(import.meta.glob(['./*/*.check.ts', '!./*/*.browser.check.ts'])).filter(
  ([path]) => {
    const id = path.replace(/^\.\/|\.check\.ts$/g, '')
    return only.size === 0 || only.has(id) || only.has(id.split('/')[0] ?? '')
  },
)

await Promise.all(checks.map(([, load]) => load()))
