import { about, test } from '../../harness/check/check.ts'
import type { Personality } from '../../harness/model.ts'

const bad: readonly { name: string; personality: Personality }[] = [
  { name: 'a certificate of an unknown authority', personality: 'untrusted-certificate' },
  { name: 'an expired certificate', personality: 'expired-certificate' },
  { name: 'a certificate for another name', personality: 'wrong-name-certificate' },
  { name: 'TLS 1.0 and 1.1 alone', personality: 'old-tls' },
]

test(
  'mail is not handed to an exchanger that cannot prove who it is',
  about({
    id: 'smtp/out-cert',
    practices: ['P08', 'P06'],
    severity: 'high',
    why: 'Encryption to whoever answers protects from nobody who can answer in the exchanger’s place.',
    remediation:
      'Verify chain and name of the exchanger, and refuse TLS below 1.2, wherever verified delivery is promised.',
    references: [
      'CWE-295',
      'CWE-297',
      'CWE-298',
      'ASVS 5.0 12.3.2',
      'RFC 8461 §4.2',
      'RFC 9525 §6',
      'RFC 8996',
    ],
    needs: ['message.send', 'dns', 'profile:policies.outboundTls'],
    reach: 'intrusive',
    weakness: 'ignores-certificate-errors',
  }),
  async ({ api, evidence, mailbox, profile, verify, wire }) => {
    const control = mailbox.address('verified')
    const sent = await api.call('message.send', { to: control, subject: 'Statement', text: 'Confidential' })
    const delivery = await mailbox.delivery(control, sent)
    verify.held(delivery.tls !== null, 'mail to an exchanger with a right certificate came without TLS')

    await verify.each(bad, async ({ personality }, verify) => {
      const domain = wire.domain(personality, mailbox.canary())
      const exchange = await api.call('message.send', {
        to: `reader@${domain}`,
        subject: 'Statement',
        text: 'Confidential',
      })
      const sessions = await mailbox.attempts(domain, exchange)
      verify.held(
        sessions.some(({ helo }) => helo !== null),
        `the target hung up on the exchanger of ${domain} before it said EHLO`,
      )
      const named = sessions.find(({ transcript }) =>
        transcript.some(({ from, text }) => from === 'client' && /^MAIL/i.test(text)),
      )
      const [handed] = await wire.deliveries({ domain })
      verify.that(named === undefined && handed === undefined, () => ({
        ...verify.sentBy(exchange),
        severity:
          profile.policies.outboundTls === 'verify' ? 'high' : personality === 'old-tls' ? 'medium' : 'low',
        expected: 'no envelope and no message for this exchanger: deferred, then bounced',
        actual:
          handed === undefined
            ? 'the envelope was handed over'
            : `the message was handed over, with ${handed.tls?.version ?? 'no TLS'}`,
        evidence: [
          evidence.exchange(exchange),
          ...(handed === undefined ? [] : [evidence.delivery(handed)]),
          ...sessions.slice(0, 3).map(evidence.session),
        ],
      }))
    })
  },
)
