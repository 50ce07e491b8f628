import { about, test } from '../../harness/check/check.ts'
import { weightOfClearText } from '../../harness/steps/outbound-promises.ts'

const stripped = [
  { name: 'STARTTLS is not offered', personality: 'no-starttls' },
  { name: 'STARTTLS is answered 454', personality: 'starttls-refused' },
  { name: 'the handshake fails after 220', personality: 'starttls-garbage' },
] as const

test(
  'mail that must travel encrypted is never sent in clear text',
  about({
    practices: ['P08'],
    severity: 'critical',
    problem: 'Mail that must travel encrypted is sent in clear text',
    why: 'Whoever sits on the way strips STARTTLS from the answer and reads the mail that was promised to be encrypted.',
    remediation: {
      effort: 'medium',
      how: 'Deliver through a transport that requires TLS; defer and bounce where it cannot be had.',
    },
    references: 'CWE-757 · CWE-319 · CWE-636 · ASVS 5.0 12.3.1 · RFC 3207 §6 · RFC 8461 §10 · RFC 9325 §3.2',
    needs: ['sending', 'dns', 'profile:policies.outboundTls'],
    reach: 'intrusive',
    weaknesses: ['falls-back-to-clear-text', 'never-asks-for-tls'],
  }),
  async ({ post, profile, verify }) => {
    const promise = profile.policies.outboundTls
    await verify.each([{ name: 'STARTTLS is offered' }], async () => {
      const mail = await (await post.send()).delivered()
      verify.that(mail.tls !== null, {
        ...{ mail, severity: weightOfClearText(promise, 'offered') },
        expected: 'TLS with an exchanger that offers it, with a right certificate',
        actual: 'the message was delivered in clear text',
      })
    })
    await verify.each(stripped, async ({ personality }) => {
      const handed = await post.sendTo(personality)
      const whole = handed.deliveries.some(({ tls }) => tls === null)
      const leaked = handed.said(/^(MAIL|RCPT|DATA)/i, false)
      verify.that(leaked === undefined && !whole, {
        severity: weightOfClearText(promise, whole ? 'whole' : 'envelope'),
        expected: 'no envelope and no message without TLS: deferred, then bounced',
        actual: whole ? 'the message was delivered in clear text' : `${leaked} was sent in clear text`,
      })
    })
  },
)
