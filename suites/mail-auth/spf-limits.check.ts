import { about, test } from '../../harness/check/check.ts'
import { evaluate } from '../../harness/probes/mail-authentication.ts'
import { dig } from '../../harness/probes/reproduce.ts'
import { createResolver } from '../../harness/probes/resolver.ts'
import { spfFacts, spfLimits } from '../../harness/probes/spf.ts'

test(
  'the SPF record can be evaluated: one record, well-formed, within the limits',
  about({
    id: 'mail-auth/spf-limits',
    practices: ['P33', 'P27'],
    severity: 'medium',
    why: 'An SPF record that takes more than ten look-ups is a permanent error: receivers act as if there were none, or refuse.',
    remediation:
      'Flatten includes or give streams a sub-domain of their own, and keep one v=spf1 record a name.',
    references: ['CWE-20', 'CWE-1284', 'ASVS 5.0 2.2.1', 'RFC 7208 §3.2', 'RFC 7208 §4.6.4'],
    needs: ['profile:mail.domains.0'],
    reach: 'safe',
    weakness: 'recommends-twelve-includes',
  }),
  async ({ evidence, nameServer, profile, verify }) => {
    const resolver = createResolver(nameServer)
    await verify.each(
      profile.mail.domains.map((name) => ({ name })),
      async ({ name: domain }, verify) => {
        const facts = await spfFacts(domain, resolver)
        verify.held(
          resolver.failures().length === 0,
          `DNS did not answer for ${resolver.failures()[0]?.name}`,
          'see that the name server is reachable',
        )
        const { lookups, voids, exchangers, errors, records, attempts } = facts
        const [ip = '127.0.0.1'] = profile.mail.egressAddresses
        const from = `postmaster@${domain}`
        const { spf: evaluated } = await evaluate(Buffer.from(`From: ${from}\r\n\r\n`), {
          ip,
          helo: domain,
          mailFrom: from,
          resolver,
        })
        const numbers = `${lookups} look-ups, ${voids} of them void, at most ${exchangers} exchangers`
        const faults = [
          {
            name: 'records',
            is: records.length !== 1,
            text: `${records.length} records, and ${attempts.length} that fail to be one`,
            // Where bounces go to another domain, mail of this one needs none; nor does it forbid any.
            ...(records.length + attempts.length === 0 ? { severity: 'low' as const } : {}),
          },
          { name: 'syntax', is: errors.length > 0, text: errors.join('; ') },
          {
            name: 'limits',
            is: lookups > spfLimits.lookups || voids > spfLimits.voids || exchangers > spfLimits.exchangers,
            text: numbers,
          },
          {
            name: 'evaluation',
            is: evaluated.result === 'permerror',
            text: `permerror for ${ip}: ${evaluated.comment}`,
          },
          {
            name: 'reserve',
            is: lookups >= spfLimits.lookups - 1 && lookups <= spfLimits.lookups,
            text: numbers,
            severity: 'low' as const,
          },
        ]
        await verify.each(faults, async ({ is, text, severity }, verify) =>
          verify.that(!is, () => ({
            operation: 'domain.get',
            ...(severity === undefined ? {} : { severity }),
            expected: `one SPF record that is well-formed, with at most ${spfLimits.lookups} look-ups and ${spfLimits.voids} void ones`,
            actual: text,
            evidence: [evidence.dns(domain, 'TXT', records.join('\n')), evidence.measurement(numbers)],
            reproduce: dig(domain, 'TXT', nameServer ?? undefined),
          })),
        )
      },
    )
  },
)
