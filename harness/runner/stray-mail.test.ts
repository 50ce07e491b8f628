import { expect, test } from 'vitest'
import { createStrayMail } from './stray-mail.ts'

test('mail for the sandbox of another machine is told, and everybody else’s is not', () => {
  const stray = createStrayMail((shard) => `s${shard}.Shop.test`, { index: 2, of: 11 })
  expect(stray(['a@inbox.sound.s2.shop.test', 'b@example.com'])).toBeNull()
  expect(stray(['a@inbox.sound.s1.shop.test'])).toMatch(
    /^mail for shard 1 came to shard 2, .* below s1\.shop\.test/,
  )
  expect(stray(['a@s2.shop.test', 'b@INBOX.sound.s11.shop.TEST'])).toMatch(/^mail for shard 11/)
})

test('where zones are random, or the same for all, nothing is told apart', () => {
  for (const zone of [undefined, 'shop.test'])
    expect(createStrayMail(() => zone, { index: 1, of: 2 })(['a@inbox.sound.shop.test'])).toBeNull()
})
