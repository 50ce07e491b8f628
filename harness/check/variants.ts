/** The name of a variant without what differs from run to run: random marks, and ports. */
export function stableName(name: string): string {
  return name.replace(/[0-9a-f]{16,}/g, '*').replace(/\b(port |:)\d{4,5}\b/g, '$1*')
}

/**
 * Whether a variant, or one in it, is among these stable names; all are where there is no list. `name` is the way to it, as in
 * `HTTP, crlf`.
 */
export function isAmong(name: string, names: ReadonlySet<string> | null): boolean {
  if (names === null) return true
  const stable = stableName(name)
  return names.has(stable) || [...names].some((other) => other.startsWith(`${stable}, `))
}
