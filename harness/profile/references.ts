import { madeVariable, variableOf } from '../shell.ts'
import type { Problem } from './errors.ts'
import { type Path, placeOf } from './places.ts'
import {
  isSecretKey,
  references,
  run,
  shortestSecret,
  substitute,
  UnresolvedReference,
  variables,
} from './secrets.ts'
import type { ProfileData, ProfileDocument, Reference, Secret } from './shape.ts'
import { asWritten, isSubmissionAlone } from './submission-alone.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface FilledIn {
  readonly data: ProfileData<string, number>
  /** Whatever came from a reference, unless it stands where it is shown anyway (`places.ts`). */
  readonly secrets: readonly Secret[]
  readonly problems: readonly Problem[]
}

/** What came from a reference, where it is to be hidden. */
interface Hidden extends Secret {
  readonly path: Path
  /** `null` for what a command printed. */
  readonly key: string | null
}

export interface FillOptions {
  /** Nobody is called: something of its kind stands for what is not set, and no command is run. */
  readonly standIns?: boolean
}

/** Fills in every reference of the document; all that cannot be had come back as problems. */
export async function fillIn(
  document: ProfileDocument,
  env: Env,
  { standIns = false }: FillOptions = {},
): Promise<FilledIn> {
  const hidden: Hidden[] = []
  /** Keys of what stands where it is shown. */
  const shown = new Set<string>()
  const problems: Problem[] = []
  const complain = (path: Path, expected: string, seen: string, remedy: string) =>
    problems.push({
      ...document.locate(path),
      ...{ path: asWritten(document.data, path).join('.'), expected, seen, remedy },
    })

  const note = (text: string, path: Path) => {
    for (const { key, before, after } of references(text)) {
      const value = env[key]
      if (value === undefined || value === '' || !isSecretKey(key)) continue
      if (isShown(path, { before: known(before, env), value, after })) shown.add(key)
      else hidden.push({ name: variableOf(key), value, path, key })
    }
  }

  const resolve = async (value: Reference, path: Path): Promise<string> => {
    if (typeof value === 'string') {
      note(value, path)
      const values = standIns ? withStandIns(value, path, env) : env
      return isExpression(path) ? substitute(value, values, { write: inString }) : substitute(value, values)
    }
    if (standIns) return 'stand-in'
    const output = await run(value.exec)
    hidden.push({ name: variableName(path), value: output, path, key: null })
    return output
  }

  const walk = async (value: unknown, path: Path): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map((item, i) => walk(item, [...path, i])))
    // It follows from host and port, of which each is filled in.
    if (isSubmissionAlone(document.data) && path.join('.') === 'target.url') return value
    if (isDrivers(path) && typeof value === 'string') {
      note(value, path)
      return value
    }
    if (isReference(value, path)) {
      try {
        const filled = await resolve(value, path)
        return isPort(path) ? toPort(filled, value) : filled
      } catch (error) {
        if (!(error instanceof UnresolvedReference)) throw error
        complain(path, error.expected, error.seen, error.remedy)
        return ''
      }
    }
    if (value === null || typeof value !== 'object') return value
    const entries = Object.entries(value).map(
      async ([key, inner]) => [key, await walk(inner, [...path, key])] as const,
    )
    return Object.fromEntries(await Promise.all(entries))
  }

  const data = (await walk(document.data, [])) as ProfileData<string, number>
  // What the user shows in one place is no secret in another, unless that is a credential.
  const kept = hidden.filter(
    ({ key, path }) => key === null || placeOf(path) === 'credential' || !shown.has(key),
  )
  // A driver hands on what we do not send: a flag, say.
  for (const { key, path } of kept.filter(isShort))
    if (!isDrivers(path))
      complain(
        path,
        `at least ${shortestSecret} characters ${key === null ? 'from the command' : `in ${key}`}`,
        'fewer, which no report could hide',
        placeOf(path) === 'credential'
          ? 'test with a longer one'
          : 'write it into the profile itself if it is no secret, and make it longer if it is one',
      )
  const secrets = kept.filter((each) => !isShort(each)).map(({ name, value }) => ({ name, value }))
  return { data, secrets: [...new Map(secrets.map((each) => [each.value, each])).values()], problems }
}

function isShort({ value }: Secret): boolean {
  return value.trim().length < shortestSecret
}

/** Settings of a target that is to be started: its driver fills them in, with what only it can say. */
function isDrivers(path: Path): boolean {
  return path[0] === 'target' && (path[1] === 'container' || path[1] === 'command')
}

function isReference(value: unknown, path: Path): value is Reference {
  if (typeof value === 'string') return variables(value).length > 0
  return placeOf(path) === 'credential' && value !== null && typeof value === 'object' && 'exec' in value
}

/** JSONata: a reference stands within one of its strings, or for a number or a word. */
function isExpression([top, , ...within]: Path): boolean {
  if (top === 'principals') return within.join('.') === 'hmac.message'
  if (top === 'mcp') return within.length > 1 && within[1] !== 'operation'
  const [field, part] = ['steps', 'afterwards'].includes(String(within[0])) ? within.slice(2) : within
  return top === 'operations' && (field === 'raw' ? part === 'content' : !asText.includes(String(field)))
}

/** Settings of an operation that are no expressions. */
const asText = [
  ...['method', 'path', 'pathWith', 'query', 'headers', 'as', 'current'],
  ...['inputs', 'effect', 'example'],
]

/** Whichever quotes are around it. */
function inString(value: string): string {
  return JSON.stringify(value).slice(1, -1).replaceAll("'", '\\u0027')
}

/** Whether what a reference stands for is shown, by its place and, in a URL, by what stands around it. */
function isShown(path: Path, part: { before: string; value: string; after: string }): boolean {
  const place = placeOf(path)
  if (place !== 'url') return place === 'shown'
  const { before, value, after } = part
  // Without a scheme it is a file, or no URL: somebody has taken the wrong variable, perhaps.
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(`${before}${value}${after}`)) return path[0] === 'openapi'
  return !behindHost.test(before) && !/[?#@]/.test(value) && !/^[^/?#]*@/.test(after)
}

/** A URL of which more than scheme, host and port is over. */
const behindHost = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*[/?#]|[?#]/i

/** As far as it can be filled in. */
function known(text: string, env: Env): string {
  return variables(text).every((key) => env[key]) ? substitute(text, env) : text
}

/** The values that a text refers to; for those that are not set, what could stand there. */
function withStandIns(text: string, path: Path, env: Env): Env {
  const values: Record<string, string> = {}
  for (const { key, before, after } of references(text))
    values[key] ??= env[key] || standIn(key, path, substitute(before, values), after)
  return values
}

/** In a URL or an address, by what stands before it: its scheme, its host or its port, of loopback. */
function standIn(key: string, path: Path, before: string, after: string): string {
  const place = path.join('.')
  if (isPort(path)) return '1'
  const [, authority] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)$/i.exec(before) ?? []
  const named = ['mail.submission.host', 'mail.inbound.host', 'sandbox.mailpit.smtp'].includes(place)
    ? before
    : authority
  if (named?.endsWith(':')) return '1'
  if (named === '' || named?.endsWith('@')) return '127.0.0.1'
  const isUrl =
    placeOf(path) === 'url' ||
    place === 'oauth.issuer' ||
    /^(?:pages\..*|dashboard\.signIn|mcp)\.url$/.test(place)
  if (isUrl && before === '') return after.startsWith(':') ? 'https' : 'https://127.0.0.1:1'
  return `${variableOf(key).toLowerCase().replaceAll('_', '-')}.test`
}

/** Where nothing was set, what stands there says nothing of what will. */
export function mayBeStandIn(text: string): boolean {
  return text.endsWith('.test') || text === 'stand-in'
}

function isPort(path: Path): boolean {
  return ['mail.submission.starttls', 'mail.submission.implicit', 'mail.inbound.port'].includes(
    path.join('.'),
  )
}

function toPort(text: string, reference: Reference): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port
  throw new UnresolvedReference(
    `a port in ${String(reference)}`,
    'something else',
    'set it to a number from 1 to 65535',
  )
}

/** `principals.sender.bearer` → `SENDER_BEARER`. */
function variableName(path: Path): string {
  return madeVariable(path.filter((step) => step !== 'principals' && step !== 'input').join('_'))
}
