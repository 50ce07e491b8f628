import { madeIn } from '../made-values.ts'
import type { Exchange } from '../model.ts'
import type { Redactor } from '../profile/redact.ts'
import type { Profile } from '../profile/shape.ts'
import { cookiesSetBy } from '../set-cookies.ts'
import {
  firstFree,
  madeVariable,
  printing,
  quoted,
  remark,
  type Script,
  type ShellPiece,
  singleQuoted,
} from '../shell.ts'
import { type Signer, toCurl } from './curl.ts'
import { extraction } from './extraction.ts'
import { mark } from './journal.ts'

/** A text that is another one at the next start, and what of which variable holds it then. */
export interface Place {
  readonly value: string
  readonly piece: ShellPiece
}

/** Lines that repeat what the checks of one target sent. */
export interface Scripts {
  /** From now on lines ask for what this exchange gave, and make what it made. */
  note(exchange: Exchange): void
  /** A text as it stands in a line. */
  spell(text: string): readonly ShellPiece[]
  /** `seen` is what it is to show: what it speaks of is made before. */
  script(exchange: Exchange, seen?: string): Script
}

interface Options {
  readonly profile: Profile
  readonly redactor: Redactor
  readonly places: readonly Place[]
}

/** Exchanges that changed something, and that lines may have to repeat: the latest, since lines are for findings of what was just done. */
const mostWritten = 4000
/** The variable of a token's own signature. */
const signature = /_SIGNATURE$/
/** Lines before one that nobody has asked for by a value. */
const mostMade = 4

/** An exchange that goes before, and which of the values that it gave are wanted. */
interface Planned {
  readonly exchange: Exchange
  readonly wanted: Set<string>
}

export function createScripts({ profile, redactor, places }: Options): Scripts {
  /** Who gave a value first, and as what. */
  const sources = new Map<string, { readonly exchange: Exchange; readonly name: string }>()
  const theirs = new Set(profile.secrets.map(({ value }) => value))
  const written: Exchange[] = []
  const effectOf = ({ operation }: Exchange) => profile.operations[operation ?? '']?.effect ?? 'change'

  const note = (exchange: Exchange) => {
    if (exchange.answer !== 'accepted' || exchange.response === null) return
    const asked = textOf(exchange)
    const cookies = new Map(cookiesSetBy(exchange.response).map(({ name, value = '' }) => [value, name]))
    for (const [name, value] of [
      ...textsIn(exchange.result),
      ...[...cookies].map(([value, name]) => [name, value] as const),
    ]) {
      if (sources.has(value) || asked.includes(value) || theirs.has(value)) continue
      if (isTelling(value) || cookies.has(value) || variableOfSecret(value) !== null)
        sources.set(value, { exchange, name })
    }
    if (effectOf(exchange) === 'read') return
    written.push(exchange)
    if (written.length > mostWritten) written.shift()
  }

  const variableOfSecret = (value: string) => /^\$(\w+)$/.exec(redactor.redact(value))?.[1] ?? null

  /** Those that somebody gave, in a text: secrets in whatever spelling. */
  const givenIn = (text: string): string[] => {
    const secrets = redactor.pieces(text).flatMap((piece) => {
      if ('text' in piece) return []
      return [piece.variable, piece.variable.replace(signature, '')].flatMap(
        (name) => redactor.valueOf(name) ?? [],
      )
    })
    const values = [
      ...secrets,
      ...(text.match(/[\w.~-]{6,}/g) ?? []),
      ...(text.match(/[A-Za-z0-9_-]{6,}/g) ?? []),
    ]
    return [...new Set(values)].filter((value) => sources.has(value))
  }

  const plan = (last: Exchange, seen: string): Planned[] => {
    const planned = new Map<string, Planned>()
    const add = (exchange: Exchange): Planned => {
      const known = planned.get(exchange.id)
      if (known !== undefined) return known
      const fresh = { exchange, wanted: new Set<string>() }
      planned.set(exchange.id, fresh)
      visit(exchange)
      return fresh
    }
    const visit = (exchange: Exchange) => {
      for (const step of exchange.steps ?? []) add(step)
      const text = textOf(exchange)
      for (const value of [...givenIn(text), ...madeIn(text).flatMap(([, { of }]) => of)]) {
        const source = sources.get(value)?.exchange
        if (source !== undefined && source.id !== exchange.id && source.startedAt <= exchange.startedAt)
          add(source).wanted.add(value)
      }
    }
    visit(last)
    const asked = textOf(last)
    const makers = (redactor.redact(`${seen}\n${asked}`).match(mark) ?? []).flatMap((word) => {
      const maker = written.find((each) => textOf(each).includes(word))
      return maker === undefined || maker.startedAt > last.startedAt || textOf(maker) === asked ? [] : [maker]
    })
    for (const maker of [...new Set(makers)].slice(0, mostMade)) add(maker)
    // What was taken away before it was asked for again.
    const ids = [...planned.values()].flatMap(({ wanted }) => [...wanted])
    for (const each of written)
      if (
        effectOf(each) === 'delete' &&
        each.id !== last.id &&
        each.startedAt < last.startedAt &&
        ids.some((id) => each.request.path.includes(id))
      )
        add(each)
    return [...planned.values()].sort((a, b) => a.exchange.startedAt - b.exchange.startedAt)
  }

  const spell = (text: string) =>
    redactor.pieces(text).flatMap((piece) => ('text' in piece ? placed(piece.text) : [piece]))
  const placed = (text: string): readonly ShellPiece[] =>
    replaced(text, places, (rest) => inBase64(rest, placed))

  const script = (last: Exchange, seen = ''): Script => {
    const before = plan(last, seen)
    const variables = new Map<string, string>()
    const taken = new Set<string>()
    const named = (value: string): string => {
      const known = variables.get(value)
      if (known !== undefined) return known
      const { exchange, name } = sources.get(value) ?? { exchange: last, name: 'value' }
      const own = variableOfSecret(value)
      const free = madeVariable(`${(exchange.operation ?? '').split('.')[0]}_${name}`)
      const variable = own ?? firstFree(free, taken)
      taken.add(variable)
      variables.set(value, variable)
      return variable
    }
    for (const { wanted } of before) for (const value of wanted) named(value)

    const forged = new Map<string, string>()
    const lines: string[] = []
    const spelling = {
      pieces: (text: string) =>
        replaced(
          text,
          [...forged].map(([value, variable]) => ({ value, piece: { variable } })),
          (rest) =>
            redactor
              .pieces(rest)
              .flatMap((piece) => ('text' in piece ? plain(piece.text) : [ofToken(piece)])),
        ),
    }
    /** The signature of a token that stands in a variable as a whole. */
    const ofToken = ({ variable }: { readonly variable: string }): ShellPiece => {
      const whole = variable.replace(signature, '')
      return whole !== variable && redactor.valueOf(whole) !== null
        ? { variable: whole, without: '##*.' }
        : { variable }
    }
    const plain = (text: string): readonly ShellPiece[] => {
      const known = [...variables].map(([value, variable]) => ({ value, piece: { variable } }))
      return replaced(text, [...known, ...places], (rest) => inBase64(rest, plain))
    }
    const repeated = (exchange: Exchange): string => {
      for (const [value, made] of madeIn(textOf(exchange))) {
        if (forged.has(value)) continue
        const variable = firstFree('MADE', taken)
        taken.add(variable)
        const words = made.of.map((live) => quoted(spell(live)))
        lines.push(`${variable}=$(${made.command(words, (text) => quoted(spell(text)))})`)
        forged.set(value, variable)
      }
      return toCurl(exchange, spelling, signerOf(profile, exchange))
    }
    for (const { exchange, wanted } of before) {
      const line = repeated(exchange)
      const got = [...wanted].map((value) => ({ value, filter: filterFor(exchange, value) }))
      const [only] = got
      if (only === undefined) lines.push(line)
      else if (got.length === 1 && only.filter !== null)
        lines.push(`${named(only.value)}=$(${line} | ${only.filter})`)
      else {
        const answer = firstFree('ANSWER', taken)
        taken.add(answer)
        lines.push(`${answer}=$(${line})`)
        for (const { value, filter } of got)
          lines.push(
            ...(filter !== null
              ? [`${named(value)}=$(printf '%s\\n' "$${answer}" | ${filter})`]
              : [
                  remark(`put what $${answer} has as ${sources.get(value)?.name} into ${named(value)}`),
                  ...(variableOfSecret(value) === null ? [`${named(value)}=${singleQuoted(value)}`] : []),
                ]),
          )
      }
    }
    const line = repeated(last)
    return { before: lines, line }
  }

  return { note, spell, script }
}

/** An id that stands in a URL as in a body, and is nothing else: a word has no digits. */
function isTelling(value: string): boolean {
  return /^[\w.~-]{6,200}$/.test(value) && /\d/.test(value)
}

/** By name; those of a list by its own. */
function textsIn(result: Exchange['result']): (readonly [string, string])[] {
  return Object.entries(result ?? {}).flatMap(([name, value]) => {
    const all = Array.isArray(value) ? value : [value]
    return all.flatMap((each) => (typeof each === 'string' ? [[name, each] as const] : []))
  })
}

function filterFor({ response }: Exchange, value: string): string | null {
  return response === null ? null : extraction(response, value)
}

function signerOf({ principals }: Profile, { principal }: Exchange): Signer {
  return principals[principal] ?? {}
}

/** All that a request says. */
function textOf({ request: { method, origin, path, headers, body } }: Exchange): string {
  const text = typeof body === 'string' || body === null ? (body ?? '') : Buffer.from(body).toString('latin1')
  return [`${method} ${origin}${path}`, ...headers.map(([name, value]) => `${name}: ${value}`), text].join(
    '\n',
  )
}

/** The longest first, where none is the beginning or the end of a longer word. */
function replaced(
  text: string,
  known: readonly Place[],
  rest: (text: string) => readonly ShellPiece[],
): readonly ShellPiece[] {
  const [longest, ...others] = known
    .filter(({ value }) => text.includes(value))
    .sort((a, b) => b.value.length - a.value.length)
  if (longest === undefined) return text === '' ? [] : rest(text)
  const parts = text.split(new RegExp(`(?<![A-Za-z0-9-])${RegExp.escape(longest.value)}(?![A-Za-z0-9-])`))
  return parts.flatMap((part, at) => [...(at === 0 ? [] : [longest.piece]), ...replaced(part, others, rest)])
}

/** A message that stands in base64 within a text, and says what is spelled otherwise in a line, is put into base64 there. */
function inBase64(text: string, spell: (text: string) => readonly ShellPiece[]): readonly ShellPiece[] {
  const pieces: ShellPiece[] = []
  let last = 0
  for (const { 0: encoded, index } of text.matchAll(/[A-Za-z0-9+/]{40,}={0,2}/g)) {
    const bytes = Buffer.from(encoded, 'base64')
    const decoded = bytes.toString('utf8')
    if (bytes.toString('base64') !== encoded || !Buffer.from(decoded).equals(bytes) || decoded.includes('\0'))
      continue
    const spelled = spell(decoded)
    if (spelled.every((piece) => 'text' in piece)) continue
    if (index > last) pieces.push({ text: text.slice(last, index) })
    pieces.push({ command: `${printing(spelled)} | openssl base64 -A` })
    last = index + encoded.length
  }
  return last === 0 ? [{ text }] : [...pieces, ...(last < text.length ? [{ text: text.slice(last) }] : [])]
}
