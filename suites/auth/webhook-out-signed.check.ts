import { about, test } from '../../harness/check/check.ts'
import { hearEvents, inClear, judgementsOf, rotationOf } from '../../harness/steps/webhooks.ts'

test(
  'what is posted to a webhook is signed by a secret of its own, over its body, its id and the time',
  about({
    practices: ['P10', 'P29', 'P11'],
    severity: 'high',
    problem: 'Receivers of webhooks cannot tell events from what somebody else sends',
    why: 'Whoever may write events suppresses recipients, confirms orders and opens accounts at the customer, in the name of the API.',
    remediation: {
      effort: 'medium',
      how: 'Sign as Standard Webhooks does: HMAC-SHA256 over id, time and body, by a random secret of each webhook, anew for each try, and after a rotation by both secrets for a while.',
      before: "headers['x-signature'] = hmac(process.env.WEBHOOK_SECRET, body)",
      after: "headers['webhook-signature'] = `v1,${hmac(webhook.secret, `${id}.${timestamp}.${body}`)}`",
    },
    references:
      'CWE-345 · CWE-319 · CWE-294 · API10:2023 · ASVS 5.0 4.1.5 · ASVS 5.0 12.3.2 · ASVS 5.0 11.5.1 · RFC 2104',
    needs: ['webhook.create', 'message.send', 'callback', 'mailbox'],
    reach: 'intrusive',
    awaitsClocks: true,
    weaknesses: [
      'posts-events-unsigned',
      'gives-every-webhook-the-same-secret',
      'gives-webhooks-of-a-tenant-the-same-secret',
      'signs-by-the-first-secret-of-the-tenant',
      'makes-short-secrets-of-webhooks',
      'signs-events-without-the-body',
      'signs-events-without-the-time',
      'signs-events-without-the-id',
      'signs-the-body-of-events-alone',
      'sends-events-again-with-the-first-time',
      'stamps-events-in-local-time',
      'signs-by-the-secret-from-before-a-rotation',
      'signs-by-former-secrets-for-ever',
      'shows-secrets-of-webhooks-again',
      'sends-the-secret-along-with-events',
      'tells-webhooks-of-every-tenant',
      'posts-events-in-clear',
    ],
  }),
  async (kit) => {
    const { verify } = kit
    const heard = await hearEvents(kit)
    await verify.each(judgementsOf(kit, heard), ({ judge }) => judge())
    const later = [...rotationOf(kit, heard), ...inClear(kit, heard)]
    await verify.each(later, ({ judge }) => judge(), 'one by one')
    await heard.forget()
  },
)
