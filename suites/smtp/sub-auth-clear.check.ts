import { about, test } from '../../harness/check/check.ts'
import type { SubmissionPort } from '../../harness/check/submission.ts'
import type { SmtpClient } from '../../harness/probes/smtp.ts'
import type { SaslMechanism } from '../../harness/probes/smtp-auth.ts'

/** Mechanisms that give the password away, or need none, even within TLS. */
const weak = ['ANONYMOUS', 'CRAM-MD5', 'DIGEST-MD5', 'NTLM']

test(
  'credentials are neither asked for nor taken before TLS',
  about({
    id: 'smtp/sub-auth-clear',
    practices: ['P08', 'P05', 'P02'],
    severity: 'critical',
    why: 'A client that authenticates in clear text shows its key to everyone on the way, and then it is theirs.',
    remediation:
      'Offer AUTH only after TLS (answer 538 or 530 before), and only PLAIN, LOGIN, OAUTHBEARER or SCRAM.',
    references: [
      'CWE-523',
      'CWE-319',
      'API2:2023',
      'ASVS 5.0 12.3.1',
      'RFC 4954 §4',
      'RFC 4954 §9',
      'RFC 8314 §4.1',
    ],
    needs: ['submission:starttls'],
    reach: 'intrusive',
    weakness: 'accepts-auth-before-tls',
  }),
  async ({ evidence, submission, verify }) => {
    const { ports, user, secret, secretName } = submission
    const within = await submission.connectSecurely()
    const baseline = await within.auth('PLAIN', user, secret)
    within.close()
    verify.held(
      baseline.code === 235,
      `AUTH within TLS was answered ${baseline.code}`,
      'see mail.submission in the profile',
    )

    const claim =
      (client: SmtpClient, port: SubmissionPort, expected: string, actual: string, mechanism = 'PLAIN') =>
      () => ({
        operation: 'submission.authenticate',
        expected,
        actual,
        evidence: [evidence.transcript(client)] as const,
        reproduce:
          // Within TLS what EHLO offers is the finding.
          client.tls === null
            ? port.swaks({ tls: 'none', auth: { mechanism, user, secret: secretName }, quitAfter: 'AUTH' })
            : port.swaks({ tls: port.name, quitAfter: 'EHLO' }),
      })
    const clear = ports.filter(({ name }) => name === 'starttls')
    const mechanisms: SaslMechanism[] = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2']
    const greetings = [
      { greeting: 'EHLO', greet: (client: SmtpClient) => client.ehlo() },
      { greeting: 'HELO', greet: (client: SmtpClient) => client.say('HELO [127.0.0.1]') },
      { greeting: 'no greeting', greet: async () => null },
    ]
    await verify.each(
      clear.flatMap((port) =>
        mechanisms.flatMap((mechanism) =>
          greetings.map((greeting) => ({
            name: `AUTH ${mechanism} in clear after ${greeting.greeting} on port ${port.port}`,
            port,
            mechanism,
            ...greeting,
          })),
        ),
      ),
      async ({ port, mechanism, greet }, verify) => {
        const client = await port.connect()
        await greet(client)
        const reply = await client.auth(mechanism, user, secret)
        client.close()
        const asked = client.transcript.some(({ from, text }) => from === 'server' && text.startsWith('334'))
        verify.that(reply.code !== 235 && !asked, () => ({
          ...claim(
            client,
            port,
            '530, 538, 502 or 503',
            reply.code === 235 ? '235: the server took the credentials' : '334: the server asked for them',
            mechanism,
          )(),
          severity: reply.code === 235 ? 'critical' : 'high',
        }))
        verify.held(
          ![421, 451, 454].includes(reply.code),
          `AUTH in clear was put off with ${reply.code}`,
          'raise the limit of the submission service for this environment',
        )
      },
    )
    await verify.each(
      ports.map((port) => ({ name: `what EHLO offers on port ${port.port}`, port })),
      async ({ port }, verify) => {
        const client = await port.connect()
        await client.ehlo()
        if (port.name === 'starttls') {
          const offered = client.capabilities.get('AUTH')
          verify.that(offered === undefined, () => ({
            ...claim(
              client,
              port,
              'no AUTH before TLS',
              `AUTH ${offered?.join(' ')} is offered in clear text`,
            )(),
            severity: 'high',
          }))
          await client.starttls()
          await client.ehlo()
        }
        const found =
          client.capabilities.get('AUTH')?.filter((mechanism) => weak.includes(mechanism.toUpperCase())) ?? []
        client.close()
        verify.that(found.length === 0, () => ({
          ...claim(client, port, 'no weak mechanism', `${found.join(' ')} is offered`)(),
          severity: 'medium',
        }))
      },
    )
  },
)
