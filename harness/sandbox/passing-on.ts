import { randomBytes } from 'node:crypto'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Delivery } from '../model.ts'
import type { MailboxAddress } from './mailpit.ts'

export interface PassingOn {
  /** Queues a delivery for the mailbox; returns at once. */
  pass(delivery: Delivery): void
  /** What did not reach the mailbox; the first 100. */
  readonly problems: readonly string[]
  /** Once all is handed over: what the mailbox says that takes nothing any more; `null` where it still does. */
  refusal(): Promise<string | null>
  close(): void
}

const attempts = 3
const maximumProblems = 100
const timeout = 10_000

/**
 * Hands accepted messages to the mailbox by SMTP, in order, over one connection that stays open. What cannot be handed
 * over is reported: the wire still holds it. Without a place nothing is handed over.
 */
export function createPassingOn(mailbox: MailboxAddress['smtp']): PassingOn {
  const queue: Delivery[] = []
  const problems: string[] = []
  let connection: SMTPConnection | null = null
  let working: Promise<void> | null = null
  let refused: string | null = null
  let closed = false

  const connected = async () => {
    if (mailbox === null) throw new TypeError('expected a place to hand mail to')
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
        refused = await refusalOf(delivery.raw.byteLength)
        return
      }
    }
  }
  /** A mailbox answers in the same words that its disk is full and that it cannot read one message: a benign one tells. */
  const refusalOf = async (bytes: number): Promise<string | null> => {
    try {
      await send(await connected(), benign(bytes))
      return null
    } catch (error) {
      connection?.close()
      connection = null
      return closed ? null : describe(error)
    }
  }
  const work = async () => {
    for (let next = queue.shift(); next && !closed && refused === null; next = queue.shift())
      await handOver(next)
    working = null
  }

  return {
    pass(delivery) {
      if (mailbox === null || closed || refused !== null) return
      queue.push(delivery)
      working ??= work()
    },
    problems,
    async refusal() {
      await working
      return refused
    },
    close() {
      closed = true
      connection?.close()
    },
  }
}

/** A message of that size at least, which no mailbox can pack smaller. */
function benign(bytes: number): Pick<Delivery, 'envelope' | 'raw'> {
  const text = randomBytes(bytes).toString('base64').replace(/.{76}/g, '$&\r\n')
  const raw = Buffer.from(`Subject: Is there room for more?\r\n\r\n${text}\r\n`)
  return { envelope: { from: '', to: ['room@wire.postern.test'] }, raw }
}

function describe(error: unknown): string {
  const { message = '', code = 'unknown' } = error as NodeJS.ErrnoException
  return (message || code).split('\n')[0]?.slice(0, 200) ?? ''
}

function connect(
  { host, port }: NonNullable<MailboxAddress['smtp']>,
  gone: () => void,
): Promise<SMTPConnection> {
  const connection = new SMTPConnection({
    host,
    port,
    name: 'wire.postern.test',
    // What it holds is no secret of anyone.
    ignoreTLS: true,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
  })
  connection.once('end', gone)
  return new Promise((resolve, reject) => {
    connection.on('error', reject)
    connection.connect((error) => (error ? reject(error) : resolve(connection)))
  })
}

function send(
  connection: SMTPConnection,
  { envelope, raw }: Pick<Delivery, 'envelope' | 'raw'>,
): Promise<void> {
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
