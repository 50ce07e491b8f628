import { expect, test } from 'vitest'
import { sampleExchange } from '../check/sample-kit.testing.ts'
import { compile } from '../profile/expressions.ts'
import { writesUnquoted } from './display-names.ts'

const [name, email] = ['O\'Brien, "Ann"', 'shop@own.test']
const form = (from: string) => new URLSearchParams({ from, subject: 'a' }).toString()

async function written(expression: string, body: (from: unknown) => string): Promise<boolean> {
  const from = await compile(expression).evaluate({ from: { email, name } })
  const exchange = sampleExchange('accepted')
  return writesUnquoted({
    ...{ name, email },
    mail: { exchange: { ...exchange, request: { ...exchange.request, body: body(from) } } },
  })
}

const bodies = [(from: unknown) => JSON.stringify({ from }), (from: unknown) => form(String(from)), String]

test.each([
  'from.name & " <" & from.email & ">"',
  'from.name & "<" & from.email & ">"',
  `'"' & from.name & '" <' & from.email & '>'`,
])('a mapping that pastes the name is told from the target: %s', async (expression) => {
  for (const body of bodies) expect(await written(expression, body)).toBe(true)
})

test('so is one that pastes it into the query', async () => {
  const from = `${name} <${email}>`
  const exchange = sampleExchange('accepted')
  for (const query of [encodeURIComponent(from), form(from)]) {
    const request = { ...exchange.request, path: `/send?from=${query}` }
    expect(writesUnquoted({ name, email, mail: { exchange: { ...exchange, request } } })).toBe(true)
  }
})

test('a mapping that quotes the name, or hands it on by itself, leaves the rest to the target', async () => {
  for (const body of bodies) expect(await written('$address(from)', body)).toBe(false)
  expect(await written('from', (from) => JSON.stringify({ from }))).toBe(false)
})
