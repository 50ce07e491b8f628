import { about, test } from '../../harness/check.ts'
import { readings } from '../../harness/probes/addresses.ts'
import { corpus } from '../../harness/probes/corpora.ts'
import { readHeaders } from '../../harness/probes/headers.ts'

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
    const mailboxesOf = (raw: Uint8Array, name: 'To' | 'From') =>
      readings(
        readHeaders(raw)
          .field(name)
          .map((field) => field.value)
          .join(', '),
      )
    const plain = mailbox.address('plain')
    const benign = await api.call('message.send', {
      to: { email: plain, name: 'O’Brien, "Ann"' },
      subject: 'Hello',
      text: 'Hello',
    })
    const seen = mailboxesOf((await mailbox.delivery(plain, benign)).raw, 'To')
    verify.held(
      seen.every(({ mailboxes }) => mailboxes.length === 1 && mailboxes[0]?.email === plain),
      'a benign name with a comma and quotes did not arrive as one mailbox',
    )
    const breaks = corpus('eol').map((eol) => ({
      name: `line break ${eol.name}`,
      value: (hidden: string) => ['Ann', `Bcc: <${hidden}>`, 'X-Injected: 1', '', 'INJECTED'].join(eol.value),
    }))
    const quotes = corpus('display-names').map((item, n) => ({
      name: item.name,
      value: (hidden: string) =>
        corpus('display-names', { hidden, v: profile.mail.domains[0] ?? '' })[n]?.value ?? '',
    }))
    const fields = (['to', 'from'] as const).flatMap((field) =>
      [...breaks, ...quotes].map((v) => ({ name: `${field}, ${v.name}`, field, value: v.value })),
    )
    await verify.each(fields, async ({ field, value }, verify) => {
      const [to, hidden] = [mailbox.address('visible'), mailbox.address('hidden')]
      const from = profile.mail.from
      const name = value(hidden)
      const exchange = await api.call('message.send', {
        to: field === 'to' ? { email: to, name } : to,
        ...(field === 'from' ? { from: { email: from, name } } : {}),
        subject: 'Hello',
        text: 'Hello',
      })
      await verify.nothingReached(hidden, exchange)
      const delivery = await mailbox.deliveryUnlessRefused(to, exchange)
      if (delivery !== null) {
        verify.headersIntact(delivery, exchange, { names: ['Bcc', 'X-Injected'], body: 'INJECTED' })
        verify.onlyMailbox(
          delivery,
          exchange,
          field === 'to' ? { field: 'To', email: to } : { field: 'From', email: from },
        )
      }
    })
  },
)
