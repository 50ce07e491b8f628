import { expect, test } from 'vitest'
import { wrongPasswords } from './accounts.ts'

test.each([
  [{}, { tries: 8, subjects: 9 }],
  [
    { perAccount: 50, perSource: 100 },
    { tries: 8, subjects: 10 },
  ],
  [
    { perAccount: 5, perSource: 12 },
    { tries: 3, subjects: 5 },
  ],
  [
    { perAccount: 1, perSource: 1 },
    { tries: 1, subjects: 1 },
  ],
])('with a promised throttle of %o, %o stay below it', (signIn, bounds) => {
  expect(wrongPasswords({ limits: { signIn } })).toEqual(bounds)
})
