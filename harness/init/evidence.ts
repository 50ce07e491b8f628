import type { DocumentedOperation } from '../api/openapi.ts'
import { operations } from '../profile/operations.ts'
import { partsOf, spoken, tokensOf } from './paths.ts'
import { plain } from './words.ts'

/** What a document says of a call beside its shape: by how much more or less likely it is the operation, and why. */
export interface Evidence {
  readonly confidence: number
  readonly reasons: readonly string[]
}

const nothing: Evidence = { confidence: 0, reasons: [] }

/** Ways other than mail, of which nothing here is spoken. */
const channels =
  /\b(?:sms|mms|rcs|whats ?app|voices?|viber|messenger|slack|live activit(?:y|ies)|phone numbers?)\b/i
/** Mail that comes in, or is kept. */
const received = /^(?:inbound|receiving|received|incoming)$/i
/** Mail to many, which is made and started by itself. */
const campaigns = /\b(?:campaigns?|newsletters?|broadcasts?)\b/i
/** What puts a message somewhere and sends none. */
const storing = /^(?:upload|import|insert|append|store|save|draft|mark|move)/i
/** Of whoever calls. */
const oneself = /\b(?:authenticated|current|own) (?:user|account|member)\b|\bgetme\b|\bmy(?:self| profile)\b/i

/** Their members are written to. */
const audiences = /^(?:mailing-?|contact-?)?(?:lists?|audiences?|segments?|topics?)$/i

const ofMail = ['message', 'template', 'suppression']

/** `null` where it says that the call is something else. */
export function evidenceOf(operation: string, call: DocumentedOperation): Evidence | null {
  const { kind = '' } = operations[operation] ?? {}
  const tokens = tokensOf(call.path)
  const tags = call.tags.join(' ')
  const named = `${partsOf(call.operationId ?? '').join(' ')} ${call.summary ?? ''}`
  const isOfMail = ofMail.includes(kind)
  if (isOfMail && tokens.some((token) => channels.test(partsOf(token).join(' ')))) return null
  if (['message', 'domain'].includes(kind) && tokens.some((token) => received.test(token))) return null
  if (
    operation === 'message.send' &&
    (storing.test(call.operationId ?? '') || storing.test(call.summary ?? ''))
  )
    return null
  if (kind === 'user' && (oneself.test(named) || tokens.some((token) => audiences.test(token)))) return null
  // What deletes a message calls nothing off, unless it says so.
  const queued = /cancel|schedul|queue|outbo[ux]/i
  if (operation === 'message.cancel' && call.method === 'DELETE' && !queued.test(`${named} ${call.path}`))
    return null
  const found = [
    said(operation, named),
    isOfMail && (channels.test(tags) || campaigns.test(`${tags} ${tokens.join(' ')}`))
      ? { confidence: -0.5, reasons: ['its tag or path speaks of something else'] }
      : nothing,
    kind === 'principal' && oneself.test(named)
      ? { confidence: 0.1, reasons: ['it says that it is of whoever calls'] }
      : nothing,
  ]
  return {
    confidence: found.reduce((sum, { confidence }) => sum + confidence, 0),
    reasons: found.flatMap(({ reasons }) => reasons),
  }
}

function said(operation: string, named: string): Evidence {
  const words = partsOf(named).map(plain)
  return spoken(operation).some((verb) => words.includes(verb)) ? { confidence: 0.05, reasons: [] } : nothing
}

/** Words of paths that say where an API keeps its things, and nothing of what they are. */
const usual =
  /^(?:e?mails?|messages?|messaging|transactional(?:-?emails?)?|marketing|accounts?|users?|me|admin|security|settings?|contacts?|contact-?lists?|contact-?books?|whitelabel|asm|relay|smtp|outbound|regions?|apps?|audience|services?|tenants?|organi[sz]ations?|orgs?|companies|workspaces?|projects?|domains?|inbox(?:es)?|templates?|suppression|statistics|analytics|logs?)$/i

/** The words of a path before what it is of that make it something special; those that most paths of the API have do not. */
export function unusual(statics: readonly string[], common: ReadonlySet<string>): string[] {
  return statics.filter((token) => !common.has(token) && (!usual.test(token) || /^settings?$/i.test(token)))
}

/** Steps that are in so many paths of a document that they say nothing of one. */
export function commonSteps(documented: readonly DocumentedOperation[]): ReadonlySet<string> {
  const paths = [...new Set(documented.map(({ path }) => path))]
  const counts = new Map<string, number>()
  for (const path of paths)
    for (const token of new Set(tokensOf(path))) counts.set(token, (counts.get(token) ?? 0) + 1)
  return new Set(
    [...counts]
      .filter(([, count]) => paths.length > 4 && count >= 0.4 * paths.length)
      .map(([token]) => token),
  )
}
