import { type Severity, severities } from '../model.ts'
import { type HeaderReading, headerReadings } from './header-readings.ts'
import { type HeaderAnomaly, readHeaders } from './headers.ts'

/** What a caller put into one field so that it becomes more than that. */
export interface Planted {
  /** Names of the fields that it spells. */
  readonly names: readonly string[]
  /** What it spells after an empty line. */
  readonly body: string
  /** Those of `names` that the caller may write anyway: they are no gain. */
  readonly mayWrite?: readonly string[]
}

/** What of it stands in a message, in words, and what that is worth (CWE-93). */
export interface Injection {
  readonly what: string
  /** A field or a body that is gained is high; an ill-formed line or an odd byte by which nobody gains anything is low. */
  readonly severity: Severity
  /** A text of the message near which it stands. */
  readonly around: string
}

/** By four readings of the header block, since what one program takes for a part of a line begins a field for another. */
export async function injectionsIn(
  message: Uint8Array,
  { names, body, mayWrite = [] }: Planted,
): Promise<Injection[]> {
  const standard = readHeaders(message)
  const readings = await headerReadings(message, standard)
  const gained = names.flatMap((name): Injection[] => {
    const parsers = readings.filter((reading) => reading.names.includes(name.toLowerCase()))
    if (parsers.length === 0) return []
    const severity = mayWrite.includes(name) ? 'low' : 'high'
    return [{ what: `a header field ${name}${to(parsers)}`, severity, around: name }]
  })
  const early = readings.filter(({ body: begins }) => opensWith(begins, names, body))
  return [
    ...gained,
    ...(early.length === 0
      ? []
      : [
          {
            what: `a body that begins with injected text${to(early)}`,
            severity: 'high',
            around: body,
          } as const,
        ]),
    ...standard.anomalies.map((anomaly) => ({
      what: `${anomaly} in the header block`,
      severity: worth(anomaly),
      around: names[0] ?? body,
    })),
  ]
}

/** What the worst of them is worth, and where it shows; nothing where there are none. */
export function worstOf(injections: readonly Injection[]): Partial<Pick<Injection, 'severity' | 'around'>> {
  const [worst] = injections.toSorted((a, b) => rank(b) - rank(a))
  return worst === undefined ? {} : { severity: worst.severity, around: worst.around }
}

function rank({ severity }: Injection): number {
  return severities.indexOf(severity)
}

/** What ends the header block too early leaves the fields after it in the body. */
function opensWith(begins: string, names: readonly string[], body: string): boolean {
  const text = begins.trimStart().toLowerCase()
  return [...names.map((name) => `${name}:`), body].some((start) => text.startsWith(start.toLowerCase()))
}

/** Programs that stop at a NUL read another value than those that do not. */
function worth(anomaly: HeaderAnomaly): Severity {
  return anomaly === 'a NUL' ? 'medium' : 'low'
}

function to(readings: readonly HeaderReading[]): string {
  if (readings.some(({ parser }) => parser === 'RFC 5322')) return ''
  return ` to ${readings.map(({ parser }) => parser).join(' and ')}`
}
