import { about, test } from '../../harness/check/check.ts'
import { forgedEvents } from '../../harness/steps/told-events.ts'

test(
  'an event of a relay counts once, and only where its endpoint has just signed it',
  about({
    practices: ['P18', 'P29', 'P10'],
    severity: 'critical',
    problem: 'Anybody can tell of events in the name of a relay',
    why: 'Whoever writes events takes readers off the list one by one, of every customer at once, or has mail stand as delivered that never was.',
    remediation: {
      effort: 'low',
      how: 'Verify before anything is read of it: HMAC over id, time and the body as it came, by the secret of this endpoint alone, compared in constant time; refuse what is five minutes off, keep ids for as long, and let an endpoint tell of messages of its own tenant alone.',
      before: 'if (request.headers[name]) verify(JSON.stringify(request.body), process.env.WEBHOOK_SECRET)',
      after:
        'new Webhook(endpoint.secret).verify(rawBody, request.headers) // throws unless all three fit\nif (!seen.add(id)) return',
    },
    references:
      'CWE-345 · CWE-347 · CWE-294 · CWE-290 · API2:2023 · API10:2023 · ASVS 5.0 4.1.5 · ASVS 5.0 9.1.1 · RFC 2104',
    needs: ['event.ingest', 'suppression.list'],
    reach: 'intrusive',
    weaknesses: [
      'looks-at-no-signature-of-events',
      'looks-at-signatures-of-events-only-when-there-are-any',
      'takes-any-signature-of-events',
      'looks-at-a-single-signature-of-events-alone',
      'takes-versions-of-signatures-that-it-does-not-know',
      'compares-the-beginnings-of-signatures-of-events',
      'compares-as-much-of-signatures-as-was-sent',
      'compares-signatures-of-events-in-any-case',
      'takes-a-hash-for-a-signature-of-events',
      'takes-signatures-of-events-by-sha-1',
      'takes-events-signed-by-an-empty-secret',
      'takes-events-signed-by-the-id-of-the-endpoint',
      'takes-events-signed-by-any-endpoint-of-the-tenant',
      'takes-events-signed-by-any-endpoint',
      'takes-events-about-messages-of-other-tenants',
      'verifies-events-after-parsing',
      'ignores-the-time-of-events',
      'takes-events-from-the-future',
      'takes-times-of-events-that-are-no-numbers',
      'looks-at-times-of-events-only-when-there-are-any',
      'looks-at-the-last-of-several-times-of-events',
      'looks-at-the-first-of-several-times-of-events',
      'takes-events-twice',
    ],
  }),
  async (kit) => {
    const parts = await forgedEvents(kit)
    await kit.verify.each(parts, ({ judge }) => judge())
  },
)
