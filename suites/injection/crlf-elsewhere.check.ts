import { about, test } from '../../harness/check/check.ts'
import { headerTexts } from '../../harness/steps/header-texts.ts'

test(
  'tags, times, templates and names of blind recipients add nothing to the header',
  about({
    practices: ['P18'],
    severity: 'critical',
    problem: 'Tags, times, templates or names add something to the header of the mail',
    why: 'What is no part of the message is looked at by nobody, until somebody writes it into a field for statistics or for another program.',
    remediation: {
      effort: 'low',
      how: 'Refuse control characters in every text of a message, whatever becomes of it, and write all fields by one function.',
      before: 'headers.push(`X-Tag: ${tag}`)',
      after: "if (!/^[\\w.-]{1,64}$/.test(tag)) throw new InvalidTag(); message.setHeader('X-Tag', tag)",
    },
    references: 'CWE-93 · CWE-113 · CWE-88 · API8:2023 · ASVS 5.0 1.3.11 · ASVS 5.0 2.2.1 · RFC 5322 §2.2',
    needs: ['message.send', 'wire'],
    reach: 'intrusive',
    habits: ['drops-what-it-cannot-send', 'breaks-on-what-it-cannot-send', 'hangs-up-on-what-it-cannot-send'],
    weaknesses: [
      'makes-fields-of-tags-and-times',
      'decodes-what-it-makes-fields-of',
      'writes-blind-copies-for-sendmail',
      'writes-names-of-blind-copies-bare',
      'escapes-quotes-of-blind-copies-but-no-backslashes',
    ],
  }),
  async (kit) => {
    const { mailbox, verify } = kit
    const texts = headerTexts(kit)
    verify.applies(texts.length > 0, 'message.send of the profile carries no tags, sendAt, template or bcc')
    await verify.each(texts, async ({ name: text, send, breaks }) => {
      await (await send()).delivered()
      await verify.each(breaks, async ({ spell }) => {
        const hidden = mailbox.address('hidden')
        const mail = await send(spell(hidden))
        // Who writes blind copies into a field has one of that name: that is another fault.
        const names = ['X-Injected', ...(text === 'name in bcc' ? [] : ['Bcc'])]
        await mail.contained({ hidden, names, body: 'INJECTED' })
      })
    })
  },
)
