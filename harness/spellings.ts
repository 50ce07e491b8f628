/** A text without its escapes, and where in the text as it was each of its UTF-16 units stood. */
export interface Plain {
  readonly text: string
  /** The stretch of the original that stands for `[start, end)` of the plain text. */
  stretch(start: number, end: number): readonly [start: number, end: number]
}

/**
 * The same for every spelling of a text: without the escapes of URLs, JSON, JavaScript, HTML and shells, one within another too,
 * without line breaks and what says where a line may be broken, in small letters, and with UTF-8 that was read as Latin-1 put right. With `mail` without those of
 * quoted-printable and encoded words (RFC 2045 §6.7, RFC 2047 §4.2) as well, which elsewhere would take letters of a value
 * behind `=` for escapes: a hash in a link that ends in `token=3D`, once that is undone. `once` undoes those of mail once alone.
 */
export function plainly(text: string, { mail = false, once = false } = {}): Plain {
  if (asItIs.test(text)) return { text: text.toLowerCase().replaceAll('+', ' '), stretch: unchanged }
  let view = whole(text)
  for (let pass = 0; pass < deepest; pass++) {
    const next = replaced(view, mail && !(once && pass > 0) ? ofMail : escapes, unescaped)
    if (next === view) break
    view = next
  }
  view = replaced(
    view,
    /(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})+/g,
    utf8,
  )
  view = replaced(view, unseen, () => '')
  const { from, to } = view
  return {
    text: view.text.replace(/\p{Lu}/gu, small).replaceAll('+', ' '),
    stretch: (start, end) =>
      from === null || to === null ? [start, end] : [from[start] ?? 0, to[end - 1] ?? 0],
  }
}

/** Nothing of it begins an escape, may be left out or is more than ASCII: keys, and what is encoded as they are. */
const asItIs = /^[^%\\&=<\r\n\u0080-\uffff]*$/
const unchanged = (start: number, end: number) => [start, end] as const

/** Some letters get longer by it: those stay. */
function small(letter: string): string {
  const lower = letter.toLowerCase()
  return lower.length === letter.length ? lower : letter
}

/** Whether a text may hold spellings of mail. */
export const looksLikeMail = (text: string): boolean => /=(?:[0-9A-F]{2}|\r?\n|\?)/i.test(text)

/** What is the same of a text in base64 and base64url (RFC 4648 §5), wherever it begins in what is encoded. */
export function inBase64(text: string): string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
    const [begin, end] = [Math.ceil((offset * 4) / 3), Math.floor((shifted.length * 4) / 3)]
    return (['base64', 'base64url'] as const).map((form) => shifted.toString(form).slice(begin, end))
  })
}

/** Where a long word may be broken, on a page as well. */
const unseen = /(?:[\r\n\u00ad\u200b-\u200d\u2060\ufeff]|<wbr ?\/?>)+/gi

/** JSON within JSON within JSON: each doubles the backslashes. */
const deepest = 5

const common = String.raw`%[0-9a-f]{2}|%u[0-9a-f]{4}|\\u[0-9a-f]{4}|\\u\{[0-9a-f]{1,6}\}|\\x[0-9a-f]{2}|\\[^]|&#(?:\d{1,7}|x[0-9a-f]{1,6});|&(?:amp|lt|gt|quot|apos);`
const escapes = new RegExp(common, 'gi')
const ofMail = new RegExp(String.raw`${common}|=\r?\n|=[0-9a-f]{2}|\?=\s+=\?[\w*-]{1,40}\?[qb]\?`, 'gi')

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const controls: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

const character = (point: number) => (point > 0x10_ffff ? '' : String.fromCodePoint(point))

function unescaped(written: string): string {
  const rest = written.slice(1)
  if (written.startsWith('&#')) {
    const point = /^#x/i.test(rest) ? Number.parseInt(rest.slice(2), 16) : Number.parseInt(rest.slice(1), 10)
    return character(point)
  }
  if (written.startsWith('&')) return named[rest.slice(0, -1).toLowerCase()] ?? ''
  if (written.startsWith('\\u{')) return character(Number.parseInt(written.slice(3), 16))
  if (/^(?:[%=][0-9a-f]{2}|\\x[0-9a-f]{2}|[\\%]u[0-9a-f]{4})$/i.test(written))
    return String.fromCharCode(Number.parseInt(written.replace(/^\W[ux]?/i, ''), 16))
  return written.startsWith('\\') ? (controls[rest] ?? rest) : ''
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8(octets: string): string {
  try {
    return strict.decode(Buffer.from(octets, 'latin1'))
  } catch {
    return octets
  }
}

interface View {
  readonly text: string
  /** Of each unit; `null` where nothing has changed its place. */
  readonly from: Uint32Array | null
  readonly to: Uint32Array | null
}

const whole = (text: string): View => ({ text, from: null, to: null })

/** The view itself where nothing matches. `by` makes nothing longer. */
function replaced(view: View, pattern: RegExp, by: (matched: string) => string): View {
  const matches = view.text.matchAll(pattern)
  let match = matches.next()
  if (match.done) return view
  const pieces: string[] = []
  const from = new Uint32Array(view.text.length)
  const to = new Uint32Array(view.text.length)
  let units = 0
  let last = 0
  const start = (unit: number) => view.from?.[unit] ?? unit
  const end = (unit: number) => view.to?.[unit] ?? unit + 1
  const keep = (until: number) => {
    pieces.push(view.text.slice(last, until))
    for (; last < until; last++, units++) {
      from[units] = start(last)
      to[units] = end(last)
    }
  }
  for (; !match.done; match = matches.next()) {
    const { 0: matched, index } = match.value
    keep(index)
    const into = by(matched)
    last = index + matched.length
    pieces.push(into)
    from.fill(start(index), units, units + into.length)
    to.fill(end(last - 1), units, units + into.length)
    units += into.length
  }
  keep(view.text.length)
  return { text: pieces.join(''), from, to }
}
