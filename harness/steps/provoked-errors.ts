import type { Kit } from '../check/kit.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { leaksIn } from '../probes/error-leaks.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { Operation } from '../profile/shape.ts'
import { canSay, freshMark, sampleOf } from './sample-input.ts'
import { callerOf } from './throw-away.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'runReach'>

/** A request that no program can carry out, and that changes nothing where one does. */
export interface Provocation {
  readonly name: string
  readonly operation: DeclaredOperation
  send(): Promise<Exchange>
}

interface Way {
  readonly name: string
  /** Of what object the call is said to be. */
  readonly id?: string
  /** A body holds the mark, by which what came of it would be found. */
  change?(request: HttpRequest, mark: string): HttpRequest
}

const withQuery = (request: HttpRequest, query: string): HttpRequest => ({
  ...request,
  path: `${request.path}${request.path.includes('?') ? '&' : '?'}${query}`,
})

/** `type` stands in place of the request's own. */
const withBody = (request: HttpRequest, type: string, body: string | Buffer): HttpRequest => ({
  ...request,
  headers: [...request.headers.filter(([name]) => name !== 'content-type'), ['content-type', type]],
  body,
})

const deep = 2000

/** What parsers, databases and templates stumble over. Names are nobody's: an API that knows none leaves them out. */
const ofReads: readonly Way[] = [
  {
    name: 'numbers that are none',
    change: (request) => withQuery(request, 'limit=-1e999&page=NaN&offset[]=%00&sort[$gt]=&cursor=%FF%FE'),
  },
  {
    name: 'quotes in parameters',
    change: (request) => withQuery(request, 'sort=%27%22%60%5C&order=%27--&filter=%7B%22'),
  },
  {
    name: 'a type that nobody gives',
    change: (request) => ({
      ...request,
      headers: [...request.headers.filter(([name]) => name !== 'accept'), ['accept', 'x/;q=z, postern/*;']],
    }),
  },
]
const ofObjects: readonly Way[] = [
  { name: 'quotes for an id', id: `'"\`\\{{` },
  { name: 'a number too large for an id', id: '99999999999999999999999999' },
  {
    name: 'a byte of no text for an id',
    id: '%',
    change: (request) => ({ ...request, path: request.path.replace('%25', '%FF') }),
  },
  { name: 'a long id', id: 'a'.repeat(2000) },
]
const ofBodies: readonly Way[] = [
  {
    name: 'JSON that breaks off',
    change: (request, mark) => withBody(request, 'application/json', `{"name": "${mark}", "to": [`),
  },
  {
    name: 'JSON that is no UTF-8',
    change: (request, mark) =>
      withBody(request, 'application/json', Buffer.from(`"${mark}\xff\xfe\x80"`, 'latin1')),
  },
  {
    name: 'a type of body that nobody takes',
    change: (request, mark) => withBody(request, 'application/x-postern', mark),
  },
]
/** Where a program does not look at its input, these are carried out, as nothing. */
const ofWrites: readonly Way[] = [
  { name: 'a text', change: (request, mark) => withBody(request, 'application/json', JSON.stringify(mark)) },
  {
    name: 'a list in place of an object',
    change: (request, mark) => withBody(request, 'application/json', JSON.stringify([[mark]])),
  },
  {
    name: 'a deep list',
    change: (request, mark) =>
      withBody(request, 'application/json', `${'['.repeat(deep)}"${mark}"${']'.repeat(deep)}`),
  },
]

/** An id of the form that the target may have, and that nobody has: what changes is called for nothing. */
const nobodys = '00000000-0000-4000-8000-000000000000'

/**
 * Ways to have the target say what goes wrong: in each of its reads by parameters, ids and types, in each call that takes JSON by
 * what is none. Nothing is made, changed or deleted by them; what a careless program might carry out is sent from `intrusive` on.
 */
export function provocations(ground: Ground): Provocation[] {
  const { api, runReach } = ground
  return Object.values(api.profile.operations).flatMap((operation) => {
    if (operation.effect === 'delete' || !api.has<DeclaredOperation>(operation.name)) return []
    const isRead = operation.effect === 'read'
    const takesJson = operation.body.kind === 'json'
    if (isRead ? !canSay(operation) : !takesJson) return []
    const ways = [
      ...(isRead ? ofReads : []),
      ...(isRead && operation.object !== null ? ofObjects : []),
      ...(takesJson ? ofBodies : []),
      ...(takesJson && (isRead || runReach !== 'safe') ? ofWrites : []),
    ]
    return ways.map((way) => provocation(ground, operation, way))
  })
}

function provocation(ground: Ground, operation: Operation, way: Way): Provocation {
  const { api } = ground
  const { name, object } = operation
  const principal = operation.as === null ? 'anonymous' : callerOf(api, operation)
  return {
    name: way.name,
    operation: name,
    async send() {
      const mark = freshMark()
      const sample = operation.effect === 'read' ? sampleOf(ground, operation, mark).input : {}
      const input = object === null ? sample : { ...sample, [object]: way.id ?? nobodys }
      const request = await api.prepare(name, input, operation.as === null ? null : principal)
      const about = { operation: name, principal, input: { name: mark } }
      return api.send(way.change?.(request, mark) ?? request, about)
    },
  }
}

/** A verdict: what was answered tells nothing of the inside; `whose`: where another check was, a few words before. */
export function tellsNothing({ api, verify }: Pick<Kit, 'api' | 'verify'>, of: Exchange, whose = ''): void {
  const leaks = leaksIn(of)
  const [worst] = leaks
  verify.that(worst === undefined, {
    ...{ of, severity: worst?.severity, around: worst?.text },
    expected: 'an error that says what is wrong with the request alone',
    actual: `${whose}${api.said(of)}: it tells ${leaks.map(({ what, text }) => `${what} (${text})`).join('; ')}`,
  })
}
