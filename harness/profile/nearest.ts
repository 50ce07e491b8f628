/** The word of `known` that is the fewest edits away, for "did you mean"; `null` if none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  return within(Math.max(2, Math.ceil(word.length / 2)), word, known)
}

/** The same for a word that may be right: a slip of the pen is two edits at most, and leaves most of it. */
export function slipOf(word: string, known: readonly string[], most = 2): string | null {
  return within(Math.min(most, Math.floor(word.length / 3)), word, known)
}

/** `; did you mean keys?`, or nothing where none is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === null ? '' : `; did you mean ${near}?`
}

function within(most: number, word: string, known: readonly string[]): string | null {
  const [best] = known
    // Each letter too many is an edit: a word of any length is compared with what may be near it alone.
    .filter(({ length }) => Math.abs(length - word.length) <= most)
    .map((candidate) => ({ candidate, distance: edits(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= most ? best.candidate : null
}

/** Levenshtein's distance, where two neighbours that changed places are one edit. One row at a time. */
function edits(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, x] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, y] of [...b].entries()) {
      const swapped = i > 0 && j > 0 && x === b[j - 1] && y === a[i - 1]
      next.push(
        Math.min(
          (next[j] ?? 0) + 1,
          (row[j + 1] ?? 0) + 1,
          (row[j] ?? 0) + (x === y ? 0 : 1),
          swapped ? (before[j - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    ;[before, row] = [row, next]
  }
  return row[b.length] ?? a.length
}
