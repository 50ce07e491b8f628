import { expect, test } from 'vitest'
import { sampleKit } from '../check/sample-kit.testing.ts'
import { readHeaders } from '../probes/headers.ts'
import { reservedFields } from './reserved-fields.ts'

const mark = '0123456789abcdef0123456789abcdef'

/** What is wrong where a message has these lines beside what the caller wrote in a field of that name. */
function faultOf(name: string, lines: (written: string) => readonly string[]): string | null {
  const field = reservedFields(sampleKit().kit).find((each) => each.name === name)
  if (field === undefined) throw new Error(`expected a field ${name}`)
  const written = `${name}: ${field.value({ hidden: 'hidden@x.test', mark })}`
  const message = Buffer.from([...lines(written), '', 'Hello'].join('\r\n'))
  return field.faultIn(readHeaders(message).field(name), mark)
}

test('a From of the caller’s own is seen where it stands beside the provider’s, and where it stands for it', () => {
  const own = 'From: <shop@own.test>'
  expect(faultOf('From', () => [own])).toBeNull()
  expect(faultOf('From', (written) => [own, written])).toContain('there are 2 of them')
  expect(faultOf('From', (written) => [written])).toBe(`the caller’s own: <ceo@${mark}.example>`)
})

test('a field that tells the way of a message is the provider’s, whatever stands in it', () => {
  expect(faultOf('Received', () => ['Received: from a by b'])).toBeNull()
  expect(faultOf('Received', (written) => ['Received: from a by b', written])).toContain('the caller’s own')
})
