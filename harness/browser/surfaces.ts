import type { Document, Opened, Pages } from './pages.ts'

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

/** Opens a page as it is, in a frame of another host, and with a script written into it that sets the title to `mark`. */
export async function lookAtSurface(
  pages: Pages,
  page: Document & Required<Pick<Document, 'headers'>>,
  { script, mark }: { readonly script: string; readonly mark: string },
): Promise<Surface> {
  const [alone, framed, injected] = await Promise.all([
    pages.open(page),
    pages.open({ ...page, framed: true }),
    pages.open({ ...page, html: page.html + script }),
  ])
  const inClear = alone.mixed.map(({ url, what }) => `${url} (${what})`)
  const nosniff = page.headers.some(
    ([name, value]) => name === 'x-content-type-options' && /nosniff/i.test(value),
  )
  const faults: readonly SurfaceFault[] = [
    {
      ...{ name: 'framing', severity: 'medium', is: framed.text === alone.text },
      expected: 'a page that Chromium refuses to show in a frame of another host',
      seen: 'it shows there as it does alone',
    },
    {
      ...{ name: 'mixed content', severity: 'medium', is: inClear.length > 0 },
      expected: 'a page whose parts and forms all go by https',
      seen: `in clear text Chromium would have ${inClear.join(', ')}`,
    },
    {
      ...{ name: 'inline script', severity: 'low', is: injected.title === mark },
      expected: 'a Content-Security-Policy that lets no script run which somebody else wrote into the page',
      seen: 'such a script ran in Chromium',
    },
    {
      ...{ name: 'nosniff', severity: 'low', is: !nosniff },
      expected: 'X-Content-Type-Options: nosniff',
      seen: 'it has no such field',
    },
  ]
  return { alone, framed, faults }
}
