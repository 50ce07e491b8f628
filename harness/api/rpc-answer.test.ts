import { expect, test } from 'vitest'
import { rpcAnswer } from './rpc-answer.ts'

const json = (message: object) => JSON.stringify({ jsonrpc: '2.0', id: 1, ...message })
const events = (...messages: string[]) => messages.map((data) => `event: message\ndata: ${data}\n\n`).join('')
const said = (text: string, more: object = {}) =>
  json({ result: { content: [{ type: 'text', text }], ...more } })
const tool = { tool: 'send' }

test.each<[string, string, { status: number; body: string }]>([
  ['the text of a tool', said('{"id": 7}'), { status: 200, body: '{"id": 7}' }],
  [
    'its structured content before its text',
    said('made', { structuredContent: { id: 7 } }),
    { status: 200, body: '{"id":7}' },
  ],
  ['an error of a tool', said('no', { isError: true }), { status: 403, body: 'no' }],
  [
    'wrong arguments',
    json({ error: { code: -32602, message: 'no' } }),
    { status: 400, body: '{"code":-32602,"message":"no"}' },
  ],
  [
    'a fault of the server',
    json({ error: { code: -32603, message: 'no' } }),
    { status: 500, body: '{"code":-32603,"message":"no"}' },
  ],
  [
    'an event stream, behind what the server says first',
    events('', '{"jsonrpc":"2.0","method":"notifications/progress"}', said('done')),
    { status: 200, body: 'done' },
  ],
  [
    'an event of several lines',
    'data: {"id": 1,\ndata: "result": {"content": []}}\r\n\r\n',
    { status: 200, body: '' },
  ],
  ['what is no JSON-RPC', 'Not here', { status: 200, body: 'Not here' }],
])('%s', (_, body, answer) => {
  expect(rpcAnswer({ status: 200, body }, tool)).toEqual(answer)
})

test('a refusal by HTTP is one, whatever JSON-RPC says in it', () => {
  const body = json({ error: { code: -32000, message: 'no session' } })
  expect(rpcAnswer({ status: 401, body }, tool).status).toBe(401)
})

test('of what is no call of a tool it is the result itself', () => {
  expect(rpcAnswer({ status: 200, body: json({ result: { tools: [] } }) }, { tool: null }).body).toBe(
    '{"tools":[]}',
  )
})
