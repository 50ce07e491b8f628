import { createHash } from 'node:crypto'
import type { Exchange } from '../model.ts'

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

interface Options {
  /** Below this domain are the sandbox, and targets that a run brings up. */
  readonly zone: string
  /** Domains that the profile names. */
  readonly domains: readonly string[]
  /** Words of the profile, such as roles. */
  readonly words: readonly string[]
}

const mostKnown = 1000
/** What is shorter may stand in a sentence by chance. */
const shortestTelling = 8

export function createDiscretion({ zone, domains, words }: Options): Discretion {
  const known = new Map<string, string>()
  const made = new Set<string>()
  const ownWords = new Set(words)
  const ownDomains = [zone, ...domains].map((domain) => domain.toLowerCase())

  const isOurs = (value: string) => {
    const [, domain = ''] = /@([^@\s<>"]+)$/.exec(value) ?? []
    return (
      ofCanary.test(value) ||
      made.has(value) ||
      ownWords.has(value) ||
      reserved.test(domain) ||
      ownDomains.some((own) => isBelow(domain.toLowerCase(), own))
    )
  }
  const shorten = (value: string) => {
    const short = shortened(value)
    if (value.length >= shortestTelling && known.size < mostKnown) known.set(value, short)
    return short
  }
  const kept = (value: string, asked: string) => isPlain(value) || isOurs(value) || asked.includes(value)
  const addresses = (text: string, asked: string) =>
    text.replace(address, (value) => (kept(value, asked) ? value : shorten(value)))

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
      const values = json.test(text) ? jsonValue : cell
      return text.replace(values, (all: string, before: string, value: string, after: string) =>
        kept(value, asked) ? all : `${before}${shorten(value)}${after}`,
      )
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

/** Of a canary: see canary.ts. */
const ofCanary = /c[0-9a-f]{15,}/

/** RFC 2606, RFC 6761: nobody's. */
const reserved = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$/i

const address = /[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9-]+\.)+[a-z]{2,}/gi

/** A page in the place of an answer. */
const page = /^\s*</
const json = /^\s*[[{"]/

/** Values, not names of members; of what was cut off, also the last. */
const jsonValue = /(")((?:[^"\\]|\\.)*)("(?!\s*:)|$)/g
/** Of a table in text. */
const cell = /(^|[,;\t\n"])([^,;\t\n"]+)()/g

/** What is said in programs' words, a number, a time, a secret that has its name in its place, or hardly anything. */
function isPlain(value: string): boolean {
  return (
    value.length < 4 ||
    /^[a-z]+(?:[_:/-][a-z]+)*$/.test(value) ||
    /^[A-Z]+(?:[_-][A-Z]+)*$/.test(value) ||
    /^[\d.,:+-]+$/.test(value) ||
    /^\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/.test(value) ||
    /^(?:\$[A-Z][A-Z0-9_]*|…)+$/.test(value)
  )
}

function isBelow(domain: string, parent: string): boolean {
  return parent !== '' && (domain === parent || domain.endsWith(`.${parent}`))
}
