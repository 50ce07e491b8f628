import { about, test } from '../../harness/check/check.ts'
import type { Exchange } from '../../harness/model.ts'
import { evaluate } from '../../harness/probes/mail-authentication.ts'
import { createResolver } from '../../harness/probes/resolver.ts'

const contents: readonly { name: string; message: Readonly<Record<string, unknown>>; input?: string }[] = [
  { name: 'plain text', message: { subject: 'Hello', text: 'Hello' } },
  { name: 'HTML', message: { subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' }, input: 'html' },
  { name: 'text beyond ASCII', message: { subject: 'Grüße – 你好', text: 'Schöne Grüße\n你好' } },
  {
    name: 'long lines',
    message: { subject: 'Report '.repeat(40), text: `${'x'.repeat(2000)}\n${'word '.repeat(300)}` },
  },
  { name: 'white space and dots', message: { subject: 'a  b', text: '  leading\ntrailing  \n.\n..\n\n\n' } },
  {
    name: 'attachment',
    message: {
      subject: 'Hello',
      text: 'Hello',
      attachments: [{ filename: 'a.bin', contentType: 'application/octet-stream', content: 'AAEC/w==' }],
    },
    input: 'attachments',
  },
]

test(
  'every message is signed for the domain of its From, whatever it holds',
  about({
    id: 'mail-auth/dkim-valid',
    practices: ['P33', 'P27', 'P35'],
    severity: 'high',
    why: 'Mail without a valid aligned signature ends in the junk folder, and nobody can tell it from a forgery.',
    remediation:
      'Sign for each sending domain with its own key, relaxed/relaxed, as the last step before the wire.',
    references: ['CWE-345', 'CWE-347', 'ASVS 5.0 11.3.3', 'RFC 6376 §6.1', 'RFC 9989 §4.4.1'],
    needs: ['message.send', 'wire', 'profile:mail.domains'],
    reach: 'safe',
    weakness: 'signs-with-the-provider-domain-only',
  }),
  async ({ api, evidence, mailbox, nameServer, submission, suffixes, profile, verify }) => {
    const resolver = createResolver(nameServer)
    const judge = async (to: string, exchange: Exchange, inner: typeof verify) => {
      const delivery = await mailbox.deliveryUnlessRefused(to, exchange)
      if (delivery === null) return
      const mail = await evaluate(delivery.raw, {
        ip: profile.mail.egressAddresses[0] ?? delivery.peer,
        helo: delivery.helo,
        mailFrom: delivery.envelope.from,
        resolver,
        suffixes,
      })
      inner.held(
        mail.unanswered.length === 0,
        `DNS did not answer for ${mail.unanswered[0]?.name}`,
        'see that the name server is reachable',
      )
      const seen = mail.dkim.map(
        (s) => `d=${s.domain} s=${s.selector} ${s.result}${s.aligned ? ', aligned' : ''}`,
      )
      inner.that(
        mail.dkim.some(({ result, aligned, alignedByPsl }) => result === 'pass' && aligned && alignedByPsl),
        () => ({
          ...inner.sentBy(exchange),
          expected: `a signature that verifies, with d= aligned to ${mail.from.domain}`,
          actual: seen.join('; ') || 'no signature',
          evidence: [evidence.delivery(delivery, 'DKIM-Signature'), evidence.measurement(seen.join('\n'))],
        }),
      )
    }
    const carried = contents.filter(({ input }) => input === undefined || api.has('message.send', input))
    const plain = mailbox.address('plain')
    await mailbox.delivery(plain, await api.call('message.send', { to: plain, ...contents[0]?.message }))
    await verify.each(carried, async ({ message }, verify) => {
      const to = mailbox.address('signed')
      await judge(to, await api.call('message.send', { to, ...message }), verify)
    })
    if (submission.ports.length === 0) return
    const [to, exchange] = await submission.send(mailbox.address('submitted'), 'Hello')
    await judge(to, exchange, verify)
  },
)
