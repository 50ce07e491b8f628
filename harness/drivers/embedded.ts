import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { few } from '../../reports/wording.ts'
import type { DnsRecord } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { didYouMean } from '../profile/nearest.ts'
import { compileCache, extension } from '../tree.ts'
import type { Driver } from './driver.ts'
import type { HostReply, HostRequest } from './embedded-host.ts'
import { openLog, type TargetLog } from './target-log.ts'

interface Started {
  readonly records: readonly DnsRecord[]
  readonly exports: Readonly<Record<string, string>>
}

/** Retries follow at once, so that a check sees all of them: milliseconds. */
const retryDelays = [100, 200, 300]
/** A domain that was given up is known as such while a check waits: milliseconds. */
const domainRecheck = 1000
/** A rotation is over while a check waits: milliseconds. */
const webhookOverlap = 1500
/** Late enough that a time in seconds tells the tries apart. */
const webhookRetryDelays = [2100]

/** How slow the target is made, as one far away would be: milliseconds before each message leaves, and before each answer. */
export interface Delays {
  readonly deliveryDelay: number
  readonly answerDelay: number
}

/** The target runs in a thread of its own, in a sub-zone of the sandbox's zone, and reaches the world by the sandbox alone. */
export function embeddedDriver(modulePath: string, delays: Delays): Driver {
  const host = startHost()
  const numbers = new Map<string, number>()
  const withdrawals = new Map<string, () => void>()
  return {
    name: 'embedded',
    ground: async () => ({}),
    async up(sandbox, { weaknesses }) {
      const id = `t${numbers.size + 1}`
      numbers.set(id, 0)
      const zone = `${id}.${sandbox.address.zone}`
      const { dns, egress, ca } = sandbox.address
      const settings = {
        zone,
        tls: await sandbox.issueCertificate([`api.${zone}`, `smtp.${zone}`, 'localhost', '127.0.0.1']),
        dns: `${dns.host}:${dns.port}`,
        egress,
        trust: ca,
        seed: true,
        weaknesses,
        ...delays,
        retryDelays,
        domainRecheck,
        webhookOverlap,
        webhookRetryDelays,
      }
      const [number, { records, exports }] = await host.up(pathToFileURL(modulePath).href, settings)
      numbers.set(id, number)
      sandbox.dns.publish(records)
      // Of hundreds of targets in one run no name is to outlive its own.
      const names = new Set(records.map(({ name }) => name))
      withdrawals.set(id, () => {
        for (const name of names) sandbox.dns.withdraw(name)
      })
      return { id, exports }
    },
    async down(id) {
      const number = numbers.get(id)
      if (number !== undefined) await host.down(number)
      withdrawals.get(id)?.()
      withdrawals.delete(id)
    },
    log: (id) => host.log(numbers.get(id) ?? 0),
    lost: async () => (host.ended() ? 'the target is lost: its thread ended' : null),
    close: () => host.close(),
  }
}

/** The thread with the targets, and the calls to it. */
function startHost() {
  const worker = new Worker(new URL(`./embedded-host${extension}`, import.meta.url), {
    env: { ...process.env, ...compileCache },
  })
  const logs = new Map<number, TargetLog>()
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  let count = 0
  worker.unref()
  worker.on('message', ({ id, line, result, error }: HostReply) => {
    if (line !== undefined) return logs.get(id)?.write(`${line}\n`)
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(result)
    else if (error.name === 'UnknownWeakness') call?.reject(new UsageError(unknownWeakness(error)))
    else call?.reject(Object.assign(new Error(error.message), { name: error.name }))
  })
  // Whatever the target dies of, the harness lives on and says that it is lost.
  worker.on('error', (error) => {
    process.stderr.write(`the embedded target ended: ${error instanceof Error ? error.stack : error}\n`)
  })
  let ended = false
  worker.on('exit', () => {
    ended = true
    for (const { reject } of waiting.values()) reject(new Error('the embedded target ended'))
    waiting.clear()
  })
  const ask = (request: HostRequest): Promise<unknown> =>
    new Promise((resolve, reject) => {
      // Nobody would answer.
      if (ended) return reject(new Error('the embedded target ended'))
      waiting.set(request.id, { resolve, reject })
      worker.ref()
      worker.postMessage(request)
    }).finally(() => {
      if (waiting.size === 0) worker.unref()
    })
  return {
    async up(module: string, settings: object): Promise<readonly [number, Started]> {
      const id = ++count
      logs.set(id, openLog(null, 'target'))
      return [id, (await ask({ id, up: { module, settings } })) as Started]
    },
    async down(number: number): Promise<void> {
      await ask({ id: ++count, down: number })
      logs.delete(number)
    },
    log: (number: number) => logs.get(number) ?? null,
    ended: () => ended,
    async close(): Promise<void> {
      await worker.terminate()
    },
  }
}

function unknownWeakness({ message, asked, known }: NonNullable<HostReply['error']>): string {
  if (asked === undefined || known === undefined) return message
  return `no weakness ${asked}${didYouMean(asked, known)}; there are ${few(known, 10)}; \`postern checks --json\` names those of each check`
}
