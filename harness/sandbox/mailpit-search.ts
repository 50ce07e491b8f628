import type { StoredMessage } from './mailbox-store.ts'
import type { Address } from './mailpit-message.ts'

type Test = (message: StoredMessage) => boolean

const fields: Readonly<Record<string, (message: StoredMessage) => string>> = {
  'to:': ({ to }) => spelt(to),
  'from:': ({ from }) => spelt([from]),
  'cc:': ({ cc }) => spelt(cc),
  'bcc:': ({ bcc }) => spelt(bcc),
  'reply-to:': ({ replyTo }) => spelt(replyTo),
  'addressed:': ({ from, to, cc, bcc, replyTo }) => spelt([from, ...to, ...cc, ...bcc, ...replyTo]),
  'subject:': ({ subject }) => subject.toLowerCase(),
  'message-id:': ({ messageId }) => messageId.toLowerCase(),
}

const flags: Readonly<Record<string, Test>> = {
  'is:read': ({ read }) => read,
  'is:unread': ({ read }) => !read,
  'has:attachment': ({ attachments }) => attachments.length > 0,
  'has:attachments': ({ attachments }) => attachments.length > 0,
  'has:inline': ({ inline }) => inline.length > 0,
  'has:inlines': ({ inline }) => inline.length > 0,
}

/** Mailpit's search language without dates, sizes and tags: all terms must match, `-` or `!` in front negates one. */
export function searchTest(query: string): Test {
  const tests = terms(query).map(termTest)
  return (message) => tests.every((test) => test(message))
}

/** Words, where a quoted stretch counts as part of its word. */
function terms(query: string): string[] {
  const words = query.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []
  return words.map((word) => word.replaceAll('"', '')).filter((word) => /[a-z0-9]/i.test(word))
}

function termTest(term: string): Test {
  const negated = term.length > 1 && /^[-!]/.test(term)
  const wanted = (negated ? term.slice(1) : term).toLowerCase()
  const test = flags[wanted] ?? fieldTest(wanted) ?? textTest(wanted)
  return (message) => test(message) !== negated
}

function fieldTest(wanted: string): Test | null {
  const prefix = Object.keys(fields).find((name) => wanted.startsWith(name))
  const field = prefix === undefined ? undefined : fields[prefix]
  if (prefix === undefined || !field) return null
  const value = clean(wanted.slice(prefix.length))
  return (message) => field(message).includes(value)
}

function textTest(wanted: string): Test {
  const value = clean(wanted)
  return (message) => clean(searchText(message)).includes(value)
}

/** Where there is an HTML part, Mailpit does not index the plain one. */
function searchText(message: StoredMessage): string {
  const { from, subject, to, cc, bcc, replyTo, messageId, text, html, attachments, inline } = message
  const names = [...attachments, ...inline].map(({ FileName }) => FileName)
  const people = spelt([from, ...to, ...cc, ...bcc, ...replyTo])
  return [people, subject, messageId, html.replace(/<[^>]*>/g, ' ') || text, ...names].join(' ')
}

function spelt(people: readonly Address[]): string {
  return people.map(({ Name, Address }) => `${Name} ${Address}`.toLowerCase()).join('\n')
}

/** Mailpit compares without these characters. */
function clean(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\r\n\t<>",;()]/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
}
