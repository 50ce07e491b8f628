import { access, constants, readFile } from 'node:fs/promises'
import path from 'node:path'
import { authorizationProblem, isUrl } from './authorization.ts'
import { compileOperations } from './compiled-operations.ts'
import { compileMcp } from './compiled-tools.ts'
import { type Problem, ProfileError } from './errors.ts'
import { ExpressionFailed } from './expressions.ts'
import { type Position, presets, readLayers } from './layers.ts'
import { meaningMistakes } from './meaning.ts'
import { createRedactor } from './redact.ts'
import { type FillOptions, fillIn } from './references.ts'
import { type Mistake, schemaMistakes } from './schema.ts'
import type { Allowed, OperationData, Profile, ProfileData, ProfileDocument } from './shape.ts'
import {
  asWritten,
  isSubmissionAlone,
  submissionAloneMistakes,
  urlOf,
  type WrittenData,
  withOnePlace,
} from './submission-alone.ts'

export { ProfileError } from './errors.ts'
export type { Profile, ProfileDocument } from './shape.ts'

/** Where the profile promises nothing. */
export const deliveryByDefault = { within: 30 }

/** Reads and validates a profile; its references stay open. Throws ProfileError with every mistake found. */
export async function readProfile(file: string): Promise<ProfileDocument> {
  const absolute = path.resolve(file)
  const { data: merged, locate } = await readLayers(absolute)
  const mistakes = schemaMistakes(merged)
  const written = merged as WrittenData
  if (mistakes.length === 0) mistakes.push(...submissionAloneMistakes(written))
  // What does not fit the schema is nothing of this shape.
  const data = mistakes.length === 0 ? withOnePlace(written) : (merged as ProfileData)
  const pathOf = (at: readonly (string | number)[], value: string) =>
    path.resolve(path.dirname(locate(at).file), value)
  if (mistakes.length === 0)
    mistakes.push(...(await meaningMistakes(data)).map((m) => ({ ...m, path: asWritten(data, m.path) })))
  if (mistakes.length > 0)
    throw new ProfileError(
      absolute,
      mistakes
        .map((m) => placed(absolute, m, locate(m.path, m.key)))
        .sort((a, b) =>
          a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column,
        ),
    )
  const { embedded, container, command } = data.target
  return {
    file: absolute,
    data,
    embedded: embedded === undefined ? null : pathOf(['target', 'embedded'], embedded),
    comesUp:
      embedded !== undefined
        ? 'embedded'
        : container !== undefined
          ? 'container'
          : command !== undefined
            ? 'command'
            : 'external',
    locate: (at, key) => locate(asWritten(data, at), key),
    pathOf,
  }
}

/** What the target's own document adds to the profile: operations, and which of them a scope allows. */
export interface Further {
  readonly operations: Readonly<Record<string, OperationData>>
  readonly scopes: Readonly<Record<string, readonly string[]>>
}

/**
 * Fills in what the profile refers to, and compiles it, with what the document adds to it. Throws ProfileError for an unset
 * variable, a command that fails, a target that nobody allows to test. With `standIns` nothing need be set, and no file of a
 * variable name is read.
 */
export async function resolveProfile(
  document: ProfileDocument,
  env: Readonly<Record<string, string | undefined>>,
  { further, ...options }: FillOptions & { readonly further?: Further | undefined } = {},
): Promise<Profile> {
  const filled = await fillIn(document, env, options)
  const { secrets, problems } = filled
  if (problems.length > 0) throw new ProfileError(document.file, problems)
  const data = withFurther(readdressed(filled.data), further)
  const refused = authorizationProblem(data, new Date())
  if (refused !== null) {
    const seen = createRedactor(secrets).redact(refused.seen)
    throw new ProfileError(document.file, [
      placed(
        document.file,
        { ...refused, seen, path: asWritten(data, refused.path) },
        document.locate(refused.path),
      ),
    ])
  }
  const { mail, target, ca, ...rest } = data
  const { artifacts, openapi, zap } = data
  return {
    ...rest,
    file: document.file,
    target: { ...target, url: target.url.replace(/\/+$/, ''), timeout: target.timeout ?? 30 },
    ...(openapi === undefined
      ? {}
      : { openapi: isUrl(openapi) ? openapi : await readablePath(document, openapi) }),
    ...(artifacts === undefined
      ? {}
      : { artifacts: artifacts.map((each, at) => document.pathOf(['artifacts', at], each)) }),
    ...(zap?.home === undefined ? {} : { zap: { ...zap, home: document.pathOf(['zap', 'home'], zap.home) } }),
    ca: ca === undefined || (options.standIns && ca !== document.data.ca) ? null : await readCa(document, ca),
    ...compiled(document, data),
    mail: {
      ...mail,
      domains: mail.domains ?? [],
      selectors: mail.selectors ?? [],
      egressAddresses: mail.egressAddresses ?? [],
      journal: mail.journal ?? [],
      delivery: mail.delivery ?? deliveryByDefault,
    },
    policies: data.policies ?? {},
    roles: allowedBy<'*'>(data.roles),
    scopes: allowedBy<never>(data.scopes),
    ownOnly: { roles: ownOf(data.roles), scopes: ownOf(data.scopes) },
    shared: data.shared ?? [],
    accounts: data.accounts ?? {},
    secrets,
  }
}

/** What each role or scope allows, on whatever objects; `'*'` as it is. */
function allowedBy<All extends '*'>(
  table: Readonly<Record<string, All | readonly Allowed[]>> = {},
): Record<string, All | readonly string[]> {
  const names = (allowed: readonly Allowed[]) =>
    allowed.map((each) => (typeof each === 'string' ? each : each.operation))
  return Object.fromEntries(
    Object.entries(table).map(([name, allowed]) => [
      name,
      typeof allowed === 'string' ? allowed : names(allowed),
    ]),
  )
}

/** What each allows on the caller’s own objects alone. */
function ownOf(
  table: Readonly<Record<string, '*' | readonly Allowed[]>> = {},
): Record<string, readonly string[]> {
  const own = (allowed: readonly Allowed[]) =>
    allowed.flatMap((each) => (typeof each === 'string' ? [] : [each.operation]))
  return Object.fromEntries(
    Object.entries(table).map(([name, allowed]) => [name, allowed === '*' ? [] : own(allowed)]),
  )
}

function withFurther(data: ProfileData<string, number>, further: Further | undefined): typeof data {
  if (further === undefined) return data
  const scopes = Object.entries(further.scopes).map(([scope, names]) => [
    scope,
    [...(data.scopes?.[scope] ?? []), ...names],
  ])
  return {
    ...data,
    operations: { ...data.operations, ...further.operations },
    scopes: { ...data.scopes, ...Object.fromEntries(scopes) },
  }
}

/** The place of a submission service may have come from variables. */
function readdressed(data: ProfileData<string, number>): ProfileData<string, number> {
  const { target, mail } = data
  return isSubmissionAlone(data) && mail.submission !== undefined
    ? { ...data, target: { ...target, url: urlOf(mail.submission) } }
    : data
}

/** What was sound with its variables open may break by what is in them. */
function compiled(document: ProfileDocument, data: ProfileData<string, number>) {
  try {
    const operations = compileOperations(data.operations, data.principals)
    return {
      operations,
      mcpCalls: data.mcp === undefined ? null : compileMcp(data.mcp, data.target.url, operations),
    }
  } catch (error) {
    if (!(error instanceof ExpressionFailed)) throw error
    const mistake = {
      path: ['operations'],
      key: false,
      expected: 'JSONata expressions, also with the variables filled in',
      // The message quotes the expression, and with it what was filled in.
      seen: `JSONata error ${error.code}`,
      remedy: 'see what is in the variables',
    }
    throw new ProfileError(document.file, [placed(document.file, mistake, document.locate(['operations']))])
  }
}

async function readCa(document: ProfileDocument, ca: string): Promise<string> {
  const file = document.pathOf(['ca'], ca)
  const pem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error)
  if (typeof pem === 'string' && pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  const seen = typeof pem === 'string' ? 'no certificate in it' : (pem.code ?? 'an error')
  const mistake = {
    path: ['ca'],
    key: false,
    expected: 'the path of a PEM file with certificates',
    seen,
    remedy: 'a path is relative to the file it stands in',
  }
  throw new ProfileError(document.file, [placed(document.file, mistake, document.locate(['ca']))])
}

/** Of the OpenAPI document, so that a misspelt path ends the run before it, not a few checks within it. */
async function readablePath(document: ProfileDocument, openapi: string): Promise<string> {
  const file = document.pathOf(['openapi'], openapi)
  await access(file, constants.R_OK).catch(({ code }: NodeJS.ErrnoException) => {
    const mistake = {
      path: ['openapi'],
      key: false,
      expected: 'a URL or the path of a readable file',
      seen: code ?? 'an error',
      remedy: 'a path is relative to the file it stands in',
    }
    throw new ProfileError(document.file, [placed(document.file, mistake, document.locate(['openapi']))])
  })
  return file
}

/** Where a preset has the place, `file` is where the user can say something there. */
function placed(file: string, { path: at, expected, seen, remedy }: Mistake, position: Position): Problem {
  const more = position.file.startsWith(presets) ? ` in ${file}, which extends this file` : ''
  const name = at.length === 0 ? 'the document' : at.join('.')
  return { ...position, path: name, expected, seen, remedy: `${remedy}${more}` }
}
