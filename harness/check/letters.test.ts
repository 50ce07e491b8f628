import { expect, test } from 'vitest'
import { createLetters, type Letter } from './letters.ts'

const some = (letters: () => Letter) => Array.from({ length: 200 }, letters)

test('a seed repeats the letters of a check, whatever others ask for meanwhile', () => {
  const [mine, other] = [createLetters(7, 'keys/a'), createLetters(7, 'keys/b')]
  const mixed = Array.from({ length: 200 }, () => {
    other()
    return mine()
  })
  expect(mixed).toEqual(some(createLetters(7, 'keys/a')))
  expect(some(createLetters(8, 'keys/a'))).not.toEqual(mixed)
})

test('letters hold neither address nor link nor markup, and a subject of one short line', () => {
  for (const { subject, text } of some(createLetters(1, 'keys/a'))) {
    expect(`${subject}${text}`).not.toMatch(/[@<>{}\\]|:\/\/|www\./)
    expect(subject).toMatch(/^[ -~]{1,78}$/)
  }
})
