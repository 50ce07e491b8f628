import { expect, test } from 'vitest'
import {
  clientAddressHeaders,
  corpus,
  envelopeTexts,
  foreignSenders,
  keyIds,
  recipientTexts,
  sqlTwins,
  unsecuredAlgs,
} from './corpora.ts'

const pair = { a: 'mike-1@own.example', h: 'hidden-1@other.example' }
const fill = { c: 'canary', sinkB: 'other.example', v: 'own.example' }
const all = {
  eol: corpus('eol'),
  endOfData: corpus('end-of-data'),
  addresses: corpus('addresses', fill),
  from: corpus('from', { a: 'ceo@bank.example', b: 'me@own.example' }),
  displayNames: corpus('display-names', { hidden: 'canary@other.example' }),
  fileNames: corpus('file-names'),
  recipients: recipientTexts('recipients').map(({ name, spell }) => ({ name, value: spell(pair) })),
  envelope: envelopeTexts('envelope').map(({ name, spell }) => ({
    name,
    value: Object.values(spell({ ...pair, mark: 'm', size: '1' })).join(' '),
  })),
  headerNames: corpus('header-names', { hidden: 'canary@other.example' }),
  html: corpus('html', { id: '7', L: '127.0.0.1:1' }),
  activeHtml: corpus('active-html', { id: '7', L: '127.0.0.1:1' }),
  redirects: corpus('redirects', { id: '7', L: '127.0.0.1:1', own: 'own.example' }),
  scripts: corpus('scripts', { id: '7' }),
  clientAddresses: clientAddressHeaders({ ip: '192.0.2.1', n: '1' }),
  keyIds: keyIds({ id: '7', L: '127.0.0.1:1', zone: 'z.test' }),
  sqlDelays: corpus('sqli-time', { v: 'x', s: '5' }),
}

test.each(Object.entries(all))('%s: names are stable and unique, no placeholder is left', (_, inputs) => {
  const names = inputs.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  // {{{7}}} is data: a triple-stash of the template language.
  for (const { value } of inputs) expect(value.replace('{{{7}}}', '')).not.toMatch(/\{\w+\}/)
})

test('the limits are passed by one octet', () => {
  const value = (name: string) => all.addresses.find((input) => input.name === name)?.value ?? ''
  expect(value('local-part-65').indexOf('@')).toBe(65)
  expect(value('domain-254').split('@')[1]).toHaveLength(254)
  expect(value('domain-254')).not.toContain('..')
})

test('an encoded From carries the forbidden mailbox', () => {
  const encoded = all.from.find(({ name }) => name === 'encoded-word-mailbox')?.value
  expect(encoded).toBe(`From:=?utf-8?B?${btoa('<ceo@bank.example>')}?=,<me@own.example>`)
})

test('every foreign sender is another one, and none of them plainly the own', () => {
  const senders = foreignSenders({ v: 'own.example', parent: 'example', other: 'other.example' })
  const plain = senders.map(({ from }) => JSON.stringify(from))
  expect(new Set(senders.map(({ name }) => name)).size).toBe(senders.length)
  expect(new Set(plain).size).toBe(senders.length)
  for (const from of plain) expect(from).not.toMatch(/^"\w+@own\.example"$|\{\w+\}/)
  expect(senders).toContainEqual({
    name: 'the verified address as the name of another',
    from: { email: 'ceo@other.example', name: 'ceo@own.example' },
  })
})

test('a text of one recipient names the other one as well, or a letter that folds into it', () => {
  for (const { name, value } of all.recipients) {
    const folded = value.normalize('NFKC').replace('\u200b', '').toUpperCase().toLowerCase()
    const base64 = value.includes(Buffer.from(pair.h).toString('base64'))
    const named = value.includes('hidden-1') || base64 || folded === pair.a || value.includes('\u3002')
    expect(named, name).toBe(true)
  }
})

test('alg none comes in its eight forms, one of them without the field', () => {
  expect(unsecuredAlgs.map(({ alg }) => alg)).toEqual([
    'none',
    'None',
    'NONE',
    'nOnE',
    'none ',
    '',
    null,
    undefined,
  ])
})

test('as the target of a redirect, most values lead a browser to the host, and none of them to the own one', () => {
  const hosts = all.redirects.map(({ value }) => URL.parse(value, 'https://own.example/page')?.host)
  expect(hosts.filter((host) => host === '127.0.0.1:1')).toHaveLength(9)
  // What is encoded once more is for who decodes twice, and https: alone for a page of http.
  expect(all.redirects.flatMap(({ name }, i) => (hosts[i] === 'own.example' ? [name] : []))).toEqual([
    'https-without-slashes',
    'encoded-once-more',
    'encoded-scheme-relative',
  ])
})

test('twins differ in one digit, and the neutral pair keeps all of their words', () => {
  const words = (text: string) => text.match(/\w+/g)
  for (const twin of sqlTwins) {
    const differing = [...twin.true].filter((character, i) => character !== twin.false[i])
    expect(twin.true).toHaveLength(twin.false.length)
    expect(differing).toEqual(['1'])
    for (const [neutral, sql] of [
      [twin.neutralTrue, twin.true],
      [twin.neutralFalse, twin.false],
    ] as const) {
      expect(neutral).toHaveLength(sql.length)
      expect(words(neutral)).toEqual(words(sql))
    }
  }
})
