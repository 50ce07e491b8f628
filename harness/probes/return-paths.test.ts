import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { forgedPaths, madeUpPaths } from './return-paths.ts'

const addresses = { ownAddress: 'ann@in.test', otherAddress: 'ben@in.test' }
const forged = (own: string, other: string) =>
  Object.fromEntries(
    forgedPaths.map(({ name, paths }): [string, readonly string[]] => [
      name,
      paths({ own, other, ...addresses }),
    ]),
  )

test('a return path with a number leads to the next one', () => {
  expect(forged('bounce+1001@b.test', 'bounce+1003@b.test')).toMatchObject({
    'a return path by a number further on': ['bounce+1002@b.test', 'bounce+1003@b.test'],
    'the proof of another return path': [],
  })
})

test('a proof is that of another, changed, cut short or left out', () => {
  const [id, otherId] = ['a'.repeat(8), 'b'.repeat(8)]
  const made = forged(`r+${id}.0123456789ab@b.test`, `r+${otherId}.ba9876543210@b.test`)
  expect(made).toMatchObject({
    'the proof of another return path': [`r+${otherId}.0123456789ab@b.test`],
    'a return path by a changed proof': [`r+${otherId}.AAAAAAAAAAAA@b.test`, expect.anything()],
    'a return path by a proof cut short': [expect.anything(), `r+${otherId}.ba987w@b.test`],
    'a return path without a proof': [`r+${otherId}@b.test`],
  })
})

test('an address stands in it plain, or as a hash', () => {
  const name = 'the address of somebody else in a return path'
  expect(forged('bounce-ann=in.test@b.test', 'bounce-ben=in.test@b.test')[name]).toContain(
    'bounce-ben=in.test@b.test',
  )
  const hash = (text: string) => createHash('md5').update(text).digest('hex')
  const [own, other] = [hash(addresses.ownAddress), hash(addresses.otherAddress)]
  expect(forged(`r+${own}@b.test`, `r+${other}@b.test`)[name]).toContain(`r+${other}@b.test`)
})

test('a made-up one has the form of another and nothing of what it holds', () => {
  const [made, plain] = madeUpPaths('bounce+0123abcd.4567@b.test')
  expect(made).toMatch(/^bounce\+[\da-f]{8}\.[\da-f]{4}@b\.test$/)
  expect(made).not.toBe('bounce+0123abcd.4567@b.test')
  expect(plain).toBe('bounce@b.test')
})
