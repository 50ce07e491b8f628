import { about, ofHeaderText, test } from '../../harness/check/check.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { decodeWords, readHeaders } from '../../harness/probes/headers.ts'

const openings = [
  { opening: 'ascii', text: 'Invoice' },
  { opening: 'non-ascii', text: 'Rechnung für März' },
  { opening: 'long', text: 'Invoice '.repeat(130) },
]

test(
  'a line break in the subject never becomes a header, a recipient or a body',
  about({
    practices: ['P18'],
    severity: 'critical',
    problem: 'A line break in the subject becomes a header, a recipient or a body',
    why: 'A raw CR LF ends the Subject field; the rest of the value becomes header fields, recipients or a body of the attacker’s choice.',
    remediation: {
      effort: 'low',
      how: 'Refuse C0 controls in every header input before encoding, and compose with a structured header API.',
    },
    references: 'CWE-93 · CWE-113 · CWE-147 · API8:2023 · ASVS 5.0 1.3.11 · RFC 5322 §2.2 · WSTG-INPV-10',
    needs: ['message.send:subject', 'wire'],
    reach: 'intrusive',
    weaknesses: ['passes-line-breaks-on', ...ofHeaderText],
    habits: [
      'drops-what-it-cannot-send',
      'breaks-on-what-it-cannot-send',
      'hangs-up-on-what-it-cannot-send',
      'marks-subjects',
    ],
  }),
  async ({ mailbox, post, verify }) => {
    const composing = post.channels.filter(({ composes }) => composes)
    await verify.each(composing, async ({ name: channel, send }) => {
      const benign = await (await send({ subject: 'Invoice 4711' })).delivered()
      const [subject] = readHeaders(benign.raw).field('Subject')
      const shown = decodeWords(subject?.value ?? '')
      verify.held(shown.includes('Invoice 4711'), `the subject of a benign message arrived as ${shown}`)
      // Batches and schedules lead to the composer of single messages, or have one of their own: one opening tells.
      const tried = channel === 'HTTP' || channel === 'template' ? openings : openings.slice(0, 1)
      const variants = corpus('eol').flatMap(({ name, value: eol }) =>
        tried.map(({ opening, text }) => ({ name: `${name}, ${opening}`, eol, text })),
      )
      await verify.each(variants, async ({ eol, text }) => {
        const hidden = mailbox.address('hidden')
        const lines = [text, `Bcc: <${hidden}>`, 'X-Injected: 1', '', 'INJECTED']
        const mail = await send({ subject: lines.join(eol) })
        await mail.contained({ hidden, names: ['Bcc', 'X-Injected'], body: 'INJECTED' })
      })
    })
  },
)
