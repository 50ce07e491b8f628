import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { shown } from './errors.ts'
import { nearest } from './nearest.ts'
import { operations } from './operations.ts'

let validate: ValidateFunction | null = null

/** Compiled at first use: commands that read no profile do not pay for it. */
function validator(): ValidateFunction {
  if (validate !== null) return validate
  const schema = JSON.parse(readFileSync(new URL('./profile.schema.json', import.meta.url), 'utf8')) as object
  validate = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    strictTypes: false,
    strictRequired: false,
    verbose: true,
  }).compile(schema)
  return validate
}

export interface Mistake {
  readonly path: readonly (string | number)[]
  /** The mistake is the last name of the path itself, not its value. */
  readonly key: boolean
  readonly expected: string
  readonly seen: string
  readonly remedy: string
}

/** Everything in which the data differs from the schema. */
export function schemaMistakes(data: unknown): Mistake[] {
  const check = validator()
  if (check(data)) return []
  return (check.errors ?? []).filter((e) => !derived(e)).map((e) => mistake(e, data))
}

/** Errors that follow from another that says more. */
function derived(error: ErrorObject): boolean {
  if (error.keyword === 'if' || error.keyword === 'propertyNames') return true
  return /\/(oneOf|anyOf)\/\d+\//.test(error.schemaPath)
}

function mistake(error: ErrorObject, data: unknown): Mistake {
  const path = pointer(error.instancePath, data)
  const params = error.params as Record<string, unknown>
  const described = (error.parentSchema as { description?: string } | undefined)?.description
  const base = { path, key: false, seen: shown(path, error.data), remedy: described ?? 'correct it' }
  switch (error.keyword) {
    case 'required': {
      const missing = String(params['missingProperty'])
      return { ...base, expected: `a field ${missing}`, remedy: `add ${[...path, missing].join('.')}` }
    }
    case 'dependentRequired': {
      const { property, missingProperty } = params
      const expected = `${String(missingProperty)} beside ${String(property)}, which says nothing without it`
      return { ...base, expected, seen: `${String(property)} alone`, remedy: 'add it, or remove the other' }
    }
    case 'additionalProperties': {
      const name = String(params['additionalProperty'])
      const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {})
      const near = nearest(name, known)
      return {
        path: [...path, name],
        key: true,
        expected: `one of ${known.join(', ')}`,
        seen: JSON.stringify(name),
        remedy: near === null ? 'remove it' : `did you mean ${near}?`,
      }
    }
    case 'oneOf':
      return {
        ...base,
        expected: 'exactly one of none, bearer, basic, headers, query, body, sigv4, hmac, session',
        remedy: 'say how this principal proves who it is, by one scheme',
      }
    case 'type':
      return { ...base, expected: article(String(params['type'])) }
    case 'enum':
      return { ...base, expected: `one of ${(params['allowedValues'] as unknown[]).join(', ')}` }
    case 'const':
      return { ...base, expected: JSON.stringify(params['allowedValue']) }
    case 'pattern':
      if (isSecret(error))
        return {
          ...base,
          expected: 'a secret by reference',
          seen: 'a value written out (not shown)',
          remedy: `put it into the environment and write \${env:NAME}, or {exec: command}`,
        }
      return error.propertyName === undefined
        ? { ...base, expected: `text like ${String(params['pattern'])}` }
        : {
            ...base,
            path: [...path, error.propertyName],
            key: true,
            expected: 'a name of lower-case letters, digits and hyphens',
            seen: JSON.stringify(error.propertyName),
            remedy: 'rename it',
          }
    case 'anyOf':
      return {
        ...base,
        expected: "'*' or a list of operations",
        remedy: `known operations: ${Object.keys(operations).join(', ')}`,
      }
    default:
      return { ...base, expected: error.message?.replace(/^must (be )?/, '') ?? error.keyword }
  }
}

function isSecret(error: ErrorObject): boolean {
  return String((error.parentSchema as { pattern?: string } | undefined)?.pattern).startsWith('\\$\\{(env:')
}

function article(type: string): string {
  if (type === 'array') return 'a list'
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}

/** RFC 6901, with numbers where the data has lists. */
function pointer(text: string, data: unknown): (string | number)[] {
  let here = data
  return text
    .split('/')
    .slice(1)
    .map((escaped) => {
      const name = escaped.replaceAll('~1', '/').replaceAll('~0', '~')
      const step = Array.isArray(here) ? Number(name) : name
      here = (here as Record<string | number, unknown> | null | undefined)?.[step]
      return step
    })
}
