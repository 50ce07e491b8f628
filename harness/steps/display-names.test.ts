import { expect, test } from 'vitest'
import { sampleExchange } from '../check/sample-kit.testing.ts'
import { compile } from '../profile/expressions.ts'
import { turnedAway, writesUnquoted } from './display-names.ts'

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

test.each(['refused', 'invalid'] as const)(
  'a name that is %s is told as such, and what to write where none is taken',
  (answer) => {
    const [holds, reason, remedy] = turnedAway(
      { name, email, mail: { exchange: sampleExchange(answer) } },
      () => '403',
    )
    expect(holds).toBe(false)
    expect(reason).toContain(`answered 403 for the mailbox of ${email} with the name ${name}`)
    expect(remedy).toContain('from.email')
  },
)

test.each(['accepted', 'limited', 'broken'] as const)(
  'a name is not what an answer is about that is %s',
  (answer) => {
    expect(turnedAway({ name, email, mail: { exchange: sampleExchange(answer) } }, () => '')[0]).toBe(true)
  },
)
