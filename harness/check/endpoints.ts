import type { Reach } from '../api/reach.ts'
import { openssl } from '../probes/reproduce.ts'
import { describeAnswer, describeOffer, offerTls, type TlsEndpoint } from '../probes/tls.ts'
import type { TlsAnswer } from '../probes/tls-answer.ts'
import type { TlsFault } from '../probes/tls-faults.ts'
import type { TlsOffer } from '../probes/tls-hello.ts'
import type { Handshake } from '../probes/tls-interview.ts'
import type { PseudoOperation } from '../profile/operations.ts'
import type { Profile } from '../profile/profile.ts'
import type { Saw } from './saw.ts'

export interface TlsService {
  readonly name: string
  /** By which name findings speak of it. */
  readonly operation: PseudoOperation
  /** What the server answers to a ClientHello of this kind. */
  offer(offer: TlsOffer): Promise<TlsAnswer>
  /** Makes a handshake evidence of what is said next. `openssl`: what to ask OpenSSL for to see it again. */
  show(handshake: Pick<Handshake, 'offer' | 'answer'>, openssl: TlsFault['openssl']): void
}

/** The places of the target that speak TLS. */
export interface Endpoints {
  tls(): TlsService[]
}

const api = 'API'

export function createEndpoints({ target, mail }: Profile, reach: Reach, saw: Saw): Endpoints {
  const service = (name: string, place: Omit<TlsEndpoint, 'within'>): TlsService => {
    const { host, port, starttls } = place
    reach.endpoint(host, port)
    const endpoint = { ...place, within: target.timeout * 1000, lookup: reach.lookup }
    return {
      name,
      operation: name === api ? 'api.tls' : 'submission.tls',
      async offer(offer) {
        await reach.take('request', 1)
        return offerTls(endpoint, offer)
      },
      show({ offer, answer }, asked) {
        saw.shookHands({
          endpoint: `${host}:${port}`,
          offered: describeOffer(offer),
          answered: describeAnswer(answer),
          reproduce: openssl({
            ...{ host, port, serverName: host, version: offer.version, ...asked },
            ...(starttls === undefined ? {} : { starttls }),
          }),
        })
      },
    }
  }
  return {
    tls() {
      const url = new URL(target.url)
      const host = url.hostname.replace(/^\[|\]$/g, '')
      const { submission } = mail
      return [
        ...(url.protocol === 'https:' ? [service(api, { host, port: Number(url.port || 443) })] : []),
        ...(submission?.implicit === undefined
          ? []
          : [service('submission, implicit TLS', { host: submission.host, port: submission.implicit })]),
        ...(submission?.starttls === undefined
          ? []
          : [
              service('submission, STARTTLS', {
                ...{ host: submission.host, port: submission.starttls, starttls: 'smtp' },
              }),
            ]),
      ]
    },
  }
}
