import { randomBytes } from 'node:crypto'
import type { Api } from '../api/api.ts'
import type { Mailbox } from '../check/mailbox.ts'
import type { Exchange } from '../model.ts'
import { changed, privateTokens, sameShape } from '../probes/disclosure.ts'
import { Unproven } from '../verdicts.ts'

/** A call that somebody who may not make it is about to try. */
export interface Attempt {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
  /** What shows that the call was carried out, as a sentence; `null` where it had no effect and disclosed nothing. */
  trace(exchange: Exchange): Promise<string | null>
  /** The answer holds what nobody else's does; false where the same call of another tenant may look like it. */
  readonly own: boolean
  /**
   * The owner makes such a call with an object of its own, it is accepted, and the same look finds its trace: else a
   * refusal of others may be no more than a wrong input, and their success unseen. Throws Unproven.
   */
  control(): Promise<void>
}

type Trial = Pick<Attempt, 'operation' | 'input' | 'trace'> & { readonly own?: boolean }

/** Where attempts are prepared and looked back on: by whom, and with what to see the mail. */
export interface Ground {
  readonly api: Api
  /** The principal who may do everything there. */
  readonly owner: string
  readonly mailbox: Mailbox
  readonly fence: () => Promise<void>
}

type Input = Record<string, unknown>

/** What a throw-away object of each kind is made of; `mark` stands in a field that reading gives back. */
const kinds: Readonly<
  Record<string, { make(mark: string, ground: Ground): Input; change?(mark: string): Input }>
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
    make: (mark, { api }) => ({ name: mark, scopes: Object.keys(api.profile.scopes).slice(0, 1) }),
    change: (mark) => ({ name: mark }),
  },
  user: {
    make: (mark, { api, mailbox }) => ({
      email: `${mark}@${mailbox.domain()}`,
      role: leastRole(api),
      password: `Aa1-${mark}`,
    }),
  },
  domain: { make: (mark, { mailbox }) => ({ name: `x${mark.slice(0, 16)}.${mailbox.domain()}` }) },
  suppression: { make: (mark) => ({ email: `${mark}@example.com`, reason: 'manual' }) },
  message: { make: (mark) => ({ subject: mark, text: 'Hello' }) },
}

const changes = ['update', 'delete', 'revoke', 'rotate', 'cancel']
const exempt = new Set(['session.create', 'principal.get', 'domain.verify'])

/** The mapped operations that an attempt can be made of. */
export function attemptable(api: Api): string[] {
  return Object.keys(api.profile.operations).filter((operation) => {
    const [kind = '', verb = ''] = operation.split('.')
    if (exempt.has(operation) || isPublic(api, operation)) return false
    if (['get', 'preview'].includes(verb)) return kind in kinds ? makes(api, kind) : true
    if (changes.includes(verb))
      return (
        makes(api, kind) && (verb !== 'update' || kinds[kind]?.change !== undefined) && looksBack(api, kind)
      )
    if (verb === 'create') return api.has(`${kind}.list`) || api.has(`${kind}.get`)
    return true
  })
}

/** By the profile itself it takes no credential. */
function isPublic({ profile }: Api, operation: string): boolean {
  const as = profile.operations[operation]?.as ?? null
  return as === null || profile.principals[as]?.none === true
}

const makes = (api: Api, kind: string) => api.has(kind === 'message' ? 'message.send' : `${kind}.create`)
const looksBack = (api: Api, kind: string) => api.has(`${kind}.get`) || api.has(`${kind}.list`)

/** Makes what the call needs, as the owner, and says how to see whether it was carried out. */
export async function prepareAttempt(operation: string, ground: Ground): Promise<Attempt> {
  const trial = await prepareTrial(operation, ground)
  return { own: true, ...trial, control: () => controlled(operation, ground) }
}

function prepareTrial(operation: string, ground: Ground): Promise<Trial> {
  const [kind = '', verb = ''] = operation.split('.')
  const mark = randomBytes(16).toString('hex')
  if (operation === 'message.send') return Promise.resolve(sending(ground, mark))
  if (verb === 'create') return Promise.resolve(creating(ground, kind, mark))
  return changes.includes(verb) ? changing(ground, kind, verb, mark) : reading(ground, operation, kind, mark)
}

const controls = new WeakMap<Ground, Map<string, Promise<void>>>()

/** One control an operation and a check: a reading is controlled when it is prepared. */
function controlled(operation: string, ground: Ground): Promise<void> {
  const known = controls.get(ground) ?? new Map<string, Promise<void>>()
  controls.set(ground, known)
  const control = known.get(operation) ?? carryOut(operation, ground)
  known.set(operation, control)
  return control
}

async function carryOut(operation: string, ground: Ground): Promise<void> {
  const { api, owner } = ground
  const [kind, verb = ''] = operation.split('.')
  if (operation !== 'message.send' && verb !== 'create' && !changes.includes(verb)) return
  const trial = await prepareTrial(operation, ground)
  const exchange = await api.call(operation, trial.input, kind === 'message' ? undefined : owner)
  if (exchange.answer !== 'accepted')
    throw new Unproven(
      `${operation} was answered ${exchange.response?.status ?? exchange.failure} to ${exchange.principal}, who may make it`,
      'as it is refused to everybody, nothing follows from a refusal: check the profile’s call',
    )
  // Whoever is refused gets no id: what they made must be found without one.
  const seen = verb === 'create' && api.has(`${kind}.list`) ? { ...exchange, result: null } : exchange
  if ((await trial.trace(seen)) === null)
    throw new Unproven(
      `what ${operation} does cannot be seen afterwards`,
      `see that ${kind}.get or ${kind}.list of the profile shows the objects, and carries search or cursor`,
    )
}

function sending({ mailbox, fence }: Ground, mark: string): Trial {
  const to = mailbox.address('attempt')
  return {
    operation: 'message.send',
    input: { to, subject: `Hello ${mark}`, text: 'Hello' },
    async trace(exchange) {
      const came = await mailbox.arrived(to, exchange, fence)
      return came === null ? null : `its message reached the wire for ${to}`
    },
  }
}

function creating(ground: Ground, kind: string, mark: string): Trial {
  return {
    operation: `${kind}.create`,
    input: kinds[kind]?.make(mark, ground) ?? {},
    async trace(exchange) {
      const id = exchange.result?.['id']
      const seen = await lookBack(ground, kind, typeof id === 'string' ? id : null, mark)
      return seen.there ? `the ${kind} it made stands in the ${kind}s of the tenant` : null
    },
  }
}

async function changing(ground: Ground, kind: string, verb: string, mark: string): Promise<Trial> {
  const object = await make(ground, kind, randomBytes(16).toString('hex'), verb === 'cancel')
  const change = verb === 'update' ? (kinds[kind]?.change?.(mark) ?? {}) : {}
  const first = await lookBack(ground, kind, object.id, object.mark)
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
      const touched =
        before.there !== after.there || (before.single && changed(first.body, before.body, after.body))
      return touched ? `the ${kind} is no longer what its owner made` : null
    },
  }
}

async function reading(ground: Ground, operation: string, kind: string, mark: string): Promise<Trial> {
  const { api, owner } = ground
  const object = makes(api, kind) ? await make(ground, kind, mark) : null
  const verb = operation.split('.')[1]
  const input = {
    ...(verb === 'get' || verb === 'preview' ? object?.reference : {}),
    ...(api.has(operation, 'search') && object !== null ? { search: searchFor(mark) } : {}),
  }
  const rightful = await api.call(operation, input, owner)
  if (rightful.answer !== 'accepted' || rightful.response === null)
    throw new Unproven(
      `${operation} was refused to ${owner}`,
      'the owner must be able to make the call: check the profile',
    )
  const { path, body } = rightful.request
  const tokens = privateTokens(rightful.response.body, mark, `${path} ${body ?? ''} ${JSON.stringify(input)}`)
  return {
    operation,
    input,
    own: tokens.length > 0,
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

/** Shorter than what is looked for, so that an answer that repeats the question holds no trace. */
const searchFor = (mark: string) => mark.slice(0, 12)

interface ThrowAway {
  readonly id: string | null
  readonly mark: string
  /** The input by which other operations name it. */
  readonly reference: Input
}

async function make(ground: Ground, kind: string, mark: string, later = false): Promise<ThrowAway> {
  const { api, owner, mailbox } = ground
  const input = kinds[kind]?.make(mark, ground) ?? {}
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
  if (id !== null && api.has(`${kind}.get`)) {
    const { body } = await looked(api.call(`${kind}.get`, { id }, owner))
    return { body, there: body.includes(mark.slice(0, 16)), single: true }
  }
  const list = `${kind}.list`
  // Without a list, what has no id cannot be looked for.
  if (!api.has(list)) return { body: '', there: false, single: false }
  const question = {
    ...(api.has(list, 'search') ? { search: searchFor(mark) } : {}),
    ...(api.has(list, 'limit') ? { limit: 100 } : {}),
  }
  let cursor: unknown
  for (let page = 1; ; page++) {
    const { body, next } = await looked(
      api.call(list, { ...question, ...(cursor === undefined ? {} : { cursor }) }, owner),
    )
    const there = body.includes(mark.slice(0, 16))
    if (there || page === 20 || typeof next !== 'string' || next === '' || !api.has(list, 'cursor'))
      return { body, there, single: false }
    cursor = next
  }
}

/** An answer that shows the object or says that there is none: anything else shows nothing. */
async function looked(call: Promise<Exchange>): Promise<{ body: string; next: unknown }> {
  const { operation, answer, response, failure, result } = await call
  if (response === null || ['limited', 'broken', 'refused'].includes(answer))
    throw new Unproven(
      `looking back by ${operation} was answered ${response?.status ?? failure}`,
      'the owner must be able to see the object: see whether the target is up, its limits and the profile',
    )
  return { body: response.body, next: result?.['next'] }
}

interface Sight {
  readonly body: string
  readonly there: boolean
  /** The body is of the object alone; a list changes with every other object in it. */
  readonly single: boolean
}

function leastRole(api: Api): string {
  const limited = Object.entries(api.profile.roles).find(([, allowed]) => allowed !== '*')
  return limited?.[0] ?? Object.keys(api.profile.roles)[0] ?? 'member'
}
