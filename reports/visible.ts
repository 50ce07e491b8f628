/**
 * What a target says is hostile: it may hold characters that a terminal obeys, a reader cannot see, or a parser refuses.
 * Everything that reaches a document goes through here first; each format then escapes its own syntax.
 */

/** UTF-16 code units kept of one sentence: a title, a reason, what was expected. */
export const longestSentence = 2_000
/** UTF-16 code units kept of one block: a request, a transcript, a command. */
export const longestBlock = 20_000

/**
 * Controls, format characters (bidirectional and zero-width ones among them), line and paragraph separators, lone
 * surrogates, characters that show nothing, and noncharacters. Tab and line feed are the caller's to judge.
 */
export const unseen =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu

/** `U+202E`, the notation of the Unicode Standard (appendix A). */
export function codePointName(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
  return `U+${hex.padStart(4, '0')}`
}

/** At most `limit` code units, cut between characters, and how much was cut. */
export function bounded(text: string, limit: number): string {
  if (text.length <= limit) return text
  const cutsPair = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1))
  const kept = text.slice(0, cutsPair ? limit - 1 : limit)
  return `${kept} … (${text.length - kept.length} more characters)`
}

/** Most texts have nothing else: they need no look at each character's properties. */
const printable = /^[ -~]*$/

/** One line: every unseen character, line breaks too, written as `[U+000A]`. */
export function sentence(text: string, limit: number = longestSentence): string {
  const kept = bounded(text, limit)
  return printable.test(kept) ? kept : kept.replace(unseen, (character) => `[${codePointName(character)}]`)
}

/** Several lines: as `sentence`, but tabs and line breaks stay. CR LF counts as one line break. */
export function block(text: string, limit: number = longestBlock): string {
  return bounded(text, limit)
    .replaceAll('\r\n', '\n')
    .replace(unseen, (character) =>
      character === '\n' || character === '\t' ? character : `[${codePointName(character)}]`,
    )
}
