import { about, test } from '../../harness/check/check.ts'
import {
  addressInputs,
  brokenAddressesFor,
  formsOfLists,
  lineEndsFor,
} from '../../harness/steps/addresses.ts'

test(
  'a line break in an address adds neither a recipient, a command nor a header',
  about({
    practices: ['P18'],
    severity: 'critical',
    problem: 'A line break in an address adds a recipient, a command or a header',
    why: 'An address goes into a header field and into an SMTP command: a line break in it ends both, and what follows is a recipient or a command of the attacker’s.',
    remediation: {
      effort: 'low',
      how: 'Read each address by the grammar of RFC 5321 as a whole, before it is stored, and refuse control characters again where commands are written.',
      before: '/^\\S+@\\S+$/m.test(address)',
      after: '/^[\\w.+-]+@[a-z0-9.-]+$/i.test(address)',
    },
    references:
      'CWE-93 · CWE-77 · CWE-20 · API8:2023 · ASVS 5.0 1.3.11 · RFC 5321 §4.1.2 · RFC 5321 §2.3.8 · CVE-2021-23400 · CVE-2025-7962',
    needs: ['message.send:to', 'wire'],
    reach: 'intrusive',
    habits: ['drops-what-it-cannot-send', 'breaks-on-what-it-cannot-send', 'hangs-up-on-what-it-cannot-send'],
    weaknesses: [
      'looks-at-addresses-line-by-line',
      'decodes-addresses-that-it-has-looked-at',
      'takes-an-address-for-a-list',
      'looks-at-senders-line-by-line',
      'decodes-senders-that-it-has-looked-at',
    ],
  }),
  async (kit) => {
    const { mailbox, verify } = kit
    await verify.each(addressInputs(kit), async (field) => {
      const { name: input, address, sendWith } = field
      await (await sendWith(address())).delivered()
      const isList = await formsOfLists(kit, field)
      const variants = lineEndsFor(input).flatMap(({ name, value }) =>
        brokenAddressesFor(input).map((form) => ({
          name: `${form.name}, ${name}`,
          eol: value,
          spell: form.spell,
          isList: isList(form.name, value),
        })),
      )
      await verify.each(variants, async ({ eol, spell, isList }) => {
        const hidden = mailbox.address('hidden')
        const mail = await sendWith(address(), (address) => spell({ address, hidden, eol }))
        const names = ['Bcc', 'X-Injected']
        const delivery = await mail.contained({ hidden: isList ? null : hidden, names, body: 'INJECTED' })
        verify.applies(delivery !== null || !isList, 'without a line end, too, it is a list of addresses')
      })
    })
  },
)
