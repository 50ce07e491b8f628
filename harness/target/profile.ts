import { access, constants, readFile } from 'node:fs/promises'
import path from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { authorizationProblem, isUrl } from './authorization.ts'
import { ExpressionFailed } from './expressions.ts'
import { type Problem, ProfileError } from './profile-errors.ts'
import { meaningMistakes } from './profile-meaning.ts'
import { compileOperations } from './profile-operations.ts'
import { fillIn } from './profile-references.ts'
import { type Mistake, schemaMistakes } from './profile-schema.ts'
import type { Profile, ProfileData, ProfileDocument } from './profile-shape.ts'

export { ProfileError } from './profile-errors.ts'
export type { Profile, ProfileDocument } from './profile-shape.ts'

const maximumSize = 1024 * 1024

/** Reads and validates a profile; its references stay open. Throws ProfileError with every mistake found. */
export async function readProfile(file: string): Promise<ProfileDocument> {
  const absolute = path.resolve(file)
  const text = await readBounded(absolute)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [broken] = document.errors
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0])
    // Only the first: the others follow from it. What is quoted may be a secret.
    const seen = broken.message.replace(/: ".*$/s, '')
    const remedy = `correct it there; inside { } and [ ] a value with \${…} needs quotes`
    throw new ProfileError(absolute, [
      { line, column: col, path: 'the document', expected: 'YAML', seen, remedy },
    ])
  }
  const data = document.toJS({ maxAliasCount: 100 }) as ProfileData
  const locate = (at: readonly (string | number)[], key = false) => {
    for (let depth = at.length; depth >= 0; depth--) {
      const offset = offsetOf(document, at.slice(0, depth), key && depth === at.length)
      if (offset !== null) {
        const { line, col } = lines.linePos(offset)
        return { line, column: col }
      }
    }
    return { line: 1, column: 1 }
  }
  const mistakes = schemaMistakes(data)
  if (mistakes.length === 0) mistakes.push(...(await meaningMistakes(data)))
  if (mistakes.length > 0)
    throw new ProfileError(
      absolute,
      mistakes
        .map((m) => placed(m, locate(m.path, m.key)))
        .sort((a, b) => a.line - b.line || a.column - b.column),
    )
  const { embedded, container, command } = data.target
  return {
    file: absolute,
    data,
    embedded: embedded === undefined ? null : path.resolve(path.dirname(absolute), embedded),
    comesUp:
      embedded !== undefined
        ? 'embedded'
        : container !== undefined
          ? 'container'
          : command !== undefined
            ? 'command'
            : 'external',
    locate,
  }
}

/**
 * Fills in what the profile refers to, and compiles it. Throws ProfileError for an unset variable, a command that
 * fails, a target that nobody allows to test.
 */
export async function resolveProfile(
  document: ProfileDocument,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Profile> {
  const { data, secrets, problems } = await fillIn(document, env)
  if (problems.length > 0) throw new ProfileError(document.file, problems)
  const refused = authorizationProblem(data, new Date())
  if (refused !== null)
    throw new ProfileError(document.file, [placed(refused, document.locate(refused.path))])
  const { mail, target, ca, ...rest } = data
  if (data.openapi !== undefined && !isUrl(data.openapi)) await assertReadable(document, data.openapi)
  return {
    ...rest,
    file: document.file,
    target: { ...target, url: target.url.replace(/\/+$/, ''), timeout: target.timeout ?? 30 },
    ca: ca === undefined ? null : await readCa(document, ca),
    operations: compiled(document, data),
    mail: {
      ...mail,
      domains: mail.domains ?? [],
      selectors: mail.selectors ?? [],
      egressAddresses: mail.egressAddresses ?? [],
      delivery: mail.delivery ?? { within: 30 },
    },
    policies: data.policies ?? {},
    roles: data.roles ?? {},
    scopes: data.scopes ?? {},
    secrets,
  }
}

/** What was sound with its variables open may break by what is in them. */
function compiled(document: ProfileDocument, data: ProfileData<string, number>) {
  try {
    return compileOperations(data.operations, data.principals)
  } catch (error) {
    if (!(error instanceof ExpressionFailed)) throw error
    const mistake = {
      path: ['operations'],
      key: false,
      expected: 'JSONata expressions, also with the variables filled in',
      seen: error.message,
      remedy: 'see what is in the variables',
    }
    throw new ProfileError(document.file, [placed(mistake, document.locate(['operations']))])
  }
}

async function readBounded(file: string): Promise<string> {
  const problem = (seen: string) =>
    new ProfileError(file, [
      {
        line: 1,
        column: 1,
        path: 'the file',
        expected: `a readable file of at most ${maximumSize} bytes`,
        seen,
        remedy: 'see --target or TARGET',
      },
    ])
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw problem(error.code ?? 'an error')
  })
  if (bytes.length > maximumSize) throw problem(`${bytes.length} bytes`)
  return bytes.toString('utf8')
}

async function readCa(document: ProfileDocument, ca: string): Promise<string> {
  const file = path.resolve(path.dirname(document.file), ca)
  const pem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error)
  if (typeof pem === 'string' && pem.includes('-----BEGIN CERTIFICATE-----')) return pem
  const seen = typeof pem === 'string' ? 'no certificate in it' : (pem.code ?? 'an error')
  const mistake = {
    path: ['ca'],
    key: false,
    expected: 'the path of a PEM file with certificates',
    seen,
    remedy: 'paths are relative to the profile',
  }
  throw new ProfileError(document.file, [placed(mistake, document.locate(['ca']))])
}

/** Of the OpenAPI document, so that a misspelt path ends the run before it, not a few checks within it. */
async function assertReadable(document: ProfileDocument, openapi: string): Promise<void> {
  const file = path.resolve(path.dirname(document.file), openapi)
  await access(file, constants.R_OK).catch(({ code }: NodeJS.ErrnoException) => {
    const mistake = {
      path: ['openapi'],
      key: false,
      expected: 'a URL or the path of a readable file',
      seen: code ?? 'an error',
      remedy: 'paths are relative to the profile',
    }
    throw new ProfileError(document.file, [placed(mistake, document.locate(['openapi']))])
  })
}

function placed(
  { path: at, expected, seen, remedy }: Mistake,
  position: { line: number; column: number },
): Problem {
  return { ...position, path: at.length === 0 ? 'the document' : at.join('.'), expected, seen, remedy }
}

type Yaml = ReturnType<typeof parseDocument>

/** Where a value stands, or the name it stands under. */
function offsetOf(document: Yaml, at: readonly (string | number)[], key: boolean): number | null {
  if (key) {
    const parent = document.getIn(at.slice(0, -1), true) as
      | { items?: { key?: { value?: unknown; range?: number[] } }[] }
      | undefined
    const pair = parent?.items?.find((item) => String(item.key?.value) === String(at.at(-1)))
    return pair?.key?.range?.[0] ?? null
  }
  const node = at.length === 0 ? document.contents : document.getIn(at, true)
  return (node as { range?: number[] } | null | undefined)?.range?.[0] ?? null
}
