import { optional } from '../optional.ts'
import type { ZapData } from '../profile/shape.ts'
import { startLocalZap } from './daemon-local.ts'
import type { Daemon, DaemonOptions } from './daemon-setup.ts'

/** The section `zap` of a profile, its references filled in. */
export type ZapSettings = ZapData<string>

/** Brings ZAP up, or finds it where it is. Throws Unavailable with the remedy. */
export async function startDaemon(settings: ZapSettings, options: DaemonOptions): Promise<Daemon> {
  if (settings.url !== undefined) {
    const address = { url: settings.url, key: settings.key ?? '' }
    return { address, ours: false, ended: async () => null, close: async () => {} }
  }
  if (settings.home !== undefined) return startLocalZap(settings.home, options)
  if (settings.image === undefined) throw new TypeError('expected zap.url, zap.home or zap.image')
  const { startZapContainer } = await optional('testcontainers', () => import('./daemon-container.ts'))
  return startZapContainer(settings.image, options)
}
