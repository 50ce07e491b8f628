import { about, test } from '../../harness/check/check.ts'
import { forcedSenders } from '../../harness/steps/envelope-senders.ts'

test(
  'mail comes back to an address of its sender, whatever a header field or an envelope names',
  about({
    practices: ['P19', 'P35', 'P33'],
    severity: 'high',
    problem: 'A caller has mail leave with the envelope sender of somebody else, or with none',
    why: 'Bounces flood whoever is named, nobody counts them, and SPF is asked for a domain that is not the sender’s.',
    remediation: {
      effort: 'low',
      how: 'Write the envelope sender yourself, at a domain of the tenant, and take Return-Path, Errors-To and a foreign Sender out of what callers compose.',
      before: 'transport.sendMail({ envelope: req.body.envelope, raw })',
      after:
        'transport.sendMail({ envelope: { from: `bounce+${id}@bounce.${domain}`, to }, raw: withoutTraces(raw) })',
    },
    references:
      'CWE-20 · CWE-346 · CWE-441 · API6:2023 · ASVS 5.0 2.2.1 · RFC 5321 §4.4 · RFC 6409 §6.1 · RFC 7208 §2.4',
    needs: ['sending', 'wire'],
    reach: 'intrusive',
    weaknesses: [
      'returns-mail-to-whom-a-field-names',
      'sends-from-the-envelope-as-given',
      'keeps-return-paths-of-composed-messages',
      'takes-any-sender-field-of-composed-messages',
    ],
  }),
  async (kit) => {
    const senders = forcedSenders(kit)
    kit.verify.applies(
      senders.length > 0,
      'nothing of the profile names an envelope sender or a header field',
    )
    await kit.verify.each(senders, ({ judge }) => judge())
  },
)
