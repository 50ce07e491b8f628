import type { DocumentedOperation } from '../api/openapi.ts'
import { type Effect, effectOfVerb, endsSessions, sendsByVerb } from '../profile/effects.ts'
import { furtherObject, partsOf } from '../profile/further-operations.ts'
import { operations as ours, resources } from '../profile/operations.ts'
import type { OperationData, ProfileData } from '../profile/shape.ts'
import { type FurtherBody, furtherBody } from './further-body.ts'
import { furtherResult } from './further-result.ts'
import { isSafe, sampleOf } from './schema.ts'
import { plain } from './words.ts'

/** What a document adds to the operations of a profile. */
export interface FurtherCalls {
  readonly operations: Readonly<Record<string, OperationData>>
  /** By the scopes of the profile, which of these operations the document lets each of them make. */
  readonly scopes: Readonly<Record<string, readonly string[]>>
  /** Calls that are left out, and why. */
  readonly left: readonly { readonly call: string; readonly why: string }[]
  /** What of `except` fits no call of the document. */
  readonly unfit: readonly string[]
}

type Declared = Pick<ProfileData<unknown, unknown>, 'principals' | 'operations' | 'scopes'> & {
  readonly target: { readonly url: string }
}

/** Of a call, why it is none for us. */
class LeftOut extends Error {}

/** Documents may be of any length; a run of more would take days. */
const mostCalls = 1000

/**
 * Takes up each call of a document that the profile does not map itself: a name of ours beside the declared ones, so that ids of
 * what one call makes or lists serve the others of its kind. A call that wants what nobody knows is left out.
 */
export function furtherCalls(
  documented: readonly DocumentedOperation[],
  declared: Declared,
  except: readonly string[],
): FurtherCalls {
  const patterns = except.map((text) => ({ text, fits: fitting(text) }))
  const operations: Record<string, OperationData> = {}
  const scopes: Record<string, string[]> = {}
  const left: { call: string; why: string }[] = []
  for (const call of documented.slice(0, mostCalls)) {
    const said = `${call.method} ${call.path}`
    if (isDeclared(call, declared) || patterns.some(({ fits }) => fits(call))) continue
    try {
      const { name, data } = operationOf(call, declared)
      const free = freeName(name, operations)
      operations[free] = data
      for (const scope of call.scopes)
        if (declared.scopes?.[scope] !== undefined) scopes[scope] = [...(scopes[scope] ?? []), free]
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error
      left.push({ call: said, why: error.message })
    }
  }
  for (const call of documented.slice(mostCalls))
    left.push({ call: `${call.method} ${call.path}`, why: `it stands behind ${mostCalls} others` })
  for (const [name, data] of Object.entries(operations)) {
    if (!isMaker(name, data) || isDeleted(name, operations)) continue
    delete operations[name]
    left.push({
      call: `${data.method} ${data.path}`,
      why: 'by its name it makes something, and no call of the document is known to delete that: declare both, or an effect',
    })
  }
  const isKept = (name: string) => name in operations
  return {
    operations,
    scopes: Object.fromEntries(Object.entries(scopes).map(([scope, names]) => [scope, names.filter(isKept)])),
    left,
    unfit: patterns.filter(({ fits }) => !documented.some(fits)).map(({ text }) => text),
  }
}

/** `METHOD /path` or `/path`, with `*` for any text. */
function fitting(pattern: string): (call: DocumentedOperation) => boolean {
  const [, method, path = ''] = /^(?:([A-Z]+) )?(\/.*)$/s.exec(pattern) ?? []
  const parts = path.split('*')
  const fits = (text: string) => {
    let at = 0
    for (const [i, part] of parts.entries()) {
      const found = i === 0 ? (text.startsWith(part) ? 0 : -1) : text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return parts.length > 1 && parts.at(-1) === '' ? true : text.endsWith(parts.at(-1) ?? '')
  }
  return (call) => (method === undefined || method === call.method) && fits(call.path)
}

/** The path that is asked for, where the profile's own stand behind that of `target.url`. */
function behind({ url }: Declared['target'], path: string): string {
  const prefix = URL.canParse(url) ? new URL(url).pathname.replace(/\/+$/, '') : ''
  return prefix !== '' && `${path}/`.startsWith(`${prefix}/`) ? path.slice(prefix.length) || '/' : path
}

const parameter = /\{([^{}]*)\}/g
const isParameter = (step: string) => /\{[^{}]*\}/.test(step)
const steps = (path: string) => path.split('/').filter((step) => step !== '')

/** An operation of the profile is this call: step by step the same, where each step of either may stand for any. */
function isDeclared({ method, path }: DocumentedOperation, { operations, target }: Declared): boolean {
  const theirs = steps(behind(target, path))
  return Object.values(operations).some((operation) => {
    const ours = steps(operation.path)
    return (
      operation.method === method &&
      ours.length === theirs.length &&
      ours.every((step, i) => step === theirs[i] || isParameter(theirs[i] ?? ''))
    )
  })
}

const writes = ['POST', 'PUT', 'PATCH', 'DELETE']
/** What a test does not spend. */
const costs = /billing|payment|invoice|purchase|checkout|charge|upgrade|order|buy|subscribe-plan/i

function operationOf(call: DocumentedOperation, declared: Declared) {
  const { method, secured } = call
  if (method !== 'GET' && !writes.includes(method)) throw new LeftOut(`no check makes ${method} calls`)
  const path = behind(declared.target, call.path)
  // What else could stand in a path would mean something in a profile.
  if (!/^[\w\-.~/{}:@+,]{1,200}$/.test(path)) throw new LeftOut('its path holds what no profile could say')
  if (endsSessions.test(path)) throw new LeftOut('it would end the session of whoever makes it')
  const { kind, verb, effect } = nameOf(call, path, declared)
  if (effect !== 'read' && costs.test(path)) throw new LeftOut('it may cost money, by its name')
  const anybody = secured === false ? nobodyOf(declared) : undefined
  const names = pathNames(path)
  const body = effect === 'read' && method === 'GET' ? null : furtherBody(call)
  if (body !== null && body.missing.length > 0)
    throw new LeftOut(`the document has no value for ${body.missing.join(', ')}`)
  const query = queryOf(call, effect)
  return {
    name: `${kind}.${verb}`,
    data: {
      documented: { asks: secured === true },
      method,
      path: pathOf(path, names, call, declared),
      effect,
      ...(anybody === undefined ? {} : { as: anybody }),
      ...(Object.keys(query).length === 0 ? {} : { query }),
      ...acceptOf(call),
      ...bodyPart(body),
      ...(body === null || Object.keys(body.example).length === 0 ? {} : { example: body.example }),
      result: furtherResult(call, { effect, kind, named: names.at(-1) ?? null }),
    } satisfies OperationData,
  }
}

function nobodyOf({ principals }: Declared): string {
  const nobody = Object.entries(principals).find(([, { none }]) => none === true)
  if (nobody === undefined)
    throw new LeftOut('it takes no credential, and no principal of the profile is none: true')
  return nobody[0]
}

/** What the document has no JSON for is asked for as it is: there are APIs that refuse everything else (406). */
function acceptOf({ answers }: DocumentedOperation): Pick<OperationData, 'headers'> {
  const media = Object.keys(answers ?? {}).filter((type) => /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type))
  if (media.length === 0 || media.some((type) => type.includes('json'))) return {}
  return { headers: { Accept: media.slice(0, 5).join(', ') } }
}

function bodyPart(body: FurtherBody | null): Partial<OperationData> {
  return body === null ? {} : { [body.kind]: body.expression }
}

/** Steps that every path of an API has. */
const common = /^(v\d+(\.\d+)*|api|rest|public)$/i

interface Name {
  readonly kind: string
  readonly verb: string
  readonly effect: Effect
}

/**
 * By the path and the method: what stands behind the id of an object is done with that object, and words that say what is done
 * are verbs, so that `POST /lists.archive` is lists.archive.
 */
function nameOf(call: DocumentedOperation, path: string, declared: Declared): Name {
  const { method } = call
  const all = steps(path)
  const last = all.findLastIndex(isParameter)
  const own = last < 0 ? all : all.slice(0, last)
  const behindId = last < 0 ? [] : all.slice(last + 1)
  const known = declaredKind(own, declared)
  const words = own
    .filter((step) => !isParameter(step) && !common.test(step))
    .flatMap((step) => step.split(/[.:]/))
  const said = last < 0 && words.length > 1 ? effectOfVerb(words.at(-1) ?? '') : null
  const kind = known ?? kindOf(said === null ? words : words.slice(0, -1))
  if (last >= 0) {
    const verb = wordOf(behindId.join('-'))
    if (behindId.length === 0) return { kind, ...(usual[method] ?? changing) }
    if (method === 'GET') return reading(kind, `get-${verb}`, verb)
    return {
      kind,
      verb: `${verbs[method]}-${verb}`.replace(/^do-/, ''),
      effect: effectOfVerb(verb) === 'read' ? 'read' : 'change',
    }
  }
  const word = wordOf(words.at(-1) ?? '')
  if (method === 'GET')
    return said === null
      ? { kind, verb: hasItems(call) ? 'list' : 'read', effect: 'read' }
      : reading(kind, word, word)
  if (said !== null) return { kind, verb: word, effect: said }
  return { kind, ...(usualOfAll[method] ?? changing) }
}

/** A GET that says that it does something is none that may be asked at any time. */
function reading(kind: string, verb: string, word: string): Name {
  const effect = effectOfVerb(word)
  if (effect !== null && effect !== 'read')
    throw new LeftOut('it is a GET that changes something, by its name')
  return { kind, verb, effect: 'read' }
}

const changing = { verb: 'update', effect: 'change' } as const
const usual: Readonly<Record<string, Omit<Name, 'kind'>>> = {
  GET: { verb: 'get', effect: 'read' },
  DELETE: { verb: 'delete', effect: 'delete' },
}
const usualOfAll: Readonly<Record<string, Omit<Name, 'kind'>>> = {
  POST: { verb: 'create', effect: 'create' },
  PUT: { verb: 'set', effect: 'change' },
  PATCH: { verb: 'set', effect: 'change' },
  DELETE: { verb: 'delete-all', effect: 'delete' },
}
const verbs: Readonly<Record<string, string>> = { POST: 'do', PUT: 'set', PATCH: 'set', DELETE: 'delete' }

/** The kind of the operations whose objects stand under the same path. */
function declaredKind(own: readonly string[], { operations }: Declared): string | null {
  const shape = (path: readonly string[]) => path.map((step) => (isParameter(step) ? '{}' : step)).join('/')
  const wanted = shape(own)
  const found = Object.entries(operations).find(([, { path }]) => {
    const all = steps(path)
    const last = all.findLastIndex((step) => isParameter(step) && !/\{principal\./.test(step))
    return shape(all.slice(0, last < 0 ? all.length : last)) === wanted
  })
  return found === undefined ? null : partsOf(found[0]).kind
}

/** What no operation of ours is called: those are in the singular, and mean more. */
function kindOf(words: readonly string[]): string {
  const kind = wordOf(words.join('-'))
  return kind === '' ? 'root' : kind in resources ? `${kind}-of-document` : kind
}

function wordOf(text: string): string {
  const word = text
    .replace(parameter, '')
    .replace(/[^\w-]+/g, '-')
    .replace(/^[-_\d]+|[-_]+$/g, '')
  return word.toLowerCase()
}

function freeName(name: string, taken: Readonly<Record<string, unknown>>): string {
  const wanted = name in ours ? `${name}-of-document` : name
  let free = wanted
  for (let n = 2; free in taken; n++) free = `${wanted}-${n}`
  return free
}

/** It shows several: by what the document says of its answer, or where it says nothing, by its being in the plural. */
function hasItems(call: DocumentedOperation): boolean {
  const { items } = furtherResult(call, { effect: 'read', kind: '', named: null })
  return items !== undefined
}

function pathNames(path: string): string[] {
  return [...path.matchAll(parameter)].map(([, name]) => name ?? '')
}

/** The last parameter is the object's; those before it are whoever calls's, or stand in the document. */
function pathOf(
  path: string,
  names: readonly string[],
  call: DocumentedOperation,
  declared: Declared,
): string {
  let count = 0
  return path.replace(parameter, (_, name: string) => {
    const isLast = count++ === names.length - 1
    const value = Object.values(declared.principals).flatMap(({ values = {} }) =>
      Object.keys(values).filter((each) => plain(each) === plain(name)),
    )[0]
    if (value !== undefined) return `{principal.${value}}`
    if (isLast) return `{${furtherObject}}`
    const said = sampleOf(call.parameters.find((each) => each.in === 'path' && each.name === name)?.schema)
    if (said === null) throw new LeftOut(`nobody says which ${name} it is about`)
    return encodeURIComponent(String(said))
  })
}

const pages: Readonly<Record<string, readonly string[]>> = {
  limit: ['limit', 'perpage', 'pagesize', 'maxresults', 'size', 'count', 'top'],
  cursor: ['cursor', 'pagetoken', 'nexttoken', 'after', 'startingafter', 'next'],
}
const credentials = /^(authorization|cookie|(x-)?api-?key|x-auth.*|.*token)$/i

/** Pages of a list are asked for; what must be there has the value of the document. */
function queryOf({ parameters }: DocumentedOperation, effect: Effect) {
  const query: Record<string, string | number | boolean> = {}
  for (const { name, required, schema, ...parameter } of parameters) {
    const where = parameter.in
    if (where === 'header' && required && !credentials.test(name))
      throw new LeftOut(`it wants a header field ${name}`)
    if (where !== 'query') continue
    const input =
      effect === 'read' ? Object.keys(pages).find((each) => pages[each]?.includes(plain(name))) : undefined
    if (input !== undefined && isSafe(name) && !Object.values(query).includes(`{${input}}`))
      query[name] = `{${input}}`
    else if (required) {
      const value = isSafe(name) ? sampleOf(schema) : null
      if (value === null) throw new LeftOut(`the document has no value for ${name}`)
      query[name] = value
    }
  }
  return query
}

function isMaker(name: string, { effect, path }: OperationData): boolean {
  return effect === 'create' && !path.includes(`{${furtherObject}}`) && !sendsByVerb(partsOf(name).verb)
}

function isDeleted(name: string, operations: Readonly<Record<string, OperationData>>): boolean {
  const { kind } = partsOf(name)
  const deletion = operations[`${kind}.delete`]
  return deletion?.path.includes(`{${furtherObject}}`) === true
}
