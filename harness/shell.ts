import { unseen } from '../reports/visible.ts'

/** Lines for `sh`, of nothing but what POSIX has: a reader pastes them into whichever shell of that family there is. */

/** A piece of a word: text as it is, what a variable holds, or what a command prints. */
export type ShellPiece =
  | { readonly text: string }
  | {
      readonly variable: string
      /** What of it is left out: `#*://`, its beginning up to there. */
      readonly without?: string
    }
  | { readonly command: string }

/** Lines to run before, and one that shows something. */
export interface Script {
  readonly before: readonly string[]
  readonly line: string
}

export function scriptText({ before, line }: Script): string {
  return [...before, line].join('\n')
}

/** Characters of a remark. */
const longestRemark = 300

/** A line that does nothing and says something: not every shell that is typed into takes comments, and quotes are safe in all. */
export function remark(text: string): string {
  const plain = text.replace(new RegExp(`(?:${unseen.source}|\\s)+`, 'gu'), ' ').trim()
  return `: ${singleQuoted(plain.length > longestRemark ? `${plain.slice(0, longestRemark)}…` : plain)}`
}

const hasUnseen = new RegExp(unseen.source, 'u')
const unseenOrSpecial = new RegExp(`[\\\\%']|${unseen.source}`, 'gu')

/** Text in quotes, line breaks and all. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** One word, in quotes; nothing but its variables and commands is expanded. No word holds a NUL. */
export function quoted(pieces: readonly ShellPiece[]): string {
  return pieces.length === 0 ? "''" : joined(pieces).map(quotedPiece).join('')
}

/** The same, bare where nothing in it means anything to a shell. */
export function word(pieces: readonly ShellPiece[]): string {
  const [only, ...others] = joined(pieces)
  return only !== undefined &&
    others.length === 0 &&
    'text' in only &&
    /^[A-Za-z0-9_@%+=:,./-]+$/.test(only.text)
    ? only.text
    : quoted(pieces)
}

/** A command that prints the pieces, whatever they hold: its format has what nobody could read. `text` may be octets, one a character. */
export function printing(pieces: readonly ShellPiece[], encoding: 'utf8' | 'latin1' = 'utf8'): string {
  const format = pieces
    .map((piece) => ('text' in piece ? formatOf(piece.text, encoding) : '%s'))
    .join('')
    // It would be an option.
    .replace(/^-/, '\\055')
  const others = pieces.filter((piece) => !('text' in piece)).map(quotedPiece)
  return ['printf', `'${format}'`, ...others].join(' ')
}

/** A variable by which a shell knows what is called so: its own name where that is one, `random:admin` as `RANDOM_ADMIN`. */
export function variableOf(name: string): string {
  return isVariable(name) ? name : madeVariable(name)
}

/** A variable for what nobody has named: `key.create_secret` as `KEY_CREATE_SECRET`, `messageId` as `MESSAGE_ID`. */
export function madeVariable(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_')
  return words.replace(/^(?=\d|$)/, '_').toUpperCase()
}

/** `NAME`, or `NAME_2` where that is taken, and so on. */
export function firstFree(name: string, taken: { has(name: string): boolean }): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}_${n}`
    if (!taken.has(candidate)) return candidate
  }
}

/** Texts that stand beside one another are one. */
function joined(pieces: readonly ShellPiece[]): ShellPiece[] {
  const all: ShellPiece[] = []
  for (const piece of pieces) {
    const last = all.at(-1)
    if (last !== undefined && 'text' in last && 'text' in piece)
      all[all.length - 1] = { text: last.text + piece.text }
    else all.push(piece)
  }
  return all
}

function isVariable(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
}

function quotedPiece(piece: ShellPiece): string {
  if ('command' in piece) return `"$(${piece.command})"`
  if ('text' in piece) return quotedText(piece.text)
  const { variable, without } = piece
  if (!isVariable(variable))
    throw new Error(`Expected the name of a shell variable, saw ${JSON.stringify(variable)}.`)
  return without === undefined ? `"$${variable}"` : `"\${${variable}${without}}"`
}

function quotedText(text: string): string {
  if (!hasUnseen.test(text)) return singleQuoted(text)
  // What a command prints loses the line breaks at its end.
  const breaks = /\n*$/.exec(text)?.[0] ?? ''
  const shown = text.slice(0, text.length - breaks.length)
  return `${shown === '' ? '' : quotedPiece({ command: printing([{ text: shown }]) })}${breaks === '' ? '' : `'${breaks}'`}`
}

function formatOf(text: string, encoding: 'utf8' | 'latin1'): string {
  const special = encoding === 'utf8' ? unseenOrSpecial : /[\\%']|[^\x20-\x7e]/g
  return text.replace(special, (character) => {
    const named = { '\\': '\\\\', '%': '%%', "'": String.raw`'\''`, '\n': '\\n', '\r': '\\r', '\t': '\\t' }
    return named[character as keyof typeof named] ?? [...Buffer.from(character, encoding)].map(octal).join('')
  })
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`
}
