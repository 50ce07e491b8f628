import { about, test } from '../../harness/check/check.ts'
import { seesMail } from '../../harness/check/needs.ts'
import * as bursts from '../../harness/steps/bursts.ts'
import { limitQuestions } from '../../harness/steps/limit-verdicts.ts'

test(
  'the limit of sending that is promised or demanded holds, and its refusal says when to come back',
  about({
    practices: ['P17'],
    severity: 'high',
    problem: 'The limit of sending does not hold, or its refusal does not say when to come back',
    why: 'A stolen key without a limit sends a million messages before anybody looks, and takes the reputation along.',
    remediation: {
      effort: 'medium',
      how: 'Count in one shared limiter before the queue, and answer 429 with an honest Retry-After.',
    },
    references: 'CWE-770 · CWE-799 · API4:2023 · ASVS 5.0 2.4.1 · RFC 6585 §4 · RFC 9110 §10.2.3',
    needs: ['message.send', 'profile:policies.limits.send.principal'],
    reach: 'disruptive',
    weaknesses: [
      'enqueues-despite-the-limit',
      'has-no-limit-for-sending',
      'says-nothing-of-when-to-come-back',
      'says-to-come-back-some-time',
      'says-to-come-back-at-once',
    ],
    habits: ['tells-limits-by-the-draft-alone'],
    exclusive: true,
  }),
  async (kit) => {
    const { post, profile, reach, verify, wire } = kit
    const limit = bursts.sendLimit(profile)
    // Waits, where the window is still closed from an earlier burst.
    const first = await post.send({}, limit.principal)
    verify.accepted(first.exchange)

    const most = bursts.largestBurst(limit, profile.budget)
    const sender = bursts.createSender(kit, limit.principal)
    const tried = await bursts.tryLimit(limit, sender, { most, patience: reach.patience })
    const refusal = bursts.latestLimited(tried.bursts)

    const back = await bursts.comeBack(kit, limit, sender, tried.bursts)
    const sent = async () => {
      await (back?.message.exchange.answer === 'accepted' ? back.message : first).delivered()
      await verify.fenced()
      return bursts.refusedButSent(wire, tried.bursts)
    }
    const reached = () => bursts.sentOf(kit, tried.bursts)
    const seen = seesMail(profile) ? { sent, reached } : { sent: null, reached: null }
    const met = { ...tried, limit, refusal, back, ...seen }
    await verify.each(limitQuestions(met), async ({ judge }) => judge(kit, met))
  },
)
