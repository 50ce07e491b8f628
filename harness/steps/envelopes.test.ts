import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Session, TranscriptLine } from '../model.ts'
import { envelopeTexts, recipientTexts } from '../probes/corpora.ts'
import { gainedIn, joinsRecipients, misdelivery, reachedIn, suppressed } from './envelopes.ts'

const pair = { a: 'mike-1@v.test', h: 'hidden-1@w.test', mark: '1' }
const session = (...lines: string[]): Session => {
  const transcript = lines.map((text): TranscriptLine => ({ from: 'client', text, encrypted: true, at: 1 }))
  return { transcript } as unknown as Session
}

test.each([
  [['RCPT TO:<mike-1@v.test>'], { a: true, h: false }],
  [['RCPT TO:<Hidden-1@w.test>', 'RCPT TO:<"hidden-1@w.test x"@v.test>'], { a: false, h: true }],
  [['RCPT TO:<"hidden-1@w.test"@v.test>', 'RCPT TO:<hidden-1%w.test@v.test>'], { a: false, h: false }],
  [['MAIL FROM:<mike-1@v.test>', 'NOOP hidden-1@w.test'], { a: false, h: false }],
  [['RCPT TO:<hidden-1@w.test>\0x@v.test>', 'RCPT TO:<mike-1@\0v.test>'], { a: false, h: true }],
])('a recipient is who a command names as a whole: %j', (lines, reached) => {
  expect(reachedIn([session(...lines)], pair)).toEqual(reached)
})

test.each([
  ['several', { a: true, h: true }, false, 'two recipients'],
  ['several', { a: false, h: true }, false, null],
  ['own', { a: true, h: false }, false, null],
  ['own', { a: false, h: true }, false, 'the foreign address'],
  ['foreign', { a: false, h: true }, false, null],
  ['foreign', { a: false, h: true }, true, 'on the suppression list'],
  ['foreign', { a: true, h: false }, false, 'the own address'],
  ['itself', { a: false, h: false }, true, null],
  ['itself', { a: true, h: false }, false, 'another address'],
  ['nobody', { a: false, h: true }, false, null],
  ['nobody', { a: false, h: true }, true, 'on the suppression list'],
  ['nobody', { a: true, h: true }, false, 'two recipients'],
] as const)('a text that reads as %s, and reaches %o, barred %s: %s', (reads, reached, barred, says) => {
  const wrong = misdelivery(reads, reached, barred)
  if (says === null) expect(wrong).toBeNull()
  else expect(wrong).toContain(says)
})

test.each([
  ['RCPT TO:<a@v.test> NOTIFY=NEVER ORCPT=rfc822;m>', 'ORCPT=rfc822;m', 'a parameter'],
  ['MAIL FROM:<a@v.test> SIZE=4711> BODY=8BITMIME', 'SIZE=4711', 'a parameter'],
  ['RCPT TO:<"a> ORCPT=rfc822;m"@v.test>', 'ORCPT=rfc822;m', null],
  ['RCPT TO:<a@v.test> ORCPT=rfc822;a@v.test', 'ORCPT=rfc822;m', null],
  ['MAIL FROM:<a@v.test> SIZE=12', 'SIZE=4711', null],
  ['NOOP m>', 'NOOP m', 'a command'],
  ['RCPT TO:<a@v.test>\nNOOP m>', 'NOOP m', 'a command, to servers that take a bare CR or LF for a line end'],
  ['RCPT TO:<"NOOP m"@v.test>', 'NOOP m', null],
] as const)('what a server reads beside the address of %j', (line, gains, gained) => {
  expect(gainedIn([session(line)], gains)).toBe(gained)
})

test('every text spells its own address, and what it gains', () => {
  for (const { spell } of recipientTexts('recipients')) expect(spell(pair)).not.toMatch(/\{\w+\}/)
  for (const { spell } of envelopeTexts('envelope')) {
    const { text, gains } = spell({ ...pair, size: '4711' })
    expect(`${text} ${gains}`).not.toMatch(/\{\w+\}/)
  }
})

test('where nobody holds to the suppression list, nothing follows from it', async () => {
  const addresses = ['x@w.test', 'y@w.test']
  const holding = sampleKit({
    call: (operation) => sampleExchange(operation === 'message.send' ? 'invalid' : 'accepted'),
  })
  expect([...(await suppressed(holding.kit, addresses))]).toEqual(addresses)
  const arriving = sampleKit({ wire: { deliveries: async () => [{} as never] } })
  expect((await suppressed(arriving.kit, addresses)).size).toBe(0)
  const without = sampleKit({ has: (operation) => operation !== 'suppression.create' })
  expect((await suppressed(without.kit, addresses)).size).toBe(0)
})

test.each([
  ['{"to":["ONE","OTHER"]}', false],
  ['{"to":[{"email":"ONE"},{"email":"OTHER"}]}', false],
  ['{"to":"ONE, OTHER"}', true],
  ['to=ONE&to=OTHER', false],
  ['to=ONE%2C+OTHER', true],
  ['--b\r\ncontent-disposition: form-data; name="to"\r\n\r\nONE,OTHER\r\n--b--', true],
])('whether a comma between recipients is of the profile’s making: %s is %s', async (form, joined) => {
  const { kit } = sampleKit()
  const api = {
    ...kit.api,
    async outline(_: string, { to }: { to: { email: string }[] }) {
      const [one, other] = to.map(({ email }) => email)
      return [{ path: '/', body: form.replace('ONE', one ?? '').replace('OTHER', other ?? '') }]
    },
  }
  expect(await joinsRecipients({ ...kit, api: api as unknown as typeof kit.api }, 'to')).toBe(joined)
})
