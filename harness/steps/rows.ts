import type { Api } from '../api/api.ts'
import type { Mailbox } from '../check/mailbox.ts'
import type { Exchange } from '../model.ts'

/** Messages that a search for the mark finds, each with whom it went to. */
export type PlantedMessage = readonly [to: string, exchange: Exchange]

/** Two messages with `mark` in their subject, and two contacts by that name where the target keeps contacts. */
export async function plantRows(api: Api, mailbox: Mailbox, mark: string): Promise<PlantedMessage[]> {
  const messages = await Promise.all(
    ['a', 'b'].map(async (letter, n): Promise<PlantedMessage> => {
      const to = mailbox.address(letter)
      return [to, await api.call('message.send', { to, subject: `${mark} ${n}`, text: 'Hello' })]
    }),
  )
  if (api.has('contact.create'))
    await Promise.all(
      ['a', 'b'].map((letter) =>
        api.call('contact.create', { email: `${mark}${letter}@example.com`, name: `${mark} ${letter}` }),
      ),
    )
  return messages
}

/**
 * The status of the message, such that a list asked for it and `mark` shows something: it changes while the message
 * leaves, so it is looked at up to ten times. `delivered` where the target does not tell.
 */
export async function statusFoundBy(api: Api, mark: string, id: unknown): Promise<string> {
  for (let look = 0; look < 10 && api.has('message.get') && api.has('message.list', 'status'); look++) {
    const status = (await api.call('message.get', { id })).result?.['status']
    const { result } = await api.call('message.list', { search: mark, status })
    if (typeof status === 'string' && (rowIds(result)?.length ?? 0) > 0) return status
  }
  return 'delivered'
}

/** The ids of a list's rows in the order they came; `null` where the answer holds no list. */
export function rowIds(result: Exchange['result']): string[] | null {
  const items = result?.['items']
  if (!Array.isArray(items)) return null
  return items.map((item) => String((item as { id?: unknown } | null)?.id))
}
