import { expect, test } from 'vitest'
import type { HttpRequest } from '../model.ts'
import { crossSiteRequests, sentBy } from './cross-site-requests.ts'

const call = (method: string, body: string | null, type = 'application/json'): HttpRequest => ({
  ...{ method, origin: 'https://api.test', path: '/contacts' },
  headers: [
    ['accept', '*/*'],
    ['x-tenant', 'acme'],
    ...(body === null ? [] : [['content-type', type] as const]),
  ],
  body,
})
const json = '{"email":"a@b.test","tags":["x"],"more":{"n":1,"none":null}}'

test('a call with JSON is sent as text, as a form or by GET, and with no field that a browser asks for first', async () => {
  const ways = await crossSiteRequests(call('POST', json))
  expect(ways.map(({ name, request: { method, headers } }) => [name, method, headers.slice(1)])).toEqual([
    ['JSON as text', 'POST', [['content-type', 'text/plain;charset=UTF-8']]],
    ['JSON without a type', 'POST', []],
    ['JSON as text that names JSON', 'POST', [['content-type', 'text/plain; application/json']]],
    ['a form', 'POST', [['content-type', 'application/x-www-form-urlencoded']]],
    [
      'a form of several parts',
      'POST',
      [['content-type', expect.stringMatching(/^multipart\/form-data; boundary=/)]],
    ],
    ['a GET with its members as parameters', 'GET', []],
  ])
  const fields = { email: 'a@b.test', 'tags[0]': 'x', 'more[n]': '1' }
  expect(Object.fromEntries(new URLSearchParams(String(ways[3]?.request.body)))).toEqual(fields)
  expect(Object.fromEntries(new URL(ways[5]?.request.path ?? '', 'https://api.test').searchParams)).toEqual(
    fields,
  )
  const parts = ways[4]?.request
  const form = await new Response(Buffer.from(parts?.body ?? ''), {
    headers: { 'content-type': parts?.headers.at(-1)?.[1] ?? '' },
  }).formData()
  expect(Object.fromEntries(form)).toEqual(fields)
})

test.each<[string, HttpRequest, string[]]>([
  ['nothing in it', call('POST', null), ['POST /contacts', 'GET /contacts?_method=POST']],
  ['another method', call('DELETE', null), ['POST /contacts?_method=DELETE', 'GET /contacts?_method=DELETE']],
  ['another method and JSON', call('PATCH', json), ['POST /contacts?_method=PATCH']],
  ['a form', call('POST', 'a=1', 'application/x-www-form-urlencoded'), ['POST /contacts']],
  ['a list in JSON', call('POST', '[1]'), ['POST /contacts']],
])('a call with %s is sent by what a page can send', async (_, request, wanted) => {
  const ways = await crossSiteRequests(request)
  expect(ways.map(({ request: { method, path } }) => `${method} ${path}`)).toEqual(wanted)
})

test('a browser says where a page is from, of a link no origin, and an old one nothing of sites', () => {
  const from = { origin: 'https://evil.test', cookie: 'sid=1' }
  const names = ({ headers }: HttpRequest) => headers.map(([name]) => name)
  const sites = ['sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest']
  const bare = { ...call('POST', null), headers: [] }
  expect(names(sentBy(bare, from))).toEqual(['origin', ...sites, 'cookie'])
  expect(names(sentBy({ ...bare, method: 'GET' }, from))).toEqual([...sites, 'cookie'])
  expect(names(sentBy(bare, { ...from, tellsOfSites: false }))).toEqual(['origin', 'cookie'])
})
