import escapeStringRegexp from 'escape-string-regexp'
import { madeIn } from '../made-values.ts'
import type { Exchange } from '../model.ts'
import type { Redactor } from '../profile/redact.ts'
import type { Profile } from '../profile/shape.ts'
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
import { createProvenance, type Planned, textOf, withoutSignature } from './provenance.ts'

/** A text that is another one at the next start, and what it is then. */
export interface Place {
  readonly value: string
  readonly pieces: readonly ShellPiece[]
  /** Also where it is a part of a longer word. */
  readonly anywhere?: boolean
}

/** Other calls that lines repeat with the one that they are of. */
export interface Beside {
  /** Where one of these looked at what the call did, so does the last line. */
  readonly later?: readonly Exchange[]
  /** What ended or changed what the call shows all the same: it is made before. */
  readonly after?: Exchange | undefined
}

/** Lines for `sh` that repeat what the checks of one target sent. */
export interface Scripts {
  /** From now on lines ask for what this exchange gave, and make what it made. */
  note(exchange: Exchange): void
  /** A text as it stands in a line. */
  spell(text: string): readonly ShellPiece[]
  /** `seen` is what it is to show: what that speaks of is made before. */
  script(exchange: Exchange, seen?: string, beside?: Beside): Script
}

/** What holds the first value that a line makes anew. */
export const madeAnew = 'MADE'
/** What makes names new that another run of the lines has given. */
const fresh = 'NEW'
/** What stands for a credential that nobody has named. */
const unknown = 'CREDENTIAL'

interface Options {
  readonly profile: Profile
  readonly redactor: Redactor
  readonly places: readonly Place[]
}

export function createScripts({ profile, redactor, places }: Options): Scripts {
  const provenance = createProvenance(profile, redactor)
  const { sourceOf } = provenance

  /** With what `also` is spelled by, beside the secrets and the places. */
  const spelling = (text: string, also: readonly Place[] = []): readonly ShellPiece[] => {
    const plain = (rest: string): readonly ShellPiece[] =>
      replaced(rest, [...also, ...places], (other) => inBase64(other, plain))
    return redactor
      .pieces(text)
      .flatMap((piece) => ('text' in piece ? plain(piece.text) : [ofToken(piece.variable)]))
  }
  /** The signature of a token whose variable holds all of it. */
  const ofToken = (variable: string): ShellPiece => {
    const whole = withoutSignature(variable)
    return whole !== variable && redactor.secretOf(whole) !== null
      ? { variable: whole, without: '##*.' }
      : { variable }
  }
  const variableOfSecret = (value: string) => /^\$(\w+)$/.exec(redactor.redact(value))?.[1] ?? null

  /** Which variable holds what one exchange gives to another. */
  const namesOf = (planned: readonly Planned[]): ReadonlyMap<string, string> => {
    const names = new Map<string, string>()
    const taken = new Set<string>()
    for (const value of planned.flatMap(({ wanted }) => [...wanted])) {
      const { exchange, name = 'value' } = sourceOf(value) ?? {}
      const [kind = ''] = exchange?.operation?.split('.') ?? []
      const variable = variableOfSecret(value) ?? firstFree(madeVariable(`${kind}_${name}`), taken)
      taken.add(variable)
      names.set(value, variable)
    }
    return names
  }

  return {
    note: provenance.note,
    spell: (text) => spelling(text),
    script(asTold, seen = '', { later = [], after } = {}) {
      const exchange = withSecrets(asTold, redactor)
      const look = provenance.lookAt(exchange, later)
      const asked = look === null ? [exchange] : [exchange, look]
      const planned = provenance.plan(asked, seen, after === undefined ? [] : [withSecrets(after, redactor)])
      const names = namesOf(planned)
      const marks = provenance.marksOf(planned.map((each) => each.exchange))
      const given: Place[] = [
        ...[...names].map(([value, variable]) => ({ value, pieces: [{ variable }] })),
        ...marks.map((value) => ({ value, pieces: [{ text: value }, { variable: fresh }], anywhere: true })),
      ]
      const made = new Map<string, string>()
      // A target may take a name once.
      const lines = marks.length === 0 ? [] : [`${fresh}=$(openssl rand -hex 4)`]

      /** The line of an exchange, once what was made for it is made. */
      const lineOf = (each: Exchange): string => {
        for (const [value, { of, command }] of madeIn(textOf(each))) {
          if (made.has(value)) continue
          const variable = firstFree(madeAnew, new Set(made.values()))
          const words = of.map((live) => quoted(spelling(live, given)))
          lines.push(`${variable}=$(${command(words, (text) => quoted(spelling(text, given)))})`)
          made.set(value, variable)
        }
        const known = [...made].map(([value, variable]) => ({ value, pieces: [{ variable }] }))
        const pieces = (text: string) => replaced(text, known, (rest) => spelling(rest, given))
        return toCurl(each, { pieces }, signerOf(profile, each))
      }
      for (const { exchange: each, wanted } of planned) {
        const line = lineOf(each)
        const isAsked = asked.some(({ id }) => id === each.id)
        lines.push(...(wanted.size > 0 ? taking(line, each, [...wanted], names, isAsked) : [line]))
        // What it prints may end in no line break.
        if (wanted.size === 0 && each !== planned.at(-1)?.exchange) lines.push('echo')
      }
      const isUnknown = lines.some((line) => line.includes(`"$${unknown}"`))
      return {
        before: [
          ...(isUnknown ? [remark(`no line makes what was shown as ${unknown}`)] : []),
          ...lines.slice(0, -1),
        ],
        line: lines.at(-1) ?? '',
      }
    },
  }

  /** A line, and what of its answer later ones say, in variables. */
  function taking(
    line: string,
    { response }: Exchange,
    wanted: readonly string[],
    names: ReadonlyMap<string, string>,
    isShown: boolean,
  ): string[] {
    const got = wanted.map((value) => ({
      ...{ value, variable: names.get(value) ?? '' },
      filter: response === null ? null : extraction(response, value),
    }))
    const [only] = got
    if (got.length === 1 && only !== undefined && only.filter !== null && !isShown)
      return [`${only.variable}=$(${line} | ${only.filter})`]
    return [
      `ANSWER=$(${line})`,
      ...(isShown ? [`printf '%s\\n' "$ANSWER"`] : []),
      ...got.flatMap(({ value, variable, filter }) =>
        filter !== null
          ? [`${variable}=$(printf '%s\\n' "$ANSWER" | ${filter})`]
          : [
              remark(`what that gives as ${sourceOf(value)?.name} belongs into ${variable}`),
              ...(variableOfSecret(value) === null ? [`${variable}=${singleQuoted(value)}`] : []),
            ],
      ),
    ]
  }
}

/** Of a call that another process has told of, each name of a secret stands for what it is here. */
function withSecrets(exchange: Exchange, { secretOf }: Pick<Redactor, 'secretOf'>): Exchange {
  const { request } = exchange
  const headers = request.headers.map(
    ([name, value]) =>
      [name, value.replace(/\$(\w+)/g, (all, known: string) => secretOf(known) ?? all)] as const,
  )
  const isSame = headers.every(([, value], at) => value === request.headers[at]?.[1])
  return isSame ? exchange : { ...exchange, request: { ...request, headers } }
}

function signerOf({ principals }: Profile, { principal }: Exchange): Signer {
  return principals[principal] ?? {}
}

/** The longest first, where none is a part of a longer word. */
function replaced(
  text: string,
  known: readonly Place[],
  rest: (text: string) => readonly ShellPiece[],
): readonly ShellPiece[] {
  const [longest, ...others] = known
    .filter(({ value }) => text.includes(value))
    .toSorted((a, b) => b.value.length - a.value.length)
  if (longest === undefined) return text === '' ? [] : rest(text)
  const parts = text.split(
    longest.anywhere === true
      ? longest.value
      : new RegExp(`(?<![A-Za-z0-9-])${escapeStringRegexp(longest.value)}(?![A-Za-z0-9-])`),
  )
  return parts.flatMap((part, at) => [...(at === 0 ? [] : longest.pieces), ...replaced(part, others, rest)])
}

/** What stands in base64 within a text, and says what is spelled otherwise in a line, is put into base64 there. */
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
