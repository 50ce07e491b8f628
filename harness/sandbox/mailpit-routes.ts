import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { MailboxStore, StoredMessage } from './mailbox-store.ts'
import { headerFields, readPart } from './mailpit-message.ts'
import { searchTest } from './mailpit-search.ts'

interface Answer {
  readonly type: string
  readonly body: string | Buffer
}

interface Question {
  readonly url: URL
  readonly body: string
  /** Of the route's capture groups. */
  readonly parts: readonly string[]
}

type Route = readonly [
  method: string,
  path: RegExp,
  answer: (question: Question) => Promise<Answer | null> | Answer | null,
]

const maximumBody = 1024 * 1024
const html = 'text/html; charset=utf-8'
const text = 'text/plain; charset=utf-8'

/** The part of Mailpit's REST API that `mailpit-api` needs to read, search and delete. */
export function serveMailpitApi(store: MailboxStore): RequestListener {
  const message = (id = '') => (id === 'latest' ? store.all()[0] : store.get(id)) ?? null
  const of = (
    answer: (message: StoredMessage, question: Question) => Promise<Answer | null> | Answer | null,
  ) => {
    return (question: Question) => {
      const found = message(question.parts[0])
      return found && answer(found, question)
    }
  }
  const list = ({ url }: Question) => {
    const query = url.searchParams.get('query')
    const all = store.all()
    return json(page(query === null ? all : all.filter(searchTest(query)), all, url))
  }

  const routes: readonly Route[] = [
    ['GET', /^\/(?:readyz|livez)$/, () => ({ type: text, body: 'ok' })],
    ['GET', /^\/api\/v1\/info$/, () => json(info(store))],
    ['GET', /^\/api\/v1\/(?:messages|search)$/, list],
    ['GET', /^\/api\/v1\/tags$/, () => json([])],
    ['DELETE', /^\/api\/v1\/messages$/, ({ body }) => remove(store, idsIn(body))],
    ['DELETE', /^\/api\/v1\/search$/, ({ url }) => remove(store, idsMatching(store, url))],
    ['PUT', /^\/api\/v1\/messages$/, ({ body, url }) => markRead(store, body, url)],
    ['GET', /^\/api\/v1\/message\/([^/]+)$/, of((found) => json(summary(found)))],
    ['GET', /^\/api\/v1\/message\/([^/]+)\/headers$/, of(({ raw }) => json(headerFields(raw)))],
    ['GET', /^\/api\/v1\/message\/([^/]+)\/raw$/, of(({ raw }) => ({ type: text, body: raw }))],
    [
      'GET',
      /^\/api\/v1\/message\/([^/]+)\/part\/([^/]+)$/,
      of(({ raw }, { parts }) => part(raw, parts[1] ?? '')),
    ],
    ['GET', /^\/view\/([^/]+)\.html$/, of((found) => (found.html ? { type: html, body: found.html } : null))],
    ['GET', /^\/view\/([^/]+)\.txt$/, of((found) => ({ type: text, body: found.text }))],
  ]
  return (request, response) => {
    serve(request, routes).then(
      (answer) => reply(response, answer ? 200 : 404, answer ?? { type: text, body: 'Not found' }),
      (error: unknown) => reply(response, 400, { type: text, body: String(error) }),
    )
  }
}

async function serve(request: IncomingMessage, routes: readonly Route[]): Promise<Answer | null> {
  const url = new URL(request.url ?? '/', 'http://mailbox')
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maximumBody) throw new Error(`Expected a body of at most ${maximumBody} bytes.`)
    chunks.push(chunk)
  }
  for (const [method, path, answer] of routes) {
    const match = method === request.method ? path.exec(url.pathname) : null
    if (match) return answer({ url, body: Buffer.concat(chunks).toString('utf8'), parts: match.slice(1) })
  }
  return null
}

function reply(response: ServerResponse, status: number, { type, body }: Answer): void {
  // Mail is hostile: a browser that views it here must neither run its scripts nor fetch what it names.
  const policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
  const headers = {
    'content-type': type,
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
  }
  response.writeHead(status, headers).end(body)
}

function json(value: unknown): Answer {
  return { type: 'application/json', body: JSON.stringify(value) }
}

async function part(raw: Buffer, id: string): Promise<Answer | null> {
  const found = await readPart(raw, id)
  return found && { type: found.type, body: found.content }
}

function page(matching: readonly StoredMessage[], all: readonly StoredMessage[], url: URL) {
  const start = Math.max(0, Number(url.searchParams.get('start') ?? 0) || 0)
  const limit = Math.max(0, Number(url.searchParams.get('limit') ?? 50) || 0)
  const messages = matching.slice(start, start + limit).map(item)
  const unread = (some: readonly StoredMessage[]) => some.filter(({ read }) => !read).length
  return {
    total: all.length,
    unread: unread(all),
    count: messages.length,
    messages_count: matching.length,
    messages_unread: unread(matching),
    start,
    tags: [],
    messages,
  }
}

function shared({ id, messageId, from, to, cc, bcc, replyTo, subject, raw }: StoredMessage) {
  return {
    ID: id,
    MessageID: messageId,
    From: from,
    To: to,
    Cc: cc,
    Bcc: bcc,
    ReplyTo: replyTo,
    Subject: subject,
    Tags: [],
    Size: raw.length,
  }
}

function item(message: StoredMessage) {
  return {
    ...shared(message),
    Read: message.read,
    Created: message.receivedAt.toISOString(),
    Attachments: message.attachments.length,
    Snippet: message.text.replace(/\s+/g, ' ').trim().slice(0, 250),
  }
}

function summary(message: StoredMessage) {
  // Mailpit marks a message as read by this call.
  message.read = true
  const fields = headerFields(message.raw)
  const unsubscribe = fields['List-Unsubscribe']?.[0] ?? ''
  return {
    ...shared(message),
    ReturnPath: message.returnPath,
    Date: (message.date ?? message.receivedAt).toISOString(),
    Text: message.text,
    HTML: message.html,
    Attachments: message.attachments,
    Inline: message.inline,
    ListUnsubscribe: {
      Header: unsubscribe,
      HeaderPost: fields['List-Unsubscribe-Post']?.[0] ?? '',
      Links: [...unsubscribe.matchAll(/<([^>]+)>/g)].map((match) => match[1]),
      Errors: '',
    },
  }
}

function info({ counts, all }: MailboxStore) {
  const messages = all()
  return {
    Version: 'embedded',
    LatestVersion: 'embedded',
    Database: ':memory:',
    DatabaseSize: messages.reduce((sum, { raw }) => sum + raw.length, 0),
    Messages: messages.length,
    Unread: messages.filter(({ read }) => !read).length,
    Tags: {},
    RuntimeStats: {
      Uptime: Math.round(process.uptime()),
      Memory: process.memoryUsage.rss(),
      MessagesDeleted: counts.deleted,
      SMTPAccepted: counts.accepted,
      SMTPAcceptedSize: counts.acceptedBytes,
      SMTPRejected: 0,
      SMTPIgnored: 0,
    },
  }
}

function remove(store: MailboxStore, ids: readonly string[] | null): Answer {
  store.delete(ids ?? store.all().map(({ id }) => id))
  return { type: text, body: 'ok' }
}

function markRead(store: MailboxStore, body: string, url: URL): Answer {
  const { Read = false, Search } = asked(body) as { Read?: boolean; Search?: string }
  const ids = Search
    ? idsMatching(store, new URL(`?${new URLSearchParams({ query: Search })}`, url))
    : idsIn(body)
  for (const message of store.all()) if (!ids || ids.includes(message.id)) message.read = Read
  return { type: text, body: 'ok' }
}

/** `null` where none are named: then Mailpit means all. */
function idsIn(body: string): string[] | null {
  const { IDs } = asked(body) as { IDs?: unknown }
  return Array.isArray(IDs) && IDs.length > 0 ? IDs.map(String) : null
}

function idsMatching(store: MailboxStore, url: URL): string[] {
  const test = searchTest(url.searchParams.get('query') ?? '')
  return store
    .all()
    .filter(test)
    .map(({ id }) => id)
}

function asked(body: string): object {
  const value: unknown = body ? JSON.parse(body) : {}
  return typeof value === 'object' && value !== null ? value : {}
}
