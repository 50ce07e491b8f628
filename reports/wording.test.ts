import { expect, test } from 'vitest'
import { placeOf } from './wording.ts'

test.each([
  ['message.get', null, 'message.get'],
  ['message.get', 'message.get', 'message.get'],
  ['message.get', 'message.get, as support', 'message.get, as support'],
  ['message.get', 'message.getting', 'message.get, message.getting'],
  ['message.send', 'subject, crlf', 'message.send, subject, crlf'],
])('%s with the variant %s is at %s', (operation, variant, place) => {
  expect(placeOf({ operation, variant })).toBe(place)
})
