import type { DocumentedOperation, OpenApi } from '../api/openapi.ts'
import { isObject } from '../json.ts'
import { isFreeName } from '../profile/further-operations.ts'
import { operations } from '../profile/operations.ts'
import type { CallData, OperationData, PrincipalData, Reference, StepData } from '../profile/shape.ts'
import { variable } from './callers.ts'
import { isSafe } from './schema.ts'
import { meaning, otherNames, plain } from './words.ts'

type Session = NonNullable<PrincipalData<Reference>['session']>

/** How somebody signs in by a workflow of an Arazzo document. */
export interface SignIn {
  /** What the document calls the workflow. */
  readonly workflow: string
  readonly call: DocumentedOperation
  readonly operation: OperationData
  /** The session of a caller, with variables named after him. */
  of(caller: string): Session
}

/** What of a workflow a profile, or what is read here, does not say: the reason. */
class Unsaid extends Error {}

interface Step {
  readonly id: string
  readonly call: DocumentedOperation
  readonly said: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, unknown>>
}

const mostWorkflows = 100
const mostSteps = 20
/** Levels of a payload. */
const deepest = 20

const signsIn = /sign-?_?in|log-?_?in|auth|session|token/i
const somethingElse = /register|sign-?_?up|refresh|log-?_?out|revoke|reset/i
const tokenNames = /token|jwt|session/i

/**
 * The workflow of an Arazzo document (1.0) that signs in by calls of this OpenAPI document; a reason where those that may do so
 * say what a profile cannot; `null` where none does. Throws nothing, whatever stands in it.
 */
export function signInOf(
  document: Readonly<Record<string, unknown>>,
  api: Pick<OpenApi, 'operations'>,
): SignIn | string | null {
  let reason: string | null = null
  for (const workflow of listOf(document['workflows']).slice(0, mostWorkflows)) {
    const { workflowId } = workflow
    const name = typeof workflowId === 'string' && isSafe(workflowId) ? workflowId : 'without a name'
    try {
      const found = fromWorkflow(workflow, name, api)
      if (found !== null) return found
    } catch (error) {
      if (!(error instanceof Unsaid)) throw error
      reason ??= `the workflow ${name} may sign in, and ${error.message}`
    }
  }
  return reason
}

function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function fromWorkflow(
  workflow: Readonly<Record<string, unknown>>,
  name: string,
  api: Pick<OpenApi, 'operations'>,
): SignIn | null {
  const said = listOf(workflow['steps']).slice(0, mostSteps)
  const at = said.findIndex((step) => isSignIn(step, name, api))
  if (at < 0) return null
  const steps = said.slice(0, at + 1).map((step) => stepOf(step, api))
  const last = steps.at(-1)
  const token = last === undefined ? null : tokenOf(last)
  if (last === undefined || token === null) return null
  const names = new Names()
  const before = steps
    .slice(0, -1)
    .map((step): StepData => ({ ...callOf(step, names), ...resultOf(step, names, null) }))
  const own = { ...callOf(last, names), ...resultOf(last, names, token) }
  if (names.inputs.size === 0) return null
  const headers = headersWith(`$steps.${last.id}.outputs.${token}`, said)
  return {
    workflow: name,
    call: last.call,
    operation: { ...own, as: 'anonymous', ...(before.length === 0 ? {} : { steps: before }) },
    of: (caller) => ({
      input: Object.fromEntries(
        [...names.inputs.values()].map((input) => [input, variable(variableOf(caller, input))]),
      ),
      ...(headers === null ? {} : { headers: { ...headers } }),
    }),
  }
}

/** Whether a step calls something that signs in, by its names, and takes a token out of the answer. */
function isSignIn(
  step: Readonly<Record<string, unknown>>,
  workflow: string,
  api: Pick<OpenApi, 'operations'>,
): boolean {
  const call = calledBy(step, api)
  if (call === null || !isObject(step['outputs'])) return false
  const named = [step['stepId'], call.operationId, call.path]
    .filter((text) => typeof text === 'string')
    .join(' ')
  if (somethingElse.test(named)) return false
  return (
    signsIn.test(`${named} ${workflow}`) && Object.keys(step['outputs']).some((name) => tokenNames.test(name))
  )
}

function stepOf(step: Readonly<Record<string, unknown>>, api: Pick<OpenApi, 'operations'>): Step {
  const call = calledBy(step, api)
  const { stepId, outputs } = step
  if (call === null) throw new Unsaid('a step of it is no call of the OpenAPI document')
  if (typeof stepId !== 'string' || !isSafe(stepId)) throw new Unsaid('a step of it has no name')
  return { id: stepId, call, said: step, outputs: isObject(outputs) ? outputs : {} }
}

/** By its id, alone or after the document that it is of, or by where it stands there. */
function calledBy(
  { operationId, operationPath }: Readonly<Record<string, unknown>>,
  { operations: calls }: Pick<OpenApi, 'operations'>,
): DocumentedOperation | null {
  if (typeof operationId === 'string') {
    const id = operationId.replace(/^\$sourceDescriptions\.[\w-]+\./, '')
    return calls.find((call) => call.operationId === id) ?? null
  }
  const [, path = '', method] =
    /#\/paths\/([^/]{1,300})\/([a-z]+)$/.exec(typeof operationPath === 'string' ? operationPath : '') ?? []
  const template = path.replaceAll('~1', '/').replaceAll('~0', '~')
  return calls.find((call) => call.template === template && call.method === method?.toUpperCase()) ?? null
}

/** The output of a step that is the token, rather one that is called just so. */
function tokenOf({ outputs }: Step): string | null {
  const { results } = otherNames('session.create')
  const names = Object.keys(outputs).filter((name) => isSafe(name))
  return (
    names.find((name) => meaning(name, ['token'], results) !== null) ??
    names.find((name) => tokenNames.test(name) && !/refresh/i.test(name)) ??
    null
  )
}

/** What the parts of a workflow are called in a profile. */
class Names {
  /** Inputs of the workflow, by their names there. */
  readonly inputs = new Map<string, string>()
  /** What earlier steps gave, by `step.output`. */
  readonly results = new Map<string, string>()

  input(name: string): string {
    const known = this.inputs.get(name)
    if (known !== undefined) return known
    const free = Object.keys(operations['session.create']?.inputs ?? {}).filter(
      (ours) => ![...this.inputs.values()].includes(ours),
    )
    const ours = meaning(name, free, otherNames('session.create').inputs) ?? name
    if (!isFreeName(ours)) throw new Unsaid('an input of it has a name that a profile cannot say')
    this.inputs.set(name, ours)
    return ours
  }

  result(step: string, output: string, ours = output): string {
    if (!isFreeName(ours) || [...this.results.values(), ...this.inputs.values()].includes(ours))
      throw new Unsaid('an output of it has a name that a profile cannot say')
    this.results.set(`${step}.${output}`, ours)
    return ours
  }
}

function callOf(step: Step, names: Names): CallData {
  const { call, said } = step
  if (call.path.includes('{')) throw new Unsaid('the path of a call of it has parameters')
  const { query, headers } = parametersOf(step, names)
  const { requestBody } = said
  return {
    method: call.method,
    path: call.path,
    ...(Object.keys(query).length === 0 ? {} : { query }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(isObject(requestBody) ? bodyOf(requestBody, call, names) : {}),
  }
}

function parametersOf({ said }: Step, names: Names) {
  const places = { query: {} as Record<string, string>, headers: {} as Record<string, string> }
  for (const { name, in: where, value } of listOf(said['parameters'])) {
    if (typeof name !== 'string' || !isSafe(name) || (where !== 'query' && where !== 'header'))
      throw new Unsaid('a parameter of it is one that a profile cannot say')
    places[where === 'query' ? 'query' : 'headers'][name] = templateOf(value, names)
  }
  return places
}

/** Of what our sign-in does not know, a template knows nothing. */
function templateOf(value: unknown, names: Names): string {
  const [, input] = inputPattern.exec(typeof value === 'string' ? value : '') ?? []
  if (input === undefined) {
    if (typeof value === 'string' ? isSafe(value) : typeof value === 'number' || typeof value === 'boolean')
      return String(value)
    throw new Unsaid('a parameter of it is made in a way that is not understood here')
  }
  const ours = names.input(input)
  if (ours in (operations['session.create']?.inputs ?? {})) return `{${ours}}`
  throw new Unsaid('a parameter of it holds more than an address, a password or a code')
}

const inputPattern = /^\{?\$inputs\.([A-Za-z][\w-]{0,99})\}?$/
const outputPattern = /^\{?\$steps\.([\w-]{1,100})\.outputs\.([\w-]{1,100})\}?$/

function bodyOf(
  { contentType, payload, replacements }: Readonly<Record<string, unknown>>,
  { body }: DocumentedOperation,
  names: Names,
): Pick<CallData, 'body' | 'form' | 'multipart'> {
  if (replacements !== undefined) throw new Unsaid('its payload is changed by replacements')
  const media =
    typeof contentType === 'string' ? contentType : (Object.keys(body ?? {})[0] ?? 'application/json')
  const value = typeof payload === 'string' && /json/i.test(media) ? parsed(payload) : payload
  if (!isObject(value)) throw new Unsaid('its payload is no object')
  const expression = expressionOf(value, names, 0)
  if (/[/+]json\b/i.test(media)) return { body: expression }
  if (/^application\/x-www-form-urlencoded\b/i.test(media)) return { form: expression }
  if (/^multipart\/form-data\b/i.test(media)) return { multipart: expression }
  throw new Unsaid('its payload is of a media type that is not understood here')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Unsaid('its payload is a text that is no JSON')
  }
}

/** JSONata for a payload. */
function expressionOf(value: unknown, names: Names, depth: number): string {
  if (depth > deepest) throw new Unsaid('its payload is too deep')
  if (Array.isArray(value)) return `[${value.map((each) => expressionOf(each, names, depth + 1)).join(', ')}]`
  if (isObject(value)) {
    const members = Object.entries(value).map(([name, each]) => {
      if (!isSafe(name)) throw new Unsaid('a member of its payload has a name that a profile cannot say')
      return `${JSON.stringify(name)}: ${expressionOf(each, names, depth + 1)}`
    })
    return `{${members.join(', ')}}`
  }
  if (typeof value !== 'string') return JSON.stringify(value ?? null)
  const [, input] = inputPattern.exec(value) ?? []
  if (input !== undefined) return names.input(input)
  const [, step, output] = outputPattern.exec(value) ?? []
  const known = names.results.get(`${step}.${output}`)
  if (known !== undefined) return known
  if (isSafe(value)) return JSON.stringify(value)
  throw new Unsaid('its payload holds what is not understood here')
}

/** Its outputs, in our words for a sign-in; of an earlier step all of them, by their own names. */
function resultOf(step: Step, names: Names, token: string | null): Pick<CallData, 'result'> {
  const { results } = otherNames('session.create')
  const entries = Object.entries(step.outputs).flatMap(([output, expression]): [string, string][] => {
    const ours =
      token === null ? output : output === token ? 'token' : meaning(output, ['expiresIn', 'csrf'], results)
    if (ours === null) return []
    const source = answerOf(expression)
    if (source === null && ours !== 'token' && token !== null) return []
    if (source === null) throw new Unsaid('an output of it is taken in a way that is not understood here')
    return [[names.result(step.id, output, ours), source]]
  })
  return entries.length === 0 ? {} : { result: Object.fromEntries(entries) }
}

/** `$response.body#/data/0/id` is `body.data[0].id` (RFC 6901); `null` for what is none of the body and the header. */
function answerOf(expression: unknown): string | null {
  if (typeof expression !== 'string') return null
  const [, field] = /^\$response\.header\.([A-Za-z][\w-]{0,99})$/.exec(expression) ?? []
  if (field !== undefined) return `headers."${field.toLowerCase()}"`
  const [, pointer] = /^\$response\.body#((?:\/[\w-]{1,100}){1,20})$/.exec(expression) ?? []
  if (pointer === undefined) return null
  return pointer
    .slice(1)
    .split('/')
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : `${path}.${named(part)}`), 'body')
}

/** JSONata wants quotes around what is no plain name, and around its own words. */
function named(part: string): string {
  return /^[A-Za-z_]\w*$/.test(part) && !/^(?:and|or|in)$/.test(part) ? part : `\`${part}\``
}

/** The header field in which another step shows what this one gave; `null` where they do it as most do, or none does. */
function headersWith(
  output: string,
  steps: readonly Readonly<Record<string, unknown>>[],
): Record<string, string> | null {
  for (const { name, in: where, value } of steps.flatMap((step) => listOf(step['parameters']))) {
    if (where !== 'header' || typeof name !== 'string' || typeof value !== 'string' || !isSafe(name)) continue
    const before = value.replace(/\{?\$[^{}]*\}?$/, '')
    if (value.replace(/[{}]/g, '') !== `${before}${output}` || (before !== '' && !isSafe(before))) continue
    return plain(name) === 'authorization' && before === 'Bearer ' ? null : { [name]: `${before}{token}` }
  }
  return null
}

/** `clientId` of admin: `ADMIN_CLIENT_ID`. */
function variableOf(caller: string, input: string): string {
  return `${caller}_${input.replace(/([a-z])([A-Z])/g, '$1_$2')}`.toUpperCase().replace(/\W/g, '_')
}
