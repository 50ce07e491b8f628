import type { LookupFunction } from 'node:net'
import { answerText } from '../api/answer-text.ts'
import { createClient } from '../api/client.ts'
import {
  documentRequest,
  type OpenApi,
  parseOpenApi,
  readDocumentText,
  UnreadableDocument,
} from '../api/openapi.ts'
import { type FurtherCalls, furtherCalls } from '../init/further-calls.ts'
import { isUrl } from '../profile/authorization.ts'
import { ProfileError } from '../profile/errors.ts'
import { partsOf } from '../profile/further-operations.ts'
import { operations as ours, pseudoOperations, resources } from '../profile/operations.ts'
import type { Profile, ProfileData, ProfileDocument } from '../profile/shape.ts'
import { unknown } from '../profile/unknown-name.ts'

interface Means {
  /** PEM of an authority to trust besides the profile's. */
  readonly ca?: string | undefined
  readonly lookup?: LookupFunction
}

/**
 * The calls that the target's own document has beyond the profile's, where that wants them: one look, before the checks. Throws
 * ProfileError where the document cannot be had, and where `except` names what it does not have.
 */
export async function furtherOf(
  document: ProfileDocument,
  profile: Profile,
  means: Means = {},
): Promise<FurtherCalls | null> {
  const { documented } = document.data
  const source = profile.openapi
  if (documented === undefined || source === undefined) return null
  const problem = (path: readonly (string | number)[], expected: string, seen: string, remedy: string) => ({
    ...document.locate(path),
    ...{ path: path.join('.').replace('documented', 'operations'), expected, seen, remedy },
  })
  const text = await textOf(source, profile, means).catch((error: unknown) => error)
  try {
    if (typeof text !== 'string') throw text
    const { operations } = parseOpenApi(text, source)
    const declared = { ...document.data, target: { url: profile.target.url } }
    const further = furtherCalls(operations, declared, documented.except)
    const wrong = [...unfitIn(documented.except, further), ...unknownIn(document.data, further)]
    if (wrong.length === 0) return further
    throw new ProfileError(
      document.file,
      wrong.map(({ at, expected, seen, remedy }) => problem(at, expected, seen, remedy)),
    )
  } catch (error) {
    if (!(error instanceof UnreadableDocument)) throw error
    const remedy = 'name one that can be had, or remove operations.from'
    throw new ProfileError(document.file, [
      problem(['openapi'], 'an OpenAPI document, JSON or YAML', error.seen, remedy),
    ])
  }
}

interface Wrong {
  readonly at: readonly (string | number)[]
  readonly expected: string
  readonly seen: string
  readonly remedy: string
}

function unfitIn(except: readonly string[], { unfit }: FurtherCalls): Wrong[] {
  return unfit.map((pattern) => ({
    at: ['documented', 'except', except.indexOf(pattern)],
    expected: 'a call of the document, so that none is made by mistake',
    seen: JSON.stringify(pattern),
    remedy: 'write it as the document has it, METHOD /path, with * for any text; or remove it',
  }))
}

/** What tables say of operations that nobody has. */
function unknownIn(data: ProfileData, further: FurtherCalls): Wrong[] {
  const { roles = {}, scopes = {}, shared = [], operations } = data
  const known = [
    ...Object.keys(ours),
    ...pseudoOperations,
    ...Object.keys(operations),
    ...Object.keys(further.operations),
  ]
  const inTables = Object.entries({ roles, scopes }).flatMap(([table, entries]) =>
    Object.entries(entries).flatMap(([name, allowed]) =>
      (allowed === '*' ? [] : [...allowed]).flatMap((each, i) => {
        const operation = typeof each === 'string' ? each : each.operation
        if (known.includes(operation)) return []
        const { expected, seen, remedy } = unknown(
          [],
          operation,
          known,
          'an operation of the profile or its document',
        )
        return [{ at: [table, name, i], expected, seen, remedy }]
      }),
    ),
  )
  const kinds = [...Object.keys(resources), ...known.map((name) => partsOf(name).kind)]
  const ofShared = shared.flatMap((each, i) => {
    const [kind, at] = typeof each === 'string' ? [each, ['shared', i]] : [each.kind, ['shared', i, 'kind']]
    return kinds.includes(kind) ? [] : [{ ...unknown([], kind, kinds, 'a kind of operations'), at }]
  })
  return [...inTables, ...ofShared]
}

/** The document that the profile names; `null` where there is none, and where it cannot be had. */
export async function documentOf(profile: Profile, means: Means): Promise<OpenApi | null> {
  const source = profile.openapi
  if (source === undefined) return null
  try {
    return parseOpenApi(await textOf(source, profile, means), source)
  } catch (error) {
    if (error instanceof UnreadableDocument) return null
    throw error
  }
}

async function textOf(source: string, { ca, target }: Profile, means: Means): Promise<string> {
  if (!isUrl(source)) return readDocumentText(source)
  const authorities = [ca, means.ca].filter((each) => typeof each === 'string')
  const { lookup } = means
  const client = createClient({
    ...{ ca: authorities, timeout: target.timeout },
    ...(lookup === undefined ? {} : { lookup }),
  })
  try {
    const answer = await client.send(documentRequest(source))
    const { response } = answer
    if (response?.status === 200 && !response.truncated) return response.body
    const seen =
      response?.status === 200
        ? 'more than can be read: save it and name the file'
        : answerText(answer, String)
    throw new UnreadableDocument(`the OpenAPI document was answered ${seen}`)
  } finally {
    await client.close()
  }
}

/** How many they are, for a command that sends nothing; what would have to be asked for stays open. */
export async function countedFurther(document: ProfileDocument, profile: Profile): Promise<string> {
  if (document.data.documented === undefined) return ''
  if (isUrl(document.data.openapi ?? '')) return ', and what the document has beside them'
  const { operations = {}, left = [] } = (await furtherOf(document, profile)) ?? {}
  return `, and ${Object.keys(operations).length} more of the document, which leaves ${left.length} out`
}
