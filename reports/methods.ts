import byCheck from './methods.json' with { type: 'json' }

/** How a check of ours comes to its verdict, in sentences with `code` in them; written by hand in its page. */
export interface Method {
  /** What is tried, by whom, and what with. */
  readonly probe: string
  /** By what it is decided, and what weighs how much. */
  readonly oracle: string
  /** What must be so before that means anything, and what leaves it open. */
  readonly guards: string
}

const methods: Readonly<Record<string, Method>> = byCheck

/** `null` for a check that is not of ours. */
export function methodOf(check: string): Method | null {
  return Object.hasOwn(methods, check) ? (methods[check] ?? null) : null
}
