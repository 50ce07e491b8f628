import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import { headerTexts } from './header-texts.ts'

const textsWith = (...inputs: string[]) => {
  const has = (operation: string, input?: string) =>
    operation !== 'message.send' || input === undefined || inputs.includes(input)
  return headerTexts(sampleKit({ has }).kit).map(({ name }) => name)
}

test('a text is tried where the profile carries it', () => {
  expect(textsWith('headers', 'subject')).toEqual([])
  expect(textsWith('tags', 'sendAt', 'bcc')).toEqual(['tags', 'sendAt', 'name in bcc'])
  // Without variables a template says nothing.
  expect(textsWith('template')).toEqual([])
  expect(textsWith('template', 'variables')).toEqual(['template'])
})

test('a benign text stands before what breaks out of it, and the id of a template alone keeps its type', async () => {
  const sent: Record<string, unknown>[] = []
  const { kit } = sampleKit({
    call(operation, input) {
      if (operation === 'message.send') sent.push(input)
      return sampleExchange('accepted', { operation, result: { id: 7 } })
    },
  })
  for (const { breaks, send } of headerTexts(kit)) {
    await send()
    await send(breaks[0]?.spell('hidden@x.test'))
  }
  const broken = '\r\nBcc: <hidden@x.test>\r\nCc: <hidden@x.test>\r\nX-Injected: 1\r\n\r\nINJECTED'
  expect(sent.map(({ tags }) => tags).slice(0, 2)).toEqual([['invoice'], [`invoice${broken}`]])
  expect(sent[3]?.['sendAt']).toMatch(/^\d{4}-.*Z\r\nBcc: <hidden@x.test>/)
  expect(sent.map(({ template }) => template).slice(4, 6)).toEqual([7, `7${broken}`])
  expect(sent[7]?.['bcc']).toMatchObject({ name: `Ann${broken}` })
})
