import type { Api } from '../api/api.ts'
import { createSlots } from '../api/slots.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Exchange } from '../model.ts'
import { readHeaders } from '../probes/headers.ts'
import { isUrl } from '../profile/authorization.ts'
import type { PageData } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'

/** Mail does not lead to the page, as where an unsubscribe link would be that of several readers. */
export class NoLink extends Unproven {}

/** A page that the profile names. */
export interface ReaderPage {
  readonly name: string
  /** Mail leads to it. */
  readonly byMail: boolean
  /** Finds it, by a message where mail leads to it, a benign one where none is given; NoLink where that has none. */
  find(sent?: Sent): Promise<Found>
}

export interface Found {
  /** Its address as a reader has it. */
  readonly url: URL
  /**
   * Asks for it, or for the same page with another query; follows nothing, and a redirect is an answer like a page. The
   * operation of the exchange is `page.NAME`.
   */
  get(url?: URL): Promise<Exchange>
}

/** Of one page, asked for at once: a web server is not to be flooded, and what a limit refuses soon gets its turn. */
const atOnce = 4

export function readerPages(kit: Pick<Kit, 'api' | 'post'>): ReaderPage[] {
  const { api } = kit
  return Object.entries(api.profile.pages ?? {}).map(([name, data]) => ({
    name,
    byMail: data.field !== undefined,
    async find(sent) {
      const url = await addressOf(data, kit, sent)
      const { origin } = new URL(data.at ?? url)
      const slots = createSlots(atOnce)
      return { url, get: (at = url) => slots(() => ask(api, { ...data, name, url: at, origin })) }
    },
  }))
}

async function addressOf(
  { url = '', field }: PageData,
  { api, post }: Pick<Kit, 'api' | 'post'>,
  sent?: Sent,
): Promise<URL> {
  if (field === undefined) return new URL(isUrl(url) ? url : `${api.profile.target.url}${url}`)
  const delivery = await (sent ?? (await post.send())).delivered()
  const values = readHeaders(delivery.raw).field(field)
  const [, link = ''] = /<\s*(https:[^>]*)>/i.exec(values.map(({ value }) => value).join()) ?? []
  const found = URL.parse(link.replace(/\s/g, ''))
  if (found !== null) return found
  throw new NoLink(
    `the delivered message has no https link in ${field}`,
    'have message.send of the profile send what has one, such as bulk mail, or give the page of the profile a url',
  )
}

async function ask(
  api: Api,
  page: { readonly name: string; readonly url: URL; readonly origin: string; readonly as?: string },
): Promise<Exchange> {
  const { name, url, origin, as } = page
  const { headers, query } = as === undefined ? { headers: [], query: [] } : await api.credential(as)
  const address = new URL(url)
  for (const [key, value] of query) address.searchParams.append(key, value)
  const exchange = await api.send(
    {
      method: 'GET',
      origin,
      path: `${address.pathname}${address.search}`,
      headers: [
        ['accept', 'text/html'],
        ['user-agent', 'postern'],
        ...Object.entries(api.profile.target.headers ?? {}),
        ...headers,
      ],
      body: null,
    },
    { operation: `page.${name}`, principal: as ?? 'anonymous' },
  )
  return redirects(exchange) ? { ...exchange, answer: 'accepted' } : exchange
}

function redirects({ response }: Exchange): boolean {
  const { status = 0, headers = [] } = response ?? {}
  return [301, 302, 303, 307, 308].includes(status) && headers.some(([name]) => name === 'location')
}
