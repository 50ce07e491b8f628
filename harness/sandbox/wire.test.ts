import { expect, test, vi } from 'vitest'
import type { Delivery } from '../model.ts'
import { monotonic } from './clock.ts'
import { createWire } from './wire.ts'

function delivery(to: string[], raw = 'x\r\n', from = 'bounce@example.test'): Omit<Delivery, 'id'> {
  const facts = { session: 's', personality: 'sound', host: null, peer: 'p', helo: 'h', tls: null } as const
  return { ...facts, envelope: { from, to }, raw: Buffer.from(raw), receivedAt: 0 }
}

test('all parts of a filter must hold, without regard to the case of addresses', () => {
  const wire = createWire()
  const kept = wire.record(delivery(['Ann@A.Sound.Zone.test', 'bob@other.test'], 'canary\0é\r\n'))
  wire.record(delivery(['ann@ba.sound.zone.test']))
  expect(wire.deliveries({ to: 'ann@a.sound.zone.test' })).toEqual([kept])
  expect(wire.deliveries({ domain: 'a.sound.zone.test' })).toEqual([kept])
  expect(wire.deliveries({ domain: 'sound.zone.test' })).toHaveLength(2)
  expect(wire.deliveries({ containing: 'canary\0é', from: 'BOUNCE@example.test' })).toEqual([kept])
  expect(wire.deliveries({ to: 'bob@other.test', containing: 'absent' })).toEqual([])
  wire.close()
})

test('a text is found in a message that writes it in base64, at any offset, or breaks it over lines', () => {
  const wire = createWire()
  const mark = '0123456789abcdef0123456789abcdef'
  const inLines = (text: string, by: string) => text.replace(/.{20}/g, `$&${by}`)
  const written = ['', 'a', 'ab'].map((before) =>
    inLines(Buffer.from(`${before}${mark} and more`).toString('base64'), '\r\n'),
  )
  const kept = [...written, inLines(`See ${mark}.`, '=\r\n')].map((raw) =>
    wire.record(delivery(['a@b.test'], raw)),
  )
  wire.record(delivery(['a@b.test'], Buffer.from('something else').toString('base64')))
  expect(wire.deliveries({ containing: mark })).toEqual(kept)
  wire.close()
})

test('a session is found by what its client says, in any case of its letters and in UTF-8', () => {
  const wire = createWire()
  const recorder = wire.begin('sound', null, 'p')
  recorder.line('client', Buffer.from('RCPT TO:<Märk-CANARY@b.test'), true)
  recorder.line('server', '501 other', true)
  expect(wire.sessions({ saying: 'märk-canary@' })).toEqual([recorder.session])
  expect(wire.sessions({ saying: 'other' })).toEqual([])
  wire.close()
})

test('of a session that carries many messages what was said for others is no part', () => {
  const wire = createWire()
  const recorder = wire.begin('sound', null, 'p')
  const say = (...lines: string[]) => {
    for (const line of lines) recorder.line('client', Buffer.from(line), false)
  }
  say('EHLO x.test')
  for (const [mark, parameter] of [
    ['one', ''],
    ['two', ' SIZE=4711'],
    ['three', ''],
  ])
    say(`MAIL FROM:<a@b.test>${parameter}`, `RCPT TO:<${mark}@b.test>`, 'DATA')
  recorder.end()
  const saidOf = (saying: string) =>
    wire.sessions({ saying }).map(({ transcript }) => transcript.map(({ text }) => text))
  expect(saidOf('one@')).toEqual([['MAIL FROM:<a@b.test>', 'RCPT TO:<one@b.test>', 'DATA']])
  expect(saidOf('TWO@')).toEqual([['MAIL FROM:<a@b.test> SIZE=4711', 'RCPT TO:<two@b.test>', 'DATA']])
  expect(wire.sessions({ recipient: 'nobody@b.test' })).toEqual([])
  wire.close()
})

test('a session of thousands of messages is kept; one without an end is a problem', () => {
  const wire = createWire()
  const recorder = wire.begin('sound', null, 'p')
  for (let line = 0; line < 20_000; line++) recorder.line('client', 'RCPT TO:<a@b.test>', false)
  recorder.line('client', 'RCPT TO:<last@b.test>', false)
  expect(wire.sessions({ saying: 'last@' })).toHaveLength(1)
  expect(wire.problems).toEqual([])
  for (let line = 0; line < 40_000; line++) recorder.line('client', 'NOOP', false)
  expect(wire.problems).toEqual(['An SMTP session was so long that what is said in it later is not kept.'])
  wire.close()
})

test('how long a session took is not told by a clock that is set meanwhile', () => {
  const wire = createWire()
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const recorder = wire.begin('sound', null, 'p')
    vi.setSystemTime(Date.now() - 3_600_000)
    recorder.end()
    const { startedAt, endedAt } = recorder.session
    expect((endedAt ?? 0) - startedAt).toBeGreaterThanOrEqual(0)
  } finally {
    vi.useRealTimers()
    wire.close()
  }
})

test('an arrival counts what was there and what comes, and says what it missed', async () => {
  const wire = createWire()
  wire.record(delivery(['a@b.test']))
  const two = wire.arrival({ domain: 'b.test' }, { within: 60_000, count: 2 })
  wire.record(delivery(['elsewhere@c.test']))
  wire.record(delivery(['c@b.test']))
  expect((await two).map(({ envelope }) => envelope.to[0])).toEqual(['a@b.test', 'c@b.test'])
  await expect(wire.arrival({ domain: 'b.test' }, { within: 1, count: 3 })).rejects.toThrow('saw 2')
  wire.close()
})

test('a full wire refuses, and says so', () => {
  const wire = createWire({ totalBytes: 10, largeBytes: 10, sessions: 1 })
  expect(wire.record(delivery(['a@b.test'], '12345678'))).not.toBeNull()
  expect(wire.record(delivery(['a@b.test'], '123'))).toBeNull()
  expect(wire.problems).toEqual([
    'The wire is full (8 bytes, 0 of them in large messages): a message of 3 bytes was refused with 452.',
  ])
  wire.close()
})

test('large messages take no room from small ones', () => {
  const wire = createWire({ totalBytes: 1_000_000, largeBytes: 200_000, sessions: 1 })
  const large = 'x'.repeat(150_000)
  expect(wire.record(delivery(['a@b.test'], large))).not.toBeNull()
  expect(wire.record(delivery(['a@b.test'], large))).toBeNull()
  expect(wire.record(delivery(['a@b.test']))).not.toBeNull()
  expect(wire.problems).toEqual([expect.stringContaining('a message of 150000 bytes was refused with 452')])
  wire.close()
})

test('of messages of megabytes fewer are kept: to read one takes many times its size', () => {
  const wire = createWire()
  const sized = (bytes: number) => wire.record(delivery(['a@b.test'], 'x'.repeat(bytes)))
  const five = [1, 2, 3].map(() => sized(5_000_000))
  expect(five.map((kept) => kept !== null)).toEqual([true, true, false])
  const hundreds = Array.from({ length: 30 }, () => sized(100_000))
  expect(hundreds.filter((kept) => kept !== null).length).toBeGreaterThan(20)
  wire.close()
})

test('what came before a text was made is not searched for it, and what is said since in a session of before is', () => {
  const wire = createWire()
  const early = wire.begin('sound', null, '127.0.0.1')
  const late = wire.begin('sound', null, '127.0.0.1')
  early.line('client', 'RCPT TO:<mark@a.test>', false)
  wire.record(delivery(['a@b.test'], 'mark'))
  const before = monotonic()
  while (monotonic() === before);
  const since = monotonic()
  late.line('client', 'RCPT TO:<mark@a.test>', false)
  wire.record(delivery(['a@b.test'], 'mark'))
  expect(wire.deliveries({ containing: 'mark' })).toHaveLength(2)
  expect(wire.deliveries({ containing: 'mark', since })).toHaveLength(1)
  expect(wire.sessions({ saying: 'mark' })).toHaveLength(2)
  expect(wire.sessions({ saying: 'mark', since }).map(({ id }) => id)).toEqual([late.session.id])
  wire.close()
})
