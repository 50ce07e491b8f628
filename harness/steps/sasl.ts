import type { Kit } from '../check/kit.ts'
import type { SubmissionPort } from '../check/submission.ts'
import type { SmtpClient } from '../probes/smtp.ts'
import type { SaslMechanism } from '../probes/smtp-auth.ts'

/** AUTH (RFC 4954) by a mechanism on a connection that nobody encrypted. */
export interface AuthInClear {
  readonly name: string
  /** The last reply's code, and whether the server asked for the credentials by 334. */
  attempt(): Promise<{ readonly code: number; readonly asked: boolean }>
}

const mechanisms: readonly SaslMechanism[] = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2']
const greetings = [
  { after: 'EHLO', greet: (client: SmtpClient) => client.ehlo() },
  { after: 'HELO', greet: (client: SmtpClient) => client.say('HELO [127.0.0.1]') },
  { after: 'no greeting', greet: async () => null },
] as const

/** By each mechanism after each greeting, on the ports where TLS comes by STARTTLS. */
export function authInClear({ saw, submission }: Pick<Kit, 'saw' | 'submission'>): AuthInClear[] {
  const { ports, user, secret, secretName } = submission
  return ports
    .filter(({ name }) => name === 'starttls')
    .flatMap((port) =>
      mechanisms.flatMap((mechanism) =>
        greetings.map(({ after, greet }) => ({
          name: `AUTH ${mechanism} in clear after ${after}`,
          async attempt() {
            const client = await port.connect()
            await greet(client)
            const { code } = await client.auth(mechanism, user, secret)
            client.close()
            const auth = { mechanism, user, secret: secretName }
            saw.talked(client, port.swaks({ tls: 'none', auth, quitAfter: 'AUTH' }))
            const asked = client.transcript.some(
              ({ from, text }) => from === 'server' && text.startsWith('334'),
            )
            return { code, asked }
          },
        })),
      ),
    )
}

/** What EHLO offers on a port. */
export interface Offer {
  readonly name: string
  readonly encrypted: boolean
  /** The mechanisms of AUTH; none where it is not offered. */
  mechanisms(): Promise<readonly string[]>
}

/** Before and after STARTTLS, and within TLS from the first byte. */
export function offers({ saw }: Pick<Kit, 'saw'>, ports: readonly SubmissionPort[]): Offer[] {
  const offer = (port: SubmissionPort, encrypted: boolean): Offer => ({
    name: `what EHLO offers ${encrypted ? 'within TLS' : 'in clear'}, port for ${port.name} TLS`,
    encrypted,
    async mechanisms() {
      const client = await port.connect()
      await client.ehlo()
      if (encrypted && port.name === 'starttls') {
        await client.starttls()
        await client.ehlo()
      }
      const offered = client.capabilities.get('AUTH') ?? []
      client.close()
      saw.talked(client, port.swaks({ tls: encrypted ? port.name : 'none', quitAfter: 'EHLO' }))
      return offered
    },
  })
  return ports.flatMap((port) =>
    port.name === 'starttls' ? [offer(port, false), offer(port, true)] : [offer(port, true)],
  )
}
