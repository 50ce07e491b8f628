import { expect, test } from 'vitest'
import type { Makings } from './operations/resource.ts'
import { operations, resources, sendingOperations } from './operations.ts'

const makings: Makings = {
  mark: '0123456789abcdef0123456789abcdef',
  address: 'a@inbox.test',
  from: 'shop@shop.test',
  domain: 'inbox.test',
  role: 'reader',
  otherRole: 'owner',
  scopes: ['read'],
  later: '2030-01-01T00:00:00Z',
}

test.each(Object.keys(operations))('%s: what is said of its inputs is of inputs that it has', (name) => {
  const words = operations[name]
  const inputs = Object.keys(words?.inputs ?? {})
  const { essential = [], mailTo = [], claims = [], sample, sampleElse, object } = words ?? {}
  const samples = [sample, sampleElse].flatMap((each) => Object.keys(each?.(makings) ?? {}))
  const said = [...essential, ...mailTo, ...claims, ...samples]
  expect(inputs).toEqual(expect.arrayContaining([...said, ...(object === null ? [] : [object])]))
})

test.each(Object.entries(operations).flatMap(([name, { undo }]) => (undo === null ? [] : [{ name, undo }])))(
  '$name is taken back by a deletion, with what names its object',
  ({ undo }) => {
    expect(operations[undo.operation]).toMatchObject({ effect: 'delete', object: undo.input })
  },
)

test.each(
  Object.entries(operations).filter(([, { effect, sample }]) => effect === 'create' && sample !== undefined),
)('a sample of %s can be told from everything else', (_, { sample }) => {
  const text = JSON.stringify(sample?.(makings))
  const whole = Buffer.from(/"raw":"(.*)"/.exec(text)?.[1] ?? '', 'base64').toString()
  expect(text + whole).toContain(makings.mark.slice(0, 16))
})

test.each(Object.entries(resources))(
  '%s: other names are names of inputs and results that it has',
  (_, resource) => {
    const verbs = Object.values(resource.verbs)
    const { inputs = {}, results = {} } = resource.otherNames ?? {}
    expect(verbs.flatMap((verb) => Object.keys(verb.inputs))).toEqual(
      expect.arrayContaining(Object.keys(inputs)),
    )
    expect(verbs.flatMap((verb) => Object.keys(verb.results))).toEqual(
      expect.arrayContaining(Object.keys(results)),
    )
  },
)

test('a word of a path says one resource', () => {
  const words = Object.values(resources).flatMap((resource) => resource.words)
  expect(words).toEqual([...new Set(words)])
})

test('what sends mail says to whom', () => {
  expect(sendingOperations).toEqual(['message.send', 'message.batch', 'message.raw'])
  for (const name of sendingOperations) expect(operations[name]?.mailTo).not.toHaveLength(0)
})
