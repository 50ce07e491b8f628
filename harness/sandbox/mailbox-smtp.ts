import { SMTPServer } from 'smtp-server'
import { type Listener, listen } from './listening.ts'
import type { MailboxStore } from './mailbox-store.ts'

/** Like the largest message of the wire, with room for what is added on the way. */
const maximumMessage = 12 * 1024 * 1024

/** The mailbox's SMTP side; it accepts any sender and recipient. */
export function startMailboxSmtp(store: MailboxStore): Promise<Listener> {
  const receiver = new SMTPServer({
    size: maximumMessage,
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => {
        if (!stream.sizeExceeded) chunks.push(chunk)
      })
      stream.on('end', () => {
        if (stream.sizeExceeded) {
          done(new Error('Message too big'))
          return
        }
        const { mailFrom, rcptTo } = session.envelope
        const envelope = {
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
        }
        store.add(envelope, Buffer.concat(chunks)).then(
          (id) => done(null, `Stored as ${id}`),
          (error: Error) => done(error),
        )
      })
    },
  })
  // A peer that breaks off is no fault of the mailbox.
  receiver.on('error', () => {})
  return listen(receiver.server)
}
