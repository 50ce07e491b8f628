import { expect, test } from 'vitest'
import { cookiesSetBy } from './set-cookies.ts'

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

test('of a cookie that is set twice the last counts, also where it takes it away; of another path it is another', () => {
  const kept = set('sid=1', 'sid=2; Path=/app', 'sid=3; HttpOnly', 'old=1', 'old=deleted; Max-Age=0')
  expect(kept.map(({ name, value }) => `${name}=${value}`)).toEqual(['sid=3', 'sid=2'])
})
