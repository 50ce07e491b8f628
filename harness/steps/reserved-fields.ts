import type { Kit } from '../check/kit.ts'
import type { Severity } from '../model.ts'
import type { HeaderField } from '../probes/headers.ts'

/** A field that a caller tries to write as a custom header. */
export interface ReservedField {
  readonly name: string
  /** `hidden` is an address that must get nothing, `mark` is of this message alone. */
  value(fill: { readonly hidden: string; readonly mark: string }): string
  /** What is wrong with the fields of that name in the delivered message; `null` for nothing. */
  faultIn(fields: readonly HeaderField[], mark: string): string | null
  readonly severity: Severity
  /** What else the message has, by which the target writes such a field itself. */
  readonly beside?: Readonly<Record<string, unknown>>
}

/** Of whatever else it holds nothing is asked but that nobody gains a copy. */
const nothing = () => null

/** RFC 5322 §3.6, RFC 2045 §3: there is one at most. */
const once = (fields: readonly HeaderField[]) =>
  fields.length > 1
    ? `there are ${fields.length} of them: ${fields.map(({ value }) => value).join(' / ')}`
    : null

/** Only those say it through whom the message went. */
const notTheCallers = (fields: readonly HeaderField[], mark: string) => {
  const forged = fields.find(({ value }) => value.includes(mark))
  return forged === undefined ? null : `the caller’s own: ${forged.value}`
}

/** Fields that route, that stand once, that tell the way of a message, and that tell servers what to do with it. */
export function reservedFields({ api, profile }: Pick<Kit, 'api' | 'profile'>): ReservedField[] {
  const { from } = profile.mail
  const recipient = (name: string): ReservedField => ({
    ...{ name, severity: 'high', faultIn: once },
    value: ({ hidden }) => `<${hidden}>`,
  })
  const single = (name: string, value: ReservedField['value'], severity: Severity): ReservedField => ({
    ...{ name, value, severity, faultIn: once },
  })
  const trace = (name: string, value: ReservedField['value']): ReservedField => ({
    ...{ name, value, severity: 'medium', faultIn: notTheCallers },
  })
  return [
    ...['To', 'Cc', 'Bcc', 'bCC', 'Bcc ', 'Resent-To', 'Resent-Cc', 'Resent-Bcc', 'Apparently-To'].map(
      recipient,
    ),
    {
      ...{ name: 'From', severity: 'high', value: ({ mark }) => `<ceo@${mark}.example>` },
      // Some exchange their own field for the caller's: then there is one.
      faultIn: (fields, mark) => once(fields) ?? notTheCallers(fields, mark),
    },
    single('Subject', ({ mark }) => mark, 'medium'),
    ...(api.has('message.send', 'replyTo')
      ? [
          {
            ...single('Reply-To', ({ mark }) => `<${mark}@shop.example>`, 'medium'),
            beside: { replyTo: { email: from, name: '' } },
          },
        ]
      : []),
    single('Date', () => 'Thu, 01 Jan 1970 00:00:00 +0000', 'medium'),
    single('Message-ID', ({ mark }) => `<${mark}@shop.example>`, 'medium'),
    single('MIME-Version', () => '1.0', 'medium'),
    single('Content-Type', () => 'text/html; charset=utf-8', 'high'),
    single('Content-Transfer-Encoding', () => 'base64', 'high'),
    trace('Sender', ({ mark }) => `<ceo@${mark}.example>`),
    trace('Return-Path', ({ mark }) => `<${mark}@shop.example>`),
    trace('Received', ({ mark }) => `from ${mark}.example by mx.example; Thu, 01 Jan 1970 00:00:00 +0000`),
    trace('Authentication-Results', ({ mark }) => `mx.example; dkim=pass header.d=${mark}.example`),
    trace('Received-SPF', ({ mark }) => `pass (${mark}.example: ok)`),
    trace(
      'DKIM-Signature',
      ({ mark }) => `v=1; a=rsa-sha256; d=${mark}.example; s=s; h=from; bh=AA==; b=AA==`,
    ),
    trace('ARC-Seal', ({ mark }) => `i=1; a=rsa-sha256; d=${mark}.example; s=s; cv=none; b=AA==`),
    trace('ARC-Authentication-Results', ({ mark }) => `i=1; mx.example; dkim=pass header.d=${mark}.example`),
    {
      ...{ name: 'TLS-Required', value: () => 'No', severity: 'medium' },
      // RFC 8689 §3: whoever delivers may then leave TLS out.
      faultIn: (fields) => (fields.length > 0 ? 'servers on the way are told to go on without TLS' : null),
    },
    {
      ...{ name: 'X-SMTPAPI', severity: 'high', faultIn: nothing },
      value: ({ hidden }) => JSON.stringify({ to: [hidden] }),
    },
    {
      ...{ name: 'X-MC-BccAddress', severity: 'high', faultIn: nothing },
      value: ({ hidden }) => hidden,
    },
  ]
}
