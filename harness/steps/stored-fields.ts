import { storeTemplate } from '../check/channels.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Sent } from '../check/post.ts'
import type { Variant } from '../check/verify.ts'
import { isObject, readJson } from '../json.ts'
import type { Exchange } from '../model.ts'
import { corpus } from '../probes/corpora.ts'
import { htmlOf } from '../probes/html.ts'
import type { DeclaredOperation, InputOf } from '../profile/operations.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { dashboardPages } from './dashboard.ts'
import { NoLink, type ReaderPage, readerPages } from './reader-pages.ts'
import { owner } from './sample-input.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'post' | 'verify'>

/** Where people look at what is stored: a preview of the profile, a page of it, or one of its dashboard. */
export interface Surface extends Variant {
  /** It shows the latest of many: what is not there may only not be there any more. */
  readonly isList?: boolean
  /** The answer, and where a browser has it; `null` where nothing leads to it any more, as the message was stopped. */
  show(): Promise<Shown | null>
}

export interface Shown {
  readonly exchange: Exchange
  readonly url?: URL
}

export interface Stored {
  /** The call that stored it. */
  readonly exchange: Exchange
  /** None where it was not accepted. */
  readonly surfaces: readonly Surface[]
}

/** A field of what is stored. */
export interface StoredField extends Variant {
  /** It is HTML by its nature, and shown as that. */
  readonly isHtml: boolean
  /** What to try in it: a script that adds `ran-{id}` to the title. */
  hostile(id: string): readonly (Variant & { readonly value: string })[]
  store(value: string): Promise<Stored>
}

/**
 * Ends the text, the attribute, the title or the script that it is written into. Where it is text, and that in a title, it does not
 * read as what it writes there.
 */
const breakout: StoredField['hostile'] = (id) => [
  {
    name: 'breakout',
    value: `${id}'"></title></script><img src=x: onerror="document.title+='ran-'+'${id}'">`,
  },
]

/** Every field that the profile can carry into what one of its previews or pages may show; none where it has neither. */
export function storedFields(kit: Ground): StoredField[] {
  const ofDashboard = dashboardPages(kit).flatMap(({ name, find }): Surface[] =>
    name === 'sign-in' ? [] : [{ name: `dashboard ${name}`, isList: true, show: () => shownBy(find) }],
  )
  const fields = [...ofMessages(kit), ...ofWhatMessagesAreMadeOf(kit)].map((field) => ({
    ...field,
    async store(value: string) {
      const sent = await field.send(value)
      const accepted = sent.exchange.answer === 'accepted'
      return { exchange: sent.exchange, surfaces: accepted ? surfacesOf(kit, sent) : [] }
    },
  }))
  const { api } = kit
  const isShown = api.has('message.preview') || Object.keys(api.profile.pages ?? {}).length > 0
  return [
    ...(isShown ? fields : []),
    ...ofTemplatePreviews(kit),
    ...(ofDashboard.length > 0 ? ofLists(kit, ofDashboard) : []),
  ]
}

async function shownBy(find: ReaderPage['find']): Promise<Shown> {
  const { url, get } = await find()
  return { url, exchange: await get() }
}

/** What else a dashboard may show: what a key is called, and what the program calls itself that a read comes from. */
function ofLists(kit: Ground, surfaces: readonly Surface[]): StoredField[] {
  const { api } = kit
  const field = (name: string, send: (value: string) => Promise<Exchange>): StoredField => ({
    ...{ name, isHtml: false, hostile: breakout },
    async store(value) {
      const exchange = await send(value)
      return { exchange, surfaces: exchange.answer === 'accepted' ? surfaces : [] }
    },
  })
  const [read] = plainReads(kit)
  const [scope] = Object.keys(api.profile.scopes)
  const scopes = api.carried('key.create', scope === undefined ? {} : { scopes: [scope] })
  return [
    ...(api.has('key.create', 'name')
      ? [field('name of a key', (name) => api.call('key.create', { ...scopes, name }))]
      : []),
    ...(read === undefined ? [] : [field('name of a program', (name) => calledBy(kit, read, name))]),
  ]
}

/** A read of the owner's, by a program that calls itself so. */
async function calledBy(kit: Ground, read: DeclaredOperation, name: string): Promise<Exchange> {
  const { api } = kit
  const { headers, ...request } = await api.prepare(read, inputAlone(kit, read) ?? {}, owner)
  const others = headers.filter(([field]) => field.toLowerCase() !== 'user-agent')
  return api.send(
    { ...request, headers: [...others, ['user-agent', name]] },
    { operation: read, principal: owner },
  )
}

interface MessageField extends Pick<StoredField, 'name' | 'isHtml' | 'hostile'> {
  send(value: string): Promise<Sent>
}

function ofMessages({ api, mailbox, post }: Ground): MessageField[] {
  const named = (name: string) => ({ email: mailbox.address(), name })
  const file = { contentType: 'text/plain', content: Buffer.from('Hello').toString('base64') }
  const inputs: readonly [InputOf<'message.send'>, string, (value: string) => unknown][] = [
    ['html', 'HTML', (html) => `<p>Dear reader,</p>${html}`],
    ['text', 'text', (text) => text],
    ['subject', 'subject', (subject) => subject],
    ['from', 'name of the sender', (name) => ({ email: api.profile.mail.from, name })],
    ['to', 'name of the recipient', named],
    ['cc', 'name of another reader', named],
    ['replyTo', 'name to reply to', named],
    ['tags', 'tag', (tag) => [tag]],
    ['attachments', 'file name', (filename) => [{ ...file, filename }]],
    ['headers', 'header field', (value) => ({ 'X-Postern': value })],
  ]
  return inputs
    .filter(([input]) => api.has('message.send', input))
    .map(([input, name, fill]) => ({
      name,
      isHtml: input === 'html',
      hostile: input === 'html' ? (id) => corpus('scripts', { id }) : breakout,
      send: (value) => post.send({ [input]: fill(value) }),
    }))
}

function ofWhatMessagesAreMadeOf({ api, mailbox, post, verify }: Ground): MessageField[] {
  const made = async (template: unknown, variables: object) => {
    const to = mailbox.address()
    return post.of(to, await api.call('message.send', { to, template, ...variables }))
  }
  const stored = (content: object) => storeTemplate({ api, mailbox, verify }, { ...plain, ...content })
  const plain = { subject: 'Hello', html: '<p>Hello {{ name }}</p>', text: 'Hello {{ name }}' }
  const fields: readonly (readonly [boolean, string, (value: string) => Promise<Sent>])[] = [
    [
      api.has('template.create', 'name') && api.has('message.send', 'template'),
      'name of a template',
      async (name) => made(await stored({ name }), {}),
    ],
    [
      api.has('template.create', 'html') &&
        api.has('message.send', 'template') &&
        api.has('message.send', 'variables'),
      'variable',
      async (name) => made(await stored({}), { variables: { name } }),
    ],
    [
      api.has('contact.create', 'name') && api.has('contact.create', 'email'),
      'name of a contact',
      async (name) => {
        const email = mailbox.address()
        const { answer, ...exchange } = await api.call('contact.create', { email, name })
        return answer === 'accepted' ? post.send({ to: email }) : post.of(email, { ...exchange, answer })
      },
    ],
  ]
  return fields.flatMap(([declared, name, send]) =>
    declared ? [{ name, isHtml: false, hostile: breakout, send }] : [],
  )
}

function ofTemplatePreviews({ api, mailbox, verify }: Ground): StoredField[] {
  if (!api.has('template.preview', 'variables') || !api.has('template.create', 'html')) return []
  const content = { subject: 'Hello', html: '<p title="{{ name }}">{{ name }}</p>', text: 'Hello {{ name }}' }
  return [
    {
      name: 'variable of a template',
      isHtml: false,
      hostile: breakout,
      async store(name) {
        const id = await storeTemplate({ api, mailbox, verify }, content)
        const exchange = await api.call('template.preview', { id, variables: { name } })
        return { exchange, surfaces: [{ name: 'template.preview', show: async () => ({ exchange }) }] }
      },
    },
  ]
}

function surfacesOf(kit: Ground, sent: Sent): Surface[] {
  const { api } = kit
  const id = sent.exchange.result?.['id']
  const preview: Surface = {
    name: 'message.preview',
    show: async () => ({ exchange: await api.call('message.preview', { id }) }),
  }
  const pages = readerPages(kit)
    .filter(({ byMail }) => !byMail || seesMail(api.profile))
    .map(
      ({ name, byMail, find }): Surface => ({
        name: `page ${name}`,
        async show() {
          if (byMail && (await sent.arrivedUnlessStopped()) === null) return null
          const { url, get } = await find(sent)
          return { exchange: await get(), url }
        },
      }),
    )
  return [...(api.has('message.preview') && id !== undefined ? [preview] : []), ...pages]
}

/** The surfaces that show a harmless text of that length in the field; whoever refuses one refuses no script. Guards count. */
export async function whereShown(
  { api, verify }: Pick<Kit, 'api' | 'verify'>,
  { store, name, hostile }: StoredField,
  id: string,
): Promise<ReadonlySet<string>> {
  const longest = Math.max(...hostile(id).map(({ value }) => value.length))
  const { exchange, surfaces } = await store(id.padEnd(longest, 'a'))
  verify.accepted(exchange)
  const [shown, asJson] = [new Set<string>(), new Set<string>()]
  const look = async ({ name: surface, show }: Surface) => {
    const answered = (await show().catch(ifWithoutLink))?.exchange
    if (answered === undefined) return
    verify.held(
      answered.answer === 'accepted',
      `with a harmless ${name}, ${surface} was answered ${api.said(answered)}`,
    )
    if (htmlOf(answered).includes(id)) (isUnmappedJson(answered) ? asJson : shown).add(surface)
  }
  await Promise.all(surfaces.map(look))
  const [unmapped] = asJson
  verify.held(
    shown.size > 0 || unmapped === undefined,
    `${unmapped} answers JSON, which a browser shows as it is`,
    `map the member that people see as HTML to result.html of ${unmapped}, or leave ${unmapped} out`,
  )
  return shown
}

/** Of a preview: a page of the profile is what a browser gets. */
function isUnmappedJson({ operation, response, result }: Exchange): boolean {
  const isMapped = typeof result?.['html'] === 'string'
  return !isMapped && operation?.startsWith('page.') !== true && isObject(readJson(response?.body ?? ''))
}

function ifWithoutLink(error: unknown): null {
  if (error instanceof NoLink) return null
  throw error
}
