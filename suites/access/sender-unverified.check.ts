import { about, test } from '../../harness/check.ts'
import type { Delivery } from '../../harness/model.ts'
import { differential, domainOf } from '../../harness/probes/addresses.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { readHeaders } from '../../harness/probes/headers.ts'

test(
  'mail leaves only in the name of a domain that the sender has verified',
  about({
    id: 'access/sender-unverified',
    practices: ['P19', 'P18', 'P33'],
    severity: 'critical',
    why: 'A loose comparison of sender domains lets any customer write in the name of somebody else, with a good reputation.',
    remediation:
      'Parse From once, compare its A-label domain exactly with the verified ones, and write it anew.',
    references: [
      'CWE-346',
      'CWE-290',
      'CWE-183',
      'API6:2023',
      'ASVS 5.0 2.2.1',
      'RFC 6409 §6.1',
      'RFC 5321 §7.1',
    ],
    needs: ['message.send:from', 'wire', 'profile:mail.domains'],
    reach: 'intrusive',
    weakness: 'matches-sender-domains-by-suffix',
  }),
  async ({ api, evidence, mailbox, profile, verify, wire }) => {
    const [v = ''] = profile.mail.domains
    const own = mailbox.address('own')
    const benign = await api.call('message.send', {
      from: profile.mail.from,
      to: own,
      subject: 'Hello',
      text: 'Hello',
    })
    // A provider may have return paths of its own: what it uses for a rightful sender is no finding.
    const usual = domainOf((await mailbox.delivery(own, benign)).envelope.from)
    verify.held(true, 'mail from a verified domain arrives')

    const parent = v.split('.').slice(1).join('.')
    const other = `other-${mailbox.canary().slice(0, 8)}.${parent}`
    const senders: readonly { name: string; from: string | { email: string; name: string } }[] = [
      { name: 'another domain', from: `ceo@${other}` },
      { name: 'a sub-domain', from: `ceo@sub.${v}` },
      { name: 'the parent domain', from: `ceo@${parent}` },
      { name: 'a domain that begins with the verified one', from: `ceo@${v}.evil.test` },
      { name: 'a domain that ends with the verified one', from: `ceo@evil${v}` },
      { name: 'a domain with a hyphen before the verified one', from: `ceo@evil-${v}` },
      { name: 'an address literal', from: 'ceo@[127.0.0.1]' },
      { name: 'no address', from: '' },
      {
        name: 'the verified address as the name of another',
        from: { email: `ceo@${other}`, name: `ceo@${v}` },
      },
      { name: 'two mailboxes', from: `news@${v}, ceo@${other}` },
      { name: 'two mailboxes, the verified one last', from: `ceo@${other}, news@${v}` },
      { name: 'a group', from: `g: ceo@${other}, news@${v};` },
      ...corpus('addresses', { c: 'ceo', sinkB: other, v }).map((item) => ({
        name: `address ${item.name}`,
        from: { email: item.value, name: '' },
      })),
    ]
    await verify.each(senders, async ({ from }, verify) => {
      const [to, canary] = [mailbox.address('spoofed'), mailbox.canary()]
      const exchange = await api.call('message.send', { from, to, subject: canary, text: canary })
      await verify.fenced()
      const bad = (await wire.deliveries({ containing: canary }))
        .map(claims)
        .find(
          ({ domains, fields }) =>
            fields.length !== 1 || domains.some((domain) => domain !== v && domain !== usual),
        )
      verify.that(bad === undefined, () => ({
        ...verify.sentBy(exchange),
        expected: `From at ${v} alone, or a refusal`,
        actual: `From: ${bad?.fields.join(' / ') || '(none)'}, MAIL FROM:<${bad?.delivery.envelope.from}>`,
        evidence: [
          evidence.exchange(exchange),
          ...(bad === undefined ? [] : [evidence.delivery(bad.delivery)]),
        ],
      }))
      verify.answered(exchange)
    })
  },
)

/** Whom a message claims to come from, in any reading of its From fields and in its envelope. */
function claims(delivery: Delivery) {
  const fields = readHeaders(delivery.raw)
    .field('From')
    .map(({ value }) => value)
  const domains = [
    ...fields.flatMap((value) => differential(value).domains),
    domainOf(delivery.envelope.from),
  ]
  return { delivery, fields, domains: domains.filter((domain) => domain !== '') }
}
