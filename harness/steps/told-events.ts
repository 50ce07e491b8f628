import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange, HttpRequest, Severity, WebhookScheme } from '../model.ts'
import {
  forgeries,
  hasId,
  rightlySigned,
  type Signed,
  type Unsigned,
  underAnotherId,
} from '../probes/webhook-forgeries.ts'
import { schemeOfName } from '../probes/webhook-signatures.ts'
import { everyItem } from './listings.ts'
import { once } from './once.ts'
import { secretIn } from './webhooks.ts'

type TellingKit = Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile' | 'verify'>

/** Where events are posted, and what signs them. */
interface Endpoint {
  /** `null` where there is one for all. */
  readonly id: string | null
  readonly secret: string
}

/** Somebody whom a message went to. */
interface Reader {
  readonly address: string
  /** What the target calls the message; `null` where events do not say it. */
  readonly message: string | null
  /** Of whose tenant it is, where that is another. */
  readonly as?: string
}

/** An event that was posted, and what is posted again of it. */
interface Told {
  readonly reader: Reader
  readonly plain: HttpRequest
  readonly signed: Signed
  readonly exchange: Exchange
}

/** Something that is told of a reader, and must have no effect. */
interface Attempt {
  readonly name: string
  readonly actual: string
  readonly severity?: Severity | undefined
  tell(): Promise<Pick<Told, 'reader' | 'exchange'>>
}

const neighbour = 'neighbour'
/** Of one message, where the target promises no other limit. */
const mostRecipients = 20
/** Milliseconds between two looks at the list. */
const pause = 200

/**
 * Verdicts on events that nobody has signed rightly, and on those that were told before. A guard: what is signed rightly suppresses
 * its reader; and so does one that comes after all the others, by which these were looked at.
 */
export async function forgedEvents(kit: TellingKit): Promise<Part[]> {
  const { api, profile, verify } = kit
  const scheme = schemeOfName(profile.ingest?.scheme)
  const { own, second, foreign } = await endpointsOf(kit)
  const forged = forgeries(scheme, {
    ...{ own: own.secret, endpoint: own.id },
    ...{ second: second?.secret ?? null, foreign: foreign?.secret ?? null },
  })
  const rightly = (reader: Reader) =>
    tell(kit, own, reader, (event) => rightlySigned(scheme, own.secret, event))
  const readers = await readersOf(kit, forged.length + 3)
  const next = () => readers.pop() as Reader

  const taken = [await rightly(next()), await rightly(next())]
  await suppressed(kit, taken, 'an event that was signed rightly')
  const attempts: Attempt[] = [
    ...forged.map(({ make, ...said }): Attempt => {
      const reader = next()
      return { ...said, tell: () => tell(kit, own, reader, make) }
    }),
    ...ofAnotherTenant(kit, own, rightly),
    ...toldAgain(kit, scheme, taken),
  ]
  const told = await Promise.allSettled(attempts.map((attempt) => attempt.tell()))
  await suppressed(kit, [await rightly(next())], 'an event that was signed rightly, after all the others,')
  const readersTold = told.flatMap((each) => (each.status === 'fulfilled' ? [each.value.reader] : []))
  const listOf = (as?: string) => {
    const theirs = readersTold.filter((reader) => reader.as === as)
    return once(() => listed(kit, theirs, as))
  }
  const [mine, theirs] = [listOf(), listOf(neighbour)]

  return attempts.map(
    ({ name, actual, severity }, i): Part => ({
      name,
      async judge() {
        const outcome = told[i] as PromiseSettledResult<Pick<Told, 'reader' | 'exchange'>>
        if (outcome.status === 'rejected') throw outcome.reason
        const { reader, exchange } = outcome.value
        verify.answered(exchange, 'the effect decides')
        const list = await (reader.as === undefined ? mine() : theirs())
        verify.that(!list.has(reader.address), {
          ...{ of: exchange, severity },
          expected: `${reader.address} goes on getting mail: nobody who may has just told of it`,
          actual: `${actual}; that was answered ${api.said(exchange)}, and ${reader.address} is on the suppression list`,
        })
      },
    }),
  )
}

/** A guard: where events of the tenant are posted, and of another one. */
async function endpointsOf(kit: TellingKit) {
  const { api, profile, verify } = kit
  const secret = profile.ingest?.secret
  if (!api.has('relay.create')) {
    verify.held(
      secret !== undefined,
      'nothing says what signs the events that are posted to the target',
      'set a secret for tests there and name it (ingest.secret in the profile), or declare relay.create where an endpoint is made with one',
    )
    return { own: { id: null, secret: String(secret) }, second: null, foreign: null }
  }
  const make = async (as?: string): Promise<Endpoint> => {
    const input = api.carried('relay.create', { name: kit.mailbox.canary() })
    const made = verify.accepted(await api.call('relay.create', input, as))
    const id = made.result?.['id']
    return { id: typeof id === 'string' ? id : null, secret: secretIn(kit, made) }
  }
  const foreign = profile.principals[neighbour] === undefined ? null : await make(neighbour)
  return { own: await make(), second: await make(), foreign }
}

/** A guard: as many as that, of as few messages as there may be. */
async function readersOf(kit: TellingKit, count: number, as?: string): Promise<Reader[]> {
  const { api, mailbox, post, profile, verify } = kit
  const addresses = Array.from({ length: count }, () => mailbox.address('reader'))
  if (!api.has('event.ingest', 'message')) return addresses.map((address) => ({ address, message: null }))
  const most = Math.min(profile.policies.limits?.recipients ?? mostRecipients, mostRecipients)
  const readers: Reader[] = []
  for (let from = 0; from < count; from += most) {
    const to = addresses.slice(from, from + most)
    const { exchange } = await post.send({ to }, as)
    const id = verify.accepted(exchange).result?.['id']
    verify.held(
      typeof id === 'string' && id !== '',
      'message.send gives no id, by which events could tell of the message',
      'map result.id of message.send in the profile',
    )
    readers.push(...to.map((address) => ({ address, message: String(id), ...(as && { as }) })))
  }
  return readers
}

async function tell(
  kit: TellingKit,
  endpoint: Endpoint,
  reader: Reader,
  sign: (event: Unsigned) => Signed,
): Promise<Told> {
  const { api, verify } = kit
  const at = Date.now()
  const id = randomUUID()
  const input = {
    recipient: reader.address,
    ...api.carried('event.ingest', {
      ...{ relay: endpoint.id, message: reader.message, event: id },
      time: new Date(at).toISOString(),
    }),
  }
  const plain = await api.prepare('event.ingest', input)
  verify.held(
    typeof plain.body === 'string' && /^[[{]/.test(plain.body),
    'event.ingest has no body of JSON with an event in it',
    'describe it in the profile (operations.event.ingest.body)',
  )
  const signed = sign({ id, body: String(plain.body), at })
  return { reader, plain, signed, exchange: await postEvent(kit, reader, plain, signed) }
}

function postEvent(
  { api, profile }: TellingKit,
  { address, as }: Reader,
  plain: HttpRequest,
  { headers, body }: Signed,
): Promise<Exchange> {
  return api.send(
    { ...plain, headers: [...plain.headers, ...headers], body },
    {
      operation: 'event.ingest',
      principal: profile.operations['event.ingest']?.as ?? 'anonymous',
      makes: [{ operation: 'suppression.create', input: { email: address }, principal: as }],
    },
  )
}

/** A guard: the readers of these are on the list before long. */
async function suppressed(kit: TellingKit, told: readonly Told[], what: string): Promise<void> {
  const { api, profile, verify } = kit
  const within = profile.ingest?.within ?? profile.mail.delivery.within
  const until = Date.now() + within * 1000
  const readers = told.map(({ reader }) => reader)
  for (;;) {
    const found = await listed(kit, readers)
    const without = told.find(({ reader }) => !found.has(reader.address))
    if (without === undefined) return verify.held(true, what)
    verify.held(
      Date.now() < until,
      `${what} was answered ${api.said(without.exchange)}, and its reader is not on the suppression list within ${within} s`,
      'see that event.ingest tells of what suppresses somebody there, for a message of the same tenant, how it is signed (ingest in the profile), and the target’s log',
    )
    await after(pause)
  }
}

/** A guard: the addresses of these readers that the list shows, of which all was looked at. */
async function listed(
  { api, verify }: TellingKit,
  readers: readonly Reader[],
  as?: string,
): Promise<Set<string>> {
  const addresses = readers.map(({ address }) => address)
  const found = (items: readonly unknown[]) => {
    const text = JSON.stringify(items).toLowerCase()
    return addresses.filter((address) => text.includes(address.toLowerCase()))
  }
  const isAll = (items: readonly unknown[]) => found(items).length === addresses.length
  const { items, last } = await everyItem(api, 'suppression.list', as, isAll)
  const next = verify.accepted(last).result?.['next']
  verify.held(
    isAll(items) || typeof next !== 'string' || next === '',
    'the suppression list is longer than a check looks through',
    'run it against a tenant with fewer entries',
  )
  return new Set(found(items))
}

/** Events that had their effect, which is undone before they are told again. */
function toldAgain(kit: TellingKit, scheme: WebhookScheme, taken: readonly Told[]): Attempt[] {
  const { api, verify } = kit
  const undone = once(async () => {
    verify.applies(api.has('suppression.delete'), 'profile declares no suppression.delete')
    const readers = taken.map(({ reader }) => reader)
    for (const { address } of readers)
      verify.accepted(await api.call('suppression.delete', { email: address }))
    verify.held(
      (await listed(kit, readers)).size === 0,
      'who was taken off the suppression list is still on it',
      'see what suppression.delete of the profile does: some lists never let go of who complained',
    )
  })
  const again = (name: string, { reader, plain, signed }: Told, change: (signed: Signed) => Signed) => ({
    ...{ name, severity: 'medium' as const },
    actual: `${name} was told when the reader had been taken off the list`,
    async tell() {
      await undone()
      return { reader, exchange: await postEvent(kit, reader, plain, change(signed)) }
    },
  })
  const [first, second] = taken as [Told, Told]
  const renamed = (signed: Signed) => underAnotherId(scheme, signed, randomUUID())
  return [
    again('the same event again', first, (signed) => signed),
    ...(hasId(scheme) ? [again('the same event again, under another id', second, renamed)] : []),
  ]
}

/** What an endpoint tells of a message that its tenant never sent. */
function ofAnotherTenant(
  kit: TellingKit,
  own: Endpoint,
  rightly: (reader: Reader) => Promise<Told>,
): Attempt[] {
  const { api, profile } = kit
  // One endpoint for all is that of the provider, who may tell of everybody's.
  if (own.id === null || profile.principals[neighbour] === undefined) return []
  if (!api.has('event.ingest', 'message')) return []
  return [
    {
      name: 'a message of another tenant',
      actual: 'the endpoint of one tenant told of a message of another',
      async tell() {
        const [reader] = (await readersOf(kit, 1, neighbour)) as [Reader]
        return rightly(reader)
      },
    },
  ]
}
