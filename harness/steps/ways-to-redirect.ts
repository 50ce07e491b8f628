import type { Exchange } from '../model.ts'
import { corpus, type Fill, redirectParameters } from '../probes/corpora.ts'
import type { Found } from './reader-pages.ts'

/** A query that may lead the reader of a page elsewhere. */
export interface WayToRedirect {
  readonly name: string
  /** Asks for the page with it, each time that another answer is wanted. */
  ask(): AsyncIterable<Redirecting>
}

/** The answer of a page at an address; only one that holds some of the foreign address can lead there. */
export interface Redirecting {
  readonly at: URL
  readonly answer: Exchange
  readonly holds: boolean
}

interface Aim extends Fill {
  /** Host and port where nothing may lead. */
  readonly L: string
  /** A mark that nobody else has. */
  readonly id: string
  /** A host where the page may lead. */
  readonly own: string
}

/**
 * Each form of an address of host `L` in all parameters at once that say where a page leads, those of its own address first:
 * asked for, and once more with the plain answer, whose scripts find there what the target was never asked. Then each
 * parameter alone, since one may hide another: with a place of the page's own, where whatever reads the parameter would let it
 * lead, and with every form where the answer shows that something reads it.
 */
export function waysToRedirect(page: Found, plain: Exchange, aim: Aim): WayToRedirect[] {
  const forms = corpus('redirects', aim)
  const given = [...page.url.searchParams].flatMap(([name, value]) =>
    value.startsWith('/') || URL.canParse(value) ? [name] : [],
  )
  const all = [...new Set([...given, ...redirectParameters])]
  const ask = asking(page, aim)
  let felt: Promise<Felt> | null = null
  return [
    ...forms.flatMap(({ name, value }) => [
      {
        name: `all parameters, ${name}`,
        async *ask() {
          yield await ask(all, value)
        },
      },
      {
        name: `read by its scripts, ${name}`,
        async *ask() {
          yield { at: addressWith(page.url, all, value), answer: plain, holds: true }
        },
      },
    ]),
    ...all.map((parameter) => ({
      name: `${parameter} alone`,
      async *ask() {
        felt ??= feel(ask, all, { ...aim, host: page.url.hostname })
        const { asked, anyway, values } = await felt
        yield* asked
        // Where nothing of the page's own shows, by which to tell who is read, the first form has to.
        for (const value of values.length > 0 ? values : forms.slice(0, 1).map(({ value }) => value)) {
          const answered = await ask([parameter], value)
          yield answered
          if (answered.shows <= anyway) continue
          for (const form of forms) yield await ask([parameter], form.value)
          return
        }
      },
    })),
  ]
}

/** How often the answer shows the mark stands beside it. */
type Ask = (parameters: readonly string[], value: string) => Promise<Redirecting & { readonly shows: number }>

function asking({ url, get }: Found, { L, id }: Aim): Ask {
  return async (parameters, value) => {
    const at = addressWith(url, parameters, value)
    const answer = await get(at)
    const text = JSON.stringify(answer.response)
    const shows = text.split(id).length - 1
    return { at, answer, shows, holds: value.includes(L) && (shows > 0 || text.includes(L)) }
  }
}

function addressWith(url: URL, parameters: readonly string[], value: string): URL {
  const at = new URL(url)
  for (const name of parameters) at.searchParams.set(name, value)
  return at
}

/** What a page does with places of its own. */
interface Felt {
  readonly asked: readonly Redirecting[]
  /** How often the mark shows in the answer wherever it stood: some pages write their whole query down, as in a form's address. */
  readonly anyway: number
  /** The places that showed where all parameters named them: a path, an address or both. */
  readonly values: readonly string[]
}

async function feel(
  ask: Ask,
  all: readonly string[],
  { id, own, host }: { readonly id: string; readonly own: string; readonly host: string },
): Promise<Felt> {
  const addresses = [...new Set([own, host])].map((each) => `https://${each}/${id}`)
  const [control, path, ...others] = await Promise.all([
    ask(['postern'], `https://${own}/${id}`),
    ...[`/${id}`, ...addresses].map((place) => ask(all, place)),
  ])
  const anyway = control.shows
  const isTaken = (asked: { readonly shows: number } | undefined) =>
    asked !== undefined && asked.shows > anyway * all.length
  const address = addresses.find((_, at) => isTaken(others[at]))
  return {
    asked: [control, ...(path === undefined ? [] : [path]), ...others],
    anyway,
    values: [...(isTaken(path) ? [`/${id}`] : []), ...(address === undefined ? [] : [address])],
  }
}
