import { about, test } from '../../harness/check/check.ts'
import { domainOf } from '../../harness/probes/addresses.ts'
import { foreignSenders } from '../../harness/probes/corpora.ts'
import { falseClaim } from '../../harness/probes/sender-claims.ts'

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

    const parent = v.split('.').slice(1).join('.')
    const other = `other-${mailbox.canary().slice(0, 8)}.${parent}`
    const byHttp = foreignSenders({ v, parent, other }).map(({ name, from }) => ({
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
      send: (to: string, canary: string) => {
        const headers = { [header]: `ceo@${other}` }
        return api.call('message.send', { to, subject: canary, text: canary, headers })
      },
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
        .map((delivery) => falseClaim(delivery, { verified, bounces: usual }))
        .find((claim) => claim !== null)
      verify.that(bad === undefined, () => ({
        ...verify.sentBy(exchange),
        // Who has a domain has all below it, though nobody has shown that they are used.
        ...(bad?.below ? { severity: 'low' as const } : {}),
        expected: `From at ${verified.join(' or ')} alone, or a refusal`,
        actual: bad?.text ?? '',
        evidence: [
          evidence.exchange(exchange),
          ...(bad === undefined ? [] : [evidence.delivery(bad.delivery)]),
        ],
      }))
      verify.answered(exchange)
    })
  },
)
