import { about, test } from '../../harness/check/check.ts'
import { createSender, sendLimit } from '../../harness/steps/bursts.ts'
import { judgeBatches, tryInBatches, waysAround } from '../../harness/steps/limit-channels.ts'
import { shownBy, tryWaysAround } from '../../harness/steps/ways-around.ts'

test(
  'no header, spelling or channel leads around the limit',
  about({
    practices: ['P17', 'P13'],
    severity: 'high',
    problem: 'A header, a spelling or a channel leads around the limit',
    why: 'A limit that counts by what the caller writes himself is no limit: each request comes as somebody new.',
    remediation: {
      effort: 'medium',
      how: 'Count by tenant and account, after routing, in one limiter for every channel; trust no client address field.',
      before: "limiter.take(request.headers['x-forwarded-for'] ?? request.ip)",
      after: 'limiter.take(caller.tenant)',
    },
    references: 'CWE-799 · CWE-348 · CWE-770 · API4:2023 · ASVS 5.0 15.3.4 · ASVS 5.0 2.4.1 · WSTG-BUSL-05',
    needs: ['message.send', 'mailbox', 'profile:policies.limits.send.principal'],
    reach: 'disruptive',
    habits: ['answers-other-paths-with-a-page'],
    weaknesses: [
      'limits-by-forwarded-address',
      'limits-by-any-claimed-address',
      'limits-by-user-agent',
      'limits-by-cookie',
      'limits-by-the-path-as-it-came',
      'counts-a-batch-as-one-message',
      'counts-no-composed-messages',
      'counts-nothing-that-is-submitted',
    ],
    exclusive: true,
  }),
  async (kit) => {
    const { api, profile, verify } = kit
    const limit = sendLimit(profile)
    const inBatches = api.has('message.batch', 'messages') ? [{ name: 'messages in batches' }] : []
    await verify.each(inBatches, async () => judgeBatches(kit, await tryInBatches(kit, limit)))
    const sender = createSender(kit, limit.principal)
    const ways = await waysAround(kit, sender, limit.principal)
    const tried = await tryWaysAround({ ...kit, sender }, limit, ways)
    verify.held(true, 'the limit answers the plain request')

    await verify.each(tried, async ({ name, way, seen, ...one }) => {
      if (seen !== 'more' && way.alone !== undefined) verify.accepted(await way.alone())
      const counted = `${one.passed.length} of ${one.sent} messages got through by ${name}, and ${one.plain.passed} of ${one.plain.of} plain ones in the same burst`
      verify.held(
        seen !== 'unclear',
        `${counted}: whether it leads around the limit cannot be told`,
        'lower the limit of that principal in this environment, shorten its window, or run it on a quieter machine',
      )
      verify.that(seen !== 'more', {
        ...shownBy(one),
        expected: 'no more messages than by the plain request, after a burst that uses the limit up',
        actual: `${counted}; so it was in a burst before`,
      })
    })
  },
)
