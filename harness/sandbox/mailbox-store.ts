import { randomBytes } from 'node:crypto'
import type { Envelope } from '../model.ts'
import { type MailpitMessage, readMessage } from './mailpit-message.ts'

export interface StoredMessage extends MailpitMessage {
  readonly id: string
  readonly receivedAt: Date
  read: boolean
}

export interface MailboxStore {
  /** Stores as Mailpit does and resolves with the message's id. */
  add(envelope: Envelope, raw: Buffer): Promise<string>
  /** Newest first. */
  all(): StoredMessage[]
  get(id: string): StoredMessage | undefined
  delete(ids: readonly string[]): void
  readonly counts: { accepted: number; acceptedBytes: number; deleted: number }
}

const maximumMessages = 5000
const maximumBytes = 64 * 1024 * 1024

/** Keeps the newest 5000 messages (or 128 MiB) in memory. */
export function createMailboxStore(): MailboxStore {
  const messages = new Map<string, StoredMessage>()
  const counts = { accepted: 0, acceptedBytes: 0, deleted: 0 }
  let bytes = 0

  const remove = (id: string) => {
    const message = messages.get(id)
    if (!message) return
    messages.delete(id)
    bytes -= message.raw.length
    counts.deleted += 1
  }
  const trim = () => {
    for (const id of messages.keys()) {
      if (messages.size <= maximumMessages && bytes <= maximumBytes) return
      remove(id)
    }
  }
  return {
    async add(envelope, received) {
      const id = randomBytes(11).toString('hex')
      const message = await readMessage(received, envelope, id)
      messages.set(id, { ...message, id, receivedAt: new Date(), read: false })
      bytes += message.raw.length
      counts.accepted += 1
      counts.acceptedBytes += message.raw.length
      trim()
      return id
    },
    all: () => [...messages.values()].reverse(),
    get: (id) => messages.get(id),
    delete: (ids) => ids.forEach(remove),
    counts,
  }
}
