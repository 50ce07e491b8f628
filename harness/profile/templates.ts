import { parseTemplate } from 'url-template'
import type { CallData, OperationData } from './shape.ts'

type Values = Readonly<Record<string, unknown>>

const expression = /\{([^{}]*)\}/g

/** The names in a template (RFC 6570 level 1). */
export function templateNames(template: string): string[] {
  return [...template.matchAll(expression)].map((m) => m[1] ?? '')
}

/** The inputs that the templates of a call name, `pathWith` too. */
export function namesInTemplates(call: CallData & Pick<OperationData, 'pathWith'>): string[] {
  const { path, pathWith = {}, query = {}, headers = {} } = call
  const values = [path, ...[pathWith, query, headers].flatMap((part) => Object.values(part))]
  return [...Object.keys(pathWith), ...values.flatMap((template) => inputNames(String(template)))]
}

/** The names in a template but values of the principal; `${env:…}` is not filled in yet. */
export function inputNames(template: string): string[] {
  return templateNames(withoutReferences(template)).filter((name) => !/^principal\.[\w-]+$/.test(name))
}

/** `${env:NAME}` looks like a template. */
export function withoutReferences(template: string): string {
  return template.replace(/\$\{[^{}]*\}/g, '')
}

/** Percent-encoded values in literal text, for paths and queries; what has no value is empty. */
export function expandUri(template: string, values: Values): string {
  const texts = templateNames(template).map((name) => [name, asText(values[name])] as const)
  return parseTemplate(template).expand(Object.fromEntries(texts))
}

/** Values as they are in literal text, for header fields: a token is not to be encoded. */
export function expandText(template: string, values: Values): string {
  return template.replace(expression, (_, name: string) => asText(values[name]))
}

/** Whether every name of the template has a value. */
export function complete(template: string, values: Values): boolean {
  return templateNames(template).every((name) => values[name] !== undefined && values[name] !== null)
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
