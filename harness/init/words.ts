import { commonNames, type OtherNames } from '../profile/operations/resource.ts'
import { operations, resources } from '../profile/operations.ts'

/**
 * What email APIs call things, in plain form (lower case, letters and digits alone): collected from public API
 * documents of the field. What they call an operation, and its inputs and results, stands with the operations.
 */

/** What paths call that with which an operation has to do, in the singular. */
export function wordsOf(operation: string): readonly string[] {
  return resources[operations[operation]?.kind ?? '']?.words ?? []
}

/** The input for which the last parameter of a path stands; `null` where that says whose it is, or there is none. */
export function namedInPath(operation: string, path: string): string | null {
  const { kind = '', inputs = {}, object = null } = operations[operation] ?? {}
  if (object !== null) return path.includes('{') ? object : null
  const named = resources[kind]?.named ?? ''
  return named in inputs && path.endsWith('}') ? named : null
}

/** What others call the inputs and the results of an operation. */
export function otherNames(operation: string): { readonly inputs: OtherNames; readonly results: OtherNames } {
  const own = resources[operations[operation]?.kind ?? '']?.otherNames
  return {
    inputs: { ...commonNames.inputs, ...own?.inputs },
    results: { ...commonNames.results, ...own?.results },
  }
}

/** Names of the two parts of a mailbox, and of the four of an attachment, in objects that stand for one. */
export const parts = {
  email: ['email', 'emailaddress', 'address'],
  name: ['name', 'displayname', 'fullname'],
  filename: ['filename', 'name'],
  content: ['content', 'data', 'rawcontent', 'base64content'],
  contentType: ['contenttype', 'type', 'mimetype'],
  contentId: ['contentid', 'cid'],
  fieldName: ['name', 'header', 'key'],
  fieldValue: ['value'],
} as const

/** Letters and digits of a name, in lower case: `ReplyTo`, `reply_to` and `reply-to` are one. */
export function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Some words for resources end as plurals do. */
const singulars = new Set(Object.values(resources).flatMap(({ words }) => words))

/** `Api-Keys` → `apikey`, `entries` → `entry`. */
export function singular(word: string): string {
  const bare = plain(word)
  if (singulars.has(bare) || bare.endsWith('ss')) return bare
  return bare.replace(/ies$/, 'y').replace(/s$/, '')
}

/** Which of `ours` a name of theirs stands for; `null` for none. The shorter the list the more certain. */
export function meaning(name: string, ours: readonly string[], names: OtherNames): string | null {
  const bare = plain(name)
  return (
    ours.find((word) => plain(word) === bare) ??
    ours.find((word) => names[word]?.includes(bare) === true) ??
    null
  )
}
