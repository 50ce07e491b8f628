import { setTimeout as after } from 'node:timers/promises'
import type { MailpitClient, MailpitMessageListItem } from 'mailpit-api'
import type { WireStore } from './wire.ts'

/** A mailbox tells of new mail by WebSocket, which not every proxy lets through: it is asked instead. Milliseconds. */
const interval = 250
const page = 100
/** Bytes; what is larger is not fetched. */
const largest = 10 * 1024 * 1024
/** Rounds without an answer before an absence of mail proves nothing. */
const patience = 3

const messagesFor = (zone: string) => `addressed:"${zone}"`

/** Takes what came for the zone out of a mailbox that others use as well; a sentence where it stays. */
export async function clearMailbox(client: MailpitClient, zone: string): Promise<string[]> {
  return client.deleteMessagesBySearch({ query: messagesFor(zone) }).then(
    () => [],
    () => [`left behind: messages for ${zone} in the mailbox, which did not delete them`],
  )
}

/**
 * Records every message for the zone in a mailbox behind the target, oldest first and as the mailbox holds it, in place of
 * what the wire would have seen. Never looks at anybody else's.
 */
export function watchMailbox(
  client: MailpitClient,
  zone: string,
  wire: WireStore,
): { close(): Promise<void> } {
  const seen = new Set<string>()
  const query = messagesFor(zone)
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
    async close() {
      ended.abort()
      await watching
    },
  }
}
