import { about, test } from '../../harness/check/check.ts'
import { claimsOfDomains } from '../../harness/steps/claimed-domains.ts'

test(
  'a domain sends for the one tenant who has shown in its DNS that it is theirs',
  about({
    practices: ['P19', 'P33', 'P35'],
    severity: 'critical',
    problem: 'A tenant sends from a domain that another one owns, or that nobody has shown to be theirs',
    why: 'Mail in the name of a stranger leaves signed, from servers that its SPF record names: no receiver can tell it from his own.',
    remediation: {
      effort: 'medium',
      how: 'Bring names into one form before anything else; have each tenant publish a random text of their own; compare the whole of it under that very name; let one tenant at a time have a domain.',
      before: 'const wanted = md5(domain)\nif (texts.some((text) => text.includes(wanted))) verified(domain)',
      after:
        'const wanted = `verification=${claim.random}` // of this tenant and domain\nif (texts.includes(wanted)) verified(domain)',
    },
    references:
      'CWE-284 · CWE-346 · CWE-639 · CWE-345 · API1:2023 · API6:2023 · ASVS 5.0 8.4.1 · ASVS 5.0 2.3.1 · CVE-2024-7208',
    needs: ['principal:neighbour', 'domain.create:name', 'domain.verify', 'message.send:from', 'wire', 'dns'],
    reach: 'intrusive',
    weaknesses: [
      'asks-everybody-for-one-record',
      'hands-domains-to-whoever-verifies-last',
      'knows-domains-by-their-letters',
      'looks-for-its-record-above-as-well',
      'takes-a-sub-domain-for-a-proof',
      'finds-its-record-in-longer-texts',
      'looks-for-its-record-at-www-as-well',
    ],
  }),
  async (kit) => {
    const parts = await claimsOfDomains(kit)
    // A tenant has a domain once, however it is spelled.
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  },
)
