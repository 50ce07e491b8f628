import { about, test } from '../../harness/check/check.ts'
import { readings } from '../../harness/probes/addresses.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { decodeWords, readHeaders } from '../../harness/probes/headers.ts'
import { NotApplicable } from '../../harness/verdicts.ts'

test(
  'a display name adds neither a header nor an address',
  about({
    id: 'injection/crlf-name',
    practices: ['P18', 'P19'],
    severity: 'critical',
    why: 'A name that leaves its quotes or its line becomes another recipient, another sender or another header.',
    remediation:
      'Write names as quoted-string or encoded-word through a library, and reject control characters.',
    references: [
      'CWE-93',
      'CWE-88',
      'CWE-116',
      'API8:2023',
      'ASVS 5.0 1.3.11',
      'RFC 5322 §3.4',
      'RFC 2047 §5',
    ],
    needs: ['message.send:to', 'wire'],
    reach: 'intrusive',
    weakness: 'writes-display-names-unquoted',
  }),
  async ({ api, mailbox, profile, verify }) => {
    const mailboxesOf = (raw: Uint8Array, name: string) =>
      readings(
        readHeaders(raw)
          .field(name)
          .map((field) => field.value)
          .join(', '),
      )
    const all = [
      { field: 'to', header: 'To' },
      { field: 'from', header: 'From' },
      { field: 'cc', header: 'Cc' },
      { field: 'replyTo', header: 'Reply-To' },
    ] as const
    const send = (to: string, field: (typeof all)[number]['field'], name: string) => {
      const other = field === 'from' ? profile.mail.from : to
      const message = { to, subject: 'Hello', text: 'Hello', [field]: { email: other, name } }
      return api.call('message.send', field === 'cc' ? { ...message, to: mailbox.address('first') } : message)
    }
    // A field whose names do not arrive, nor the field, has nothing to break out of.
    const named = await Promise.all(
      all
        .filter(({ field }) => api.has('message.send', field))
        .map(async ({ field, header }) => {
          const plain = mailbox.address('plain')
          const delivery = await mailbox.delivery(plain, await send(plain, field, 'O’Brien, "Ann"'))
          const seen = mailboxesOf(delivery.raw, header)
          const [, lenient] = seen
          if (decodeWords(lenient.mailboxes[0]?.name ?? '').includes('Brien') === false) return []
          verify.held(
            seen.every(({ mailboxes }) => mailboxes.length === 1),
            `a benign name with a comma and quotes did not arrive as one mailbox in ${header}`,
          )
          return [{ field, header }]
        }),
    )
    if (named.flat().length === 0) throw new NotApplicable('no display name shows in delivered mail')
    const breaks = corpus('eol').map((eol) => ({
      name: `line break ${eol.name}`,
      value: (hidden: string) => ['Ann', `Bcc: <${hidden}>`, 'X-Injected: 1', '', 'INJECTED'].join(eol.value),
    }))
    const quotes = corpus('display-names').map((item, n) => ({
      name: item.name,
      value: (hidden: string) =>
        corpus('display-names', { hidden, v: profile.mail.domains[0] ?? '' })[n]?.value ?? '',
    }))
    const fields = named
      .flat()
      .flatMap((at) => [...breaks, ...quotes].map((v) => ({ ...at, ...v, name: `${at.field}, ${v.name}` })))
    await verify.each(fields, async ({ field, header, value }, verify) => {
      const [to, hidden] = [mailbox.address('visible'), mailbox.address('hidden')]
      const exchange = await send(to, field, value(hidden))
      const visible = mailbox.deliveryUnlessRefused(to, exchange)
      // Its copies leave together: a later message alone may overtake them.
      await visible.catch(() => null)
      await verify.nothingReached(hidden, exchange)
      const delivery = await visible
      if (delivery !== null) {
        verify.headersIntact(delivery, exchange, { names: ['Bcc', 'X-Injected'], body: 'INJECTED' })
        const email = field === 'from' ? profile.mail.from : to
        verify.onlyMailbox(delivery, exchange, { field: header, email })
      }
    })
  },
)
