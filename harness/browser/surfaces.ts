import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { htmlOf, scriptsIn } from '../probes/html.ts'
import type { Shown } from '../steps/stored-fields.ts'
import { type Document, documentOf, leadsOn, type Opened, type Pages } from './pages.ts'

/** What may be wrong with a page for people, and whether it is. */
export interface SurfaceFault {
  /** Names the variant in a finding. */
  readonly name: string
  readonly is: boolean
  readonly severity: 'medium' | 'low'
  readonly expected: string
  readonly seen: string
}

export interface Surface {
  readonly alone: Opened
  readonly framed: Opened
  readonly faults: readonly SurfaceFault[]
}

/**
 * Opens a page as it is, in a frame of another host, and with a script written into it that says `mark` in its title and in an
 * alert, since a page may be gone before its title is read. Of one that leads elsewhere at once, nothing is to be framed; of a
 * redirect, a browser takes nothing for a page at all.
 */
export async function lookAtSurface(
  pages: Pages,
  page: Document & Required<Pick<Document, 'headers' | 'status'>>,
  { script, mark }: { readonly script: string; readonly mark: string },
): Promise<Surface> {
  const [alone, framed, injected] = await Promise.all([
    pages.open(page),
    pages.open({ ...page, framed: true }),
    pages.open({ ...page, html: page.html + script }),
  ])
  const redirects = page.status >= 300 && page.status < 400
  const inClear = alone.mixed.map(({ url, what }) => `${url} (${what})`)
  const nosniff = page.headers.some(
    ([name, value]) => name === 'x-content-type-options' && /nosniff/i.test(value),
  )
  const faults: readonly SurfaceFault[] = [
    {
      ...{ name: 'framing', severity: 'medium', is: alone.text !== '' && framed.text === alone.text },
      expected: 'a page that Chromium refuses to show in a frame of another host',
      seen: 'it shows there as it does alone',
    },
    {
      ...{ name: 'mixed content', severity: 'medium', is: inClear.length > 0 },
      expected: 'a page whose parts and forms all go by https',
      seen: `in clear text Chromium would have ${inClear.join(', ')}`,
    },
    {
      ...{ name: 'inline script', severity: 'low', is: [injected.title, ...injected.dialogs].includes(mark) },
      expected: 'a Content-Security-Policy that lets no script run which somebody else wrote into the page',
      seen: 'such a script ran in Chromium',
    },
    {
      ...{ name: 'nosniff', severity: 'low', is: !nosniff && !redirects },
      expected: 'X-Content-Type-Options: nosniff',
      seen: 'it has no such field',
    },
  ]
  return { alone, framed, faults }
}

/** A guard: a page of the profile, as it was answered and opened, is what its readers get to see, or where they are led. */
export function heldAsPage(
  { api, saw, verify }: Pick<Kit, 'api' | 'saw' | 'verify'>,
  { url, exchange, opened }: { readonly url: URL; readonly exchange: Exchange; readonly opened: Opened },
): void {
  const leads = leadsOn(opened)
  const whereTo = leads === undefined ? '' : `, and it leads to ${leads} at once`
  saw.measured(`it reads: ${opened.text.slice(0, 200)}${whereTo}`)
  verify.held(
    exchange.answer === 'accepted' &&
      (opened.text !== '' || (leads !== undefined && isThereToLeadOn(url, leads))),
    `the page was answered ${api.said(exchange)}, ${opened.text.length} characters of it can be read${whereTo}`,
    'give the page of the profile the url, the query and the principal (as) that it needs',
  )
}

/**
 * Whether a page that a reader opens at `url`, and that takes him on to `to` at once, is there for that, as a click tracker is:
 * the place is another's, or one that the page's own address names. What leads to another page of its own may be no more than
 * a request to sign in.
 */
export function isThereToLeadOn(url: URL, to: string): boolean {
  const place = URL.parse(to)
  const named = [...url.searchParams.values()].map((value) => URL.parse(value, url)?.href)
  return place !== null && (place.origin !== url.origin || named.includes(place.href))
}

/**
 * What becomes of a script that was stored in a field, and adds `ran-{id}` to the title of what shows it; `null` for nothing. HTML
 * has its scripts by right, where they do not run.
 */
export async function whatRuns(
  pages: Pages,
  { exchange, url }: Shown,
  { id, isHtml }: { readonly id: string; readonly isHtml: boolean },
): Promise<{ readonly severity: 'high' | 'medium'; readonly actual: string } | null> {
  const { title } = await pages.open({ ...documentOf(exchange), ...(url && { url }) })
  if (title.includes(`ran-${id}`)) return { severity: 'high', actual: 'it ran in Chromium' }
  if (isHtml || !scriptsIn(htmlOf(exchange)).some((text) => text.includes(id))) return null
  return { severity: 'medium', actual: 'it is a part of the page, whose policy alone keeps it from running' }
}
