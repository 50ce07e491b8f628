import { operationMistakes } from './operation-mistakes.ts'
import type { Mistake } from './schema.ts'
import type { ProfileData } from './shape.ts'
import { unknown } from './unknown-name.ts'

/** What is wrong with the tools of a profile: each is looked at as a call of the operation that it stands for. */
export async function mcpMistakes(data: ProfileData): Promise<Mistake[]> {
  const all = Object.entries(data.mcp?.tools ?? {}).map(async ([tool, { operation, ...call }]) => {
    const at = ['mcp', 'tools', tool]
    const known = Object.keys(data.operations)
    if (!known.includes(operation))
      return [unknown([...at, 'operation'], operation, known, 'an operation of this profile')]
    const { arguments: body, ...answers } = call
    const asCall = { method: 'POST', path: '/', ...(body === undefined ? {} : { body }), ...answers }
    const mistakes = await operationMistakes(operation, asCall, data)
    return mistakes.map(({ path: [, , part = '', ...rest], ...mistake }) => ({
      ...mistake,
      path: [...at, part === 'body' ? 'arguments' : part, ...rest],
    }))
  })
  return (await Promise.all(all)).flat()
}
