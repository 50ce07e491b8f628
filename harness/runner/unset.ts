import type { ProfileDocument } from '../profile/profile.ts'
import { variables } from '../profile/secrets.ts'

/** Names of variables in a text of a profile that a run would ask for. */
export function unsetIn(text: string): string[] {
  const keys = variables(text).filter((key) => !key.includes(':') && !process.env[key])
  return [...new Set(keys)]
}

/** Those of the whole profile, and who sets them, as a line; `null` where nothing is missing. */
export function unsetOf({ data, comesUp }: ProfileDocument): string | null {
  const unset = unsetIn(JSON.stringify(data))
  const who =
    comesUp === 'external' ? 'a run asks for them' : 'a run asks for those that its target does not say'
  return unset.length === 0 ? null : `${unset.join(', ')}: ${who}`
}
