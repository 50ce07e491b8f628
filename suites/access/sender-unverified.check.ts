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
  async ({ api, evidence, ground, mailbox, profile, submission, verify, wire }) => {
    const v = domainOf(profile.mail.from)
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
    const verified = [...new Set([v, ...profile.mail.domains.map((domain) => domain.toLowerCase())])]
    const foreign = ({ authors, bounces }: Claims) => [
      ...authors.filter((domain) => !verified.includes(domain)),
      ...bounces.filter((domain) => domain !== usual && !verified.includes(domain)),
    ]

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
    const byHttp = senders.map(({ name, from }) => ({
      name,
      send: (to: string, canary: string) =>
        api.call('message.send', { from, to, subject: canary, text: canary }),
    }))
    const bySubmission = [`ceo@${other}`, `ceo@evil${v}`].map((from) => ({
      name: `SMTP, From: ${from}`,
      send: async (to: string, canary: string) => (await submission.send(to, canary, { from }))[1],
    }))
    const inHeader = ['From', 'fRoM', 'From '].map((header) => ({
      name: `custom header ${JSON.stringify(header)}`,
      send: (to: string, canary: string) =>
        api.call('message.send', {
          to,
          subject: canary,
          text: canary,
          headers: { [header]: `ceo@${other}` },
        }),
    }))
    const ways = [
      ...byHttp,
      ...(submission.ports.length > 0 ? bySubmission : []),
      ...(api.has('message.send', 'headers') ? inHeader : []),
    ]
    await verify.each(ways, async ({ send }, verify) => {
      const [to, canary] = [mailbox.address('spoofed'), mailbox.canary()]
      const exchange = await send(to, canary)
      await mailbox.arrived(to, exchange, ground.fence)
      const bad = (await wire.deliveries({ containing: canary }))
        .map(claims)
        .find((claimed) => claimed.fields.length !== 1 || foreign(claimed).length > 0)
      const below = bad !== undefined && bad.fields.length === 1 && foreign(bad).every(isBelow(verified))
      verify.that(bad === undefined, () => ({
        ...verify.sentBy(exchange),
        // Who has a domain has all below it, though nobody has shown that they are used.
        ...(below ? { severity: 'low' as const } : {}),
        expected: `From at ${verified.join(' or ')} alone, or a refusal`,
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

interface Claims {
  readonly delivery: Delivery
  readonly fields: readonly string[]
  readonly authors: readonly string[]
  readonly bounces: readonly string[]
}

/** Whom a message claims to come from: domains in any reading of its From fields, and in its envelope. */
function claims(delivery: Delivery): Claims {
  const fields = readHeaders(delivery.raw)
    .field('From')
    .map(({ value }) => value)
  // A dot at the end names the same domain (RFC 1034 §3.1).
  const named = (domains: readonly string[]) =>
    domains.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '')
  return {
    delivery,
    fields,
    authors: named(fields.flatMap((value) => differential(value).domains)),
    bounces: named([domainOf(delivery.envelope.from)]),
  }
}

function isBelow(verified: readonly string[]) {
  return (domain: string) => verified.some((own) => domain.endsWith(`.${own}`))
}
