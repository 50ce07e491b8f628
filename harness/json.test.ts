import { expect, test } from 'vitest'
import { readJson } from './json.ts'

test('JSON is read, anything else is not, nor what nests without end', () => {
  expect(readJson('{"a":[1]}')).toEqual({ a: [1] })
  expect(readJson('a: 1')).toBeUndefined()
  expect(readJson('')).toBeUndefined()
  expect(readJson(`${'['.repeat(200)}${']'.repeat(200)}`)).toBeDefined()
  expect(readJson(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).toBeUndefined()
  expect(readJson(JSON.stringify(Array(1000).fill({ a: [] })))).toHaveLength(1000)
})

test('a byte order mark before it is no part of it; elsewhere it is none', () => {
  expect(readJson('\uFEFF{"a":1}')).toEqual({ a: 1 })
  expect(readJson('{"a":"\uFEFF"}')).toEqual({ a: '\uFEFF' })
  expect(readJson('\uFEFF\uFEFF{}')).toBeUndefined()
})
