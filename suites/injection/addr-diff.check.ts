import { about, test } from '../../harness/check/check.ts'
import { recipientInputs, sessionsAbout, spelledRecipients } from '../../harness/steps/envelopes.ts'

test(
  'one recipient is one address, and the mail for it goes to that one alone',
  about({
    practices: ['P18', 'P19'],
    severity: 'high',
    problem: 'One recipient is read as another address, or as several',
    why: 'Where what looks at an address and what sends to it read it differently, mail reaches whom no limit has counted and no list has let in.',
    remediation: {
      effort: 'low',
      how: 'Read each address once, by one strict grammar, and write header and envelope from what was read, never from the text.',
      before: 'if (allowed(text.split("@").pop())) transport.send({ to: text })',
      after:
        'const { local, domain } = readAddress(text); if (allowed(domain)) transport.send({ to: `${local}@${domain}` })',
    },
    references:
      'CWE-436 · CWE-20 · CWE-626 · CWE-176 · API8:2023 · ASVS 5.0 1.5.3 · ASVS 5.0 2.2.1 · RFC 5321 §4.1.2 · RFC 5322 §3.4 · CVE-2025-13033 · CVE-2023-27043 · CVE-2019-16056',
    needs: ['message.send:to', 'wire'],
    reach: 'intrusive',
    habits: [
      'drops-what-it-cannot-send',
      'breaks-on-what-it-cannot-send',
      'hangs-up-on-what-it-cannot-send',
      'takes-every-local-part',
      'takes-names-with-addresses',
    ],
    weaknesses: [
      'takes-a-list-for-one-address',
      'delivers-to-the-first-address-in-a-text',
      'delivers-to-what-stands-in-brackets',
      'follows-the-routes-in-recipient-addresses',
      'ends-addresses-at-a-nul',
      'decodes-words-in-addresses',
      'folds-the-letters-of-addresses',
    ],
  }),
  async (kit) => {
    const { mailbox, verify } = kit
    await verify.each(recipientInputs(kit), async ({ name: input, sendWith }) => {
      await (await sendWith(mailbox.address(input))).delivered()
      await verify.each(await spelledRecipients(kit, input), async ({ applies, text, pair, faultIn }) => {
        verify.applies(applies, 'the profile writes all recipients into one text, where a comma ends each')
        const mail = await sendWith(pair.a, () => text)
        const fault = faultIn(await sessionsAbout(kit, mail, pair))
        verify.that(fault === null, {
          of: mail.exchange,
          expected: 'mail for nobody but the one recipient that the text names, or a refusal',
          actual: `RCPT for ${fault}`,
        })
      })
    })
  },
)
