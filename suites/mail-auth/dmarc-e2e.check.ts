import { about, test } from '../../harness/check/check.ts'
import type { Exchange } from '../../harness/model.ts'
import { evaluate } from '../../harness/probes/mail-authentication.ts'
import { createResolver } from '../../harness/probes/resolver.ts'

test(
  'delivered mail passes DMARC by SPF and by DKIM, as its receiver evaluates it',
  about({
    id: 'mail-auth/dmarc-e2e',
    practices: ['P27', 'P33', 'P35', 'P26'],
    severity: 'high',
    why: 'Where neither SPF nor DKIM speaks for the From domain, its own policy has the mail rejected.',
    remediation: 'Use a return path below the customer’s domain, and sign with the customer’s own key.',
    references: ['CWE-345', 'RFC 9989 §5.3', 'RFC 7208 §2.4', 'RFC 9989 §4.4.1', 'RFC 9989 §4.4.2'],
    needs: ['message.send', 'wire', 'profile:mail.domains'],
    reach: 'safe',
    weakness: 'leaves-return-path-and-signature-unaligned',
  }),
  async ({ api, evidence, mailbox, nameServer, profile, submission, suffixes, verify }) => {
    const resolver = createResolver(nameServer)
    const streams: { name: string; send: () => Promise<readonly [to: string, exchange: Exchange]> }[] = [
      {
        name: 'message.send',
        async send() {
          const to = mailbox.address('stream')
          return [to, await api.call('message.send', { to, ...mailbox.letter() })]
        },
      },
      ...(submission.ports.length > 0
        ? [{ name: 'submission', send: () => submission.send(mailbox.address('stream'), 'Hello') }]
        : []),
    ]
    await verify.each(streams, async ({ send }, verify) => {
      const [to, exchange] = await send()
      const delivery = await mailbox.delivery(to, exchange)
      const mail = await evaluate(delivery.raw, {
        // Behind a relay the sandbox sees another address than receivers do; then the profile says which.
        ip: profile.mail.egressAddresses[0] ?? delivery.peer,
        helo: delivery.helo,
        mailFrom: delivery.envelope.from,
        resolver,
        suffixes,
      })
      verify.held(
        mail.unanswered.length === 0,
        `DNS did not answer for ${mail.unanswered[0]?.name}`,
        'see that the name server is reachable',
      )
      verify.held(
        mail.spf.result === 'pass' || nameServer !== null || profile.mail.egressAddresses.length > 0,
        `SPF ${mail.spf.result} for ${delivery.peer}, which need not be the address that receivers see`,
        'name the addresses that the target sends from in mail.egressAddresses',
      )
      const spf = `SPF ${mail.spf.result} for ${mail.spf.domain}${mail.spf.aligned ? ', aligned' : ''}`
      const dkim =
        mail.dkim
          .map((s) => `DKIM ${s.result} for d=${s.domain}${s.aligned ? ', aligned' : ''}`)
          .join('; ') || 'no DKIM'
      const claim = (expected: string, actual: string) => ({
        ...verify.sentBy(exchange),
        expected,
        actual,
        evidence: [
          evidence.delivery(delivery),
          evidence.measurement(
            `${spf}\n${dkim}\nDMARC ${mail.dmarc.result} by tree walk, ${mail.dmarcByPsl.result} by the Public Suffix List\n${mail.dmarc.record}`,
          ),
        ] as const,
      })
      for (const [mode, { result }] of [
        ['by tree walk (RFC 9989)', mail.dmarc],
        ['by the Public Suffix List (RFC 7489)', mail.dmarcByPsl],
      ] as const)
        verify.that(result === 'pass', () =>
          claim(`DMARC pass for ${mail.from.domain} ${mode}`, `${result}: ${spf}; ${dkim}`),
        )
      const both =
        mail.spf.result === 'pass' &&
        mail.spf.aligned &&
        mail.dkim.some((s) => s.result === 'pass' && s.aligned)
      verify.that(both, () => ({
        ...claim('both SPF and DKIM pass and aligned', `${spf}; ${dkim}`),
        severity: 'low',
      }))
    })
  },
)
