import { randomBytes } from 'node:crypto'
import type { Mailbox } from './mailbox.ts'
import type { Exchange } from './model.ts'
import type { Wire } from './sandbox/client.ts'
import type { Api } from './target/api.ts'
import { Unproven } from './verify.ts'

/** A call that somebody who may not make it is about to try. */
export interface Attempt {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  /** What shows that the call was carried out, as a sentence; `null` where it had no effect and disclosed nothing. */
  trace(exchange: Exchange): Promise<string | null>
}

/** Where attempts are prepared and looked back on: by whom, and with what to see the mail. */
export interface Ground {
  readonly api: Api
  /** The principal who may do everything there. */
  readonly owner: string
  readonly mailbox: Mailbox
  readonly wire: Wire
  readonly fence: () => Promise<void>
}

type Input = Record<string, unknown>

/** What a throw-away object of each kind is made of; `mark` stands in a field that reading gives back. */
const kinds: Readonly<
  Record<string, { make(mark: string, api: Api): Input; change?(mark: string, api: Api): Input }>
> = {
  contact: {
    make: (mark) => ({ email: `${mark}@example.com`, name: `Contact ${mark}` }),
    change: (mark) => ({ name: `Contact ${mark}` }),
  },
  template: {
    make: (mark) => ({ name: mark, subject: 'Hello', html: `<p>Hello ${mark}</p>`, text: `Hello ${mark}` }),
    change: (mark) => ({ name: mark }),
  },
  key: {
    make: (mark, api) => ({ name: mark, scopes: Object.keys(api.profile.scopes).slice(0, 1) }),
    change: (mark) => ({ name: mark }),
  },
  user: {
    make: (mark, api) => ({
      email: `${mark}@${api.profile.mail.domains[0]}`,
      role: leastRole(api),
      password: `Aa1-${mark}`,
    }),
  },
  domain: { make: (mark, api) => ({ name: `x${mark.slice(0, 16)}.${api.profile.mail.domains[0]}` }) },
  suppression: { make: (mark) => ({ email: `${mark}@example.com`, reason: 'manual' }) },
  message: { make: (mark) => ({ subject: mark, text: 'Hello' }) },
}

const exempt = new Set(['session.create', 'principal.get', 'domain.verify'])

/** The mapped operations that an attempt can be made of. */
export function attemptable(api: Api): string[] {
  return Object.keys(api.profile.operations).filter((operation) => {
    const [kind = '', verb = ''] = operation.split('.')
    if (exempt.has(operation)) return false
    if (['get', 'preview'].includes(verb)) return kind in kinds ? makes(api, kind) : true
    if (['update', 'delete', 'revoke', 'rotate', 'cancel'].includes(verb))
      return (
        makes(api, kind) && (verb !== 'update' || kinds[kind]?.change !== undefined) && looksBack(api, kind)
      )
    if (verb === 'create') return api.has(`${kind}.list`) || api.has(`${kind}.get`)
    return true
  })
}

const makes = (api: Api, kind: string) => api.has(kind === 'message' ? 'message.send' : `${kind}.create`)
const looksBack = (api: Api, kind: string) => api.has(`${kind}.get`) || api.has(`${kind}.list`)

/** Makes what the call needs, as the owner, and says how to see whether it was carried out. */
export async function prepareAttempt(operation: string, ground: Ground): Promise<Attempt> {
  const [kind = '', verb = ''] = operation.split('.')
  const mark = randomBytes(16).toString('hex')
  if (operation === 'message.send') return sending(ground, mark)
  if (verb === 'create') return creating(ground, kind, mark)
  if (['update', 'delete', 'revoke', 'rotate', 'cancel'].includes(verb))
    return changing(ground, kind, verb, mark)
  return reading(ground, operation, kind, mark)
}

function sending({ api, mailbox, wire, fence }: Ground, mark: string): Attempt {
  const to = mailbox.address('attempt')
  return {
    operation: 'message.send',
    input: { to, subject: `Hello ${mark}`, text: 'Hello', from: api.profile.mail.from },
    async trace() {
      await fence()
      return (await wire.deliveries({ to })).length > 0 ? `its message reached the wire for ${to}` : null
    },
  }
}

function creating(ground: Ground, kind: string, mark: string): Attempt {
  return {
    operation: `${kind}.create`,
    input: kinds[kind]?.make(mark, ground.api) ?? {},
    async trace(exchange) {
      const id = exchange.result?.['id']
      const seen = await lookBack(ground, kind, typeof id === 'string' ? id : null, mark)
      return seen.there ? `the ${kind} it made stands in the ${kind}s of the tenant` : null
    },
  }
}

async function changing(ground: Ground, kind: string, verb: string, mark: string): Promise<Attempt> {
  const object = await make(ground, kind, randomBytes(16).toString('hex'), verb === 'cancel')
  const change = verb === 'update' ? (kinds[kind]?.change?.(mark, ground.api) ?? {}) : {}
  const before = await lookBack(ground, kind, object.id, object.mark)
  if (!before.there)
    throw new Unproven(
      `the ${kind} that was made is not to be seen`,
      `see ${kind}.get and ${kind}.list of the profile`,
    )
  return {
    operation: `${kind}.${verb}`,
    input: { ...object.reference, ...change },
    async trace(exchange) {
      const after = await lookBack(ground, kind, object.id, object.mark)
      const secret = exchange.result?.['secret']
      if (typeof secret === 'string') return `the answer holds a new secret of the ${kind}`
      if (verb === 'update')
        return after.body.includes(mark) ? `the ${kind} now bears the text of the call` : null
      return after.state === before.state ? null : `the ${kind} is no longer what its owner made`
    },
  }
}

async function reading(ground: Ground, operation: string, kind: string, mark: string): Promise<Attempt> {
  const { api, owner } = ground
  const object = makes(api, kind) ? await make(ground, kind, mark) : null
  const verb = operation.split('.')[1]
  const input = {
    ...(verb === 'get' || verb === 'preview' ? object?.reference : {}),
    ...(api.has(operation, 'search') && object !== null ? { search: mark.slice(0, 16) } : {}),
  }
  const rightful = await api.call(operation, input, owner)
  if (rightful.answer !== 'accepted' || rightful.response === null)
    throw new Unproven(
      `${operation} was refused to ${owner}`,
      'the owner must be able to make the call: check the profile',
    )
  const tokens = privateTokens(rightful.response.body, mark)
  return {
    operation,
    input,
    async trace(exchange) {
      const body = exchange.response?.body ?? ''
      const seen = tokens.find((token) => body.includes(token))
      if (seen !== undefined) return `the answer holds ${seen}, which is for its owner alone`
      const counts =
        tokens.length === 0 &&
        exchange.answer === 'accepted' &&
        sameShape(body, rightful.response?.body ?? '')
      return counts ? 'the answer has the same fields as the owner’s' : null
    },
  }
}

/** The mark where the answer holds it; else identifiers: long, with a digit, not a date. */
function privateTokens(body: string, mark: string): string[] {
  if (body.includes(mark)) return [mark]
  if (body.includes(mark.slice(0, 16))) return [mark.slice(0, 16)]
  return [
    ...new Set(body.match(/(?<=")(?=[\w-]*\d)(?=[\w-]*[A-Za-z])(?!\d{4}-\d\d-\d\dT)[\w-]{12,}(?=")/g) ?? []),
  ].slice(0, 50)
}

function sameShape(a: string, b: string): boolean {
  const fields = (text: string) => [...new Set(text.match(/"\w+"(?=\s*:)/g) ?? [])].sort().join()
  return fields(a) !== '' && fields(a) === fields(b)
}

interface ThrowAway {
  readonly id: string | null
  readonly mark: string
  /** The input by which other operations name it. */
  readonly reference: Input
}

async function make(
  { api, owner, mailbox }: Ground,
  kind: string,
  mark: string,
  later = false,
): Promise<ThrowAway> {
  const input = kinds[kind]?.make(mark, api) ?? {}
  const exchange =
    kind === 'message'
      ? await api.call('message.send', {
          ...input,
          to: mailbox.address('owner'),
          ...(later ? { sendAt: new Date(Date.now() + 3_600_000).toISOString() } : {}),
        })
      : await api.call(`${kind}.create`, input, owner)
  const id = exchange.result?.['id'] ?? null
  if (exchange.answer !== 'accepted')
    throw new Unproven(
      `making a ${kind} to try things on was answered ${exchange.response?.status ?? exchange.failure}`,
      `see that ${owner} may make one, and that the profile’s ${kind} operations are right`,
    )
  const named = typeof id === 'string' ? { id } : {}
  return {
    id: typeof id === 'string' ? id : null,
    mark,
    reference: kind === 'suppression' ? { email: input['email'] } : named,
  }
}

/** What the owner sees of an object now, and whether it is there at all. */
async function lookBack(
  { api, owner }: Ground,
  kind: string,
  id: string | null,
  mark: string,
): Promise<Sight> {
  const byId = id !== null && api.has(`${kind}.get`)
  const list = `${kind}.list`
  const exchange = byId
    ? await api.call(`${kind}.get`, { id }, owner)
    : await api.call(
        list,
        {
          ...(api.has(list, 'search') ? { search: mark.slice(0, 16) } : {}),
          ...(api.has(list, 'limit') ? { limit: 100 } : {}),
        },
        owner,
      )
  if (exchange.response === null)
    throw new Unproven(`the target did not answer: ${exchange.failure}`, 'see whether it is up and run again')
  const { body } = exchange.response
  const there = body.includes(mark.slice(0, 16))
  // A list changes with every other object in it.
  return { body, there, state: byId ? body : String(there) }
}

interface Sight {
  readonly body: string
  readonly there: boolean
  /** Differs only where the object does. */
  readonly state: string
}

function leastRole(api: Api): string {
  const limited = Object.entries(api.profile.roles).find(([, allowed]) => allowed !== '*')
  return limited?.[0] ?? Object.keys(api.profile.roles)[0] ?? 'member'
}
