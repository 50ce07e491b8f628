import { expect, test } from 'vitest'
import { cookieFaults, cookiesSetBy, isSentAcrossSites } from './cookies.ts'

const set = (...fields: string[]) =>
  cookiesSetBy({ headers: fields.map((field) => ['set-cookie', field] as const) })

test('cookies are read as they were set, and those that are taken away are none', () => {
  const [sid, ...others] = set(
    'sid=a%20b=; Path=/; secure; HttpOnly; SameSite=Lax',
    'old=; Path=/',
    'gone=1; Max-Age=0',
    'ended=1; Max-Age=-1',
    'past=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'x',
  )
  expect(sid).toMatchObject({ name: 'sid', value: 'a%20b=', secure: true, httpOnly: true, sameSite: 'lax' })
  expect(others).toEqual([])
  expect(cookiesSetBy(null)).toEqual([])
})

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
