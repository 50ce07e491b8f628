import { parseOpenApi } from '../api/openapi.ts'
import { guessProfile } from './first-profile.ts'

// For tests: pieces of documents, each as small as it can be.

export const text = { type: 'string' }
export const texts = { type: 'array', items: text }
export const json = (schema: object) => ({ content: { 'application/json': { schema } } })
export const taking = (properties: object, required: readonly string[] = []) => ({
  requestBody: json({ type: 'object', properties, required }),
})
export const answering = (schema: object) => ({ responses: { 200: { description: 'ok', ...json(schema) } } })
export const list = answering({
  type: 'object',
  properties: { items: { type: 'array', items: { type: 'object' } } },
})

/** For tests: what is guessed of a document with these paths. */
export function guessed(paths: object, more: object = {}) {
  const document = { openapi: '3.1.0', info: { title: 't', version: '1' }, paths, ...more }
  return guessProfile(parseOpenApi(JSON.stringify(document), 'test'))
}

/** For tests: operation by call, the unsure ones with a question mark. */
export function calls(paths: object): Record<string, string> {
  const { operations } = guessed(paths)
  return Object.fromEntries(
    Object.entries(operations).map(([name, { value, unsure }]) => [
      name,
      `${value.method} ${value.path}${unsure ? '?' : ''}`,
    ]),
  )
}
