import { about, test } from '../../harness/check/check.ts'
import { keysOfOthers } from '../../harness/steps/signing-keys.ts'

test(
  'a domain is signed for with the key of the tenant whose it is, and so is no mail of another',
  about({
    practices: ['P28', 'P33', 'P10'],
    severity: 'high',
    problem: 'One tenant changes the key that the mail of another is signed with, or has mail signed by it',
    why: 'Signatures that nobody can verify have a customer’s mail refused everywhere; and who has another customer’s signature on mail of their own writes in that name.',
    remediation: {
      effort: 'medium',
      how: 'Keep each key by tenant and domain under an id of your own, make selectors yourself or take single labels alone, and sign for a domain that the sender has verified.',
      before: 'const key = readFileSync(`dkim/${selector}.pem`)',
      after: 'const key = await keys.get({ tenant, domain: domain.id }) // of a verified domain of theirs',
    },
    references:
      'CWE-639 · CWE-284 · CWE-345 · API1:2023 · ASVS 5.0 8.4.1 · ASVS 5.0 13.3.2 · RFC 6376 §3.1 · RFC 6376 §8.3',
    needs: ['principal:neighbour', 'domain.create:name', 'domain.verify', 'message.send:from', 'wire', 'dns'],
    reach: 'intrusive',
    weaknesses: [
      'keeps-dkim-keys-by-selector-alone',
      'makes-paths-of-selectors',
      'signs-with-the-latest-key-of-a-domain',
      'signs-for-whatever-domain-is-named',
    ],
  }),
  async (kit) => {
    const parts = await keysOfOthers(kit)
    // Each looks at what the one before has left.
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  },
)
