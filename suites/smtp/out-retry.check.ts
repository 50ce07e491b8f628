import { about, test } from '../../harness/check/check.ts'

test('a temporary failure delays mail, and neither loses nor doubles it', {
  ...about({
    id: 'smtp/out-retry',
    practices: ['P27'],
    severity: 'medium',
    why: 'Exchangers put mail off every day, by greylisting above all: who gives up then loses it, and who sends all of it again sends some twice.',
    remediation:
      'Keep what was answered 4xx in the queue, each recipient by itself, and try again for days before it bounces.',
    references: ['CWE-755', 'RFC 5321 §4.2.1', 'RFC 5321 §4.5.4.1', 'RFC 6647 §2'],
    needs: ['message.send', 'mailbox', 'profile:policies.retry.within'],
    reach: 'intrusive',
    weakness: 'gives-up-after-a-temporary-failure',
  }),
  // The profile bounds each of its waits, some of them by hours.
  timeout: 0,
}, async ({ api, evidence, mailbox, profile, putOff, verify, wire }) => {
  const send = (to: readonly string[]) => api.call('message.send', { to, ...mailbox.letter() })
  const control = [mailbox.address('control'), mailbox.address('control')]
  const sent = await send(control)
  await Promise.all(control.map((to) => mailbox.delivery(to, sent)))
  verify.held(true, 'mail to two recipients arrives')

  const messages = await putOff(send)
  await verify.fenced()
  const variants = messages.flatMap(({ recipients, ...message }) =>
    recipients.map((to) => ({ name: to, to, ...message })),
  )
  await verify.each(variants, async ({ to, exchange, seen }, verify) => {
    const deliveries = await wire.deliveries({ to })
    verify.that(deliveries.length === 1, () => ({
      ...verify.sentBy(exchange),
      expected: `the message once, within ${profile.policies.retry?.within} s of the temporary failure`,
      actual: deliveries.length === 0 ? 'it never came' : `it came ${deliveries.length} times`,
      evidence: [
        evidence.exchange(exchange),
        ...seen,
        ...deliveries.slice(0, 3).map((delivery) => evidence.delivery(delivery)),
      ],
    }))
  })
})
