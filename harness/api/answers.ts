import { readJson } from '../json.ts'
import type { Answer, HttpResponse } from '../model.ts'
import { type Expression, ExpressionFailed } from '../profile/expressions.ts'
import { resultKind } from '../profile/further-operations.ts'
import { answerWords, type Operation } from '../profile/shape.ts'
import type { Input } from './request.ts'
import { rpcAnswer } from './rpc-answer.ts'

export interface Reading {
  readonly answer: Answer
  readonly result: Readonly<Record<string, unknown>> | null
}

/** The target said that it does not do it; what broke may have been done. */
export function isRefused({ answer }: { readonly answer: Answer }): boolean {
  return answer !== 'accepted' && answer !== 'broken'
}

/** How the profile reads the response to a call with `input`: the specific words first, as some targets answer 200 to everything. */
export async function readAnswer(
  operation: Operation | null,
  response: HttpResponse | null,
  input: Input,
): Promise<Reading> {
  if (response === null) return { answer: 'broken', result: null }
  if (operation === null) return { answer: usual(response.status), result: null }
  const { status, body } = operation.rpc === null ? response : rpcAnswer(response, operation.rpc)
  const seen = { status, headers: headerFields(response), body: parsed(body) }
  const answer = await answerOf(operation, seen)
  return { answer, result: answer === 'accepted' ? await readResult(operation, seen, input) : null }
}

/** What the profile reads from an accepted answer, or from an item of a list as if it were the answer's `body`. */
export async function readResult(
  operation: Operation,
  seen: { readonly status: number; readonly headers: object; readonly body: unknown },
  input: Input,
): Promise<Readonly<Record<string, unknown>>> {
  const results = Object.entries(operation.result).map(async ([name, expression]) => {
    const value = await select(expression, seen, { input })
    // An answer that is none of what the profile reads, or was cut, is no empty list.
    if ((value === undefined || value === null) && !holdsData(seen.body)) return [name, undefined] as const
    return [name, asKind(operation.name, name, value)] as const
  })
  const all = await Promise.all(results)
  return Object.fromEntries(all.filter(([, value]) => value !== undefined))
}

async function answerOf(operation: Operation, seen: { status: number }): Promise<Answer> {
  for (const word of answerWords) {
    const expression = operation.answers[word]
    if (expression !== undefined && truth(await select(expression, seen))) return word
  }
  const answer = usual(seen.status)
  // Where the profile says what yes looks like and this is not it, a 2xx is no yes.
  return answer === 'accepted' && operation.answers.accepted !== undefined ? 'broken' : answer
}

/** Not the caller, or not now and not by this caller (RFC 9110 §15.5, RFC 4918 §11.3, RFC 7725 §3); 402 as services say that a plan or key has ended. */
const refusals = [401, 402, 403, 423, 451]

/** What says nothing of the call: it may come again (RFC 9110 §15.5.9 and §15.5.20, RFC 8470 §5.2). */
const again = [408, 421, 425]

/** A 4xx that is not known is a 400 (RFC 9110 §15). */
function usual(status: number): Answer {
  if (status >= 200 && status < 300) return 'accepted'
  if (refusals.includes(status)) return 'refused'
  if (status === 404 || status === 410) return 'missing'
  if (status === 429) return 'limited'
  return status >= 400 && status < 500 && !again.includes(status) ? 'invalid' : 'broken'
}

/** What an expression selects; nothing where the response is not what it was written for. */
async function select(
  expression: Expression,
  seen: unknown,
  bindings: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  try {
    return await expression.evaluate(seen, bindings)
  } catch (error) {
    if (error instanceof ExpressionFailed) return undefined
    throw error
  }
}

/** JSONata's `$boolean`: empty things are false. */
function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(truth)
  if (value !== null && typeof value === 'object') return Object.keys(value).length > 0
  return Boolean(value)
}

/** An answer without a body may say that there is nothing. */
function holdsData(body: unknown): boolean {
  return body === '' || (typeof body === 'object' && body !== null)
}

/** JSONata gives a list of one as its element, and an empty list as nothing. */
function asKind(operation: string, name: string, value: unknown): unknown {
  const kind = resultKind(operation, name)
  if (kind === 'list')
    return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
  if ((kind === 'text' || kind === 'secret') && typeof value === 'number') return String(value)
  return value === null ? undefined : value
}

function headerFields(response: HttpResponse): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {}
  for (const [name, value] of response.headers) {
    const before = fields[name]
    if (name === 'set-cookie') fields[name] = [...(Array.isArray(before) ? before : []), value]
    else fields[name] = before === undefined ? value : `${String(before)}, ${value}`
  }
  return fields
}

function parsed(body: string): unknown {
  const value = readJson(body)
  return value === undefined ? body : value
}
