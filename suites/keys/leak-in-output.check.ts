import { about, test } from '../../harness/check/check.ts'
import { notDelivered, notRepeated, refusedInQuery } from '../../harness/steps/leaking-keys.ts'

test(
  'a key is taken from no URL, and stands in no mail, error or redirect',
  about({
    practices: ['P02', 'P16', 'P23'],
    severity: 'high',
    problem: 'Keys are taken from URLs, or stand in mail, errors or redirects',
    why: 'What stands in a URL, an error or a message is kept by logs, browsers and mailboxes of people who are not to have the key.',
    remediation: {
      effort: 'low',
      how: 'Take keys from header fields alone, and build messages, errors and redirects of what belongs there, never of the request.',
      before: 'const key = request.headers.authorization ?? request.query.api_key',
      after: 'const key = request.headers.authorization',
    },
    references: 'CWE-598 · CWE-209 · CWE-200 · API8:2023 · ASVS 5.0 14.2.1 · ASVS 5.0 16.5.1 · RFC 6750 §5.3',
    needs: ['principal:admin'],
    reach: 'safe',
    showsBadCredentials: true,
    weaknesses: [
      'takes-keys-from-the-query',
      'repeats-requests-in-errors',
      'redirects-with-the-key',
      'puts-keys-into-unsubscribe-links',
    ],
  }),
  async (kit) => {
    await kit.verify.each(
      [
        { name: 'in the query', judge: refusedInQuery },
        { name: 'in errors and redirects', judge: notRepeated },
        { name: 'in mail', judge: notDelivered },
      ],
      ({ judge }) => judge(kit),
    )
  },
)
