import { about, test } from '../../harness/check/check.ts'
import type { Personality } from '../../harness/model.ts'

const stripped: readonly { name: string; personality: Personality }[] = [
  { name: 'STARTTLS is not offered', personality: 'no-starttls' },
  { name: 'STARTTLS is answered 454', personality: 'starttls-refused' },
  { name: 'the handshake fails after 220', personality: 'starttls-garbage' },
]

test(
  'mail that must travel encrypted is never sent in clear text',
  about({
    id: 'smtp/out-no-fallback',
    practices: ['P08'],
    severity: 'critical',
    why: 'Whoever sits on the way strips STARTTLS from the answer and reads the mail that was promised to be encrypted.',
    remediation: 'Deliver through a transport that requires TLS; defer and bounce where it cannot be had.',
    references: [
      'CWE-757',
      'CWE-319',
      'CWE-636',
      'ASVS 5.0 12.3.1',
      'RFC 3207 §6',
      'RFC 8461 §10',
      'RFC 9325 §3.2',
    ],
    needs: ['message.send', 'dns', 'profile:policies.outboundTls'],
    reach: 'intrusive',
    weakness: 'falls-back-to-clear-text',
  }),
  async ({ api, evidence, mailbox, profile, verify, wire }) => {
    const control = mailbox.address('encrypted')
    const sent = await api.call('message.send', { to: control, subject: 'Statement', text: 'Confidential' })
    const delivery = await mailbox.delivery(control, sent)
    verify.held(true, 'mail arrives')
    verify.that(delivery.tls !== null, () => ({
      ...verify.sentBy(sent),
      severity: profile.policies.outboundTls === 'opportunistic' ? 'medium' : 'critical',
      expected: 'TLS with an exchanger that offers it, with a right certificate',
      actual: 'the message was delivered in clear text',
      evidence: [evidence.exchange(sent), evidence.delivery(delivery)],
    }))

    await verify.each(stripped, async ({ personality }, verify) => {
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
      const lines = sessions.flatMap(({ transcript }) => transcript)
      const leaked = lines.find(
        ({ from, encrypted, text }) => from === 'client' && !encrypted && /^(MAIL|RCPT|DATA)/i.test(text),
      )
      const [inClear] = (await wire.deliveries({ domain })).filter(({ tls }) => tls === null)
      verify.that(leaked === undefined && inClear === undefined, () => ({
        ...verify.sentBy(exchange),
        severity:
          profile.policies.outboundTls === 'opportunistic'
            ? 'low'
            : inClear === undefined
              ? 'high'
              : 'critical',
        expected: 'no envelope and no message without TLS: deferred, then bounced',
        actual:
          inClear === undefined
            ? `${leaked?.text} was sent in clear text`
            : 'the message was delivered in clear text',
        evidence: [
          evidence.exchange(exchange),
          ...sessions.slice(0, 3).map(evidence.session),
          ...(inClear === undefined ? [] : [evidence.delivery(inClear)]),
        ],
      }))
    })
  },
)
