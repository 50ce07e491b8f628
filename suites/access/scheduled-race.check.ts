import { about, test } from '../../harness/check/check.ts'
import { scheduledMail } from '../../harness/steps/scheduled-mail.ts'

test(
  'a scheduled message leaves once, and not after it was cancelled or the right to send it ended',
  about({
    practices: ['P19', 'P11', 'P21'],
    severity: 'medium',
    problem: 'A scheduled message leaves although it was cancelled or may not be sent any more',
    why: 'Whoever has a key for a minute schedules a month of mail, which goes on when the key is long revoked.',
    remediation: {
      effort: 'medium',
      how: 'Ask everything again when a message is taken out of the queue: who had it sent, from where, and to whom; and have one statement change its state, by which cancelling or sending wins.',
      before:
        'const due = db.all("SELECT * FROM messages WHERE send_at <= ?", now)\nfor (const each of due) deliver(each)',
      after:
        "const taken = db.run(\"UPDATE messages SET state = 'sending' WHERE id = ? AND state = 'scheduled'\", id)\nif (taken === 1 && maySend(message)) deliver(message)",
    },
    references: 'CWE-367 · CWE-362 · CWE-672 · API6:2023 · ASVS 5.0 15.4.2 · ASVS 5.0 2.3.1 · ASVS 5.0 8.3.2',
    needs: ['message.send:sendAt', 'mailbox'],
    reach: 'intrusive',
    awaitsClocks: true,
    weaknesses: [
      'sends-what-revoked-keys-have-scheduled',
      'sends-scheduled-mail-from-removed-domains',
      'sends-scheduled-mail-to-whoever-was-suppressed',
      'says-cancelled-and-sends',
      'says-cancelled-while-it-leaves',
      'has-two-workers-send-what-is-due',
    ],
  }),
  async (kit) => {
    await kit.verify.each(scheduledMail(kit), ({ judge }) => judge())
  },
)
