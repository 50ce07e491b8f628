import type { Kit } from '../check/kit.ts'
import type { SubmissionPort } from '../check/submission.ts'
import type { SmtpClient } from '../probes/smtp.ts'
import type { SaslMechanism } from '../probes/smtp-auth.ts'
import { SmtpFailure, type SmtpReply } from '../probes/smtp-replies.ts'

type Parts = Pick<Kit, 'post' | 'saw' | 'submission' | 'verify'>

const operation = 'submission.authenticate'
const mechanisms: readonly SaslMechanism[] = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2']
/** Who reads along can sign in: a password or a token crosses, and no mere proof of one. */
const givesAway = (mechanism: string) =>
  ['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER'].includes(mechanism.toUpperCase())
/** They make a password easy to guess, or need none, even within TLS. */
const isWeak = (mechanism: string) =>
  ['ANONYMOUS', 'CRAM-MD5', 'DIGEST-MD5', 'NTLM'].includes(mechanism.toUpperCase())

const greetings = [
  { after: 'EHLO', said: ['EHLO [127.0.0.1]'], greet: (client: SmtpClient) => client.ehlo() },
  {
    after: 'HELO',
    said: ['HELO [127.0.0.1]'],
    greet: (client: SmtpClient) => client.say('HELO [127.0.0.1]'),
  },
  { after: 'no greeting', said: [], greet: async () => null },
] as const

/**
 * Verdicts: AUTH (RFC 4954) is refused on a connection that nobody encrypted, by each mechanism after each greeting, on the
 * ports where TLS comes by STARTTLS.
 */
export async function authIsRefusedInClear(kit: Parts): Promise<void> {
  const { submission, verify } = kit
  const worksInTls = await canSignIn(kit)
  const attempts = submission.ports
    .filter(({ name }) => name === 'starttls')
    .flatMap((port) =>
      mechanisms.flatMap((mechanism) =>
        greetings.map(({ after, ...greeting }) => ({
          ...{ name: `AUTH ${mechanism} in clear after ${after}`, mechanism, port, greeting },
        })),
      ),
    )
  await verify.each(
    attempts,
    async ({ mechanism, port, greeting }) => {
      const { code, asked } = await attempt(kit, port, mechanism, greeting)
      const worst = code === 235 ? 'critical' : 'high'
      verify.that(code !== 235 && !asked, {
        ...{ operation, severity: givesAway(mechanism) ? worst : 'medium' },
        expected: '530, 538, 502 or 503',
        actual: code === 235 ? '235: the server took the credentials' : '334: the server asked for them',
      })
      verify.held(
        ![0, 421, 451, 454].includes(code),
        `AUTH in clear was put off with ${code}`,
        'raise the limit of the submission service for this environment',
      )
      // These say so by themselves (RFC 4954 §4 and §6, RFC 5321 §4.2); others may mean the credentials.
      verify.held(
        worksInTls || [500, 502, 503, 504, 530, 534, 538].includes(code),
        `AUTH in clear was answered ${code}, and the same credentials do not work within TLS either`,
        `give ${submission.place} a login that works: then a refusal is one of clear text`,
      )
    },
    'one by one',
  )
}

/** Verdicts: EHLO offers no AUTH before TLS, and no weak mechanism within it. */
export async function offersAreSafe({ saw, submission, verify }: Parts): Promise<void> {
  const places = submission.ports.flatMap((port) =>
    (port.name === 'starttls' ? [false, true] : [true]).map((encrypted) => ({
      name: `what EHLO offers ${encrypted ? 'within TLS' : 'in clear'}, port for ${port.name} TLS`,
      ...{ port, encrypted },
    })),
  )
  await verify.each(
    places,
    async ({ port, encrypted }) => {
      const client = await greeted(port, verify)
      welcome(verify, await client.ehlo())
      if (encrypted && port.name === 'starttls') {
        verify.applies(client.capabilities.has('STARTTLS'), 'the port offers no STARTTLS')
        await client.starttls()
        welcome(verify, await client.ehlo())
      }
      const offered = client.capabilities.get('AUTH') ?? []
      client.close()
      saw.talked(client, port.talk({ tls: encrypted ? port.name : 'none', said: ['EHLO [127.0.0.1]'] }))
      const found = encrypted ? offered.filter(isWeak) : offered
      verify.that(found.length === 0, {
        ...{ operation, severity: !encrypted && found.some(givesAway) ? 'high' : 'medium' },
        expected: encrypted ? 'no weak mechanism' : 'no AUTH before TLS',
        actual: `AUTH ${found.join(' ')} is offered${encrypted ? '' : ' in clear text'}`,
      })
    },
    'one by one',
  )
}

/** Whether the profile's own login is accepted within TLS. */
async function canSignIn({ post }: Parts): Promise<boolean> {
  try {
    return (await post.authenticate()).answer === 'accepted'
  } catch (error) {
    if (error instanceof SmtpFailure) return false
    throw error
  }
}

/** The last reply's code, and whether the server asked for the credentials by 334. */
async function attempt(
  { saw, submission, verify }: Parts,
  port: SubmissionPort,
  mechanism: SaslMechanism,
  greeting: {
    readonly said: readonly string[]
    readonly greet: (client: SmtpClient) => Promise<SmtpReply | null>
  },
): Promise<{ readonly code: number; readonly asked: boolean }> {
  const { user, secret, secretWord } = submission
  const client = await greeted(port, verify)
  await greeting.greet(client)
  const { code } = await client.auth(mechanism, user, secret)
  client.close()
  saw.talked(
    client,
    port.talk({ tls: 'none', said: [...greeting.said, { mechanism, user, secret: secretWord }] }),
  )
  return {
    code,
    asked: client.transcript.some(({ from, text }) => from === 'server' && text.startsWith('334')),
  }
}

async function greeted(port: SubmissionPort, verify: Kit['verify']): Promise<SmtpClient> {
  const client = await port.connect()
  welcome(verify, client.greeting)
  return client
}

/** A guard: a service that greets otherwise, or answers EHLO otherwise, says nothing of AUTH. */
function welcome(verify: Kit['verify'], { code, lines }: SmtpReply): void {
  verify.held(code === 220 || code === 250, `the submission service said ${code} ${lines[0] ?? ''}`)
}
