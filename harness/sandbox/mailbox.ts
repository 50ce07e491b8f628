import { createServer } from 'node:http'
import { listen } from './listening.ts'
import { startMailboxSmtp } from './mailbox-smtp.ts'
import { createMailboxStore } from './mailbox-store.ts'
import type { MailboxAddress } from './mailpit.ts'
import { serveMailpitApi } from './mailpit-routes.ts'

export interface Mailbox extends MailboxAddress {
  readonly smtp: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

/** The embedded stand-in for Mailpit: an SMTP receiver and the REST API that `mailpit-api` speaks. */
export async function startMailbox(): Promise<Mailbox> {
  const store = createMailboxStore()
  const server = createServer(serveMailpitApi(store))
  server.keepAliveTimeout = 0
  const [smtp, http] = await Promise.all([startMailboxSmtp(store), listen(server)])
  return {
    url: `http://${http.host}:${http.port}`,
    smtp: { host: smtp.host, port: smtp.port },
    async close() {
      await Promise.all([smtp.close(), http.close()])
    },
  }
}
