/** What was made out of live credentials, such as a forged token: a line that repeats a request makes it anew. */
export interface MadeValue {
  /** The live ones, and other secrets that it is made with. */
  readonly of: readonly string[]
  /**
   * A command for `sh` that prints it. `words` stand for the live ones, in order; `spelled` writes a text of the target’s, such as
   * a URL, as a word.
   */
  command(words: readonly string[], spelled: (text: string) => string): string
}

/** Later ones push out the first: a line is for what was just found. */
const most = 20_000
const known = new Map<string, () => MadeValue | null>()

/** `made` is asked when a line needs it; `null` where no line can make it. */
export function noteMade(value: string, made: () => MadeValue | null): void {
  known.delete(value)
  known.set(value, made)
  const [first] = known.keys()
  if (known.size > most && first !== undefined) known.delete(first)
}

export function isMade(value: string): boolean {
  return known.has(value)
}

/** Those in a text, each with how it is made. */
export function madeIn(text: string): (readonly [value: string, made: MadeValue])[] {
  const words = new Set(text.match(/[\w.~-]{6,}/g) ?? [])
  return [...words].flatMap((word) => {
    const made = known.get(word)?.() ?? null
    return made === null ? [] : [[word, made] as const]
  })
}
