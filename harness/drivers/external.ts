import type { Driver } from './driver.ts'

/** A target that is already running: nothing is started, nothing is stopped. */
export function externalDriver(): Driver {
  return {
    name: 'external',
    ground: async () => ({}),
    up: async () => ({ id: 'external', exports: {} }),
    down: async () => {},
    lost: async () => null,
    close: async () => {},
  }
}
