import { about, test } from '../../harness/check/check.ts'
import { unsubscribing } from '../../harness/steps/unsubscribing.ts'

test(
  'an unsubscribe link is good for the reader of its mail alone, as it was made',
  about({
    practices: ['P18', 'P21', 'P27'],
    severity: 'high',
    problem: 'Readers can be unsubscribed by links that are not theirs',
    why: 'Who makes such links takes a customer’s readers off the list one by one, bills and resets of passwords included.',
    remediation: {
      effort: 'low',
      how: 'Put a proof over tenant, list and reader into the link (HMAC-SHA-256), compare all of it in constant time, take nothing else from the request, and change something by POST alone.',
      before: 'const email = atob(request.query.e)',
      after: 'if (!timingSafeEqual(proof, hmac(key, `unsubscribe:${message}`))) throw new NotFound()',
    },
    references:
      'CWE-639 · CWE-345 · CWE-330 · CWE-352 · API1:2023 · API6:2023 · ASVS 5.0 8.2.2 · ASVS 5.0 11.5.1 · ASVS 5.0 3.5.3 · RFC 8058 §3.1 · RFC 8058 §6',
    needs: ['message.send', 'wire', 'profile:pages'],
    reach: 'intrusive',
    weaknesses: [
      'unsubscribes-whom-the-link-names',
      'unsubscribes-whom-the-query-names',
      'numbers-unsubscribe-links',
      'takes-any-proof-of-unsubscribe-links',
      'compares-the-beginnings-of-proofs',
      'takes-unsigned-tokens-for-links',
      'unsubscribes-whoever-follows-a-link',
      'suppresses-for-every-tenant',
    ],
  }),
  async (kit) => {
    const { genuineCounts, parts } = unsubscribing(kit)
    await genuineCounts()
    // A number further on may be that of a reader of another part.
    await kit.verify.each(parts, ({ judge }) => judge(), 'one by one')
  },
)
