import { expect, test } from 'vitest'
import { placesInClear } from './authorization.ts'

const places = (url: string, ...scope: readonly string[]) =>
  placesInClear({ target: { url }, authorization: { owner: 'QA', until: '2099-01-01', scope } }).map(
    ({ host, port }) => `${host}:${port}`,
  )

test('the port for clear text belongs to what may be tested where the permission covers it', () => {
  expect(places('https://API.shop.example/v1', 'api.shop.example')).toEqual(['api.shop.example:80'])
  expect(places('https://api.shop.example', '*.shop.example')).toEqual(['api.shop.example:80'])
  expect(places('https://api.shop.example', 'api.shop.example:443', 'api.shop.example:80')).toEqual([
    'api.shop.example:80',
  ])
  expect(places('https://api.shop.example', 'api.shop.example:443', 'www.shop.example')).toEqual([])
  expect(placesInClear({ target: { url: 'https://127.0.0.1' } })).toEqual([{ host: '127.0.0.1', port: 80 }])
})

test('beside another port than that for HTTPS there is none', () => {
  for (const url of [
    'https://api.shop.example:8443',
    'http://api.shop.example',
    'smtps://mail.shop.example:465',
  ])
    expect(places(url, '*.shop.example')).toEqual([])
})
