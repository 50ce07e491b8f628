import { expect, test } from 'vitest'
import type { Exchange } from '../model.ts'
import { isLike, outline, shape, wording } from './answer-shapes.ts'

const answer = (body: string, headers: [string, string][] = [['date', 'now']]) =>
  ({ response: { status: 401, headers, body, truncated: false } }) as unknown as Exchange

test('the shape of an answer leaves out what changes from one to the next, and keeps its words', () => {
  expect(shape(answer('{"error":"no","trace":"req-8f14e45fceea167a"}'))).toBe(
    '401 {"error":"no","trace":"*"} [date]',
  )
  expect(
    shape(
      answer('no', [
        ['x-b', '1'],
        ['x-a', '2'],
      ]),
    ),
  ).toBe('401 no [x-a x-b]')
})

test('the shape of an answer is the same at another time, and about somebody else', () => {
  const at = (time: string, who: string) =>
    shape(answer(`{"timestamp":"${time}","code":17,"message":"No account ${who}"}`))
  expect(at('2026-11-26T18:30:00.123+00:00', 'ann@own.example')).toBe(
    '401 {"timestamp":"*","code":17,"message":"No account *"} [date]',
  )
  expect(at('2026-11-26 18:31:07Z', 'a.long-name@own.example')).toBe(
    at('2026-11-26T18:30:00.123+00:00', 'bob@own.example'),
  )
})

test('where an answer leads, and why it asks for a credential, are of its shape', () => {
  const leads = (location: string) => shape(answer('', [['location', location]]))
  expect(leads('/login?error=unknown')).toBe('401 /login?error=unknown [location]')
  expect(leads('/login?error=unknown')).not.toBe(leads('/login?error=password'))
  expect(leads('/login?for=ann@own.example&n')).toBe(leads('/login?for=bob%40own.example&n'))
})

test('its outline is its status, its fields and the names of its members', () => {
  expect(outline(answer('{"error":"no","at":{"time":17}}'))).toBe('401 "error" "at" "time" [date]')
  expect(outline({ response: null } as Exchange)).toBe('undefined  []')
})

test('a page in the place of an answer is not like it, whatever its status, and another token is', () => {
  const json: [string, string][] = [['content-type', 'application/json; charset=utf-8']]
  const token = answer('{"token":"a","expires":60}', json)
  expect(isLike(token, answer('{"expires":60,"token":"b"}', [['content-type', 'application/json']]))).toBe(
    true,
  )
  expect(isLike(token, answer('<!doctype html>', [['content-type', 'text/html']]))).toBe(false)
  expect(isLike(token, answer('{"status":"ok"}', json))).toBe(false)
  const session = (cookies: [string, string][]) => answer('', cookies)
  expect(isLike(session([['set-cookie', 'sid=1']]), session([['set-cookie', 'sid=2']]))).toBe(true)
  expect(isLike(session([['set-cookie', 'sid=1']]), session([]))).toBe(false)
})

test('the words of an answer are the same whatever its time, its ids and whom it names', () => {
  const says = (time: string, words: string) =>
    wording(answer(`{"timestamp":"${time}","status":401,"message":"${words}"}`))
  const one = says('2026-11-26T18:30:00.123+00:00', 'No account ann@own.example')
  expect(one).toBe('401 {"timestamp":"*:*:*:*","status":*,"message":"No account *"} [date]')
  expect(says('2026-11-26T18:31:07.9+00:00', 'No account person-0a1b@own.example')).toBe(one)
  expect(says('2026-11-26T18:30:00.123+00:00', 'Bad credentials')).not.toBe(one)
})
