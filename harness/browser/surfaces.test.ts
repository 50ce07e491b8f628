import { expect, test } from 'vitest'
import { isThereToLeadOn } from './surfaces.ts'

const tracked = new URL('https://clicks.test/c?url=https%3A%2F%2Fclicks.test%2Fhome&to=%2Fhere')
test.each([
  ['https://shop.test/', true],
  ['https://clicks.test/home', true],
  ['https://clicks.test/here', true],
  ['https://clicks.test/sign-in', false],
  ['https://clicks.test/sign-in?back=https%3A%2F%2Fclicks.test%2Fhome', false],
])('that a page leads to %s at once is what it is there for: %s', (to, isSo) => {
  expect(isThereToLeadOn(tracked, to)).toBe(isSo)
})
