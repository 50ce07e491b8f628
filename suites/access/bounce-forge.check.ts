import { about, test } from '../../harness/check/check.ts'
import { falseReports } from '../../harness/steps/returned-mail.ts'

test(
  'nobody gets less mail by reports of what did not come back of theirs',
  about({
    practices: ['P18', 'P29', 'P21'],
    severity: 'high',
    problem: 'Readers are suppressed by reports that anybody can send',
    why: 'Whoever writes such reports takes a customer’s readers off the list one by one, bills and resets of passwords included, and spoils the name of the customer.',
    remediation: {
      effort: 'medium',
      how: 'Put a proof over tenant, message and reader into the return path (HMAC-SHA-256), refuse every other recipient, and believe of a report only that it is about that reader: no words, no answers, no delays.',
      before: 'suppress(report.finalRecipient)',
      after:
        'const reader = readerOf(verified(envelope.to)) // by the proof in it\nif (report.isPermanent && report.finalRecipient === reader) suppress(reader)',
    },
    references:
      'CWE-345 · CWE-290 · CWE-807 · API6:2023 · ASVS 5.0 2.2.1 · RFC 3464 · RFC 5965 · RFC 3834 §2 · RFC 5321 §4.5.5',
    needs: ['message.send', 'wire', 'profile:mail.inbound'],
    reach: 'intrusive',
    weaknesses: [
      'suppresses-whom-reports-name',
      'believes-complaints-about-anybody',
      'believes-reports-to-any-return-path',
      'reads-failures-in-plain-words',
      'takes-every-answer-for-a-bounce',
      'takes-delays-for-failures',
      'numbers-return-paths',
      'makes-return-paths-of-addresses',
      'takes-any-proof-of-return-paths',
      'compares-the-beginnings-of-return-paths',
      'suppresses-for-every-tenant',
    ],
  }),
  async (kit) => {
    const parts = await falseReports(kit)
    await kit.verify.each(parts, ({ judge }) => judge())
  },
)
