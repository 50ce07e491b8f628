import { about, test } from '../../harness/check/check.ts'
import { domainOf } from '../../harness/probes/addresses.ts'
import { falseClaim } from '../../harness/probes/sender-claims.ts'
import { replacementsOf, waysToClaimASender } from '../../harness/steps/foreign-senders.ts'

test(
  'mail leaves only in the name of a domain that the sender has verified',
  about({
    practices: ['P19', 'P18', 'P33'],
    severity: 'critical',
    problem: 'Mail leaves in the name of a domain or an address that its sender has not verified',
    why: 'A loose comparison of sender domains lets any customer write in the name of somebody else, with a good reputation.',
    remediation: {
      effort: 'medium',
      how: 'Parse From once, compare its A-label domain exactly with the verified ones, and write it anew.',
      before: 'sender.endsWith(verifiedDomain)',
      after: 'domainToASCII(sender.domain) === verifiedDomain',
    },
    references: 'CWE-346 · CWE-290 · CWE-183 · API6:2023 · ASVS 5.0 2.2.1 · RFC 6409 §6.1 · RFC 5321 §7.1',
    needs: ['sending', 'wire', 'profile:mail.domains'],
    reach: 'intrusive',
    habits: [
      'drops-what-it-cannot-send',
      'breaks-on-what-it-cannot-send',
      'hangs-up-on-what-it-cannot-send',
      'replaces-senders-that-are-not-verified',
    ],
    weaknesses: [
      'matches-sender-domains-by-suffix',
      'matches-sender-domains-by-prefix',
      'matches-sender-domains-by-organisation',
      'sends-from-any-domain',
      'looks-for-the-verified-domain-anywhere',
      'reads-the-sender-from-behind-the-last-at',
      'reads-the-first-address-of-several-senders',
      'checks-one-sender-and-writes-another',
      'sends-as-root-where-nobody-is-named',
      'checks-the-envelope-sender-alone',
      'takes-from-for-a-header-like-any-other',
      'follows-the-routes-in-sender-addresses',
      'takes-several-from-fields',
      'reads-the-last-of-several-from-fields',
      'reads-the-first-author-of-composed-messages',
      'reads-the-last-author-of-composed-messages',
    ],
  }),
  async (kit) => {
    const { mailbox, post, profile, verify, wire } = kit
    const { from, domains } = profile.mail
    const rightfully = await post.send()
    const own = await rightfully.delivered()
    const replacements = await replacementsOf(kit)
    const rightful = {
      verified: [...new Set([from.split('@')[1] ?? '', ...domains].map((domain) => domain.toLowerCase()))],
      // A provider may have return paths of its own: what it uses for a rightful sender is no finding.
      bounces: [domainOf(own.envelope.from), ...replacements.map(({ bounces }) => bounces)],
      replaces: replacements.map(({ author }) => author),
    }
    const ways = waysToClaimASender(kit)
    verify.applies(
      ways.length > 0,
      'nothing that the profile declares takes a From: neither from nor headers, and no submission',
    )
    await verify.each(ways, async ({ send, cell }) => {
      const canary = mailbox.canary()
      const sent = await send({ subject: canary, text: canary })
      await sent.arrived()
      const claims = (await wire.deliveries({ containing: canary })).map((mail) => falseClaim(mail, rightful))
      const bad = claims.find((claim) => claim !== null)
      verify.that(bad === undefined, {
        ...{ of: sent.exchange, mail: bad?.delivery, ...(cell && { permission: 'refused', cell }) },
        severity: bad?.slight ? 'low' : undefined,
        expected: `From at ${rightful.verified.join(' or ')} alone, or a refusal`,
        actual: bad?.text ?? '',
      })
      verify.answered(sent.exchange, 'the effect decides')
    })
    const cell = { domain: domainOf(from) }
    verify.that(true, {
      of: rightfully.exchange,
      permission: 'allowed',
      cell,
      expected: 'it arrives',
      actual: '',
    })
  },
)
