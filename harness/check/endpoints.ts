import type { Reach } from '../api/reach.ts'
import type { TlsEndpoint } from '../probes/tls.ts'
import type { Profile } from '../profile/profile.ts'

export interface TlsService {
  readonly name: string
  readonly endpoint: TlsEndpoint
  readonly serverName: string | null
  readonly host: string
  readonly port: number
}

/** The places of the target that speak TLS. */
export interface Endpoints {
  tls(): TlsService[]
}

export function createEndpoints(profile: Profile, reach: Reach): Endpoints {
  const service = (name: string, endpoint: TlsEndpoint): TlsService => {
    reach.endpoint(endpoint.host, endpoint.port)
    const { host, port, serverName = host } = endpoint
    return { name, endpoint, serverName, host, port }
  }
  return {
    tls() {
      const url = new URL(profile.target.url)
      const host = url.hostname.replace(/^\[|\]$/g, '')
      const { submission } = profile.mail
      return [
        ...(url.protocol === 'https:' ? [service('API', { host, port: Number(url.port || 443) })] : []),
        ...(submission?.implicit === undefined
          ? []
          : [service('submission, implicit TLS', { host: submission.host, port: submission.implicit })]),
        ...(submission?.starttls === undefined
          ? []
          : [
              service('submission, STARTTLS', {
                host: submission.host,
                port: submission.starttls,
                starttls: 'smtp',
              }),
            ]),
      ]
    },
  }
}
