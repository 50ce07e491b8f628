import { about, test } from '../../harness/check.ts'
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

    const claim = (client: SmtpClient, expected: string, actual: string) => () => ({
      operation: 'submission.authenticate',
      expected,
      actual,
      evidence: [evidence.transcript(client)] as const,
      reproduce:
        ports[0]?.swaks({
          tls: 'none',
          auth: { mechanism: 'PLAIN', user, secret: secretName },
          quitAfter: 'AUTH',
        }) ?? '',
    })
    const clear = ports.filter(({ name }) => name === 'starttls')
    const mechanisms: SaslMechanism[] = ['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2']
    await verify.each(
      clear.flatMap((port) =>
        mechanisms.map((mechanism) => ({
          name: `AUTH ${mechanism} in clear on port ${port.port}`,
          port,
          mechanism,
        })),
      ),
      async ({ port, mechanism }, verify) => {
        const client = await port.connect()
        await client.ehlo()
        const reply = await client.auth(mechanism, user, secret)
        client.close()
        verify.that(
          reply.code !== 235 && reply.code !== 334,
          claim(client, '530, 538, 502 or 503', `${reply.code}: the server took the credentials`),
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
            ...claim(client, 'no AUTH before TLS', `AUTH ${offered?.join(' ')} is offered in clear text`)(),
            severity: 'high',
          }))
          await client.starttls()
          await client.ehlo()
        }
        const found =
          client.capabilities.get('AUTH')?.filter((mechanism) => weak.includes(mechanism.toUpperCase())) ?? []
        client.close()
        verify.that(found.length === 0, () => ({
          ...claim(client, 'no weak mechanism', `${found.join(' ')} is offered`)(),
          severity: 'medium',
        }))
      },
    )
  },
)
