import type { Envelope, Evidence, TlsFacts } from '../harness/model.ts'

/** A piece of evidence in words and named texts: what the target says stands in them as it came. */
export interface EvidenceInWords {
  readonly name: string
  /** Empty where the name says all. */
  readonly says: string
  readonly parts: readonly (readonly [label: string, text: string])[]
}

export function inWords(evidence: Evidence): EvidenceInWords {
  switch (evidence.kind) {
    case 'exchange':
      return {
        name: 'HTTP exchange',
        says: `${firstLine(evidence.request)} → ${firstLine(evidence.response)}`,
        parts: [
          ['Request', evidence.request],
          ['Response', evidence.response],
        ],
      }
    case 'delivery':
      return {
        name: 'Mail that arrived',
        says:
          evidence.personality === null
            ? 'as the mailbox holds it'
            : `at exchanger ${evidence.personality}, ${tlsWords(evidence.tls)}`,
        parts: [
          ['Envelope', envelopeText(evidence.envelope)],
          ['Message, in part', evidence.excerpt],
        ],
      }
    case 'session':
      return {
        name: 'SMTP session',
        says: `${evidence.personality === null ? 'with the target' : `at exchanger ${evidence.personality}`}, ${tlsWords(evidence.tls)}`,
        parts: [['Transcript', evidence.transcript]],
      }
    case 'handshake':
      return {
        name: 'TLS handshake',
        says: evidence.endpoint,
        parts: [
          ['Offered', evidence.offered],
          ['Answered', evidence.answered],
        ],
      }
    case 'callback':
      return {
        name: 'Callback',
        says: firstLine(evidence.request),
        parts: [['Request from the target', evidence.request]],
      }
    case 'dns':
      return { name: 'DNS', says: `${evidence.type} ${evidence.name}`, parts: [['Answer', evidence.answer]] }
    case 'measurement':
      return { name: 'Measurement', says: '', parts: [['Numbers', evidence.text]] }
  }
}

function tlsWords(tls: TlsFacts | null): string {
  return tls === null ? 'in clear text' : `${tlsBegun(tls)}, ${tls.cipher}`
}

/** `TLSv1.3 after STARTTLS`. */
export function tlsBegun({ version, begun }: TlsFacts): string {
  return `${version} ${begun === 'starttls' ? 'after STARTTLS' : 'from the first byte'}`
}

function envelopeText(envelope: Envelope): string {
  return [`MAIL FROM:<${envelope.from}>`, ...envelope.to.map((to) => `RCPT TO:<${to}>`)].join('\n')
}

function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? ''
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}

/** The same as one text. */
export function evidenceText(evidence: Evidence): string {
  const { name, says, parts } = inWords(evidence)
  const texts = parts.map(([label, text]) => `${label}:\n${text}`)
  return [says === '' ? name : `${name}: ${says}`, ...texts].join('\n\n')
}
