import type { About, Role } from '../model.ts'

/** What is switched on in the reference API, each by itself, for the runs of a check in that role; `null` for nothing. */
export function switchesOf(role: Role, { weaknesses, habits = [] }: About): readonly (string | null)[] {
  if (role === 'weak') return weaknesses
  return role === 'sound' ? [null, ...habits] : [null]
}

/** The title of a run; a weakness stands in it as `[name]`, a habit as `{name}`. */
export function titleOf(title: string, { weaknesses }: About, switched: string | null): string {
  if (switched === null) return title
  return weaknesses.includes(switched) ? `${title} [${switched}]` : `${title} {${switched}}`
}

const weakTitle = / \[[a-z0-9-]+\]$/
const habitTitle = / \{[a-z0-9-]+\}$/

/** Without what `titleOf` adds. */
export function plainTitle(title: string): string {
  return title.replace(weakTitle, '').replace(habitTitle, '')
}

/** The titles of the runs that a role has. */
export const titlesOf: Readonly<Record<Role, { readonly grep?: RegExp; readonly grepInvert?: RegExp[] }>> = {
  target: { grepInvert: [weakTitle, habitTitle] },
  sound: { grepInvert: [weakTitle] },
  weak: { grep: weakTitle },
}
