import { expect, test } from 'vitest'
import { createWire } from '../sandbox/wire.ts'
import { createInbox } from './inbox.ts'

const to = 'ann@inbox.sound.a.test'

function deliver(wire: ReturnType<typeof createWire>, ...lines: string[]): void {
  wire.record({
    ...{ session: 's', personality: 'sound', host: null, peer: '', helo: '', tls: null },
    envelope: { from: 'a@shop.test', to: [to] },
    raw: Buffer.from(lines.join('\r\n')),
    receivedAt: 0,
  })
}

test('each message after so many is read as people do: text, visible HTML, links and subject', async () => {
  const wire = createWire()
  const inbox = createInbox(wire)
  deliver(wire, 'Subject: before', '', 'before')
  expect([await inbox.count(to), await inbox.count('bob@a.test')]).toEqual([1, 0])
  const coming = inbox.after(to, 1, 60_000)
  deliver(
    wire,
    'Subject: Your code',
    'MIME-Version: 1.0',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '<style>p {color: red}</style><p>Your code is <b>123=',
    '456</b>, or <a href=3D"https://shop.test/in?a=3D1&amp;token=3Dt-1">sign in</a></p>',
  )
  const [texts = []] = await coming
  expect(texts).toContain('Your code is 123456, or sign in')
  expect(texts).toContain('https://shop.test/in?a=1&token=t-1')
  expect(texts).toContain('Your code')
  expect(texts.join()).not.toContain('color')
  wire.close()
})

test('where none comes in time there is none, and one that nobody can read has no text', async () => {
  const wire = createWire()
  const inbox = createInbox(wire)
  expect(await inbox.after(to, 0, 1)).toEqual([])
  deliver(wire, ...Array.from({ length: 2000 }, () => '--a'), '')
  expect(await inbox.after(to, 0, 1)).toEqual([[]])
  deliver(wire, ...Array.from({ length: 1000 }, (_, i) => `Subject: ${i}`), '', 'x')
  expect((await inbox.after(to, 1, 1)).flat()).toHaveLength(4)
  wire.close()
})
