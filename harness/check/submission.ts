import type { Reach } from '../api/reach.ts'
import type { Exchange } from '../model.ts'
import { type SwaksOptions, swaks } from '../probes/reproduce.ts'
import { connectSmtp, type SmtpClient } from '../probes/smtp.ts'
import type { Profile } from '../profile/profile.ts'

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
  /** The shell variable that stands for it. */
  readonly secretName: string
  /** Connects with TLS, whichever way there is. Throws where no port is declared. */
  connectSecurely(): Promise<SmtpClient>
  /**
   * Sends a short message from `mail.from` to `to`, authenticated. `blind` are recipients that only the envelope names,
   * `header` is another line of the header. The exchange tells of it in the terms of HTTP.
   */
  send(
    to: string,
    subject: string,
    more?: { readonly from?: string; readonly blind?: readonly string[]; readonly header?: string },
  ): Promise<readonly [to: string, exchange: Exchange]>
  /** A line for a shell that repeats what `send` did; `null` for an exchange that is not of it. */
  reproduce(exchange: Exchange): string | null
}

export function createSubmission(
  profile: Profile,
  reach: Reach,
  ca: string,
  redact: (text: string) => string,
): Submission {
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
  const lines = new WeakMap<Exchange, string>()
  return {
    reproduce: (exchange) => lines.get(exchange) ?? null,
    async send(to, subject, { from = profile.mail.from, blind = [], header } = {}) {
      const startedAt = Date.now()
      const fields = [
        `From: <${from}>`,
        `To: <${to}>`,
        `Subject: ${subject}`,
        ...(header === undefined ? [] : [header]),
      ]
      const raw = [...fields, '', 'Hello', ''].join('\r\n')
      const recipients = [to, ...blind]
      const client = await this.connectSecurely()
      try {
        const authenticated = await client.auth('PLAIN', this.user, this.secret)
        const reply =
          authenticated.code === 235
            ? await client.sendMail({ from: profile.mail.from, to: recipients, raw })
            : authenticated
        const [port] = ports
        const exchange: Exchange = {
          id: `submission ${to}`,
          operation: 'submission.send',
          principal: this.user,
          request: {
            method: 'MAIL',
            origin: `smtp://${port?.host}:${port?.port}`,
            path: '',
            headers: [],
            body: raw,
          },
          response: { status: reply.code, headers: [], body: reply.lines.join('\n'), truncated: false },
          failure: null,
          startedAt,
          milliseconds: Date.now() - startedAt,
          answer: reply.code === 250 ? 'accepted' : reply.code < 500 ? 'limited' : 'refused',
          result: null,
        }
        const auth = { mechanism: 'PLAIN', user: this.user, secret: this.secretName }
        if (port !== undefined)
          lines.set(
            exchange,
            port.swaks({ tls: port.name, auth, from: profile.mail.from, to: recipients, data: raw }),
          )
        return [to, exchange]
      } finally {
        client.close()
      }
    },
    ports,
    user: submission?.username ?? '',
    secret: submission?.secret ?? '',
    secretName: redact(submission?.secret ?? '').slice(1),
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
