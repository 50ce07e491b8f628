import { madeIn } from '../made-values.ts'
import type { Exchange } from '../model.ts'
import type { Redactor } from '../profile/redact.ts'
import type { Profile } from '../profile/shape.ts'
import { cookiesSetBy } from '../set-cookies.ts'

/** An exchange that is made again, and which of the values that it gave are wanted by later ones. */
export interface Planned {
  readonly exchange: Exchange
  readonly wanted: ReadonlySet<string>
}

/** What came of what, at one target: who gave a value that a request says, and made what it speaks of. */
export interface Provenance {
  note(exchange: Exchange): void
  /** As what a value was given, and by whom; `null` where nobody gave it. */
  sourceOf(value: string): { readonly exchange: Exchange; readonly name: string } | null
  /** Of later calls, the last that looked at what an exchange made or changed, or used it; `null` where none did. */
  lookAt(exchange: Exchange, later: readonly Exchange[]): Exchange | null
  /** Marks of what these make and keep: a target may take each name once. */
  marksOf(exchanges: readonly Exchange[]): readonly string[]
  /**
   * These exchanges and, in order of time, all that has to be made before them; `seen` speaks of what is made, too. `ended`: what
   * took away or changed what they are of.
   */
  plan(asked: readonly Exchange[], seen: string, ended?: readonly Exchange[]): readonly Planned[]
}

/** Exchanges that changed something: the latest, since lines are for findings of what was just done. */
const mostWritten = 4000
/** Characters of a request: nobody pastes a longer one. */
const longest = 64 * 1024
/** Of what was made and that nobody has asked for by a value. */
const mostMade = 4

/** Enough of a canary to be nothing else, wherever it was cut off. */
const canary = /c[0-9a-f]{11,}/g
/** As long as it is where something is named by it. */
const whole = /c[0-9a-f]{14,}/g

export function createProvenance(
  { operations, principals, secrets }: Profile,
  redactor: Pick<Redactor, 'pieces' | 'redact' | 'secretOf'>,
): Provenance {
  const sources = new Map<string, { readonly exchange: Exchange; readonly name: string }>()
  /** Who first let somebody in by a value that was given. */
  const uses = new Map<string, Exchange>()
  const written: Exchange[] = []
  const theirs = new Set(secrets.map(({ value }) => value))
  const effectOf = ({ operation }: Exchange) => operations[operation ?? '']?.effect ?? 'change'
  /** Marks that requests have said: who answers with one has not given it. */
  const said = new Set<string>()
  const isOurs = (value: string) => (value.match(whole) ?? []).some((mark) => said.has(mark))
  const isRead = (exchange: Exchange) => effectOf(exchange) === 'read'

  /** Values in a text that somebody gave: secrets in whatever spelling. */
  const givenIn = (text: string): string[] => {
    const named = redactor.pieces(text).flatMap((piece) => ('text' in piece ? [] : [piece.variable]))
    const secret = named.flatMap((name) =>
      [name, withoutSignature(name)].flatMap((each) => redactor.secretOf(each) ?? []),
    )
    const words = [/[\w.~-]{6,}/g, /[A-Za-z0-9_-]{6,}/g].flatMap((form) => text.match(form) ?? [])
    return [...new Set([...secret, ...words])].filter((value) => sources.has(value))
  }

  const tellingIn = (result: Exchange['result']) =>
    textsIn(result).flatMap(([, value]) => (isTelling(value, redactor) ? [value] : []))
  const isSignIn = (operation: string | null) =>
    Object.values(principals).some(
      ({ session }) => session !== undefined && (session.operation ?? 'session.create') === operation,
    )

  const makersOf = (last: Exchange, seen: string): Exchange[] => {
    const asked = textOf(last)
    const makers = (redactor.redact(`${seen}\n${asked}`).match(canary) ?? []).flatMap((word) => {
      const maker = written.find((each) => textOf(each).includes(word))
      return maker === undefined || maker.startedAt > last.startedAt || textOf(maker) === asked ? [] : [maker]
    })
    return [...new Set(makers)].slice(0, mostMade)
  }

  /** What was taken away before it was asked for again. */
  const endsOf = (ids: readonly string[], last: Exchange): Exchange[] =>
    written.filter(
      (each) =>
        effectOf(each) === 'delete' &&
        byTime(each, last) < 0 &&
        ids.some((id) => each.request.path.includes(id)),
    )

  /** It takes away what the value was given with. */
  const isOneOf = ({ request }: Exchange, value: string) =>
    tellingIn(sources.get(value)?.exchange.result ?? null).some((id) => request.path.includes(id))

  return {
    lookAt(exchange, later) {
      if (isRead(exchange)) return null
      // What it made, and whatever else was given with what it names: the secret of a key beside its id.
      const beside = givenIn(textOf(exchange)).flatMap((value) => sources.get(value)?.exchange ?? [])
      const ofOthers = beside.filter(({ operation }) => !isSignIn(operation))
      const ids = [exchange, ...ofOthers].flatMap(({ result }) => tellingIn(result))
      const marks = [...ids, ...(textOf(exchange).match(canary) ?? [])]
      const looks = later.filter(
        (each) =>
          each.answer === 'accepted' &&
          each.id !== exchange.id &&
          byTime(exchange, each) < 0 &&
          marks.some(
            (text) =>
              textOf(each).includes(text) || (isRead(each) && each.response?.body.includes(text) === true),
          ),
      )
      return looks.toSorted(byTime).at(-1) ?? null
    },
    marksOf: (exchanges) => [
      ...new Set(
        exchanges
          .filter((each) => effectOf(each) === 'create' && operations[each.operation ?? '']?.sends !== true)
          .flatMap((each) => redactor.redact(textOf(each)).match(whole) ?? []),
      ),
    ],
    sourceOf: (value) => sources.get(value) ?? null,
    note(exchange) {
      const asked = textOf(exchange)
      if (asked.length > longest) return
      for (const mark of asked.match(whole) ?? []) said.add(mark)
      if (exchange.answer !== 'accepted' || exchange.response === null) return
      for (const shown of exchange.request.headers.flatMap(([, text]) => text.match(/[\w.~-]{6,}/g) ?? []))
        if (sources.has(shown) && !uses.has(shown)) uses.set(shown, exchange)
      const cookies = cookiesSetBy(exchange.response).map(({ name, value = '' }) => [name, value] as const)
      const telling = textsIn(exchange.result).filter(([, value]) => isTelling(value, redactor))
      for (const [name, value] of [...telling, ...cookies])
        if (!sources.has(value) && !asked.includes(value) && !theirs.has(value) && !isOurs(value))
          sources.set(value, { exchange, name })
      if (isRead(exchange)) return
      written.push(exchange)
      if (written.length > mostWritten) written.shift()
    },
    plan(asked, seen, ended = []) {
      const wanted = new Map<string, Set<string>>()
      const order: Exchange[] = []
      const add = (exchange: Exchange) => {
        if (wanted.has(exchange.id)) return
        wanted.set(exchange.id, new Set())
        for (const step of exchange.steps ?? []) add(step)
        // Somebody who was made signs in.
        if (isSignIn(exchange.operation)) for (const maker of makersOf(exchange, '')) add(maker)
        const text = textOf(exchange)
        for (const value of [...givenIn(text), ...madeIn(text).flatMap(([, { of }]) => of)]) {
          const source = sources.get(value)?.exchange
          if (source === undefined || source.id === exchange.id || source.startedAt > exchange.startedAt)
            continue
          add(source)
          wanted.get(source.id)?.add(value)
        }
        order.push(exchange)
      }
      for (const exchange of asked) {
        for (const maker of makersOf(exchange, seen)) add(maker)
        add(exchange)
      }
      const [last] = asked.slice(-1)
      const ids = order.flatMap(({ id, result }) => (wanted.get(id)?.size ? tellingIn(result) : []))
      const ends = last === undefined ? ended : [...endsOf(ids, last), ...ended]
      for (const end of ends) add(end)
      // What was used before it ended may be remembered afterwards.
      for (const id of ids) {
        const use = uses.get(id)
        if (use !== undefined && ends.some((end) => byTime(use, end) < 0 && isOneOf(end, id))) add(use)
      }
      return order
        .toSorted(byTime)
        .map((exchange) => ({ exchange, wanted: wanted.get(exchange.id) ?? new Set<string>() }))
    },
  }
}

/** Of the same millisecond, by the number that each gets once it is answered. */
function byTime(a: Exchange, b: Exchange): number {
  return a.startedAt - b.startedAt || numberOf(a) - numberOf(b)
}

function numberOf({ id }: Exchange): number {
  return Number(/\d+$/.exec(id)?.[0] ?? Number.MAX_SAFE_INTEGER)
}

/** By name; those of a list by its own. */
function textsIn(result: Exchange['result']): (readonly [string, string])[] {
  return Object.entries(result ?? {}).flatMap(([name, value]) => {
    const all = Array.isArray(value) ? value : [value]
    return all.flatMap((each) => (typeof each === 'string' ? [[name, each] as const] : []))
  })
}

/**
 * A secret, or an id that stands in a URL as in a body and is nothing else: a word has neither digits nor capitals here and there, and a
 * name of a host has dots.
 */
function isTelling(value: string, { redact }: Pick<Redactor, 'redact'>): boolean {
  return (
    (/^[\w~-]{6,200}$/.test(value) && (/\d/.test(value) || isMixed(value))) || /^\$\w+$/.test(redact(value))
  )
}

/** Of chance, one id of twelve letters in eight has no digit. */
function isMixed(value: string): boolean {
  return value.length >= 8 && (value.match(/[a-z](?=[A-Z])/g) ?? []).length >= 2
}

/** All that a request says. */
export function textOf({ request: { method, origin, path, headers, body } }: Exchange): string {
  const text = typeof body === 'string' || body === null ? (body ?? '') : Buffer.from(body).toString('latin1')
  return [`${method} ${origin}${path}`, ...headers.map(([name, value]) => `${name}: ${value}`), text].join(
    '\n',
  )
}

/** The variable of a token whose signature alone has one. */
export function withoutSignature(variable: string): string {
  return variable.replace(/_SIGNATURE$/, '')
}
