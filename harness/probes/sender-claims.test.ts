import { expect, test } from 'vitest'
import type { Delivery } from '../model.ts'
import { falseClaim } from './sender-claims.ts'

const rightful = { verified: ['own.example'], bounces: ['bounces.provider.example'] }

const claim = (header: string, from = 'b@own.example', replaces: readonly string[] = []) =>
  falseClaim(
    { raw: Buffer.from(`${header}\r\n\r\nHello`), envelope: { from, to: [] } } as unknown as Delivery,
    { ...rightful, replaces },
  )

test.each([
  ['From: <news@own.example>', 'news@own.example'],
  ['From: News <news@Own.Example>', 'b1@bounces.provider.example'],
  ['From: <news@own.example.>', ''],
])('%s is right with MAIL FROM:<%s>', (header, from) => {
  expect(claim(header, from)).toBeNull()
})

test.each([
  ['From: <ceo@other.example>', false],
  ['From: <ceo@evilown.example>', false],
  ['From: <ceo@bounces.provider.example>', false],
  ['From: <news@own.example>, <ceo@other.example>', false],
  ['From: <ceo@other.example>news@own.example', false],
  ['From: <ceo@sub.own.example>', true],
  ['From: <ceo@sub.own.example>, <ceo@other.example>', false],
  ['From: <news@own.example>\r\nFrom: <news@own.example>', false],
  ['Subject: nobody', false],
])('%s is a false claim', (header, slight) => {
  expect(claim(header)).toMatchObject({ slight })
})

test('a false return path is told with its From field', () => {
  expect(claim('From: <news@own.example>', 'ceo@other.example')).toMatchObject({
    text: 'From: <news@own.example>, MAIL FROM:<ceo@other.example>',
    slight: false,
  })
})

test('a provider that writes in place of a sender claims nothing, but for a name that reads as an address', () => {
  const at = (header: string) => claim(header, 'b@own.example', ['provider.example'])
  expect(at('From: <mail@provider.example>')).toBeNull()
  expect(at('From: "CEO" <mail@provider.example>')).toBeNull()
  expect(at('From: "ceo@other.example" <mail@provider.example>')).toMatchObject({ slight: true })
  expect(at('From: <ceo@other.example>')).toMatchObject({ slight: false })
  expect(at('From: <mail@provider.example>, <ceo@other.example>')).toMatchObject({ slight: false })
})
