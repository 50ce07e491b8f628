import { setTimeout as after } from 'node:timers/promises'
import { retryAfter } from '../../harness/api/retry-after.ts'
import { about, test } from '../../harness/check/check.ts'

test(
  'the promised limit of sending holds, and its refusal says when to come back',
  about({
    id: 'rate-limit/send-burst',
    practices: ['P17'],
    severity: 'high',
    why: 'A stolen key without a limit sends a million messages before anybody looks, and takes the reputation along.',
    remediation: 'Count in one shared limiter before the queue, and answer 429 with an honest Retry-After.',
    references: ['CWE-770', 'CWE-799', 'API4:2023', 'ASVS 5.0 2.4.1', 'RFC 6585 §4', 'RFC 9110 §10.2.3'],
    needs: ['message.send', 'mailbox', 'profile:policies.limits.send.principal'],
    reach: 'disruptive',
    weakness: 'enqueues-despite-the-limit',
    exclusive: true,
  }),
  async ({ api, evidence, mailbox, profile, reach, verify, wire }) => {
    const promised = profile.policies.limits?.send
    const [limit, principal] = [promised?.limit ?? 0, promised?.principal ?? '']
    const send = (to: string) =>
      api.call('message.send', { to, ...mailbox.letter() }, principal, { unlimited: true })

    // Waits, where the window is still closed from an earlier burst.
    const quiet = await api.call(
      'message.send',
      { to: mailbox.address('quiet'), ...mailbox.letter() },
      principal,
    )
    verify.held(
      quiet.answer === 'accepted',
      `a first message was answered ${quiet.response?.status ?? quiet.failure}`,
    )

    const attempts = Array.from({ length: limit * 2 + 2 }, (_, n) => mailbox.address(`burst${n}`))
    const began = performance.now()
    const exchanges = await Promise.all(attempts.map(send))
    // A slow burst earns more: the limit holds for a window.
    const windows = (performance.now() - began) / 1000 / (promised?.window ?? 1)
    const allowed = Math.ceil(limit * 1.1 + limit * windows)
    verify.held(
      allowed < attempts.length,
      `the burst took ${windows.toFixed(1)} windows: too slow to meet the limit`,
      'run it alone',
    )
    const accepted = exchanges.filter(({ answer }) => answer === 'accepted')
    const limited = exchanges.find(({ answer }) => answer === 'limited')
    const [last = quiet] = exchanges.slice(-1)
    verify.that(limited !== undefined && accepted.length <= allowed, () => ({
      ...verify.sentBy(last),
      expected: `429 after ${limit} messages in ${promised?.window} s`,
      actual: `${accepted.length} of ${attempts.length} were accepted`,
      evidence: [evidence.exchange(last)],
    }))
    if (limited === undefined) return

    const pause = retryAfter(limited)
    verify.that(pause !== null && pause >= 0 && pause <= 86_400, () => ({
      ...verify.sentBy(limited),
      severity: 'medium',
      expected: 'a Retry-After of seconds or a date within a day',
      actual: `Retry-After: ${limited.response?.headers.find(([name]) => name === 'retry-after')?.[1] ?? '(none)'}`,
      evidence: [evidence.exchange(limited)],
    }))
    verify.held(
      (pause ?? 0) <= reach.patience,
      `Retry-After names ${pause} s: whether it is honest shows only by the clock`,
      'shorten the window in this environment',
    )
    // RFC 9110 §10.2.3 names a time to wait.
    await after((pause ?? 0) * 1100 + 50)
    const returning = mailbox.address('after')
    const back = await send(returning)
    if (back.response === null) verify.answered(back)
    verify.that(back.answer === 'accepted', () => ({
      ...verify.sentBy(back),
      severity: 'medium',
      expected: `a message accepted after Retry-After (${pause} s)`,
      actual: `it was answered ${back.response?.status ?? back.failure}`,
      evidence: [evidence.exchange(limited), evidence.exchange(back)],
    }))
    await Promise.all([mailbox.delivery(returning, back), verify.fenced()])
    const through = await Promise.all(
      attempts.map(async (to, n) => {
        const [delivery] = exchanges[n]?.answer === 'limited' ? await wire.deliveries({ to }) : []
        return delivery === undefined ? [] : [delivery]
      }),
    )
    const [delivery] = through.flat()
    verify.that(delivery === undefined, () => ({
      ...verify.sentBy(limited),
      expected: 'what is answered 429 is not sent',
      actual: `${through.flat().length} messages that were answered 429 reached the wire`,
      evidence: [
        evidence.exchange(limited),
        ...(delivery === undefined ? [] : [evidence.delivery(delivery)]),
      ],
    }))
  },
)
