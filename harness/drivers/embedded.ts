import { pathToFileURL } from 'node:url'
import type { DnsRecord } from '../model.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { type Driver, UsageError } from './driver.ts'

/** What a module named by `target.embedded` exports; the reference API does. */
interface EmbeddedModule {
  start(settings: {
    zone: string
    tls: { key: string; cert: string }
    dns: string
    egress: string
    trust: string
    seed: true
    weaknesses: readonly string[]
    deliveryDelay: number
    retryDelays: readonly number[]
  }): Promise<{
    records: readonly DnsRecord[]
    exports: Record<string, string>
    close(): Promise<void>
  }>
}

/** Retries follow at once, so that a check sees all of them: milliseconds. */
const retryDelays = [100, 200]

/** The target runs in this process, in a sub-zone of the sandbox's zone, and reaches the world by the sandbox alone. */
export function embeddedDriver(modulePath: string, sandbox: Sandbox, deliveryDelay: number): Driver {
  const running = new Map<string, { close(): Promise<void> }>()
  let count = 0
  return {
    name: 'embedded',
    async up({ weaknesses }) {
      const { start } = (await import(pathToFileURL(modulePath).href)) as EmbeddedModule
      const id = `t${++count}`
      const zone = `${id}.${sandbox.address.zone}`
      const { dns, egress, ca } = sandbox.address
      try {
        const target = await start({
          zone,
          tls: await sandbox.issueCertificate([`api.${zone}`, `smtp.${zone}`, 'localhost', '127.0.0.1']),
          dns: `${dns.host}:${dns.port}`,
          egress,
          trust: ca,
          seed: true,
          weaknesses,
          deliveryDelay,
          retryDelays,
        })
        running.set(id, target)
        sandbox.dns.publish(target.records)
        return { id, exports: target.exports }
      } catch (error) {
        if (error instanceof Error && error.name === 'UnknownWeakness') throw new UsageError(error.message)
        throw error
      }
    },
    async down(id) {
      await running.get(id)?.close()
      running.delete(id)
    },
    async close() {
      await Promise.all([...running.keys()].map((id) => this.down(id)))
    },
  }
}
