/** A character that nobody sees who reads the text, and a program does. */
export interface Unseen {
  /** `U+200B`. */
  readonly code: string
  readonly count: number
}

/**
 * Characters of a text that are not shown: controls (with escape sequences of terminals), what turns the direction of writing, tag
 * characters, and what has no width. Not what has its use where it stands: within pictures, between letters of scripts that join
 * them, a soft hyphen.
 */
export function unseenIn(text: string): Unseen[] {
  const others = text
    .replace(/\p{RGI_Emoji}/gv, '')
    .replace(/(?<=\p{Mark}|(?!\p{Script=Latin})\p{Letter})(?:\u200C|\u200D)/gu, '')
    .replace(/(?<=[\p{Symbol}\p{Number}\p{Script=Han}])(?:\uFE0E|\uFE0F)/gu, '')
  const counts = new Map<string, number>()
  for (const each of others) {
    if (!unseen.test(each) || '\t\n\r\u00AD'.includes(each)) continue
    const code = `U+${(each.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
    counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  return [...counts].map(([code, count]) => ({ code, count }))
}

/** Controls, format characters and variation selectors, what is nobody's, and the fillers of Hangul. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Variation_Selector}\u115F\u1160\u3164\uFFA0]/u
