import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { withApiOf } from '../api/recording-target.testing.ts'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { byTool, openServer } from './mcp-server.ts'

type Answers = 'event streams' | 'JSON'

/** A server of the SDK, of one tool that adds a note for whoever has the session. */
function noteServer(key: string) {
  const server = new McpServer(
    { name: 'notes', version: '1' },
    { capabilities: {}, instructions: 'Keep notes short.' },
  )
  const input = { title: z.string(), more: z.string().optional() }
  server.registerTool('add_note', { description: 'Add a note.', inputSchema: input }, async ({ title }) => {
    if (key === 'key-of-reader') return { isError: true, content: [{ type: 'text', text: 'not allowed' }] }
    const note = { id: 'n-1', title, by: key }
    return { content: [{ type: 'text', text: 'a note was made' }], structuredContent: note }
  })
  return server
}

/** Where the SDK's own transport keeps a session for each of its callers, or none. */
async function serving<T>(answers: Answers, sessions: boolean, use: (url: string) => Promise<T>): Promise<T> {
  const kept = new Map<string, StreamableHTTPServerTransport>()
  const open = async (key: string) => {
    const transport = new StreamableHTTPServerTransport({
      enableJsonResponse: answers === 'JSON',
      sessionIdGenerator: sessions ? () => randomUUID() : undefined,
      onsessioninitialized: (id) => void kept.set(id, transport),
    } as ConstructorParameters<typeof StreamableHTTPServerTransport>[0])
    await noteServer(key).connect(transport as Parameters<McpServer['connect']>[0])
    return transport
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const key = String(request.headers.authorization ?? '').replace('Bearer ', '')
    if (!/^key-of-(admin|reader)$/.test(key)) return void response.writeHead(401).end('{}')
    const id = request.headers['mcp-session-id']
    const transport = (id === undefined ? undefined : kept.get(String(id))) ?? (await open(key))
    await transport.handleRequest(request, response)
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const profile = (tool: string) => `
principals:
  admin: {bearer: '\${env:ADMIN}'}
  reader: {bearer: '\${env:READER}'}
  nobody: {none: true}
operations:
  note.create: {method: POST, path: /notes, as: admin, body: '{"title": title}', result: {id: body.id}}
  note.list: {method: GET, path: /notes, as: admin, result: {items: body}}
mcp:
  url: /mcp
  tools:
    ${tool}: {operation: note.create, arguments: '{"title": title}', result: {id: body.id, by: body.by}}
mail: {from: a@shop.test}
`
const env = { ADMIN: 'key-of-admin', READER: 'key-of-reader' }

test.for<[Answers, boolean]>([
  ['event streams', true],
  ['JSON', true],
  ['event streams', false],
])('a server of the SDK with %s, and sessions: %s', async ([answers, sessions]) => {
  await serving(answers, sessions, (url) =>
    withApiOf(url, { profile: profile('add_note'), env }, async ({ api, profile }) => {
      const { kit } = sampleKit()
      const { mcpCalls } = profile
      const tool = mcpCalls?.tools['add_note']
      if (mcpCalls === null || tool === undefined) throw new Error('expected a tool')
      const server = await openServer({ ...kit, api }, mcpCalls)
      expect(server).toMatchObject({
        instructions: 'Keep notes short.',
        listed: [{ name: 'add_note', named: new Set(['title', 'more']) }],
      })
      expect(server.listed[0]?.texts).toContain('Add a note.')
      const { api: tools } = byTool({ ...kit, api, profile }, tool, server)
      const add = (as?: string | null) => tools.call(tool.name, { title: 't' }, as)
      expect(await add()).toMatchObject({
        ...{ answer: 'accepted', operation: 'note.create', principal: 'admin' },
        result: { id: 'n-1', by: 'key-of-admin' },
      })
      expect((await add('reader')).answer).toBe('refused')
      expect((await add(null)).answer).toBe('refused')
      const further = await tools.call(tool.name, { title: 't', mcpFurther: { more: 'x' } })
      expect(JSON.parse(String(further.request.body)).params).toEqual({
        ...{ name: 'add_note', arguments: { title: 't', more: 'x' } },
      })
      const wrong = await tools.call(tool.name, { title: 7 })
      expect(['invalid', 'refused']).toContain(wrong.answer)
    }),
  )
})

test('where nobody answers, it is said what the server must do', async () => {
  await serving('JSON', false, (url) =>
    withApiOf(url, { profile: profile('add_note'), env: { ...env, ADMIN: 'of-nobody' } }, async (rig) => {
      const { kit } = sampleKit()
      const { mcpCalls } = rig.profile
      if (mcpCalls === null) throw new Error('expected tools')
      await expect(openServer({ ...kit, api: rig.api }, mcpCalls)).rejects.toThrow(
        /tools\/list was answered.*401/,
      )
    }),
  )
})
