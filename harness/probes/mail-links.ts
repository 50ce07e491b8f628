import { readHeaders } from './headers.ts'
import { hostShown, type Link, links, textLinks } from './html.ts'
import { readMail } from './mail.ts'

/** A link in a delivered message. */
export interface MailLink {
  /** Where it stands, and which of the links there it is: the same for the same message. */
  readonly name: string
  readonly url: string
  /** What a reader sees of it; `null` where it is the URL itself. */
  readonly text: string | null
  /** Mail programs make it of a name in the text; see `Link`. */
  readonly made: boolean
}

/** Of the HTML and text bodies, of AMP and invitations, and of header fields that mail programs show or use; each once. */
export async function linksIn(message: Uint8Array): Promise<MailLink[]> {
  const { html, text, shown } = await readMail(message)
  const fields = readHeaders(message).fields.filter(({ name }) => /^(list-|x-|archived-at$)/i.test(name))
  const found = [
    ...[...links(html), ...textLinks(text)],
    ...shown.flatMap((part) =>
      inPart(
        part.type,
        part.type === 'text/calendar' ? linksOfCalendar(part.text) : links(part.text).filter(isNotOfAmp),
      ),
    ),
    ...fields.flatMap(({ value }) => textLinks(value)),
  ]
  const distinct = new Map(found.map((link) => [`${link.where} ${link.url}`, link]))
  const places = new Map<string, number>()
  return [...distinct.values()].map(({ where, url, text, made = false }) => {
    const count = (places.get(where) ?? 0) + 1
    places.set(where, count)
    // Where nobody wrote a scheme, programs take https today, and http before.
    return { name: `${where}, link ${count}`, url: made ? `https://${url}` : url, text, made }
  })
}

/** Its programs come from there alone, as the format wants it. */
function isNotOfAmp({ where, url }: Link): boolean {
  return where !== 'script src' || !url.startsWith('https://cdn.ampproject.org/')
}

function inPart(type: string, found: readonly Link[]): Link[] {
  return found.map((link) => ({ ...link, where: `${type} ${link.where}` }))
}

/** Lines are folded (RFC 5545 §3.1), and commas of a text escaped (§3.3.11). What a name makes of itself is no link there. */
function linksOfCalendar(text: string): Link[] {
  const unfolded = text.replace(/\r?\n[ \t]/g, '').replace(/\\n/gi, '\n')
  return textLinks(unfolded.replace(/\\([,;\\])/g, '$1')).filter(({ made }) => made !== true)
}

const internal =
  /^(localhost|.*\.(local|internal|lan)|\d+(\.\d+){3}|\[.*\])$|(^|[.-])(staging|stage|dev|test|qa)[.-]/

/**
 * What is wrong with a link where readers are to be led to these hosts alone, by https, or to any host that is for readers where it is
 * `null`; `null` for nothing.
 */
export function linkFault({ url, text }: MailLink, hosts: readonly string[] | null): string | null {
  const allowed = hosts ?? []
  // These lead to no host: an address, a number, a part of the message itself.
  if (/^(mailto|tel|sms|cid|data):/i.test(url)) return null
  if (!URL.canParse(url)) return `${url} is no absolute URL`
  const { protocol, hostname, port, username } = new URL(url)
  const shown = text === null ? null : hostShown(text)
  if (internal.test(hostname) && !allowed.includes(hostname))
    return `${url} leads to a host that is not for readers`
  if (protocol !== 'https:') return `${url} is not https`
  if (username !== '' || port !== '') return `${url} has a user or a port`
  if (hosts !== null && !allowed.includes(hostname)) return `${hostname} is not among the hosts of the policy`
  // A link that counts clicks shows one of the sender's hosts and leads by another.
  if (shown !== null && shown !== hostname && !allowed.includes(shown))
    return `its text says ${shown}, it leads to ${hostname}`
  return null
}
