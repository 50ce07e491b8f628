import { expect, test } from 'vitest'
import type { HttpResponse } from '../model.ts'
import { marksUp, placesIn } from './reflections.ts'

const html: [string, string] = ['content-type', 'text/html; charset=utf-8']
const json: [string, string] = ['content-type', 'application/json']
const places = (body: string, headers: HttpResponse['headers'] = [json]) =>
  placesIn({ body, headers }, 'https://api.test/v1/a').map(({ href }) => href)

test('where an answer leads is found in its fields, its JSON and its markup', () => {
  expect(
    places('', [
      ['location', '//evil.test/x'],
      ['link', '</next>; rel=next, <https://a.test/>; rel=b'],
      ['refresh', '3; url=https://b.test/'],
      ['set-cookie', 'a=b; Domain=.c.test; Path=/'],
    ]),
  ).toEqual([
    'https://evil.test/x',
    'https://api.test/next',
    'https://a.test/',
    'https://b.test/',
    'https://c.test/',
  ])
  expect(places('{"a":[{"next":"https://d.test/?p=2"},"//e.test","no url","/path"]}')).toEqual(
    expect.arrayContaining(['https://d.test/?p=2', 'https://e.test/']),
  )
  expect(places('<base href="//f.test/"><form action="/g"><a href="javascript:1">', [html])).toEqual([
    ...['https://f.test/', 'https://api.test/g'],
  ])
})

test('what is text in JSON, or encoded in markup, becomes no markup', () => {
  expect(marksUp({ body: '<p>"><x-mark>', headers: [html] }, 'x-mark')).toBe(true)
  expect(marksUp({ body: '<p title="a" x-mark="1">', headers: [html] }, 'x-mark')).toBe(true)
  expect(marksUp({ body: '<title></title><x-mark>', headers: [html] }, 'x-mark')).toBe(true)
  expect(
    marksUp(
      { body: '&lt;x-mark&gt; <p title="<x-mark>"><!--<x-mark>--><title><x-mark></title>', headers: [html] },
      'x-mark',
    ),
  ).toBe(false)
  expect(marksUp({ body: '"<x-mark>"', headers: [json] }, 'x-mark')).toBe(false)
})

test('an answer of any size and depth is read in its length', () => {
  expect(places(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toEqual([])
  expect(places('<div>'.repeat(100_000), [html])).toEqual([])
  expect(places(JSON.stringify(Array(100_000).fill('https://a.test/'))).length).toBeLessThan(30_000)
})
