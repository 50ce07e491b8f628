import type { Kit } from '../check/kit.ts'
import type { Exchange, HttpRequest, Severity } from '../model.ts'
import { hostClaims } from '../probes/host-claims.ts'
import { marksUp, placesIn } from '../probes/reflections.ts'
import type { Operation } from '../profile/shape.ts'
import { asDocumented, inputAlone, plainReads, publicReads } from './attempts.ts'
import { readerPages } from './reader-pages.ts'
import { callerOf } from './throw-away.ts'

/** What of a request stands in its answer, and may not. */
export interface Reflected {
  readonly of: Exchange
  /** As a sentence; `null` where nothing does. */
  readonly what: string | null
  readonly severity: Severity
  /** A text in the answer around which it stands. */
  readonly around: string
}

export interface WayToReflect {
  readonly name: string
  ask(): Promise<Reflected>
}

/** An answer of the target, with the ways in which what is asked might stand in it. */
export interface Surface {
  readonly name: string
  ways(): Promise<WayToReflect[]>
}

type Send = (change: (request: HttpRequest) => HttpRequest) => Promise<Exchange>

/** Names of fields by which a request is known in logs. */
const ids = ['X-Request-Id', 'X-Correlation-Id', 'X-Trace-Id', 'Request-Id', 'X-Amzn-Trace-Id']
/** An id is never as long; in UTF-16 code units. */
const longId = 2000

/**
 * Reads that need no object, a path that is not there, and the pages of the profile: at each the fields of a request that name
 * hosts and ids, and its parameters.
 */
export function surfaces(kit: Kit): Surface[] {
  const names = new Set([...plainReads(kit), ...publicReads(kit)])
  const reads = [...names].flatMap((name) => kit.profile.operations[name] ?? [])
  const ofReads = reads.map((operation) => ({ name: operation.name, ways: () => waysOfRead(kit, operation) }))
  return [...ofReads, unknownPath(kit), ...pagesOf(kit)]
}

async function waysOfRead(kit: Kit, operation: Operation): Promise<WayToReflect[]> {
  const { api, verify } = kit
  const { name } = operation
  const principal = callerOf(api, operation)
  const request = await api.prepare(name, inputAlone(kit, name) ?? {}, principal)
  const send: Send = (change) => api.send(change(request), { operation: name, principal })
  const legitimate = await send((same) => same)
  // A limit or silence says nothing of whether the call is as the document has it.
  if (legitimate.response === null || legitimate.answer === 'limited') verify.answered(legitimate)
  await asDocumented(operation, verify, async () => verify.accepted(legitimate))
  return [...waysOfFields(kit, send), parameterWay(kit, send)]
}

/** What frameworks answer where there is nothing, often with the address in it. */
function unknownPath(kit: Kit): Surface {
  const { api, mailbox, profile } = kit
  return {
    name: 'a path that is not there',
    async ways() {
      const { origin, pathname } = new URL(profile.target.url)
      const path = `${pathname.replace(/\/$/, '')}/${mailbox.canary()}`
      const request: HttpRequest = {
        method: 'GET',
        origin,
        path,
        headers: [['accept', 'text/html']],
        body: null,
      }
      const send: Send = (change) => api.send(change(request), { operation: null, principal: 'anonymous' })
      const element = elementOf(mailbox.canary())
      const within: WayToReflect = {
        name: 'its path',
        ask: () =>
          markup(kit, element, () =>
            send((same) => ({ ...same, path: `${same.path}${encodeURIComponent(breaking(element))}` })),
          ),
      }
      return [...waysOfFields(kit, send), parameterWay(kit, send), within]
    },
  }
}

function pagesOf(kit: Kit): Surface[] {
  return readerPages(kit).map((page) => ({
    name: `page.${page.name}`,
    async ways() {
      const { url, get } = await page.find()
      kit.verify.accepted(await get())
      const own = [...new Set([...url.searchParams.keys(), ...usualParameters])]
      const element = elementOf(kit.mailbox.canary())
      const withAll = new URL(url)
      for (const name of own) withAll.searchParams.set(name, breaking(element))
      return [{ name: 'parameters', ask: () => markup(kit, element, () => get(withAll)) }]
    },
  }))
}

/** What a custom element may be called; nobody else's is. */
const elementOf = (canary: string) => `x-${canary}`
const breaking = (element: string) => `${element}"'></title></script><${element} ${element}=1>`
const usualParameters = [
  'q',
  'search',
  'name',
  'email',
  'message',
  'error',
  'lang',
  'id',
  'return_to',
  'next',
  'url',
]

async function markup(kit: Kit, element: string, ask: () => Promise<Exchange>): Promise<Reflected> {
  const of = await ask()
  kit.verify.answered(of, 'the effect decides')
  const is = of.response !== null && marksUp(of.response, element)
  return {
    of,
    severity: 'high',
    around: element,
    what: is ? 'what is asked for becomes markup of the page' : null,
  }
}

function parameterWay(kit: Kit, send: Send): WayToReflect {
  const element = elementOf(kit.mailbox.canary())
  const query = usualParameters.map((name) => `${name}=${encodeURIComponent(breaking(element))}`).join('&')
  const change = (request: HttpRequest) => ({
    ...request,
    headers: [...request.headers.filter(([name]) => name !== 'accept'), ['accept', 'text/html'] as const],
    path: `${request.path}${request.path.includes('?') ? '&' : '?'}${query}`,
  })
  return { name: 'parameters', ask: () => markup(kit, element, () => send(change)) }
}

function waysOfFields(kit: Kit, send: Send): WayToReflect[] {
  const { mailbox, verify } = kit
  const claims = hostClaims.map(({ name, claim, leads, severity }) => ({
    name,
    async ask() {
      const host = `${mailbox.canary()}.test`
      const before = await send((same) => same)
      const of = await send((same) => claim(same, host))
      const known = leadsOf(before).map(({ href }) => href)
      const led = leadsOf(of).find((url) => leads(url, host) && !known.includes(url.href))
      if (led === undefined) verify.answered(of, 'the effect decides')
      if (led === undefined) return { of, what: null, severity: severity.own, around: host }
      const stays = leadsOf(await send((same) => same)).some(({ href }) => href === led.href)
      const what = `${name} makes it lead to ${led.host}${led.pathname}${stays ? ', and who asks without it is led there too' : ''}`
      return { of, what, severity: stays ? 'high' : severity.own, around: host }
    },
  }))
  const ofIds = ids.flatMap((name): WayToReflect[] => [
    {
      name: `${name} of two lines`,
      async ask() {
        const mark = mailbox.canary()
        const of = await send(withField(name, `${mark}%0d%0ax-${mark}:%201%0ax-${mark}:%201`))
        verify.answered(of, 'the effect decides')
        const is = of.response?.headers.some(([field]) => field === `x-${mark}`) === true
        return {
          of,
          severity: 'high',
          around: mark,
          what: is ? `${name} becomes a header field of the answer` : null,
        }
      },
    },
    {
      name: `${name} without end`,
      async ask() {
        const mark = mailbox.canary()
        const of = await send(withField(name, mark.padEnd(longId, 'a')))
        verify.answered(of, 'the effect decides')
        const is =
          of.response?.headers.some(([, value]) => value.includes(mark) && value.length >= longId) === true
        return {
          of,
          severity: 'low',
          around: mark,
          what: is ? `${name} comes back with all its ${longId} characters` : null,
        }
      },
    },
  ])
  return [...claims, ...ofIds]
}

function leadsOf({ request, response }: Exchange): URL[] {
  return response === null ? [] : placesIn(response, `${request.origin}${request.path}`)
}

const withField = (name: string, value: string) => (request: HttpRequest) => ({
  ...request,
  headers: [...request.headers, [name, value] as const],
})
