import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { readHeaders } from '../probes/headers.ts'
import { differing, type Forgery, forgeries } from '../probes/unsubscribe-links.ts'
import { once } from './once.ts'
import { readerPages } from './reader-pages.ts'
import { type ListKit, reached } from './suppressed-mail.ts'

/** A reader, and the link that their mail has. */
interface Reader {
  readonly address: string
  readonly link: URL
  /** Where it is asked for. */
  readonly origin: string
  /** The mail says that a POST is enough (RFC 8058 §3.1). */
  readonly oneClick: boolean
  /** The principal for which it was sent, where that is another than usual. */
  readonly tenant: string | undefined
}

export interface Unsubscribing {
  /** A guard: by the link of their own mail, a reader gets no more of it, and got it before. */
  genuineCounts(): Promise<void>
  /** Everything that should unsubscribe nobody. */
  readonly parts: readonly Part[]
}

/** The links by which readers of the target's mail unsubscribe. Not applicable where the profile names no page that mail leads to. */
export function unsubscribing(kit: ListKit): Unsubscribing {
  const { api, mailbox, post, profile, verify } = kit
  const page = readerPages(kit).find(({ byMail }) => byMail)

  const read = async (label: string, as?: string): Promise<Reader> => {
    const address = mailbox.address(label)
    verify.applies(page !== undefined, 'the profile names no page that List-Unsubscribe leads to (pages)')
    const sent = await post.send({ to: address }, as)
    const { raw } = await sent.delivered()
    const found = await page?.find(sent)
    const oneClick = readHeaders(raw).field('List-Unsubscribe-Post').length > 0
    const link = new URL(found?.url ?? '')
    const { origin } = new URL(profile.pages?.[page?.name ?? '']?.at ?? link)
    return { address, link, origin, oneClick, tenant: as }
  }
  /** By a reader's link, or one that was made of it, which may unsubscribe `other`. */
  const ask = (
    method: 'GET' | 'POST',
    { address, origin, tenant }: Reader,
    link: URL,
    { more = '', other }: { more?: string; other?: Reader } = {},
  ): Promise<Exchange> =>
    api.send(
      {
        ...{ method, origin, path: `${link.pathname}${link.search}` },
        headers: [
          ...Object.entries(profile.target.headers ?? {}),
          ['user-agent', 'postern'],
          ...(method === 'POST' ? [['content-type', 'application/x-www-form-urlencoded'] as const] : []),
        ],
        body: method === 'POST' ? `List-Unsubscribe=One-Click${more}` : null,
      },
      {
        ...{ operation: `page.${page?.name}`, principal: 'anonymous' },
        makes: [address, ...(other === undefined ? [] : [other.address])].map((email) => ({
          ...{ operation: 'suppression.create', input: { email }, principal: tenant },
        })),
      },
    )

  /** A reader of whom it was seen, after all that was tried on them, that mail still comes: the next is tried on them as well. */
  let untouched: Reader | null = null
  const victim = async () => {
    const reader = untouched ?? (await read('victim'))
    untouched = null
    return reader
  }
  /** Whose own link nothing is asked of as it is. */
  const attacker = once(() => read('attacker'))
  const pairFor = async (name: string) => {
    const isOwnUsed = name === inParameters || name === inNumbers
    const own = isOwnUsed ? await read('attacker') : await attacker()
    // Numbers are those of two who came one after the other.
    return { own, other: name === inNumbers ? await read('victim') : await victim() }
  }

  /** A verdict: mail for somebody still arrives after these calls. */
  const stillReads = async (
    reader: Reader,
    calls: readonly Exchange[],
    { expected, actual, severity }: { expected: string; actual: string; severity?: 'medium' },
  ) => {
    for (const call of calls) verify.answered(call, 'the effect decides')
    const { arrived, exchange } = await reached(kit, reader.address)
    verify.answered(exchange)
    if (arrived !== null && reader.tenant === undefined) untouched = reader
    verify.that(arrived !== null, {
      ...{ of: exchange, after: calls.find(({ answer }) => answer === 'accepted') ?? calls[0], severity },
      expected,
      actual: `${actual}, and mail for ${reader.address} was answered ${api.said(exchange)} and did not come`,
    })
  }

  const forged = ({ name, links }: Forgery): Part => ({
    name,
    async judge() {
      const { own, other } = await pairFor(name)
      const of = {
        ...{ own: own.link, ownAddress: own.address },
        ...{ other: other.link, otherAddress: other.address },
      }
      verify.held(
        differing(of).length > 0,
        'the links of two readers are the same, so that nothing in them says whose they are',
        'see what List-Unsubscribe of delivered mail holds',
      )
      const made = links(of)
      if (made.length === 0) untouched = other
      verify.applies(made.length > 0, 'nothing in the links can be changed so')
      const calls: Exchange[] = []
      for (const link of made) calls.push(await ask('POST', own, link, { other }))
      const inBody = name === inParameters ? `&email=${encodeURIComponent(other.address)}` : ''
      if (inBody !== '') calls.push(await ask('POST', own, own.link, { more: inBody, other }))
      await stillReads(other, calls, {
        expected: 'nobody is unsubscribed but by the link of their own mail, as it was made',
        actual: `${calls.length} links were made with ${name}`,
      })
    },
  })
  const ofAnotherTenant: Part = {
    name: 'the link of another tenant’s mail',
    async judge() {
      const elsewhere = await read('victim', 'neighbour')
      const call = await ask('POST', elsewhere, elsewhere.link)
      await stillReads(elsewhere, [call], {
        expected: 'who unsubscribes from one tenant gets the mail of others',
        actual: 'the link in the mail of another tenant was used',
      })
    },
  }
  const looked: Part = {
    name: 'a link that is looked at',
    async judge() {
      const reader = await victim()
      verify.applies(reader.oneClick, 'its mail does not say that a POST is needed (List-Unsubscribe-Post)')
      const calls = [await ask('GET', reader, reader.link)]
      await stillReads(reader, calls, {
        severity: 'medium',
        expected: 'a GET changes nothing (RFC 8058 §3.1): programs follow links to look for harm',
        actual: 'the link was followed',
      })
    },
  }
  return {
    async genuineCounts() {
      const reader = await read('reader')
      const before = await reached(kit, reader.address)
      verify.held(before.arrived !== null, 'a second message to a reader does not arrive')
      const call = await ask('POST', reader, reader.link)
      const { arrived } = await reached(kit, reader.address)
      verify.held(
        arrived === null,
        `the link of a reader’s own mail was answered ${api.said(call)}, and mail still comes`,
        'see where pages of the profile has List-Unsubscribe asked for: a link that unsubscribes nobody tells nothing of others',
      )
    },
    parts: [
      ...forgeries.map(forged),
      ...(profile.principals['neighbour'] === undefined ? [] : [ofAnotherTenant]),
      looked,
    ],
  }
}

const inParameters = 'the address of somebody else in a parameter'
const inNumbers = 'a number further on'
