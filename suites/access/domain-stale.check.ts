import { about, test } from '../../harness/check/check.ts'
import { staleDomains } from '../../harness/steps/stale-domains.ts'

test(
  'a domain sends as long as its DNS shows whose it is',
  about({
    practices: ['P19', 'P33', 'P35', 'P28'],
    severity: 'high',
    problem: 'A tenant sends from a domain, or keeps it, that its DNS does not show to be theirs any more',
    why: 'Domains are sold, and expire: whoever had one before goes on to write in the name of who has it now, and keeps them from using it.',
    remediation: {
      effort: 'medium',
      how: 'Look for the proof of each verified domain again, at the latest when it sends and the last look is a day old; stop it where the DNS says that there is none; and let whoever proves a domain have it where the other one cannot any more.',
      before: 'if (domain.verifiedAt !== null) send(message)',
      after: 'if (domain.provedAt > yesterday || (await provedAgain(domain))) send(message)',
    },
    references: 'CWE-672 · CWE-284 · CWE-610 · API9:2023 · ASVS 5.0 2.3.1 · WSTG-CONF-10',
    needs: ['domain.create:name', 'domain.verify', 'message.send:from', 'wire', 'dns'],
    reach: 'intrusive',
    awaitsClocks: true,
    weaknesses: [
      'never-looks-for-proofs-again',
      'looks-for-proofs-when-mail-is-taken-alone',
      'keeps-domains-of-which-nothing-is-found',
      'gives-domains-to-nobody-after-the-first',
      'sends-from-domains-that-were-deleted',
    ],
  }),
  async (kit) => {
    await kit.verify.each(staleDomains(kit), ({ judge }) => judge())
  },
)
