import { isMap, isSeq, LineCounter, type Node, parseDocument, stringify } from 'yaml'
import { readBounded } from '../bounded-file.ts'
import { isObject } from '../json.ts'
import { type Acceptance, type FindingKey, type Outcome, type Severity, severities } from '../model.ts'
import { UsageError } from '../obstacles.ts'
import { didYouMean } from '../profile/nearest.ts'

/** A finding that somebody has accepted, up to a severity, until a day. */
export interface AcceptedFinding extends FindingKey, Acceptance {
  /** One that weighs more is another finding. */
  readonly severity: Severity
}

/** Bytes; an entry has some hundred. */
export const largest = 4 * 1024 * 1024

const keys = ['check', 'operation', 'variant', 'severity', 'reason', 'owner', 'until'] as const
const needed = keys.filter((key) => key !== 'variant')

/**
 * The accepted findings of a baseline. Throws UsageError with each mistake and its line. A check must be one of `known`, where a name
 * is given that begins with `zap/`, of ZAP.
 */
export async function readBaseline(
  file: string,
  known: readonly string[],
  flag = '--baseline',
): Promise<AcceptedFinding[]> {
  const bytes = await readBounded(file, largest).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${flag}: expected a file that postern baseline wrote; seen ${file} (${error.code ?? error.message}); name another`,
    )
  })
  if (bytes === null)
    throw new UsageError(
      `${file}: expected a baseline of at most ${largest} bytes; seen more; see what wrote it`,
    )
  const text = bytes.toString('utf8')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const lineOf = (node: unknown) => lines.linePos((node as Node | null)?.range?.[0] ?? 0).line
  const mistakes: string[] = document.errors.map(
    ({ message, pos }) =>
      `${file}:${lines.linePos(pos[0]).line} expected YAML; seen ${message.split('\n')[0]}; correct it`,
  )
  const list: unknown = document.errors.length > 0 ? null : document.get('accepted', true)
  if (mistakes.length === 0 && !isSeq(list))
    mistakes.push(`${file}:1 expected a list accepted; seen none; write it by postern baseline`)
  const found = isSeq(list) ? list.items : []
  const entries = found.flatMap((node, at) => {
    const said: unknown = (node as Node).toJS(document, { maxAliasCount: 100 })
    const wrong = mistakesIn(said, known)
    for (const { key, says } of wrong)
      mistakes.push(
        `${file}:${lineOf(isMap(node) ? (node.get(key, true) ?? node) : node)} accepted.${at}.${key}: ${says}`,
      )
    return wrong.length === 0 ? [entryOf(said as Said)] : []
  })
  const first = new Set<string>()
  for (const [at, entry] of entries.entries()) {
    if (first.has(keyOf(entry)))
      mistakes.push(
        `${file}:${lineOf(found[at])} accepted.${at}: expected each finding once; seen ${placeOf(entry)} again; take one of them out`,
      )
    first.add(keyOf(entry))
  }
  if (mistakes.length > 0) throw new UsageError(told(mistakes))
  return entries
}

type Said = Omit<AcceptedFinding, 'variant'> & { readonly variant?: string | null }

function entryOf({ variant = null, ...said }: Said): AcceptedFinding {
  return { ...said, variant }
}

function mistakesIn(
  said: unknown,
  known: readonly string[],
): { readonly key: string; readonly says: string }[] {
  if (!isObject(said))
    return [{ key: 'check', says: `expected ${keys.join(', ')}; seen ${typeof said}; correct it` }]
  const mistakes = Object.keys(said).flatMap((key) =>
    (keys as readonly string[]).includes(key)
      ? []
      : [{ key, says: `expected one of ${keys.join(', ')}; seen ${short(key)}${meant(key, keys)}` }],
  )
  const text = (key: string) => {
    const value = said[key]
    return typeof value === 'string' && value.trim() !== '' ? value : null
  }
  for (const key of needed)
    if (text(key) === null)
      mistakes.push({ key, says: `expected ${wanted[key]}; seen ${short(said[key])}; write it` })
  if (said['variant'] !== undefined && said['variant'] !== null && text('variant') === null)
    mistakes.push({
      key: 'variant',
      says: `expected its name; seen ${short(said['variant'])}; write it as the report has it`,
    })
  const [check, severity, until] = [text('check'), text('severity'), text('until')]
  if (check !== null && !mayBeAccepted(check, known))
    mistakes.push({
      key: 'check',
      says: `expected the id of a check; seen ${short(check)}${meant(check, known)}`,
    })
  if (severity !== null && !(severities as readonly string[]).includes(severity))
    mistakes.push({
      key: 'severity',
      says: `expected one of ${severities.join(', ')}; seen ${short(severity)}; correct it`,
    })
  if (until !== null && !isDay(until))
    mistakes.push({
      key: 'until',
      says: `expected a day, such as 2026-12-31; seen ${short(until)}; write it so`,
    })
  return mistakes
}

/** A check of this release, or a part of ZAP, whose rules it names itself. */
export function mayBeAccepted(check: string, known: readonly string[]): boolean {
  return known.includes(check) || check.startsWith('zap/')
}

const wanted: Readonly<Record<(typeof needed)[number], string>> = {
  check: 'the id of a check',
  operation: 'the operation that the report names',
  severity: 'the severity up to which it is accepted',
  reason: 'why it is accepted',
  owner: 'who answers for it',
  until: 'the last day on which it is, such as 2026-12-31',
}

/** In UTC. */
export function today(): string {
  return new Date().toISOString().slice(0, 10)
}

/** A day that there is, as ISO 8601 has it. */
export function isDay(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

function meant(word: string, known: readonly string[]): string {
  return didYouMean(word, known) || '; correct it'
}

function short(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

const mostTold = 20

function told(mistakes: readonly string[]): string {
  const more = mistakes.length - mostTold
  return [...mistakes.slice(0, mostTold), ...(more > 0 ? [`… and ${more} more of the kind`] : [])].join('\n')
}

/** The same for the same finding, whatever run saw it. */
export function keyOf({ check, operation, variant }: FindingKey): string {
  return JSON.stringify([check, operation, variant])
}

/** A finding that may have been seen more than once, and the worst that it was. */
export interface WorstFinding extends FindingKey {
  readonly severity: Severity
}

/** Each finding of these outcomes once, in the order in which they were first seen. */
export function worstByKey(
  outcomes: readonly Pick<Outcome, 'check' | 'findings'>[],
): Map<string, WorstFinding> {
  const worst = new Map<string, WorstFinding>()
  for (const { check, findings } of outcomes)
    for (const { operation, variant, severity } of findings) {
      const finding = { check, operation, variant, severity }
      const known = worst.get(keyOf(finding))
      if (known === undefined || severities.indexOf(severity) > severities.indexOf(known.severity))
        worst.set(keyOf(finding), finding)
    }
  return worst
}

export function placeOf({ check, operation, variant }: FindingKey): string {
  return [check, operation, ...(variant === null ? [] : [variant])].join(', ')
}

const heading = `# Findings that somebody answers for until a day; postern run --baseline takes it. A finding that weighs more, an entry whose day
# is over, and one for what is no more fail the run: this file says what is so.
`

/** The text of a baseline, in an order that changes little from one to the next. */
export function baselineText(entries: readonly AcceptedFinding[]): string {
  const sorted = entries.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
  const written = sorted.map(({ check, operation, variant, severity, reason, owner, until }) => ({
    ...{ check, operation },
    ...(variant === null ? {} : { variant }),
    ...{ severity, reason, owner, until },
  }))
  return `${heading}${stringify({ accepted: written }, { lineWidth: 110 })}`
}
