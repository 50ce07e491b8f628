import { isUrl } from './authorization.ts'
import { compileCall, inferredInputs } from './compiled-operations.ts'
import type { DeclaredOperation } from './operations.ts'
import type { McpCalls, Operation, ProfileData, ToolData } from './shape.ts'

/** The version of the protocol that is asked for. */
const version = '2025-06-18'

/** What goes to an MCP server: Streamable HTTP. A session and a version are in the fields where they are inputs. */
export function compileMcp(
  { url, tools }: NonNullable<ProfileData['mcp']>,
  target: string,
  operations: Readonly<Record<string, Operation>>,
): McpCalls {
  const { origin, pathname, search } = new URL(isUrl(url) ? url : `${target.replace(/\/+$/, '')}${url}`)
  const call = (asked: string, more: Pick<ToolData, 'result'> = {}) =>
    compileCall({
      ...{ method: 'POST', path: `${pathname}${search}`, body: asked, ...more },
      headers: {
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '{mcpVersion}',
        'mcp-session-id': '{mcpSession}',
      },
    })
  const alone = (name: string, asked: string, result: Record<string, string> = {}): Operation => ({
    ...nothing,
    ...call(asked, { result }),
    name: `mcp.${name}` as DeclaredOperation,
    rpc: { origin, tool: null },
  })
  const hello = {
    protocolVersion: version,
    capabilities: {},
    clientInfo: { name: 'postern', version: '0' },
  }
  return {
    initialize: alone(
      'initialize',
      `{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": ${JSON.stringify(hello)}}`,
      {
        session: 'headers."mcp-session-id"',
        version: 'body.protocolVersion',
        instructions: 'body.instructions',
      },
    ),
    initialized: alone('initialized', '{"jsonrpc": "2.0", "method": "notifications/initialized"}'),
    list: alone(
      'list',
      '{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": mcpCursor}}',
      { tools: '[body.tools]', next: 'body.nextCursor' },
    ),
    tools: Object.fromEntries(
      Object.entries(tools).flatMap(([name, { operation, arguments: given = '{}', ...answers }]) => {
        const own = operations[operation]
        if (own === undefined) return []
        const asked = `{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": ${JSON.stringify(name)}, "arguments": $merge([${given}, $exists(mcpFurther) ? mcpFurther : {}])}}`
        const tool: Operation = {
          ...own,
          ...call(asked, answers),
          inputs: new Set(inferredInputs(operation, { method: 'POST', path: '/', body: given })),
          ...{ pathWith: {}, current: null, steps: [], afterwards: [] },
          rpc: { origin, tool: name },
        }
        return [[name, tool]]
      }),
    ),
  }
}

/** Of what is no operation of the target. */
const nothing: Omit<Operation, keyof ReturnType<typeof compileCall> | 'name' | 'rpc'> = {
  ...{ kind: 'mcp', sends: false, mailTo: [], object: null, example: {}, pathWith: {} },
  ...{ effect: 'read', as: null, caller: null, current: null, inputs: new Set(), undo: null },
  ...{ steps: [], afterwards: [], documented: null },
}
