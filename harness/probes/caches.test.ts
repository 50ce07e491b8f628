import { expect, test } from 'vitest'
import { cacheFault, namedLikeAFile } from './caches.ts'

test.each([
  [['no-store'], null],
  [['private, no-cache', 'No-Store'], null],
  [['private, max-age=0'], 'Cache-Control: private, max-age=0'],
  [['x-no-store'], 'Cache-Control: x-no-store'],
  [[], 'no Cache-Control at all'],
])('of %j a cache is told %j', (values, fault) => {
  expect(cacheFault(values.map((value) => ['cache-control', value] as const))).toBe(fault)
})

test('a path is named like a file in several ways, without its query', () => {
  const request = {
    method: 'GET',
    origin: 'https://a.test',
    path: '/v1/messages?limit=1',
    headers: [],
    body: null,
  }
  const paths = namedLikeAFile('x').map(({ spell }) => spell(request).path)
  expect(paths.slice(0, 2)).toEqual(['/v1/messages/x.css', '/v1/messages;x.css'])
  expect(new Set(paths).size).toBe(paths.length)
  expect(paths.every((path) => path.endsWith('x.css'))).toBe(true)
})
