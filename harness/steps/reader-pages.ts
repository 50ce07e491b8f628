import type { Api } from '../api/api.ts'
import type { Mailbox } from '../check/mailbox.ts'
import type { Exchange } from '../model.ts'
import { readHeaders } from '../probes/headers.ts'
import { isUrl } from '../profile/authorization.ts'
import type { PageData } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'

/** A page that the profile names. */
export interface ReaderPage {
  readonly name: string
  /** Finds it, by a benign message where mail leads to it; Unproven where that has no link. */
  find(): Promise<Found>
}

export interface Found {
  /** Its address as a reader has it. */
  readonly url: URL
  /** Asks for it, or for the same page with another query; follows nothing. The operation of the exchange is `page.NAME`. */
  get(url?: URL): Promise<Exchange>
}

export function readerPages(check: { readonly api: Api; readonly mailbox: Mailbox }): ReaderPage[] {
  const { api } = check
  return Object.entries(api.profile.pages ?? {}).map(([name, data]) => ({
    name,
    async find() {
      const url = await addressOf(data, check)
      const { origin } = new URL(data.at ?? url)
      return { url, get: (at = url) => ask(api, { ...data, name, url: at, origin }) }
    },
  }))
}

async function addressOf(
  { url = '', field }: PageData,
  { api, mailbox }: { readonly api: Api; readonly mailbox: Mailbox },
): Promise<URL> {
  if (field === undefined) return new URL(isUrl(url) ? url : `${api.profile.target.url}${url}`)
  const to = mailbox.address('reader')
  const delivery = await mailbox.delivery(to, await api.call('message.send', { to, ...mailbox.letter() }))
  const values = readHeaders(delivery.raw).field(field)
  const [, link = ''] = /<\s*(https:[^>]*)>/i.exec(values.map(({ value }) => value).join()) ?? []
  const found = URL.parse(link.replace(/\s/g, ''))
  if (found !== null) return found
  throw new Unproven(
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
  return api.send(
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
}
