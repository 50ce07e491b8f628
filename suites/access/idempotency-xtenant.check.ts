import { about, test } from '../../harness/check/check.ts'
import { repeatedKeys } from '../../harness/steps/idempotency-keys.ts'

test(
  'an Idempotency-Key has one message sent once, and hides no other',
  about({
    practices: ['P29', 'P21', 'P17'],
    severity: 'high',
    problem: 'An Idempotency-Key has a message sent twice, or hides one of somebody else',
    why: 'Keys such as order-1001 come up with many customers: one is told of the message of another, and the own never leaves.',
    remediation: {
      effort: 'low',
      how: 'Keep answers by tenant, credential, route and key with a hash of the request, and take the key in one statement before the message is.',
      before: 'const known = await redis.get(`idem:${key}`)\nif (known) return known',
      after:
        "const scope = hash(tenant, credential, route, key)\nif (!(await redis.set(scope, hash(body), 'NX', 'EX', day))) return answerOf(scope, hash(body))",
    },
    references:
      'CWE-639 · CWE-362 · CWE-524 · API1:2023 · API6:2023 · ASVS 5.0 8.4.1 · ASVS 5.0 15.4.2 · ASVS 5.0 2.3.3 · draft-ietf-httpapi-idempotency-key-header-07 §2',
    needs: ['message.send:idempotencyKey', 'mailbox'],
    reach: 'intrusive',
    weaknesses: [
      'shares-idempotency-keys-among-tenants',
      'keeps-answers-by-the-idempotency-key-alone',
      'ignores-what-a-repeated-request-holds',
      'looks-for-idempotency-keys-before-it-takes-them',
      'takes-idempotency-keys-in-any-case',
      'cuts-idempotency-keys-short',
      'forgets-idempotency-keys',
      'answers-for-what-it-refused-as-for-what-it-took',
    ],
  }),
  async (kit) => {
    await kit.verify.each(repeatedKeys(kit), ({ judge }) => judge())
  },
)
