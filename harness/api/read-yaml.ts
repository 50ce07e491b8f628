import { parse } from 'yaml'

/** What a text says, JSON or YAML; `undefined` where it is neither, or refers to itself by anchors without end. */
export function readYaml(text: string): unknown {
  try {
    const value: unknown = parse(text, { maxAliasCount: 1000, uniqueKeys: false, logLevel: 'error' })
    JSON.stringify(value)
    return value
  } catch {
    return undefined
  }
}
