import type {
  MailpitClient,
  MailpitHTMLCheckResponse,
  MailpitLinkCheckResponse,
  MailpitMessageSummaryResponse,
  MailpitSpamAssassinResponse,
} from 'mailpit-api'
import { isUnreachable, isWithin } from '../api/mail-domains.ts'
import type { Kit } from '../check/kit.ts'
import { links } from '../probes/html.ts'

type Client = Pick<
  MailpitClient,
  'getConfiguration' | 'waitForMessage' | 'htmlCheck' | 'linkCheck' | 'spamAssassinCheck'
>
type Message = MailpitMessageSummaryResponse

/** Milliseconds: what the wire saw reaches the mailbox soon. */
const arrival = { timeout: 5000, interval: 50 }

const mostWarnings = 3
const mostClients = 6
const mostLinks = 20
const mostRules = 15
/** Characters of what a message or a tool names, so that one of them hides no other. */
const mostCharacters = 200
/** Characters of HTML; beyond, links would be missed. */
const mostHtml = 1_000_000

/**
 * What Mailpit's own tools say of the newest message to an address: HTML compatibility, links, SpamAssassin. More to read
 * beside a finding, never what it rests on. Nothing by a tool that the mailbox lacks, as the embedded one lacks all, or
 * that fails; never throws.
 */
export async function examineByMailpit(
  { mailpit, saw, profile }: Pick<Kit, 'mailpit' | 'saw' | 'profile'>,
  to: string,
): Promise<void> {
  for (const text of await examined(mailpit, profile.policies.links?.hosts ?? [], to)) saw.measured(text)
}

/** `hosts`: which Mailpit may ask for links, beside names that lead nowhere. */
export async function examined(client: Client, hosts: readonly string[], to: string): Promise<string[]> {
  const html = async ({ ID, HTML }: Message) =>
    HTML === '' ? null : compatibility(await client.htmlCheck(ID))
  const linked = async (message: Message) => {
    const stranger = strangerIn(message, hosts)
    return stranger === null
      ? statuses(await client.linkCheck(message.ID))
      : `Mailpit was not asked to check the links: ${short(stranger)} leads elsewhere than ${hosts.join(', ') || 'to a host of policies.links.hosts'}`
  }
  const spam = async ({ ID }: Message) => score(await client.spamAssassinCheck(ID))
  try {
    const { SpamAssassin } = await client.getConfiguration()
    const message = await client.waitForMessage({ query: `addressed:"${to}"` }, arrival)
    const tools = SpamAssassin ? [html, linked, spam] : [html, linked]
    const texts = await Promise.allSettled(tools.map((tool) => tool(message)))
    return texts.flatMap((text) => (text.status === 'rejected' || text.value === null ? [] : [text.value]))
  } catch {
    return []
  }
}

/** A link that Mailpit would follow to a host it may not ask, as the message has it; `null` where there is none. */
function strangerIn({ HTML, Text }: Message, hosts: readonly string[]): string | null {
  if (HTML.length > mostHtml) return 'so long a message, for all that is known,'
  const written = `${HTML} ${Text}`.match(/https?:\/\/[^\s<>"']*/gi) ?? []
  const urls = [...links(HTML).map(({ url }) => url), ...written]
  return urls.find((url) => /https?:\/\//i.test(url) && !mayAsk(url, hosts)) ?? null
}

/** By a spelling that no two parsers read differently. */
function mayAsk(url: string, hosts: readonly string[]): boolean {
  const host = /^https?:\/\/([a-z0-9.-]+)(?:[/?#]|$)/i.exec(url)?.[1]?.toLowerCase()
  if (host === undefined) return false
  return hosts.includes(host) || (isUnreachable(host) && !isWithin(host, 'localhost'))
}

function compatibility({ Total, Warnings }: MailpitHTMLCheckResponse): string {
  const worst = (Warnings ?? []).toSorted((a, b) => b.Score.Unsupported - a.Score.Unsupported)
  return [
    `Mailpit, HTML check: of what this HTML uses, ${shares(Total)}; ${Total.Tests} tests`,
    ...worst.slice(0, mostWarnings).map(({ Title, Score, Results }) => {
      const without = Results.filter(({ Support }) => Support === 'no').map(({ Name }) => short(Name))
      return `${short(Title)}: ${shares(Score)}${without.length === 0 ? '' : `; not by ${few(without, mostClients)}`}`
    }),
  ].join('\n')
}

/** Each in percent of the clients that were tested. */
interface Shares {
  readonly Supported: number
  readonly Partial: number
  readonly Unsupported: number
}

function shares({ Supported, Partial, Unsupported }: Shares): string {
  return `${percent(Supported)} is supported, ${percent(Partial)} partly, ${percent(Unsupported)} not`
}

function percent(share: number): string {
  return `${Math.round(share)} %`
}

function few(names: readonly string[], most: number): string {
  const more = names.length - most
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function short(text: string): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}…`
}

function statuses({ Errors, Links }: MailpitLinkCheckResponse): string {
  const seen = (Links ?? []).map(
    ({ StatusCode, Status, URL }) => `${StatusCode} ${short(Status)}: ${short(URL)}`,
  )
  return [`Mailpit, link check: ${Errors} of ${seen.length} links failed`, ...seen.slice(0, mostLinks)].join(
    '\n',
  )
}

function score({ Error: failure, Score, IsSpam, Rules }: MailpitSpamAssassinResponse): string {
  if (failure !== '') return `Mailpit could not ask SpamAssassin: ${short(failure)}`
  const rules = (Rules ?? []).toSorted((a, b) => b.Score - a.Score).slice(0, mostRules)
  return [
    `Mailpit, SpamAssassin: ${Score} points, ${IsSpam ? 'spam' : 'no spam'}`,
    ...rules.map(({ Name, Score, Description }) => `${Score} ${short(Name)}: ${short(Description)}`),
  ].join('\n')
}
