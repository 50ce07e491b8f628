import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Delivery } from '../model.ts'

export interface PassingOn {
  /** Queues a delivery for the mailbox; returns at once. */
  pass(delivery: Delivery): void
  /** What did not reach the mailbox; the first 100. */
  readonly problems: readonly string[]
  close(): void
}

const attempts = 3
const maximumProblems = 100
const timeout = 10_000

/**
 * Hands accepted messages to the mailbox by SMTP, in order, over one connection that stays open. What cannot be handed
 * over is reported: the wire still holds it.
 */
export function createPassingOn(mailbox: { host: string; port: number }): PassingOn {
  const queue: Delivery[] = []
  const problems: string[] = []
  let connection: SMTPConnection | null = null
  let working = false
  let closed = false

  const connected = async () => {
    connection ??= await connect(mailbox, () => {
      connection = null
    })
    return connection
  }
  const handOver = async (delivery: Delivery) => {
    for (let attempt = 1; !closed; attempt += 1) {
      try {
        await send(await connected(), delivery)
        return
      } catch (error) {
        connection?.close()
        connection = null
        if (attempt < attempts || closed) continue
        if (problems.length < maximumProblems) {
          problems.push(`${delivery.id} did not reach the mailbox: ${String(error)}`)
        }
        return
      }
    }
  }
  const work = async () => {
    if (working) return
    working = true
    for (let next = queue.shift(); next && !closed; next = queue.shift()) await handOver(next)
    working = false
  }

  return {
    pass(delivery) {
      queue.push(delivery)
      void work()
    },
    problems,
    close() {
      closed = true
      connection?.close()
    },
  }
}

function connect({ host, port }: { host: string; port: number }, gone: () => void): Promise<SMTPConnection> {
  const connection = new SMTPConnection({
    host,
    port,
    name: 'wire.postern.test',
    // The mailbox is on the loopback interface, and what it holds is no secret of anyone.
    ignoreTLS: true,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
  })
  connection.once('end', gone)
  return new Promise((resolve, reject) => {
    connection.on('error', reject)
    connection.connect((error) => (error ? reject(error) : resolve(connection)))
  })
}

function send(connection: SMTPConnection, { envelope, raw }: Delivery): Promise<void> {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const outgoing = { from: envelope.from || (false as const), to: [...envelope.to], use8BitMime: true }
  return new Promise((resolve, reject) => {
    connection.once('error', reject)
    connection.send(outgoing, bytes, (error) => {
      connection.off('error', reject)
      if (error) reject(error)
      else resolve()
    })
  })
}
