import { about, test } from '../../harness/check/check.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { readHeaders } from '../../harness/probes/headers.ts'

test(
  'a line break in the subject never becomes a header, a recipient or a body',
  about({
    id: 'injection/crlf-subject',
    practices: ['P18'],
    severity: 'critical',
    why: 'A raw CR LF ends the Subject field; the rest of the value becomes header fields, recipients or a body of the attacker’s choice.',
    remediation:
      'Reject C0 controls in every header input before encoding, and compose with a structured header API.',
    references: [
      'CWE-93',
      'CWE-113',
      'CWE-147',
      'API8:2023',
      'ASVS 5.0 1.3.11',
      'RFC 5322 §2.2',
      'WSTG-INPV-10',
    ],
    needs: ['message.send:subject', 'wire'],
    reach: 'intrusive',
    weakness: 'passes-line-breaks-on',
  }),
  async ({ api, mailbox, verify }) => {
    const byVariable = ['template', 'variables'].every((input) => api.has('message.send', input))
    const template =
      byVariable && api.has('template.create')
        ? (
            await api.call('template.create', {
              name: mailbox.canary(),
              subject: '{{ subject }}',
              html: '<p>Hello</p>',
              text: 'Hello',
            })
          ).result?.['id']
        : undefined
    const ways = [
      { name: 'subject', message: (subject: string) => ({ subject, text: 'Hello' }) },
      ...(template === undefined
        ? []
        : [{ name: 'variable', message: (subject: string) => ({ template, variables: { subject } }) }]),
    ]
    await verify.each(ways, async ({ name, message }, verify) => {
      const plain = mailbox.address('plain')
      const benign = await api.call('message.send', { to: plain, ...message('Invoice 4711') })
      const [subject] = readHeaders((await mailbox.delivery(plain, benign)).raw).field('Subject')
      verify.held(
        subject?.value === 'Invoice 4711',
        `the ${name} of a benign message arrived as ${subject?.value}`,
      )
    })
    const openings = [
      { name: 'ascii', text: 'Invoice' },
      { name: 'non-ascii', text: 'Rechnung für März' },
      { name: 'long', text: 'Invoice '.repeat(130) },
    ]
    const variants = corpus('eol').flatMap((eol) =>
      ways.flatMap(({ name: way, message }) =>
        openings.map((opening) => ({
          name: `${way}, ${eol.name}, ${opening.name}`,
          eol: eol.value,
          opening: opening.text,
          message,
        })),
      ),
    )
    await verify.each(variants, async ({ eol, opening, message }, verify) => {
      const [to, hidden] = [mailbox.address('visible'), mailbox.address('hidden')]
      const injection = ['', `Bcc: <${hidden}>`, 'X-Injected: 1', '', 'INJECTED'].join(eol)
      const exchange = await api.call('message.send', { to, ...message(opening + injection) })
      const visible = mailbox.deliveryUnlessRefused(to, exchange)
      // Its copies leave together: a later message alone may overtake them.
      await visible.catch(() => null)
      await verify.nothingReached(hidden, exchange)
      const delivery = await visible
      if (delivery !== null)
        verify.headersIntact(delivery, exchange, { names: ['Bcc', 'X-Injected'], body: 'INJECTED' })
    })
  },
)
