import { about, test } from '../../harness/check.ts'
import { dkimKeyFacts } from '../../harness/probes/dkim-key.ts'
import { readHeaders } from '../../harness/probes/headers.ts'
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
    const signatures = readHeaders(delivery.raw)
      .field('DKIM-Signature')
      .map(({ value }) => ({
        selector: tag(value, 's'),
        domain: tag(value, 'd'),
        algorithm: tag(value, 'a'),
      }))
    const declared = profile.mail.selectors.flatMap((selector) =>
      profile.mail.domains.map((domain) => ({ selector, domain, algorithm: '' })),
    )
    verify.held(
      signatures.length > 0,
      'the delivered message has no DKIM-Signature',
      'see mail-auth/dkim-valid first',
    )
    // A selector may be of one of the domains alone: it counts where it has a record, or where it has none anywhere.
    const published = await Promise.all(
      declared.map(async (key) => (await factsOf(key.selector, key.domain)).records.length > 0),
    )
    const counting = declared.filter(
      ({ selector }, n) =>
        published[n] || !declared.some((other, m) => other.selector === selector && published[m]),
    )
    const keys = [
      ...new Map([...counting, ...signatures].map((key) => [`${key.selector} ${key.domain}`, key])).values(),
    ]
    await verify.each(
      keys.map((key) => ({ name: `${key.selector}._domainkey.${key.domain}`, ...key })),
      async ({ selector, domain, algorithm }, verify) => {
        const facts = await factsOf(selector, domain)
        // RFC 6376 §3.6.1: an empty p= says that the key is out of use, and so it is unless something bears it.
        if (facts.revoked && algorithm === '') return
        verify.held(
          !facts.wildcard,
          `a wildcard answers for every selector of ${domain}`,
          'remove it: it hides what is published',
        )
        const { bits, keyType } = facts
        const short = keyType === 'rsa' && bits !== null && bits < 2048
        const faults = [
          {
            name: 'size',
            is: short,
            severity: bits !== null && bits < 1024 ? 'high' : 'medium',
            text: `an RSA key of ${bits} bits`,
          },
          { name: 'testing', is: facts.testing, severity: 'medium', text: 't=y: testing' },
          {
            name: 'records',
            is: facts.records.length !== 1,
            severity: 'high',
            text: `${facts.records.length} records`,
          },
          {
            name: 'syntax',
            is: facts.syntaxErrors.length > 0 || bits === null,
            severity: 'high',
            text: facts.syntaxErrors.join('; ') || 'no readable key',
          },
          {
            name: 'hash',
            is: algorithm.includes('sha1') || facts.hashes?.includes('sha1') === true,
            severity: 'high',
            text: 'SHA-1',
          },
        ] as const
        await verify.each(faults, async ({ is, severity, text }, verify) =>
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
      },
    )
  },
)

/** A tag of a DKIM-Signature (RFC 6376 §3.5), `''` where there is none. */
function tag(value: string, name: string): string {
  return new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([^;]*)`).exec(value)?.[1]?.replace(/\s/g, '') ?? ''
}
