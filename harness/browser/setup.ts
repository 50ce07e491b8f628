import { startWorld } from '../runner/world.ts'
import { withOrder } from './order.ts'

/** For `npx playwright test FILE`: what `postern prove` starts by itself. */
export default async function setup(): Promise<() => Promise<void>> {
  const world = await startWorld({ reach: 'disruptive', seed: 1 })
  Object.assign(process.env, withOrder({}, { roles: [], provided: world.provided, files: [] }))
  return () => world.close()
}
