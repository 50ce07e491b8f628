import { BlockList, isIPv6 } from 'node:net'
import { compose, wholeMessage } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import { type Marks, namedIn, namesOfFiles, type WayToName, waysToName } from '../probes/local-files.ts'
import type { OperationName } from '../profile/operations.ts'

/** A message that names a file or an address where the target may read it. */
export interface NamingMessage {
  readonly name: string
  /** Not applicable where the profile's call has no place for it. */
  send(place: string): Promise<Sent>
}

type Ground = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'reach' | 'verify'>

/** In the body of the calls that send, where the profile puts contents and attachments into JSON; in HTML, and as a file name. */
export function waysToNameFiles(kit: Ground): NamingMessage[] {
  const { api, mailbox, post } = kit
  const { from } = api.profile.mail
  const inBody = (way: WayToName): NamingMessage => ({
    name: way.name,
    send: (place) =>
      sendChanged(kit, 'message.send', letter(kit), (body, marks) => namedIn(body, marks, way, place)),
  })
  const inHtml = (name: string, markup: (place: string) => string): NamingMessage => ({
    name,
    send: (place) => post.send({ html: `<p>Hello</p>${markup(place)}` }),
  })
  const [asText] = waysToName
  return [
    ...waysToName.map(inBody),
    ...(api.has('message.send', 'html')
      ? [
          inHtml('an image in HTML', (place) => `<img src="${place}" alt="">`),
          inHtml('a style sheet in HTML', (place) => `<link rel="stylesheet" href="${place}">`),
        ]
      : []),
    ...(api.has('message.send', 'attachments')
      ? [
          {
            name: 'an attachment of that name',
            send: (filename: string) =>
              post.send({ attachments: [{ filename, contentType: 'text/plain', content: '' }] }),
          },
        ]
      : []),
    ...(asText !== undefined && api.has('message.raw', 'raw')
      ? [
          {
            name: 'a composed message with a path',
            async send(place: string) {
              const to = mailbox.address()
              const input = wholeMessage(api, from, to, await compose({ from, to, ...mailbox.letter() }))
              const made = { to, input, marks: { text: String(input['raw']) } }
              return sendChanged(kit, 'message.raw', made, (body, marks) =>
                namedIn(body, marks, asText, place),
              )
            },
          },
        ]
      : []),
  ]
}

interface Made {
  readonly to: string
  readonly input: Readonly<Record<string, unknown>>
  readonly marks: Partial<Marks>
}

/** A benign letter, as far as the profile carries it, each part marked. */
function letter({ api, mailbox }: Pick<Ground, 'api' | 'mailbox'>): Made {
  const [subject, text, html, attachment, filename] = Array.from({ length: 5 }, mailbox.canary)
  const to = mailbox.address()
  const content = Buffer.from(attachment ?? '').toString('base64')
  const all = {
    ...{ subject, text, html: `<p>${html}</p>` },
    attachments: [{ filename: `${filename}.txt`, contentType: 'text/plain', content }],
  }
  const input = { to, ...api.carried('message.send', all) }
  return { to, input, marks: { subject, text, html, attachment, filename } as Marks }
}

async function sendChanged(
  { api, post, profile, reach, verify }: Ground,
  operation: OperationName,
  { to, input, marks }: Made,
  change: (body: string, marks: Partial<Marks>) => string | null,
): Promise<Sent> {
  const request = await api.prepare(operation, input)
  const body = typeof request.body === 'string' ? change(request.body, marks) : null
  verify.applies(body !== null, `${operation} of the profile has no place for it in a body of JSON`)
  await reach.take('mail', 1)
  const principal = profile.operations[operation]?.as ?? 'anonymous'
  return post.of(to, await api.send({ ...request, body }, { operation, principal, input }))
}

/** The messages of one way, one for each place. */
interface Named {
  readonly name: string
  readonly messages: readonly Promise<NamedPlace & { readonly mail: Sent }>[]
}

/** All of them, sent before any is looked for, so that one fence serves them. */
export async function sendNamed(kit: Ground & Pick<Kit, 'callback'>): Promise<Named[]> {
  const all = waysToNameFiles(kit).map(({ name, send }) => ({
    name,
    messages: placesToName(kit).map(async (each) => ({ ...each, mail: await send(each.place) })),
  }))
  await Promise.allSettled(all.flatMap(({ messages }) => messages))
  return all
}

/** A place that a message names, and who asked for it, where that can be seen: a line for each. */
interface NamedPlace {
  readonly place: string
  asked(): Promise<readonly string[]>
}

/** Files that many systems have, and an address of the sandbox where that is one that no target should ask for a caller. */
export function placesToName({ callback, mailbox }: Pick<Kit, 'callback' | 'mailbox'>): NamedPlace[] {
  const path = `/${mailbox.canary()}`
  const url = callback.url(path)
  const asked = async () => (await callback.hits(path)).map(({ method, path }) => `${method} ${path}`)
  return [
    ...namesOfFiles.map((place) => ({ place, asked: async () => [] })),
    ...(isInside(new URL(url).hostname) ? [{ place: url, asked }] : []),
  ]
}

const networks = new BlockList()
networks.addSubnet('127.0.0.0', 8)
networks.addSubnet('10.0.0.0', 8)
networks.addSubnet('172.16.0.0', 12)
networks.addSubnet('192.168.0.0', 16)
networks.addSubnet('fc00::', 7, 'ipv6')
networks.addAddress('::1', 'ipv6')

/** RFC 1918, RFC 4193 and loopback: who may have attachments fetched has them fetched from elsewhere. */
function isInside(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return bare === 'localhost' || networks.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4')
}
