import type { Inbox } from '../api/mailed-code.ts'
import type { Delivery } from '../model.ts'
import { readHeaders } from '../probes/headers.ts'
import { textShown } from '../probes/html.ts'
import { readMail, UnreadableMail } from '../probes/mail.ts'
import { linksIn } from '../probes/mail-links.ts'

/** As much of the wire as it takes, of this process or another. */
interface Deliveries {
  deliveries(filter: { to: string }): readonly Delivery[] | Promise<readonly Delivery[]>
  arrival(filter: { to: string }, options: { count: number; within: number }): Promise<readonly Delivery[]>
}

/** What the wire, or the mailbox behind the target, keeps for addresses of the sandbox. */
export function createInbox(wire: Deliveries): Inbox {
  return {
    count: async (to) => (await wire.deliveries({ to })).length,
    async after(to, count, within) {
      const all = await wire.arrival({ to }, { count: count + 1, within }).catch((error: Error) => {
        if (error.name === 'NotSeen') return []
        throw error
      })
      return Promise.all(all.slice(count).map(({ raw }) => textsOf(raw)))
    },
  }
}

/** Text, visible HTML, where its links lead, and the subject. */
async function textsOf(raw: Uint8Array): Promise<string[]> {
  try {
    const { text, html } = await readMail(raw)
    const links = (await linksIn(raw)).map(({ url }) => url)
    // Of many that hostile mail may have, readers show one.
    const subject = readHeaders(raw).fields.find(({ name }) => name.toLowerCase() === 'subject')
    return [text, textShown(html), links.join('\n'), subject?.value ?? '']
  } catch (error) {
    // Of what cannot be read nothing is found.
    if (error instanceof UnreadableMail) return []
    throw error
  }
}
