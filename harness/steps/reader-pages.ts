import type { Api } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { corpus, redirectParameters } from '../probes/corpora.ts'
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

/** A query that may lead the reader of a page elsewhere. */
export interface WayToRedirect {
  readonly name: string
  /** Asks for the page with it, once for each form of the foreign address that it is tried with. */
  ask(): Promise<readonly Redirecting[]>
}

/** The answer of a page at an address; one that holds nothing of the foreign address leads elsewhere. */
export interface Redirecting {
  readonly at: URL
  readonly answer: Exchange
  readonly holds: boolean
}

/**
 * Each form of an address of host `L` in all parameters at once that say where a page leads, those of its own address first:
 * asked for, and once more with the plain answer, whose scripts find there what the target was never asked. Then each
 * parameter alone, with all forms: one may hide another, and the form that it follows need not be the first.
 */
export function waysToRedirect(
  { url, get }: Found,
  plain: Exchange,
  fill: { readonly L: string; readonly id: string; readonly own: string },
): WayToRedirect[] {
  const values = corpus('redirects', fill)
  const given = [...url.searchParams].flatMap(([name, value]) =>
    value.startsWith('/') || URL.canParse(value) ? [name] : [],
  )
  const all = [...new Set([...given, ...redirectParameters])]
  const addressWith = (names: readonly string[], value: string): URL => {
    const at = new URL(url)
    for (const name of names) at.searchParams.set(name, value)
    return at
  }
  const ask = async (names: readonly string[], value: string): Promise<Redirecting> => {
    const at = addressWith(names, value)
    const answer = await get(at)
    const text = JSON.stringify(answer.response)
    return { at, answer, holds: text.includes(fill.id) || text.includes(fill.L) }
  }
  return [
    ...values.flatMap(({ name, value }) => [
      { name: `all parameters, ${name}`, ask: async () => [await ask(all, value)] },
      {
        name: `read by its scripts, ${name}`,
        ask: async () => [{ at: addressWith(all, value), answer: plain, holds: true }],
      },
    ]),
    ...all.map((parameter) => ({
      name: `${parameter} alone`,
      ask: () => Promise.all(values.map(({ value }) => ask([parameter], value))),
    })),
  ]
}
