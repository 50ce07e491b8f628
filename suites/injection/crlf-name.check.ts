import { about, ofHeaderText, test } from '../../harness/check/check.ts'
import { addressFields } from '../../harness/probes/addresses.ts'
import { corpus, type Fill, templates } from '../../harness/probes/corpora.ts'
import { decodeWords, readHeaders } from '../../harness/probes/headers.ts'
import { turnedAway, unquoted, writesUnquoted } from '../../harness/steps/display-names.ts'

const benign = { name: 'a comma and quotes', fill: () => 'O\'Brien, "Ann"' }

test(
  'a display name adds neither a header nor an address',
  about({
    practices: ['P18', 'P19'],
    severity: 'critical',
    problem: 'A display name becomes a header, or another address',
    why: 'A name that leaves its quotes or its line becomes another recipient, another sender or another header.',
    remediation: {
      effort: 'low',
      how: 'Write names as quoted-string or encoded-word through a library, and reject control characters.',
    },
    references: 'CWE-93 · CWE-88 · CWE-116 · API8:2023 · ASVS 5.0 1.3.11 · RFC 5322 §3.4 · RFC 2047 §5',
    needs: ['message.send:to', 'wire'],
    reach: 'intrusive',
    habits: ['drops-what-it-cannot-send', 'breaks-on-what-it-cannot-send', 'hangs-up-on-what-it-cannot-send'],
    weaknesses: [
      'writes-display-names-unquoted',
      'writes-display-names-bare',
      'escapes-quotes-but-no-backslashes',
      ...ofHeaderText,
    ],
  }),
  async ({ api, mailbox, post, profile, verify }) => {
    const v = profile.mail.domains[0] ?? ''
    const breaks = corpus('eol').map(({ name, value: eol }) => ({
      name: `line break ${name}`,
      fill: ({ hidden }: Fill) => ['Ann', `Bcc: <${hidden}>`, 'X-Injected: 1', '', 'INJECTED'].join(eol),
    }))
    const fields = addressFields.filter(({ name }) => api.has('message.send', name))
    await verify.each(fields, async ({ name: field, header }) => {
      const send = async (name: string) => {
        const email = field === 'from' ? profile.mail.from : mailbox.address(field)
        return { email, name, mail: await post.send({ [field]: { email, name } }) }
      }
      const first = await send(benign.fill())
      verify.held(!writesUnquoted(first), ...unquoted)
      verify.held(...turnedAway(first, api.said))
      const values = readHeaders((await first.mail.delivered()).raw).field(header)
      const shows = values.some(({ value }) => decodeWords(value).includes('Brien'))
      verify.applies(shows, `no display name shows in ${header} of delivered mail`)
      await verify.each([benign, ...breaks, ...templates('display-names')], async ({ fill }) => {
        const hidden = mailbox.address('hidden')
        const { email, mail } = await send(fill({ hidden, v }))
        const delivery = await mail.contained({ hidden, names: ['Bcc', 'X-Injected'], body: 'INJECTED' })
        if (delivery !== null) mail.readAs(delivery, { field: header, email })
      })
    })
  },
)
