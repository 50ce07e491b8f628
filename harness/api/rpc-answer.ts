import { isObject, readJson } from '../json.ts'
import type { HttpResponse } from '../model.ts'

type Answered = Pick<HttpResponse, 'status' | 'body'>

/** JSON-RPC 2.0 §5.1. */
const [invalidParams, invalidRequest, noSuchMethod] = [-32602, -32600, -32601]

/**
 * What an MCP server answered to the request with the id 1, as the API would have: a status, and what came of it. It stands in JSON or
 * in an event stream (Streamable HTTP); of a `tool` it is what that says: its structured content, or its text.
 */
export function rpcAnswer({ status, body }: Answered, { tool }: { readonly tool: string | null }): Answered {
  const message = messageIn(body)
  if (message === null) return { status, body }
  const { result, error } = message
  if (isObject(error))
    return { status: status < 300 ? statusOf(error['code']) : status, body: JSON.stringify(error) }
  if (tool === null || !isObject(result)) return { status, body: JSON.stringify(result) }
  return { status: result['isError'] === true ? 403 : status, body: saidBy(result) }
}

function statusOf(code: unknown): number {
  return [invalidParams, invalidRequest, noSuchMethod].includes(Number(code)) ? 400 : 500
}

function saidBy({ structuredContent, content }: Record<string, unknown>): string {
  if (isObject(structuredContent)) return JSON.stringify(structuredContent)
  const parts = Array.isArray(content) ? content.filter(isObject) : []
  return parts.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n')
}

/** The answer: a server may send requests and notifications of its own before it. */
function messageIn(body: string): Record<string, unknown> | null {
  const whole = readJson(body)
  const all = whole === undefined ? eventsIn(body).map((data) => readJson(data)) : [whole].flat()
  return all.filter(isObject).find((each) => 'result' in each || 'error' in each) ?? null
}

/** The data of each event of a stream (WHATWG HTML, server-sent events). */
function eventsIn(body: string): string[] {
  return body.split(/(?:\r\n|\r|\n){2,}/).map((event) =>
    event
      .split(/\r\n|\r|\n/)
      .flatMap((line) => (/^data:/.test(line) ? [line.replace(/^data: ?/, '')] : []))
      .join('\n'),
  )
}
