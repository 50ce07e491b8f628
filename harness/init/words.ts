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

/** The same, and what says others too. */
export function allWordsOf(operation: string): readonly string[] {
  return [...wordsOf(operation), ...(resources[operations[operation]?.kind ?? '']?.looseWords ?? [])]
}

/**
 * What others call the inputs and the results of an operation. Where its object is not named in the path (`unnamed`), it is in
 * the request, mostly by the name of its kind: `{"template_id": …}`, `{"domain": …}`.
 */
export function otherNames(
  operation: string,
  unnamed = false,
): { readonly inputs: OtherNames; readonly results: OtherNames } {
  const { kind = '', object = null } = operations[operation] ?? {}
  const { words = [], otherNames: own } = resources[kind] ?? {}
  const inputs: OtherNames = { ...commonNames.inputs, ...own?.inputs }
  return {
    inputs:
      unnamed && object !== null
        ? { ...inputs, [object]: [...(inputs[object] ?? []), ...ofObject(words)] }
        : inputs,
    results: { ...commonNames.results, ...own?.results },
  }
}

function ofObject(words: readonly string[]): string[] {
  return [
    ...words.flatMap((word) => [`${word}id`, `${word}name`, word]),
    'uuid',
    'name',
    'email',
    'address',
    'items',
  ]
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
const singulars = new Set(
  Object.values(resources).flatMap(({ words, looseWords = [] }) => [...words, ...looseWords]),
)

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
