import type { HttpResponse } from '../model.ts'
import { metaNamed } from './html.ts'

/** Policies (Referrer Policy §3), with what HTML calls them from before there were any (HTML Living Standard §4.2.5.1). */
const policies: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin'],
      ...['origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url'],
    ].map((each) => [each, each]),
  ),
  ...{ never: 'no-referrer', always: 'unsafe-url', default: 'strict-origin-when-cross-origin' },
  'origin-when-crossorigin': 'origin-when-cross-origin',
}

/** By which policy a browser tells where a reader of the page came from: the last that it knows; its own, where the page has none. */
export function referrerPolicy(headers: HttpResponse['headers'], html: string): string {
  const fields = headers
    .filter(([name]) => name === 'referrer-policy')
    .flatMap(([, value]) => value.split(','))
  const known = [...fields, ...metaNamed(html, 'referrer')].flatMap(
    (value) => policies[value.trim().toLowerCase()] ?? [],
  )
  return known.at(-1) ?? 'strict-origin-when-cross-origin'
}

/** Whether other hosts are told the whole URL by it, with its query. */
export function tellsWholeUrl(policy: string): boolean {
  return policy === 'unsafe-url' || policy === 'no-referrer-when-downgrade'
}
