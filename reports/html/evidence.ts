import type { Envelope, Evidence, TlsFacts } from '../../harness/model.ts'
import { type Content, html, type Markup } from './markup.ts'

/** One piece of evidence under a line that says what it is, open or folded away. */
export function evidenceBlock(evidence: Evidence, isOpen = false): Markup {
  const { name, says, parts } = describe(evidence)
  return html`<details${isOpen ? html` open` : null}>
<summary><span class="kind">${name}</span> <span class="says">${says}</span> <span class="at">${clock(evidence.at)}</span></summary>
${parts.map(([label, text]) => html`<h6>${label}</h6><pre tabindex="0">${text}</pre>`)}
</details>`
}

interface Description {
  readonly name: string
  readonly says: Content
  readonly parts: readonly (readonly [label: string, text: string])[]
}

function describe(evidence: Evidence): Description {
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
  if (tls === null) return 'in clear text'
  const begun = tls.begun === 'starttls' ? 'after STARTTLS' : 'from the first byte'
  return `${tls.version} ${begun}, ${tls.cipher}`
}

function envelopeText(envelope: Envelope): string {
  return [`MAIL FROM:<${envelope.from}>`, ...envelope.to.map((to) => `RCPT TO:<${to}>`)].join('\n')
}

function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? ''
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}

/** `22:50:28.123 UTC`. */
function clock(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? '' : `· ${date.toISOString().slice(11, 23)} UTC`
}
