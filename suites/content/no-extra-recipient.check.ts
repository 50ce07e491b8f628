import { about, test } from '../../harness/check/check.ts'
import { reachedItsReaders, strangersTo, waysToAddress } from '../../harness/steps/addressed-mail.ts'

test(
  'a benign message reaches whom it was sent to, and nobody else',
  about({
    practices: ['P27', 'P18'],
    severity: 'critical',
    problem: 'Somebody who was not written to gets a copy of the mail',
    why: 'Whoever gets a silent copy of every message reads sign-in links, invoices and secrets of everybody, and nobody sees it.',
    remediation: {
      effort: 'low',
      how: 'Write to the recipients of the request alone; pin and review what composes mail, and compare each RCPT with the request in the relay that sends.',
      before: 'mail.send({ ...message, bcc: config.archive })',
      after: 'mail.send({ ...message, envelope: { from: returnPath, to: message.recipients } })',
    },
    references: 'CWE-506 · CWE-200 · CWE-359 · API8:2023 · ASVS 5.0 14.2.3 · RFC 5321 §2.3.1 · RFC 5321 §7.2',
    needs: ['message.send', 'wire'],
    reach: 'safe',
    habits: ['marks-subjects', 'takes-one-recipient-a-message'],
    weaknesses: [
      'copies-mail-with-links-to-an-archive',
      'writes-to-whom-answers-go-to',
      'writes-to-whom-the-header-names',
    ],
  }),
  async (kit) => {
    const { mailbox, post, verify } = kit
    await (await post.send()).delivered()
    await verify.each(waysToAddress(kit), async ({ send }) => {
      const mark = mailbox.canary()
      const mail = await send(mark)
      verify.applies(await reachedItsReaders(kit, mail), 'the target takes no such message')
      const strangers = await strangersTo(kit, mark, mail)
      const severity = strangers.some((stranger) => stranger.severity === 'critical') ? 'critical' : 'high'
      const [first] = strangers
      verify.that(first === undefined, {
        ...{ of: mail.sent.exchange, mail: first?.copy ?? undefined, severity },
        expected: `mail for ${mail.readers.join(', ')} alone`,
        actual: `it went to ${strangers.map(({ email }) => email).join(', ')} as well`,
      })
    })
  },
)
