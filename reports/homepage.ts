import { createRequire } from 'node:module'
import { methodOf } from './methods.ts'

const manifest = createRequire(import.meta.url)('../package.json') as { homepage?: string }

/**
 * Where everybody can read this project's README, as `https://…/blob/main/README.md`: `homepage` of package.json. `null` as long as
 * there is no such place; then no document has a link to it.
 */
export const homepage: string | null = manifest.homepage ?? null

/** Where the page of a check stands, beside that README; `null` where there is none. */
export function pageOf(check: string, home: string | null = homepage): string | null {
  return home === null || methodOf(check) === null ? null : new URL(`suites/${check}.md`, home).href
}
