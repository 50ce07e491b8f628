/** What a refusal that names words says of each of them alike. */
export interface NamedRefusal {
  /** Of the words that were asked about. */
  readonly refused: ReadonlySet<string>
  /** What it says, without the words. */
  readonly form: string
}

export interface Said {
  /** Names that may be known there, and may not. */
  readonly words: readonly string[]
  /** A name in the same place that nobody knows. */
  readonly nonsense: string
  /** Names in the same place that are known there: who names them as well repeats what was sent, or tells what there is. */
  readonly own: readonly string[]
  /** What the words were said to be: an answer may repeat it. */
  readonly values: readonly string[]
}

/**
 * The words that a refusal names, each once, as it names one that nobody knows; `null` where it names none so: of what it leaves out,
 * and of what it says anything else of, nothing follows.
 */
export function namedRefusal(answer: string, { words, nonsense, own, values }: Said): NamedRefusal | null {
  const repeated = values.filter((value) => !words.includes(value))
  const text = repeated.reduce((left, value) => left.replaceAll(`"${value}"`, '""'), answer)
  const mentions = mentionsOf(text, [...new Set([...words, nonsense, ...own])])
  const named = mentions.map(({ name }) => name)
  const isOnce = new Set(named).size === named.length
  if (!isOnce || !named.includes(nonsense) || named.some((name) => own.includes(name))) return null
  const between = mentions.slice(1).map(({ at }, before) => text.slice(mentions[before]?.end, at))
  const [gap = ''] = between
  if (between.some((each) => each !== gap)) return null
  const [first, last] = [mentions[0], mentions.at(-1)]
  return {
    refused: new Set(named.filter((name) => name !== nonsense)),
    form: withoutIds(`${text.slice(0, first?.at)}…${text.slice(last?.end)}`),
  }
}

/** Whole words: `tenant` is none of `tenant_id`, nor of `filter[tenant]`. */
function mentionsOf(text: string, names: readonly string[]) {
  const within = '[\\w$[\\]-]'
  const any = names
    .toSorted((a, b) => b.length - a.length)
    .map((name) => name.replace(/[^\w]/g, '\\$&'))
    .join('|')
  const found = text.matchAll(new RegExp(`(?<!${within})(?:${any})(?!${within})`, 'g'))
  return [...found].map(({ 0: name, index }) => ({ name, at: index, end: index + name.length }))
}

/** Requests have numbers, and times. */
function withoutIds(text: string): string {
  return text.replace(/\b[\w-]*\d[\w:.-]*/g, '#')
}
