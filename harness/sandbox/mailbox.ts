import { createServer } from 'node:http'
import type { Delivery } from '../model.ts'
import { listen } from './listening.ts'
import { startMailboxSmtp } from './mailbox-smtp.ts'
import { createMailboxStore, type MailboxStore } from './mailbox-store.ts'
import type { MailboxAddress } from './mailpit.ts'
import { serveMailpitApi } from './mailpit-routes.ts'

export interface Mailbox extends MailboxAddress {
  readonly smtp: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

/** The embedded stand-in for Mailpit: an SMTP receiver and the REST API that `mailpit-api` speaks. */
export async function startMailbox(): Promise<Mailbox> {
  const store = createMailboxStore()
  const [smtp, http] = await Promise.all([startMailboxSmtp(store), serve(store, async () => {})])
  return {
    url: http.url,
    smtp: { host: smtp.host, port: smtp.port },
    async close() {
      await Promise.all([smtp.close(), http.close()])
    },
  }
}

/** The same over what a wire holds: a message is read when somebody asks the mailbox, and hardly any run does. */
export async function startMailboxOf(
  deliveries: () => readonly Delivery[],
): Promise<MailboxAddress & { close(): Promise<void> }> {
  const store = createMailboxStore()
  let stored = 0
  let storing = Promise.resolve()
  const catchUp = async () => {
    for (const { envelope, raw } of deliveries().slice(stored)) {
      stored++
      await store.add(envelope, Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)).catch(() => {})
    }
  }
  const http = await serve(store, () => {
    storing = storing.then(catchUp)
    return storing
  })
  return { url: http.url, smtp: null, close: http.close }
}

async function serve(store: MailboxStore, before: () => Promise<void>) {
  const answer = serveMailpitApi(store)
  const server = createServer((request, response) => {
    before().then(() => answer(request, response))
  })
  server.keepAliveTimeout = 0
  const { host, port, close } = await listen(server)
  return { url: `http://${host}:${port}`, close }
}
