import { isIP } from 'node:net'
import type { Kit } from '../check/kit.ts'
import type { Exchange, HttpRequest, HttpResponse } from '../model.ts'
import { organisationalDomain } from '../probes/organisational-domain.ts'
import { letIn, plainReads } from './attempts.ts'
import { owner } from './sample-input.ts'

/** What a browser reads in the answer to a page of another origin (CORS). */
export interface CrossOriginAnswer {
  readonly exchange: Exchange
  /** The page may ask, or read, with the credentials of whoever looks at it. */
  readonly trusted: boolean
  /** A cache may keep the answer, and hand what this origin may to others; `null` where nothing of the kind is cached. */
  readonly shared: boolean | null
}

/** The ways in which a page asks, as variants. */
export interface WayToAsk {
  readonly name: string
  ask(origin: string): Promise<CrossOriginAnswer>
}

/** An origin that is not the target's, as a browser writes it; undefined where no page can have it. */
export interface OtherOrigin {
  readonly name: string
  readonly origin: string | undefined
}

/**
 * Origins that careless comparisons take for a friend's. What an address or a name without a dot cannot be a part of is made
 * of the name that the target sends mail by.
 */
export function otherOrigins({
  mailbox,
  profile,
  suffixes,
}: Pick<Kit, 'mailbox' | 'profile' | 'suffixes'>): OtherOrigin[] {
  const { protocol, hostname, host, port, origin } = new URL(profile.target.url)
  const isName = hostname.includes('.') && isIP(hostname) === 0
  const name = isName ? hostname : profile.mail.domains[0]
  const front = hostname.startsWith('[') ? name : hostname
  const origins = [
    { name: 'foreign', of: 'https://evil.test' },
    { name: 'own host in front of another name', of: front && `${protocol}//${front}.evil.test` },
    {
      name: 'own name at the end of another',
      of: name && `${protocol}//evil${organisationalDomain(name, suffixes)}`,
    },
    { name: 'sub-domain', of: name && `${protocol}//${mailbox.canary()}.${name}` },
    { name: 'sub-domain in the clear', of: name && `http://${mailbox.canary()}.${name}` },
    { name: 'own host at another port', of: `${protocol}//${hostname}:${port === '8081' ? '8082' : '8081'}` },
    { name: 'own host in the clear', of: protocol === 'https:' ? `http://${host}` : undefined },
  ].map(({ name, of = '' }) => ({ name, origin: URL.parse(of)?.origin }))
  // Of a file, or of a frame in a sandbox, which every page can have.
  return [...origins.filter((other) => other.origin !== origin), { name: 'null', origin: 'null' }]
}

/**
 * A read that its rightful caller makes without an Origin (a guard), and what a browser asks before such a call (a
 * preflight). Not applicable where the profile declares no read that needs no object.
 */
export async function waysToAsk(kit: Kit): Promise<WayToAsk[]> {
  const { api, verify } = kit
  verify.applies(plainReads(kit).length > 0, 'profile declares no read that needs no object')
  const plain = await letIn(kit, owner)
  const { operation } = plain
  const send = (request: HttpRequest, principal: string, origin: string) =>
    api.send(
      { ...request, headers: [...withoutOrigin(request), ['origin', origin]] },
      { operation, principal },
    )
  return [
    {
      name: 'read',
      async ask(origin) {
        const exchange = await send(plain.request, plain.principal, origin)
        const { status = 0 } = exchange.response ?? {}
        // Some lead pages of other origins elsewhere, which is a no.
        if (status < 300 || status > 399) verify.answered(exchange)
        // It may be refused for its Origin; for anything else, it is refused without one by now, too.
        if (exchange.answer !== 'accepted')
          verify.accepted(await api.send(plain.request, { operation, principal: plain.principal }))
        return { exchange, ...readCors(exchange.response, origin) }
      },
    },
    {
      name: 'preflight',
      async ask(origin) {
        const exchange = await send(preflightOf(plain.request), 'anonymous', origin)
        const { response, answer } = exchange
        const status = response?.status ?? 0
        // A target that knows no OPTIONS says no by 404, 405 or 401.
        verify.held(
          status > 0 && status < 500 && answer !== 'limited',
          `the preflight was answered ${api.said(exchange)}`,
          'an error, a limit or silence proves nothing: see the target’s log, and run fewer checks at once',
        )
        // A browser takes none but 2xx for leave, that names what it asked for (Fetch §4.8); no cache keeps it (RFC 9110 §9.3.7).
        const { trusted, headers } = readCors(response, origin)
        const leave = status >= 200 && status < 300 && headers.includes('authorization')
        return { exchange, trusted: trusted && leave, shared: null }
      },
    },
  ]
}

/** The profile may have its own pages' there. */
function withoutOrigin({ headers }: HttpRequest): HttpRequest['headers'] {
  return headers.filter(([name]) => name.toLowerCase() !== 'origin')
}

/** It carries neither credentials nor any field of the call itself. */
function preflightOf(request: HttpRequest): HttpRequest {
  const asks = [
    ['access-control-request-method', request.method],
    ['access-control-request-headers', 'authorization'],
  ] as const
  return { ...request, method: 'OPTIONS', headers: asks, body: null }
}

/** By Fetch §4.9: compared by the byte, and a field that comes twice allows nothing. `*` allows nobody with credentials. */
function readCors(response: HttpResponse | null, origin: string) {
  const values = (name: string) =>
    (response?.headers ?? []).filter(([each]) => each === name).map(([, value]) => value.trim())
  const words = (name: string) => values(name).flatMap((value) => value.toLowerCase().split(/[\s,]+/))
  const allowed = values('access-control-allow-origin').join(', ') === origin
  const varies = words('vary').some((word) => word === 'origin' || word === '*')
  return {
    trusted: allowed && values('access-control-allow-credentials').join(', ') === 'true',
    shared: allowed && !varies && !words('cache-control').includes('no-store'),
    headers: words('access-control-allow-headers'),
  }
}
