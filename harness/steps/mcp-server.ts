import type { As, Input } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import { isObject } from '../json.ts'
import type { Exchange } from '../model.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { McpCalls, Operation } from '../profile/shape.ts'
import { owner } from './sample-input.ts'

/** A tool as the server lists it. */
export interface ListedTool {
  readonly name: string
  /** What it says of itself to whoever may call it, and by that to a model. */
  readonly texts: readonly string[]
  /** The arguments that it names. */
  readonly named: ReadonlySet<string>
}

export interface McpServer {
  readonly listed: readonly ListedTool[]
  /** Where that was told. */
  readonly list: Exchange
  /** What the server says of itself as a whole. */
  readonly instructions: string
  /** Those of the owner, where the server keeps sessions. */
  readonly session: Input | null
  /** The inputs of a call beside its own: the session of whoever calls, and the version that was agreed on. */
  inputsOf(as: As | undefined): Promise<Input>
}

/** Nobody has more tools than that on so many pages. */
const mostPages = 20

/** A guard: the owner is shown the tools. Where the server keeps sessions, each caller gets one of its own. */
export async function openServer(kit: Pick<Kit, 'api' | 'verify'>, calls: McpCalls): Promise<McpServer> {
  const { api, verify } = kit
  const ask = (by: Operation, input: Input, as: As) => api.call(by.name, input, as, { by })
  let instructions = ''
  const hello = async (as: As): Promise<Input> => {
    const { answer, result } = await ask(calls.initialize, {}, as)
    // Servers of later versions of the protocol know no greeting.
    if (answer !== 'accepted') return {}
    const { session, version } = result ?? {}
    instructions = String(result?.['instructions'] ?? '')
    const inputs = { ...given('mcpSession', session), ...given('mcpVersion', version) }
    if (session !== undefined) await ask(calls.initialized, inputs, as)
    return inputs
  }
  const first = await hello(owner)
  const sessions = new Map<As, Promise<Input>>([[owner, Promise.resolve(first)]])
  const inputsOf: McpServer['inputsOf'] = async (as = owner) => {
    if (!('mcpSession' in first)) return first
    const opened = sessions.get(as) ?? hello(as)
    sessions.set(as, opened)
    return opened
  }

  const listed: ListedTool[] = []
  let cursor: unknown
  for (let page = 0; page < mostPages; page++) {
    const list = await ask(calls.list, { ...first, ...given('mcpCursor', cursor) }, owner)
    const { answer, result } = list
    verify.held(
      answer === 'accepted' && Array.isArray(result?.['tools']),
      `tools/list was answered ${api.said(list)} to ${owner}`,
      'see mcp.url in the profile: the server must speak Streamable HTTP, and take the credential of the principal admin',
    )
    const tools = [result?.['tools']].flat().filter(isObject)
    listed.push(...tools.flatMap(readTool))
    cursor = result?.['next']
    const session = 'mcpSession' in first ? first : null
    if (cursor === undefined) return { listed, list, instructions, session, inputsOf }
  }
  verify.held(false, `tools/list has more than ${mostPages} pages`, 'see whether its cursor comes to an end')
  throw new Error('a guard that does not hold throws')
}

function given(name: string, value: unknown): Input {
  return typeof value === 'string' ? { [name]: value } : {}
}

function readTool(tool: Record<string, unknown>): ListedTool[] {
  const { name, inputSchema } = tool
  if (typeof name !== 'string') return []
  const { properties } = isObject(inputSchema) ? inputSchema : {}
  const named = new Set(isObject(properties) ? Object.keys(properties) : [])
  return [{ name, texts: textsOf(tool), named }]
}

/** Every text in it, also the names of members. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)])
}

/** The same kit, in which that operation goes by the tool, whoever calls it; all else is as it was. */
export function byTool(kit: Kit, tool: Operation, { inputsOf }: Pick<McpServer, 'inputsOf'>): Kit {
  const { api, verify } = kit
  const isIt = (name: DeclaredOperation | string | null) => name === tool.name
  const profile = { ...api.profile, operations: { ...api.profile.operations, [tool.name]: tool } }
  const whole = async (input: Input | undefined, as: As | undefined) => ({
    ...(await inputsOf(as === undefined ? (tool.as ?? owner) : as)),
    ...input,
  })
  const has: typeof api.has = (name, input) =>
    isIt(name) && input !== undefined ? tool.inputs.has(input) : api.has(name, input)
  return {
    ...kit,
    profile,
    api: {
      ...api,
      profile,
      has,
      carried: (name, input) =>
        isIt(name)
          ? Object.fromEntries(Object.entries(input).filter(([each]) => tool.inputs.has(each)))
          : api.carried(name, input),
      call: async (name, input, as, options) =>
        isIt(name)
          ? api.call(name, await whole(input, as), as, { ...options, by: tool })
          : api.call(name, input, as, options),
      prepare: async (name, input, as, references) =>
        isIt(name)
          ? api.prepare(name, await whole(input, as), as, { ...references, by: tool })
          : api.prepare(name, input, as, references),
      outline: async (name, input, as, references) =>
        isIt(name)
          ? api.outline(name, await whole(input, as), as, { ...references, by: tool })
          : api.outline(name, input, as, references),
      send: (request, about) => api.send(request, isIt(about.operation) ? { ...about, by: tool } : about),
    },
    // Of who may do what it is another cell than the call.
    verify: {
      ...verify,
      that(holds, told) {
        if (typeof told === 'function') return verify.that(holds, told)
        const cell = { ...told.cell, channel: 'tool' as const }
        return verify.that(holds, told.permission === undefined ? told : { ...told, cell })
      },
    },
  }
}
