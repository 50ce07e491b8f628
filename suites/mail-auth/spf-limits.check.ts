import { about, test } from '../../harness/check/check.ts'
import { spfFacts, spfFaults, spfLimits } from '../../harness/probes/spf.ts'
import { permanentError } from '../../harness/steps/authenticated-mail.ts'

test(
  'the SPF record can be evaluated: one record, well-formed, within the limits',
  about({
    practices: ['P33', 'P27'],
    severity: 'medium',
    problem: 'The SPF record cannot be evaluated',
    why: 'An SPF record that takes more than ten look-ups is a permanent error: receivers act as if there were none, or refuse.',
    remediation: {
      effort: 'low',
      how: 'Flatten includes or give streams a sub-domain of their own, and keep one v=spf1 record a name.',
      before: 'v=spf1 include:a.example include:b.example … (12 includes) -all',
      after: 'v=spf1 include:spf.example -all',
    },
    references: 'CWE-20 · CWE-1284 · ASVS 5.0 2.2.1 · RFC 7208 §3.2 · RFC 7208 §4.6.4',
    needs: ['profile:mail.domains.0'],
    reach: 'safe',
    weaknesses: [
      'recommends-twelve-includes',
      'recommends-no-spf',
      'recommends-a-second-spf-record',
      'recommends-spf-with-a-typo',
      'recommends-nine-includes',
      'recommends-names-that-are-gone',
    ],
  }),
  async ({ profile, resolver, saw, verify }) => {
    const { domains, egressAddresses } = profile.mail
    const addresses = egressAddresses.length > 0 ? egressAddresses : ['127.0.0.1']
    await verify.each(
      domains.map((domain, n) => ({ name: `domain ${n + 1}`, domain })),
      async ({ domain }) => {
        const facts = await spfFacts(domain, resolver)
        verify.held(
          resolver.failures().length === 0,
          `DNS did not answer for ${resolver.failures()[0]?.name}`,
          'see that the name server is reachable',
        )
        const error = await permanentError(domain, addresses, resolver)
        saw.measured(`${facts.lookups} look-ups, ${facts.voids} of them void`)
        await verify.each(spfFaults(facts, error), async ({ applies, is, severity, text }) => {
          verify.applies(applies, 'there is no SPF record')
          verify.that(!is, {
            ...{ operation: 'domain.get', severity },
            expected: `one SPF record that is well-formed, with at most ${spfLimits.lookups} look-ups and ${spfLimits.voids} void ones`,
            actual: `${domain}: ${text}`,
          })
        })
      },
    )
  },
)
