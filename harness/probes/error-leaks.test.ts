import { describe, expect, test } from 'vitest'
import { leaksOf, versionTold } from './error-leaks.ts'

const json: [string, string] = ['content-type', 'application/json']
const leaks = (body: string, sent = '', headers = [json]) =>
  leaksOf({ body, headers }, sent).map(({ what }) => what)

describe('what an error tells of the inside is found, in the words of its language', () => {
  test.each([
    ['a stack trace', JSON.stringify({ error: 'TypeError: x\n    at Object.send (/srv/api/mail.js:12:7)' })],
    ['a stack trace', '{"stack":"Error\\n    at file:///app/x.ts:1:2"}'],
    ['a stack trace', 'java.lang.NullPointerException\n\tat com.shop.mail.Sender.send(Sender.java:42)'],
    ['a stack trace', '   at Shop.Mail.Send(String to) in C:\\src\\Mail.cs:line 12'],
    ['a stack trace', 'Traceback (most recent call last):\n  File "/x.py", line 3, in <module>'],
    ['a stack trace', '<b>Warning</b>: foo() in <b>/var/www/html/send.php</b> on line <b>12</b>'],
    ['a stack trace', "app/mail.rb:12:in `send'"],
    ['a stack trace', 'goroutine 7 [running]:\nmain.send(...)\n\t/src/main.go:12 +0x1d'],
    ['what its database said, or was asked', 'SQLSTATE[42000]: Syntax error'],
    [
      'what its database said, or was asked',
      '{"message":"duplicate key value violates unique constraint \\"users_email_key\\""}',
    ],
    ['what its database said, or was asked', 'near "FROM": syntax error'],
    ['what its database said, or was asked', 'CastError: Cast to ObjectId failed for value'],
    ['what its database said, or was asked', 'error in SELECT id, name FROM users WHERE id = $1'],
    ['the page of a debugger', '<title>x</title> Werkzeug Debugger'],
    ['where its files lie', 'Cannot find module "/home/deploy/api/lib/mail.js"'],
    ['where its files lie', 'in "/x/node_modules/express/lib/router"'],
    ['what it connects to within', 'connect ECONNREFUSED 10.0.0.7:5432'],
    ['what it connects to within', 'dial tcp 10.0.0.7:6379: connection refused'],
    ['types of its program', 'json: cannot unmarshal array into Go value of type main.Message'],
  ])('%s: %s', (what, body) => {
    expect(leaks(body)).toContain(what)
  })
})

test.each([
  '{"error":{"code":"not_found","message":"there is no such resource"}}',
  '{"message":"limit must be a number from 1 to 100","path":"/v1/messages"}',
  '{"timestamp":"2026-01-01T10:00:01","status":404,"error":"Not Found","path":"/api/users/7"}',
  'Please select a template from the list, and update your settings at /app/settings',
  'invalid id at position 3:12',
  '{"detail":[{"loc":["query","limit"],"msg":"value is not a valid integer"}]}',
  'see https://docs.shop.test/opt/errors.js for more',
  '<html><head><title>404 Not Found</title></head><body><center>nginx</center></body></html>',
])('an error that says what is wrong with the request is no leak: %s', (body) => {
  expect(leaks(body)).toEqual([])
})

test('what the request says itself is no leak, and markup hides none', () => {
  const body = 'no such file: /home/a/b.js'
  expect(leaks(body, 'GET /?file= /home/a/b.js')).toEqual([])
  expect(leaks(body)).toEqual(['where its files lie'])
  const html: [string, string] = ['content-type', 'text/html; charset=utf-8']
  expect(leaks('<pre>at <i>send</i> (/srv/mail.js:12:7)</pre>', '', [html])).toContain('a stack trace')
})

test('a text of any size and shape is read in its length', () => {
  for (const part of [
    'at ',
    'at a.',
    '/a/',
    'SELECT ',
    'C:\\a\\',
    '<div>',
    '\\u0041',
    'File "',
    '.rb:1:in `',
  ])
    expect(leaks(part.repeat(Math.ceil(2_000_000 / part.length))).length).toBeLessThan(3)
})

test('a program is told by its version, not by its name', () => {
  expect(versionTold([['server', 'nginx/1.18.0']])).toBe('server: nginx/1.18.0')
  expect(versionTold([['x-powered-by', 'PHP/7.4.3']])).toBe('x-powered-by: PHP/7.4.3')
  expect(versionTold([['x-aspnet-version', '4.0.30319']])).toBe('x-aspnet-version: 4.0.30319')
  for (const value of ['nginx', 'cloudflare', 'Express', 'uvicorn', 'AmazonS3'])
    expect(
      versionTold([
        ['server', value],
        ['x-powered-by', value],
      ]),
    ).toBe(null)
})
