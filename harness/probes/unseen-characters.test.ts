import { expect, test } from 'vitest'
import { unseenIn } from './unseen-characters.ts'

const tags = (text: string) =>
  [...text].map((each) => String.fromCodePoint(0xe0000 + (each.codePointAt(0) ?? 0))).join('')

test.each<[string, string, string[]]>([
  ['tag characters', `Send mail.${tags('hi')}`, ['U+E0068', 'U+E0069']],
  ['zero width', 'se\u200Bnd\u2060\uFEFF', ['U+200B', 'U+2060', 'U+FEFF']],
  ['joiners between Latin letters', 'a\u200Db\u200Cc', ['U+200D', 'U+200C']],
  ['an escape sequence', 'Send\u001B[8m hidden\u001B[0m', ['U+001B']],
  ['a change of direction', 'mail\u202Eliam', ['U+202E']],
  ['bytes in variation selectors', 'a\uFE01\u{E0100}', ['U+FE01', 'U+E0100']],
  ['nobody’s characters', '\uE000', ['U+E000']],
  ['a filler of Hangul', '\u3164', ['U+3164']],
])('%s: nobody sees it', (_, text, codes) => {
  expect(unseenIn(text).map(({ code }) => code)).toEqual(codes)
})

test.each([
  ['plain text with line breaks and tabs', 'Send\tmail.\r\nTo one reader.\n'],
  ['pictures, of several and with a colour', '👩‍💻 ❤️ 👍🏽 ✔️ 1️⃣'],
  ['a flag of tag characters', `🏴${tags('gbsct')}\u{E007F}`],
  ['joiners of Persian and of Hindi', 'می\u200Cخواهم क्\u200Dष'],
  ['a soft hyphen', 'Donau\u00ADdampf'],
])('%s: it has its use', (_, text) => {
  expect(unseenIn(text)).toEqual([])
})

test('of one character it is told how often it stands there', () => {
  expect(unseenIn('a\u200Bb\u200B')).toEqual([{ code: 'U+200B', count: 2 }])
})
