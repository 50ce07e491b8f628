/**
 * For tests: in the place of `check/check.ts`, so that what the files of checks declare is kept, and run by whoever has imported them:
 * `vi.mock('../check/check.ts', () => import('./declared.testing.ts'))`.
 */
import type { Kit } from '../check/kit.ts'
import type { About } from '../model.ts'

export * from '../check/about.ts'

export interface Declared {
  readonly about: About
  readonly body: (kit: Kit) => Promise<void>
}

export const declared: Declared[] = []

export function test(_title: string, about: About, body: Declared['body']): void {
  declared.push({ about, body })
}
