import type { TestProject } from 'vitest/node'
import { startWorld } from './world.ts'

/** For `npx vitest FILE`: what `postern prove` starts by itself. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const world = await startWorld({ reach: 'disruptive', seed: 1 })
  project.provide('postern', world.provided)
  return () => world.close()
}
