import { setTimeout as after } from 'node:timers/promises'
import type { MailpitClient, MailpitMessageListItem } from 'mailpit-api'
import type { WireStore } from './wire.ts'

/** A mailbox behind the target whose new mail stands in for what the wire would have seen. */
export interface MailboxWatch {
  /** Takes what came for the zone out of the mailbox; sentences for what stays behind. */
  clear(): Promise<string[]>
  close(): Promise<void>
}

/** A mailbox tells of new mail by WebSocket, which not every proxy lets through: it is asked instead. Milliseconds. */
const interval = 250
const page = 100
/** Bytes; what is larger is not fetched. */
const largest = 10 * 1024 * 1024
/** Rounds without an answer before an absence of mail proves nothing. */
const patience = 3

/** Records every message for the zone, oldest first, as the mailbox holds it. Never looks at anybody else's. */
export function watchMailbox(client: MailpitClient, zone: string, wire: WireStore): MailboxWatch {
  const seen = new Set<string>()
  const query = `addressed:"${zone}"`
  const ended = new AbortController()

  const fresh = async (): Promise<MailpitMessageListItem[]> => {
    const found: MailpitMessageListItem[] = []
    for (let start = 0; ; start += page) {
      const { messages } = await client.searchMessages({ query, start, limit: page })
      const unknown = messages.filter(({ ID }) => !seen.has(ID))
      found.push(...unknown)
      if (unknown.length < messages.length || messages.length < page) return found.reverse()
    }
  }
  const record = async ({ ID, Size }: MailpitMessageListItem): Promise<void> => {
    if (Size > largest) return wire.problem(`a message of ${Size} bytes in the mailbox was not fetched`)
    const [summary, raw] = await Promise.all([client.getMessageSummary(ID), client.getMessageSource(ID)])
    wire.record({
      session: `mailbox ${ID}`,
      personality: null,
      ...{ host: null, peer: '', helo: '', tls: null },
      envelope: {
        from: summary.ReturnPath,
        // It lists recipients that no header names under Bcc.
        to: [...summary.To, ...(summary.Cc ?? []), ...(summary.Bcc ?? [])].map(({ Address }) => Address),
      },
      raw: Buffer.from(raw),
      receivedAt: Date.now(),
    })
  }
  const round = async (): Promise<void> => {
    for (const message of await fresh()) {
      if (ended.signal.aborted) return
      await record(message)
      seen.add(message.ID)
    }
  }
  const watch = async (): Promise<void> => {
    for (let failures = 0; !ended.signal.aborted; ) {
      failures = await round().then(
        () => 0,
        () => failures + 1,
      )
      if (failures === patience && !ended.signal.aborted)
        wire.problem('the mailbox does not answer: what came to it is not known')
      await after(interval, null, { signal: ended.signal }).catch(() => {})
    }
  }
  const watching = watch()

  return {
    async clear() {
      const ids = [...seen]
      if (ids.length === 0) return []
      return client.deleteMessages({ IDs: ids }).then(
        () => [],
        () => [`left behind: ${ids.length} messages for ${zone} in the mailbox, which did not delete them`],
      )
    },
    async close() {
      ended.abort()
      await watching
    },
  }
}
