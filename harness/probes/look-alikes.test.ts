import { expect, test } from 'vitest'
import { lookAlikes, lookedAlike } from './look-alikes.ts'

const address = `${lookedAlike}-4711@inbox.example`

test('each is another address, which something that is done to addresses makes the same', () => {
  const folds = [
    (text: string) => text.toUpperCase().toLowerCase(),
    (text: string) => text.normalize('NFKC').toLowerCase(),
    (text: string) => text.normalize('NFD').replaceAll(/\p{M}/gu, ''),
    (text: string) => text.replaceAll(/\p{Cf}/gu, ''),
  ]
  for (const { name, of } of lookAlikes) {
    const { written = '', mailbox = '' } = of(address) ?? {}
    expect([name, written === address, mailbox === address]).toEqual([name, false, false])
    expect([name, folds.some((fold) => fold(written) === address)]).toEqual([name, true])
  }
})

test('a domain is one of its own, and an address without such letters has none', () => {
  const found = lookAlikes.map(({ name, of }) => [name, of('ann@box.example')])
  expect(found.filter(([, alike]) => alike !== null)).toEqual([])
  const domains = lookAlikes.filter(({ name }) => name.endsWith('in the domain'))
  for (const { of } of domains) expect(of(address)?.mailbox).toMatch(/@xn--[a-z0-9-]+\.example$/)
})
