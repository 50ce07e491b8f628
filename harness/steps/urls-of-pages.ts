import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { cacheFault } from '../probes/caches.ts'
import { formsIn } from '../probes/forms.ts'
import { links } from '../probes/html.ts'
import { referrerPolicy, tellsWholeUrl } from '../probes/referrer.ts'
import { consentPages } from './authorization-server.ts'
import { askDashboard, dashboardOf, isOpen, type SignedIn, signInToDashboard } from './dashboard.ts'
import { once } from './once.ts'
import { readerPages } from './reader-pages.ts'

type Ground = Parameters<typeof consentPages>[0] & Pick<Kit, 'post'>

/** What caches, histories, logs and other sites learn of pages for people: of what a dashboard shows, and of addresses that are secret. */
export function secretsOfPages(kit: Ground): Part[] {
  const { dashboard } = kit.profile
  const signIn = once(() => signInToDashboard(kit))
  const behind: Part[] = Object.keys(dashboard?.pages ?? {}).map((name) => ({
    name: `page ${name}, Cache-Control`,
    async judge() {
      const page = kit.verify.accepted(await (await signIn()).get(name))
      const fault = cacheFault(page.response?.headers ?? [])
      kit.verify.that(fault === null, {
        ...{ of: page, severity: 'low', around: 'cache-control' },
        expected: 'Cache-Control: no-store',
        actual: fault ?? '',
      })
    },
  }))
  const inUrls: Part[] =
    dashboard === undefined
      ? []
      : [{ name: 'sessions in URLs', judge: async () => judgeUrls(kit, await signIn()) }]
  return [...behind, ...inUrls, ...[...readerPages(kit), ...consentPages(kit)].map(toReferrer)]

  function toReferrer({ name, find }: { readonly name: string; find(): Promise<Found> }): Part {
    return {
      name: `page ${name}, Referrer-Policy`,
      async judge() {
        const { url, get } = await find()
        kit.verify.applies(isSecret(url), 'its address is known to everybody')
        const page = kit.verify.accepted(await get())
        const { headers = [], body = '' } = page.response ?? {}
        const policy = referrerPolicy(headers, body)
        const others = links(body).filter((link) => URL.parse(link.url, url)?.origin !== url.origin)
        kit.verify.that(!tellsWholeUrl(policy), {
          ...{ of: page, severity: others.length > 0 ? 'medium' : 'low', around: 'referrer-policy' },
          expected:
            'a Referrer-Policy by which other hosts are told no more than the origin, such as no-referrer',
          actual: `it is ${policy}: ${others.length === 0 ? 'whatever the page leads to is' : `${others[0]?.url} is`} told its whole address`,
        })
      },
    }
  }
}

interface Found {
  readonly url: URL
  get(): Promise<Exchange>
}

/** Addresses that are asked for without a cookie. */
const mostAsked = 5

/** Whether a part of an address is long enough to be a secret. */
function isSecret({ pathname, searchParams }: URL): boolean {
  return [...pathname.split('/'), ...searchParams.values()].some((part) => /^[^/ ]{16,}$/.test(part))
}

/** A verdict: no address on the way to the pages, or on them, has the session in it, or opens one without a cookie. */
async function judgeUrls(kit: Ground, { calls, cookies, get }: SignedIn): Promise<void> {
  const { api, verify } = kit
  const { pages } = dashboardOf(api.profile)
  const shown = new Map<string, { readonly exchange: Exchange; readonly where: string }>()
  const note = (exchange: Exchange, where: string, text: string, base: URL) => {
    const url = URL.parse(text, base)
    if (url?.origin === base.origin && !shown.has(url.href)) shown.set(url.href, { exchange, where })
  }
  const seen = await Promise.all([...pages].map(async ([name, url]) => [await get(name), url] as const))
  for (const [exchange, base] of [...calls.map((each) => [each, addressOf(each)] as const), ...seen]) {
    const { headers = [], body = '' } = exchange.response ?? {}
    note(exchange, 'the address of a page', base.href, base)
    for (const [name, value] of headers) if (name === 'location') note(exchange, 'a redirect', value, base)
    for (const { url, where } of links(body)) note(exchange, where, url, base)
    for (const { action } of formsIn(body)) note(exchange, 'form action', action, base)
  }
  const values = cookies.flatMap(({ value = '' }) =>
    value.length < 8 ? [] : [value, encodeURIComponent(value)],
  )
  const [, holding] = [...shown].find(([url]) => values.some((value) => url.includes(value))) ?? []
  const none = verify.that(holding === undefined, {
    of: holding?.exchange ?? calls[0],
    ...{ severity: 'medium', expected: 'no session in an address: histories, logs and other sites keep it' },
    actual: `it is in ${holding?.where}`,
  })
  if (!none) return
  const behind = new Set([...pages.values()].map(({ pathname }) => pathname))
  const asked = [...shown].filter(([href]) => isSecret(new URL(href)) && behind.has(new URL(href).pathname))
  for (const [href, { where }] of asked.slice(0, mostAsked)) {
    const exchange = await askDashboard(kit, 'by-its-address', new URL(href))
    const isFound = isOpen(exchange)
    verify.that(!isFound, {
      of: exchange,
      ...{ severity: 'medium', expected: 'a page that a cookie opens, and not its address' },
      actual: `an address of ${where} opens it without one`,
    })
    if (isFound) return
  }

  function addressOf({ request }: Exchange): URL {
    return new URL(request.path, request.origin ?? api.profile.target.url)
  }
}
