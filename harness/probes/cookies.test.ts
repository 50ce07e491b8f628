import { expect, test } from 'vitest'
import { cookiesSetBy } from '../set-cookies.ts'
import { cookieFaults, isSentAcrossSites } from './cookies.ts'

const set = (...fields: string[]) =>
  cookiesSetBy({ headers: fields.map((field) => ['set-cookie', field] as const) })

test.each([
  ['SameSite=Strict', false, false],
  ['SameSite=Lax', true, false],
  ['SameSite=None; Secure', true, true],
  ['SameSite=Whatever', true, true],
  ['Path=/', true, true],
])('with %s a browser sends it across sites: with a link %s, with a form %s', (attributes, link, form) => {
  const [cookie] = set(`sid=1; ${attributes}`)
  if (cookie === undefined) throw new Error('expected a cookie')
  expect([isSentAcrossSites(cookie, 'GET'), isSentAcrossSites(cookie, 'POST')]).toEqual([link, form])
})

test('what a cookie should say of itself is missed by name, and Secure of an API without TLS is not', () => {
  const missed = (field: string, protocol: string) =>
    set(field).flatMap((cookie) => cookieFaults(cookie, protocol).flatMap(({ name, is }) => (is ? name : [])))
  expect(missed('sid=1', 'https:')).toEqual(['Secure', 'HttpOnly', 'SameSite'])
  expect(missed('sid=1', 'http:')).toEqual(['HttpOnly', 'SameSite'])
  expect(missed('sid=1; Secure; HttpOnly; SameSite=None', 'https:')).toEqual([])
})
