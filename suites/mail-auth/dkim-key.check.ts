import { about, test } from '../../harness/check/check.ts'
import { declaredKeys, dkimFaults, signingKeys } from '../../harness/probes/dkim-faults.ts'
import { dkimKeyFacts } from '../../harness/probes/dkim-key.ts'
import { dig } from '../../harness/probes/reproduce.ts'
import { createResolver, DnsFailure } from '../../harness/probes/resolver.ts'
import { Unproven } from '../../harness/verdicts.ts'

test(
  'the DKIM key is strong, alone at its name and out of testing',
  about({
    id: 'mail-auth/dkim-key',
    practices: ['P33', 'P28', 'P10'],
    severity: 'high',
    why: 'A short RSA key is factored for pocket money, and t=y tells receivers to treat signed mail as unsigned.',
    remediation:
      'Publish RSA keys of 2048 bits or Ed25519, one record a selector, without t=y, and sign with SHA-256.',
    references: [
      'CWE-326',
      'CWE-327',
      'CWE-489',
      'ASVS 5.0 11.2.3',
      'RFC 8301 §3.2',
      'RFC 8463',
      'RFC 6376 §3.6.1',
    ],
    needs: ['message.send', 'wire', 'profile:mail.domains'],
    reach: 'safe',
    weakness: 'keeps-the-onboarding-dkim-key',
  }),
  async ({ api, evidence, mailbox, nameServer, profile, verify }) => {
    const resolver = createResolver(nameServer)
    const factsOf = (selector: string, domain: string) =>
      dkimKeyFacts(selector, domain, resolver).catch((error: unknown) => {
        if (!(error instanceof DnsFailure)) throw error
        throw new Unproven(error.message, 'see that the name server is reachable')
      })
    const to = mailbox.address('signed')
    const delivery = await mailbox.delivery(to, await api.call('message.send', { to, ...mailbox.letter() }))
    const signatures = signingKeys(delivery.raw)
    verify.held(
      signatures.length > 0,
      'the delivered message has no DKIM-Signature',
      'see mail-auth/dkim-valid first',
    )
    const named = [...(await declaredKeys(profile.mail, factsOf)), ...signatures].map((key) => ({
      name: `${key.selector}._domainkey.${key.domain}`,
      ...key,
    }))
    const keys = [...new Map(named.map((key) => [key.name, key])).values()]
    await verify.each(keys, async ({ selector, domain, algorithm }, verify) => {
      const facts = await factsOf(selector, domain)
      // RFC 6376 §3.6.1: an empty p= says that the key is out of use, and so it is unless something bears it.
      if (facts.revoked && algorithm === '') return
      verify.held(
        !facts.wildcard,
        `a wildcard answers for every selector of ${domain}`,
        'remove it: it hides what is published',
      )
      await verify.each(dkimFaults(facts, algorithm), async ({ is, severity, text }, verify) =>
        verify.that(!is, () => ({
          operation: 'domain.get',
          severity,
          expected:
            'one record with an RSA key of 2048 bits or more, or Ed25519, not in testing, for SHA-256',
          actual: text,
          evidence: [
            evidence.dns(facts.name, 'TXT', facts.records.join('\n')),
            evidence.delivery(delivery, 'DKIM-Signature'),
          ],
          reproduce: dig(facts.name, 'TXT', nameServer ?? undefined),
        })),
      )
    })
  },
)
