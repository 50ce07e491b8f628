import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Session } from '../model.ts'
import { addressInputs, formsOfLists } from './addresses.ts'

/** By form, and with a blank or entities in the place of line ends, whether an API takes it for a list that ends addresses at these. */
async function listsOf(separators: RegExp) {
  const written: string[] = []
  const { kit, judge } = sampleKit({
    has: (_, input) => input === undefined || input === 'to',
    call(operation, input) {
      const [{ email = '' } = {}] = [input['to']].flat() as { email?: string }[]
      written.push(...email.split(separators))
      return sampleExchange('accepted', { operation })
    },
    wire: {
      sessions: async ({ recipient = '' }) =>
        written.some((text) => /[\w.+-]+@[\w.-]+\w/.exec(text)?.[0] === recipient)
          ? [{ id: recipient } as unknown as Session]
          : [],
    },
  })
  let found: readonly (readonly [string, boolean, boolean])[] = []
  await judge(async () => {
    const [to] = addressInputs(kit)
    if (to === undefined) throw new Error('expected the input to')
    const isList = await formsOfLists(kit, to)
    found = ['behind the address', 'with a second To'].map((form) => [
      form,
      isList(form, '\r\n'),
      isList(form, '&#13;&#10;'),
    ])
  })
  return found
}

test('an API that ends addresses at a semicolon needs no line end, where one is written in entities', async () => {
  expect(await listsOf(/;/)).toEqual([
    ['behind the address', false, true],
    ['with a second To', false, true],
  ])
})

test('an API that reads lists of words needs none anywhere, and one that reads one address does', async () => {
  const all = (is: boolean) => [
    ['behind the address', is, is],
    ['with a second To', is, is],
  ]
  expect(await listsOf(/[\s;]/)).toEqual(all(true))
  expect(await listsOf(/$^/)).toEqual(all(false))
})
