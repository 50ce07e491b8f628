import { createHash } from 'node:crypto'
import { type Problem, secretPaths } from './errors.ts'
import { run, substitute, UnresolvedReference, variables } from './secrets.ts'
import type { ProfileData, ProfileDocument, Reference, Secret } from './shape.ts'

type Env = Readonly<Record<string, string | undefined>>
type Path = readonly (string | number)[]

export interface FilledIn {
  readonly data: ProfileData<string, number>
  readonly secrets: readonly Secret[]
  readonly problems: readonly Problem[]
}

/** Fills in every reference of the document; all that cannot be had come back as problems. */
export async function fillIn(document: ProfileDocument, env: Env): Promise<FilledIn> {
  const secrets = new Map<string, Secret>()
  const problems: Problem[] = []
  const remember = (name: string, value: string) =>
    secrets.set(createHash('sha256').update(value).digest('hex'), { name, value })

  const resolve = async (value: Reference, path: Path): Promise<string> => {
    if (typeof value !== 'string') {
      const output = await run(value.exec)
      remember(variableName(path), output)
      return output
    }
    const filled = substitute(value, env)
    if (isSecret(path)) for (const key of variables(value)) remember(shellName(key), env[key] ?? '')
    return filled
  }

  const walk = async (value: unknown, path: Path): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map((item, i) => walk(item, [...path, i])))
    if (isReference(value, path)) {
      try {
        const filled = await resolve(value, path)
        return isPort(path) ? toPort(filled, value) : filled
      } catch (error) {
        if (!(error instanceof UnresolvedReference)) throw error
        const { expected, seen, remedy } = error
        problems.push({ ...document.locate(path), path: path.join('.'), expected, seen, remedy })
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
  return { data, secrets: [...secrets.values()], problems }
}

/** Settings of a target that is to be started: its driver fills them in, with what only it can say. */
function isDrivers(path: Path): boolean {
  return path[0] === 'target' && (path[1] === 'container' || path[1] === 'command')
}

function isReference(value: unknown, path: Path): value is Reference {
  if (isDrivers(path)) return false
  if (typeof value === 'string') return variables(value).length > 0
  return isSecret(path) && value !== null && typeof value === 'object' && 'exec' in value
}

/** Identifiers that stand beside a secret and are none. */
const identifiers = ['email', 'username', 'user', 'login', 'tenant']

function isSecret(path: Path): boolean {
  const [part, , scheme, field, name] = path
  if (part === 'principals')
    return (
      scheme === 'bearer' ||
      scheme === 'headers' ||
      scheme === 'query' ||
      (scheme === 'basic' && field === 'password') ||
      (scheme === 'sigv4' && field !== 'region' && field !== 'service') ||
      (scheme === 'session' && field === 'input' && !identifiers.includes(String(name)))
    )
  return secretPaths.includes(path.join('.'))
}

function isPort(path: Path): boolean {
  return ['mail.submission.starttls', 'mail.submission.implicit'].includes(path.join('.'))
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
  return shellName(path.filter((step) => step !== 'principals' && step !== 'input').join('_')).toUpperCase()
}

/** `random:admin` → `random_admin`; a variable's own name stays. */
function shellName(key: string): string {
  return key.replace(/[^A-Za-z0-9]+/g, '_')
}
