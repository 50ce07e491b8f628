import { createHash } from 'node:crypto'
import type { Exchange } from '../model.ts'
import type { Profile } from '../profile/shape.ts'
import { holdsCanary } from './canary.ts'

/**
 * Who reads a report may see what a leak disclosed to somebody who must not see it either: values of others are shortened, with
 * a digest by which their owner knows them. Verdicts rest on the whole; this is for what is written.
 */
export interface Discretion {
  /** What the run made itself, by the ids that it got. */
  made(exchange: Pick<Exchange, 'answer' | 'result'>): void
  /** The body of an answer, redacted, as a report may hold it. */
  body(text: string, exchange: Exchange): string
  /** A sentence about it: what was shortened there, and addresses of others. */
  sentence(text: string): string
}

/** Nothing is shortened. */
export const openly: Discretion = { made: () => {}, body: (text) => text, sentence: (text) => text }

/** What is nobody else's: what the profile says, and what is below the zone of the sandbox, where targets are that a run brings up. */
export function discretionOf(
  {
    report,
    mail,
    principals,
    roles,
    scopes,
  }: Pick<Profile, 'report' | 'mail' | 'principals' | 'roles' | 'scopes'>,
  zone: string | null,
): Discretion {
  if (report?.disclosed === 'whole') return openly
  const domains = [...mail.domains, ...(mail.recipients?.domains ?? [])]
  return createDiscretion(
    zone === null ? domains : [zone, ...domains],
    [principals, roles, scopes].flatMap(Object.keys),
  )
}

const mostKnown = 1000
/** What is shorter may stand in a sentence by chance. */
const shortestTelling = 8

function createDiscretion(domains: readonly string[], words: readonly string[]): Discretion {
  const known = new Map<string, string>()
  const made = new Set<string>()
  const ownWords = new Set(words)
  const ownDomains = domains.map((domain) => domain.toLowerCase())

  const isOurs = (value: string) => {
    const [, domain = ''] = /^(?:[^@\s<>"]+@)?([\w.-]+)$/.exec(value) ?? []
    return (
      holdsCanary(value) ||
      made.has(value) ||
      ownWords.has(value) ||
      (value !== domain && reserved.test(domain)) ||
      ownDomains.some((own) => isBelow(domain.toLowerCase(), own))
    )
  }
  const shorten = (value: string) => {
    const short = shortened(value)
    if (value.length >= shortestTelling && known.size < mostKnown) known.set(value, short)
    return short
  }
  const kept = (value: string, asked: string) => isPlain(value) || isOurs(value) || asked.includes(value)
  const keptAnyway = (value: string, asked: string) =>
    value === '' || redacted.test(value) || isOurs(value) || asked.includes(value)
  const addresses = (text: string, asked: string) =>
    text.replaceAll(everyAddress, (value) => (kept(value, asked) ? value : shorten(value)))

  return {
    made({ answer, result }) {
      if (answer !== 'accepted' || result === null) return
      const { id, ids } = result
      for (const each of [id, ...(Array.isArray(ids) ? ids : [])])
        if (typeof each === 'string') made.add(each)
    },
    body(text, { answer, request }) {
      const asked = `${request.path}\n${typeof request.body === 'string' ? request.body : ''}`
      // Who refuses says so in words that a reader needs, and names somebody at most.
      if (answer !== 'accepted' || page.test(text)) return addresses(text, asked)
      if (json.test(text)) {
        let name = ''
        return text.replace(jsonString, (all: string, value: string, end: string) => {
          // A name is everybody's, unless what it names is kept by addresses.
          const isName = end.length > 1 && !address.test(value)
          if (isName) name = value
          const isKept = isName || (telling.test(name) ? keptAnyway(value, asked) : kept(value, asked))
          return isKept ? all : `"${shorten(value)}${end}`
        })
      }
      return text.replace(cell, (value) => (kept(value, asked) ? value : shorten(value)))
    },
    sentence(text) {
      let said = text
      for (const [value, short] of known) if (said.includes(value)) said = said.replaceAll(value, short)
      return addresses(said, '')
    },
  }
}

/** `jan…[sha256:1a2b3c4d]`: of what is short, hardly anything is shown. */
function shortened(value: string): string {
  const start = value.slice(0, Math.min(3, Math.floor(value.length / 4))).toWellFormed()
  return `${start}…[sha256:${createHash('sha256').update(value).digest('hex').slice(0, 8)}]`
}

/** RFC 2606, RFC 6761: nobody's. */
const reserved = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$/i

const address = /[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9-]+\.)+[a-z]{2,}/i
const everyAddress = new RegExp(address.source, 'gi')

/** Of a member whose value is somebody's, even where it is a word or a number. */
const telling = /pass(?:word|phrase|wd)|secret|token|otp|phone|mobile/i
/** A secret that has its name in its place. */
const redacted = /^(?:\$[A-Z][A-Z0-9_]*|…)+$/

/** A page in the place of an answer. */
const page = /^\s*</
const json = /^\s*[[{"]/

/** With the colon behind a name; of what was cut off, also the last. */
const jsonString = /"((?:[^"\\]|\\.?)*)("\s*:|"|$)/gs
/** Of a table in text. */
const cell = /[^,;\t\n"]+/g

/** What is said in programs' words, a number, a time, a secret that has its name in its place, or hardly anything. */
function isPlain(value: string): boolean {
  return (
    value.length < 4 ||
    /^[a-z]+(?:[_:/-][a-z]+)*$/.test(value) ||
    /^[A-Z]+(?:[_-][A-Z]+)*$/.test(value) ||
    /^[\d.,:+-]+$/.test(value) ||
    /^\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/.test(value) ||
    redacted.test(value)
  )
}

function isBelow(domain: string, parent: string): boolean {
  return parent !== '' && (domain === parent || domain.endsWith(`.${parent}`))
}
