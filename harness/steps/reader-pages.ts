import type { Api } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { type Input, redirectParameters } from '../probes/corpora.ts'
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

export function readerPages(kit: Pick<Kit, 'api' | 'post'>): ReaderPage[] {
  const { api } = kit
  return Object.entries(api.profile.pages ?? {}).map(([name, data]) => ({
    name,
    async find() {
      const url = await addressOf(data, kit)
      const { origin } = new URL(data.at ?? url)
      return { url, get: (at = url) => ask(api, { ...data, name, url: at, origin }) }
    },
  }))
}

async function addressOf(
  { url = '', field }: PageData,
  { api, post }: Pick<Kit, 'api' | 'post'>,
): Promise<URL> {
  if (field === undefined) return new URL(isUrl(url) ? url : `${api.profile.target.url}${url}`)
  const delivery = await (await post.send()).delivered()
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

/** An address of a page with a query that may lead its reader elsewhere. */
export interface WayToRedirect {
  readonly name: string
  readonly at: URL
  /** Every known parameter at once, for the page's own scripts to find. */
  readonly byScripts: boolean
}

/**
 * With each value in all parameters at once that say where a page leads, those of its own address first: once asked for, once
 * for its scripts to find. The first value in each parameter alone, too: one may hide another.
 */
export function waysToRedirect(url: URL, values: readonly Input[]): WayToRedirect[] {
  const given = [...url.searchParams].flatMap(([name, value]) =>
    value.startsWith('/') || URL.canParse(value) ? [name] : [],
  )
  const all = [...new Set([...given, ...redirectParameters])]
  const at = (names: readonly string[], value: string): URL => {
    const changed = new URL(url)
    for (const name of names) changed.searchParams.set(name, value)
    return changed
  }
  const alone = values.slice(0, 1).flatMap(({ name, value }) =>
    all.map((parameter) => ({
      ...{ name: `${parameter} alone, ${name}`, at: at([parameter], value), byScripts: false },
    })),
  )
  const together = values.flatMap(({ name, value }) => [
    { name: `all parameters, ${name}`, at: at(all, value), byScripts: false },
    { name: `read by its scripts, ${name}`, at: at(all, value), byScripts: true },
  ])
  return [...together, ...alone]
}
