import { expect, test } from 'vitest'
import { fileShownIn, namedIn, waysToName } from './local-files.ts'

const marks = { subject: 'S1', text: 'T1', html: 'H1', attachment: 'A1A1A1', filename: 'F1' }
const content = Buffer.from(marks.attachment).toString('base64')
const flat = {
  ...{ from: 'a@b.test', subject: 'S1', text: 'T1', html: '<p>H1</p>' },
  attachments: [{ filename: 'F1.txt', type: 'text/plain', content }],
}
const nested = {
  message: {
    subject: 'S1',
    content: [
      { type: 'text/plain', value: 'T1' },
      { type: 'text/html', value: '<p>H1</p>' },
    ],
    attachments: [{ name: 'F1.txt', data: content }],
  },
}

/** The body that a way makes of another one, by its name. */
function written(name: string, body: object, place = '/etc/passwd'): unknown {
  const way = waysToName.find((each) => each.name === name)
  if (way === undefined) throw new Error(`no way is called ${name}`)
  const changed = namedIn(JSON.stringify(body), marks, way, place)
  return changed === null ? null : JSON.parse(changed)
}

test('a content is found wherever the profile has put it, and an object stands in its place', () => {
  expect(written('a text with a path', flat)).toEqual({ ...flat, text: { path: '/etc/passwd' } })
  expect(written('HTML with an address', nested, 'http://127.0.0.1/x')).toMatchObject({
    message: { content: [{ value: 'T1' }, { type: 'text/html', value: { href: 'http://127.0.0.1/x' } }] },
  })
  expect(written('content with a path', nested)).toMatchObject({
    message: { attachments: [{ name: 'F1.txt', data: { path: '/etc/passwd' } }] },
  })
})

test('an attachment gains a member in place of its content, or beside it, or is a path itself', () => {
  const rest = { filename: 'F1.txt', type: 'text/plain' }
  expect(written('an attachment with a path', flat)).toMatchObject({
    attachments: [{ ...rest, path: '/etc/passwd' }],
  })
  expect(written('an attachment with a path', flat)).not.toHaveProperty('attachments.0.content')
  expect(written('an attachment with a path beside its content', flat)).toMatchObject({
    attachments: [{ ...rest, content, path: '/etc/passwd' }],
  })
  expect(written('a path for an attachment', flat)).toMatchObject({ attachments: ['/etc/passwd'] })
})

test('a body without attachments is given some, as who takes any body would take them', () => {
  const { attachments: _, ...bare } = flat
  expect(written('an attachment with a URL', bare, 'file:///etc/passwd')).toMatchObject({
    ...bare,
    attachments: [{ url: 'file:///etc/passwd' }],
  })
})

test('members of a message stand in the body and in what holds the subject', () => {
  expect(written('an event with a path', nested)).toMatchObject({
    icalEvent: { path: '/etc/passwd' },
    message: { subject: 'S1', icalEvent: { path: '/etc/passwd' } },
  })
})

test('what has no place in a body leaves nothing to send', () => {
  expect(written('a text with a path', { subject: 'S1' })).toBeNull()
  expect(namedIn('to=a%40b.test', marks, { name: '', write: ({ text }) => text !== null }, '')).toBeNull()
})

const passwd = 'root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/sh\n'
const message = (type: string, body: string) =>
  Buffer.from(`Subject: Hello\r\nContent-Type: ${type}\r\n\r\n${body}`)
const inBase64 = (type: string, body: string) =>
  message(`${type}\r\nContent-Transfer-Encoding: base64`, Buffer.from(body).toString('base64'))

test.each([
  ['a text', message('text/plain', passwd)],
  ['an attachment in base64', inBase64('application/octet-stream', passwd)],
  [
    'a picture in HTML',
    message('text/html', `<img src="data:;base64,${Buffer.from(passwd).toString('base64')}">`),
  ],
  ['the whole message', Buffer.from(passwd)],
])('a file of the target is seen in %s, from where it begins', async (_, raw) => {
  expect(await fileShownIn(raw)).toMatchObject({
    path: '/etc/passwd',
    content: expect.stringMatching(/^root:x:0:0:root:\/root:\/bin\/bash\n/),
  })
})

test('of a message with several parts the file alone is told, not what comes after it', async () => {
  const parts = ['--b', 'Content-Type: text/plain', '', ...passwd.trim().split('\n'), '--b--', '']
  const found = await fileShownIn(message('multipart/mixed; boundary=b', parts.join('\r\n')))
  expect(found?.content.trim().split(/\r?\n/)).toEqual(passwd.trim().split('\n'))
})

test('a file of Windows is seen as well; what speaks of a file is none', async () => {
  const ini = '; for 16-bit app support\r\n[fonts]\r\n[extensions]\r\n'
  expect(await fileShownIn(inBase64('text/plain', ini))).toMatchObject({ path: 'C:/Windows/win.ini' })
  for (const text of ['/etc/passwd', 'root:x:0:0', '{"path": "file:///etc/passwd"}', 'the root: a tree'])
    expect(await fileShownIn(message('text/plain', text)), text).toBeNull()
})
