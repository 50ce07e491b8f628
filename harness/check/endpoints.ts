import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { Reach } from '../api/reach.ts'
import {
  certificatesOf,
  describeCertificate,
  type Presentation,
  type Presented,
} from '../probes/certificates.ts'
import { openssl, type Spell } from '../probes/reproduce.ts'
import { serverClock } from '../probes/server-clock.ts'
import { describeAnswer, describeOffer, offerTls, type TlsEndpoint } from '../probes/tls.ts'
import type { TlsAnswer } from '../probes/tls-answer.ts'
import type { TlsFault } from '../probes/tls-faults.ts'
import type { TlsOffer } from '../probes/tls-hello.ts'
import type { Handshake } from '../probes/tls-interview.ts'
import { hostAndPort, isUrl } from '../profile/authorization.ts'
import type { PseudoOperation } from '../profile/operations.ts'
import type { Profile } from '../profile/profile.ts'
import { isSubmissionAlone } from '../profile/submission-alone.ts'
import type { Saw } from './saw.ts'

export interface TlsService {
  readonly name: string
  readonly host: string
  /** By which name findings speak of it. */
  readonly operation: PseudoOperation
  /** What the server answers to a ClientHello of this kind. */
  offer(offer: TlsOffer): Promise<TlsAnswer>
  /** Makes a handshake evidence of what is said next. `openssl`: what to ask OpenSSL for to see it again. */
  show(handshake: Pick<Handshake, 'offer' | 'answer'>, openssl: TlsFault['openssl']): void
  /** What is presented at each address of the server; none where its name does not resolve. */
  certificates(): Promise<readonly Presentation[]>
  /** Makes a certificate evidence of what is said next. */
  showCertificate(presented: Presented): void
}

/** The places of the target that speak TLS. */
export interface Endpoints {
  tls(): TlsService[]
  /** Milliseconds by which the API's clock is ahead of ours; `null` where it does not tell. */
  clock(): Promise<number | null>
}

const api = 'API'
/** Of a name that leads to many, so many tell enough. */
const mostAddresses = 4

interface Options {
  readonly ca: string | undefined
  /** How names and ports of submission stand in lines, and texts in which the API’s may. */
  readonly spell?: Spell
  readonly spellWithin?: Spell
}

export function createEndpoints(
  profile: Profile,
  reach: Reach,
  saw: Saw,
  { ca, spell, spellWithin }: Options,
): Endpoints {
  const { target, mail } = profile
  const within = target.timeout * 1000
  const trusted = [profile.ca, ca].filter((pem) => typeof pem === 'string')
  const service = (
    name: string,
    operation: PseudoOperation,
    place: Omit<TlsEndpoint, 'within'>,
  ): TlsService => {
    const { host, port, starttls } = place
    reach.endpoint(host, port)
    const endpoint = { ...place, within, lookup: reach.lookup }
    const again = {
      ...(starttls === undefined ? {} : { starttls }),
      spell: operation === 'submission.tls' ? spell : spellWithin,
    }
    return {
      ...{ name, host, operation },
      async offer(offer) {
        await reach.take('request', 1)
        return offerTls(endpoint, offer)
      },
      show({ offer, answer }, asked) {
        saw.shookHands({
          endpoint: `${host}:${port}`,
          offered: describeOffer(offer),
          answered: describeAnswer(answer),
          reproduce: openssl({ host, port, serverName: host, version: offer.version, ...asked, ...again }),
        })
      },
      async certificates() {
        const addresses = await addressesOf(host, reach)
        const seen = addresses.slice(0, mostAddresses).map(async (address) => {
          await reach.take('request', 2)
          return certificatesOf({ ...endpoint, address, ca: trusted })
        })
        return (await Promise.all(seen)).flat()
      },
      showCertificate(presented) {
        saw.shookHands({
          endpoint: `${host}:${port}`,
          offered: `TLS with ${host}`,
          answered: describeCertificate(presented),
          reproduce: openssl({ host: presented.address, port, serverName: host, ...again }),
        })
      },
    }
  }
  return {
    tls() {
      const { submission } = mail
      const { starttls, implicit } = submission ?? {}
      const host = submission?.host ?? ''
      return [
        ...webPlaces(profile).map(({ name, host, port }) => service(name, 'api.tls', { host, port })),
        ...(implicit === undefined
          ? []
          : [service('submission, implicit TLS', 'submission.tls', { host, port: implicit })]),
        ...(starttls === undefined
          ? []
          : [service('submission, STARTTLS', 'submission.tls', { host, port: starttls, starttls: 'smtp' })]),
      ]
    },
    async clock() {
      if (isSubmissionAlone(profile)) return null
      const { host, port } = hostAndPort(target.url)
      reach.endpoint(host, port)
      await reach.take('request', 1)
      return serverClock(target.url, { lookup: reach.lookup, within })
    },
  }
}

/** Where the API and the pages of the profile are, as far as that is by HTTPS; each place once. */
function webPlaces({ target, pages = {} }: Profile) {
  const urls = [
    { name: api, url: target.url },
    ...Object.entries(pages).flatMap(([name, { url }]) =>
      url !== undefined && isUrl(url) ? [{ name: `page ${name}`, url }] : [],
    ),
  ].filter(({ url }) => /^https:/i.test(url))
  const places = urls.map(({ name, url }) => {
    const { host, port } = hostAndPort(url)
    return { name, host: host.replace(/^\[|\]$/g, ''), port }
  })
  const isFirst = (place: (typeof places)[number], at: number) =>
    places.findIndex(({ host, port }) => host === place.host && port === place.port) === at
  return places.filter(isFirst)
}

/** Where a name leads by the run's own look-up; none where it leads nowhere. */
function addressesOf(host: string, { lookup }: Reach): Promise<string[]> {
  if (isIP(host) !== 0) return Promise.resolve([host])
  return new Promise((resolve) =>
    lookup(host, { all: true }, (error, found: string | LookupAddress[]) =>
      resolve(error !== null || typeof found === 'string' ? [] : found.map(({ address }) => address)),
    ),
  )
}
