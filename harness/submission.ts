import { type SwaksOptions, swaks } from './probes/reproduce.ts'
import { connectSmtp, type SmtpClient } from './probes/smtp.ts'
import type { Profile } from './target/profile.ts'
import type { Reach } from './target/reach.ts'

/** One of the target's ports for message submission (RFC 6409, RFC 8314). */
export interface SubmissionPort {
  readonly name: 'starttls' | 'implicit'
  readonly host: string
  readonly port: number
  /** Connects and reads the greeting; with TLS from the first byte on the implicit port. Throws SmtpFailure. */
  connect(): Promise<SmtpClient>
  /** A line for a shell. */
  swaks(options: Omit<SwaksOptions, 'host' | 'port'>): string
}

/** The target's submission service as the profile declares it. */
export interface Submission {
  readonly ports: readonly SubmissionPort[]
  readonly user: string
  readonly secret: string
  /** Connects with TLS, whichever way there is. Throws where no port is declared. */
  connectSecurely(): Promise<SmtpClient>
}

export function createSubmission(profile: Profile, reach: Reach, ca: string): Submission {
  const { submission } = profile.mail
  const port = (name: SubmissionPort['name'], number: number | undefined): SubmissionPort[] => {
    if (submission === undefined || number === undefined) return []
    const { host } = submission
    return [
      {
        name,
        host,
        port: number,
        async connect() {
          reach.endpoint(host, number)
          await reach.take('request', 1)
          return connectSmtp({
            host,
            port: number,
            implicit: name === 'implicit',
            ca: [ca, profile.ca ?? ''].join('\n'),
            verify: false,
          })
        },
        swaks: (options) => swaks({ ...options, host, port: number }),
      },
    ]
  }
  const ports = [...port('starttls', submission?.starttls), ...port('implicit', submission?.implicit)]
  return {
    ports,
    user: submission?.username ?? '',
    secret: submission?.secret ?? '',
    async connectSecurely() {
      const best = ports.find(({ name }) => name === 'implicit') ?? ports[0]
      if (best === undefined)
        throw new Error('expected mail.submission in the profile: name it in the check’s needs')
      const client = await best.connect()
      await client.ehlo()
      if (best.name === 'starttls') {
        await client.starttls()
        await client.ehlo()
      }
      return client
    },
  }
}
