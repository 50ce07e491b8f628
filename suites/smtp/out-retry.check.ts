import { about, test } from '../../harness/check/check.ts'
import { putOff } from '../../harness/steps/putting-off.ts'

test(
  'a temporary failure delays mail, and neither loses nor doubles it',
  about({
    practices: ['P27'],
    severity: 'medium',
    problem: 'A temporary failure loses mail, or doubles it',
    why: 'Exchangers put mail off every day, by greylisting above all: who gives up then loses it, and who sends all of it again sends some twice.',
    remediation: {
      effort: 'medium',
      how: 'Keep what was answered 4xx in the queue, each recipient by itself, and try again for days before it bounces.',
    },
    references: 'CWE-755 · RFC 5321 §4.2.1 · RFC 5321 §4.5.4.1 · RFC 6647 §2',
    needs: ['sending', 'mailbox', 'profile:policies.retry.within'],
    reach: 'intrusive',
    weaknesses: [
      'gives-up-after-a-temporary-failure',
      'gives-up-after-a-dropped-connection',
      'tries-again-after-451-alone',
      'sends-to-everybody-again',
    ],
  }),
  async (kit) => {
    const { mailbox, post, profile, verify, wire } = kit
    const control = [mailbox.address('control'), mailbox.address('control')]
    const sent = await post.send({ to: control })
    await Promise.all(control.map((to) => sent.delivered(to)))

    const messages = await putOff(kit, (to) => post.send({ to }))
    await verify.fenced()
    await verify.each(messages, async ({ recipients, sent: { exchange }, assured }) => {
      verify.accepted(exchange)
      await assured()
      for (const to of recipients) {
        const deliveries = await wire.deliveries({ to })
        await wire.sessions({ recipient: to })
        verify.that(deliveries.length === 1, {
          of: exchange,
          expected: `the message once for ${to}, within ${profile.policies.retry?.within} s of the temporary failure`,
          actual: deliveries.length === 0 ? 'it never came' : `it came ${deliveries.length} times`,
        })
      }
    })
  },
)
