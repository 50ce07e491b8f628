import { readOpenApi } from '../api/openapi.ts'
import { newCanary } from '../check/canary.ts'
import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, Severity } from '../model.ts'
import { privateTokens, sameShape } from '../probes/disclosure.ts'
import { type Guess, guessesAt, isRoute, pathsNamed } from '../probes/shadow-routes.ts'
import { NotApplicable } from '../verdicts.ts'
import { fits, isCalled } from './called-paths.ts'
import { bareRequest, type DocumentedRead, documentedReads } from './documented-reads.ts'
import { owner } from './sample-input.ts'

/** A guess, and how to judge it. */
export interface ShadowRoute extends Variant {
  readonly kind: Guess['kind']
  judge(): Promise<void>
}

/** A documented read, what it shows to who may make it, and whether it refuses nobody in particular. */
interface Sibling {
  readonly path: string
  readonly exchange: Exchange
  readonly body: string
  readonly isRefusedToNobody: boolean
  /** What of it is private. */
  readonly tokens: readonly string[]
}

/** Of each path: so many of its form that nobody has, at least, show what is answered there anyway. */
const fewestControls = 3
/** Of these, the closed ones are tried first. */
const mostReads = 12

/** Paths that the document does not have, each with what would be there. */
export async function shadowRoutes(kit: Kit): Promise<ShadowRoute[]> {
  const { api, profile } = kit
  const { operations } = await readOpenApi(api)
  const reads = (await documentedReads(kit)).filter(({ documented }) => !documented.path.includes('{'))
  const found = await Promise.all(reads.slice(0, mostReads).map((read) => siblingOf(read, kit)))
  const siblings = found.filter((sibling) => sibling !== null && 'tokens' in sibling)
  const silent = found.filter((each) => each !== null && 'unanswered' in each)
  const { origin } = new URL(profile.target.url)
  const isKnown = (path: string) =>
    operations.some((operation) => fits(path, operation.path)) ||
    isCalled({ method: 'GET', origin, path }, profile)
  const ask = async (path: string, as: string | null, operation: string | null = null) =>
    api.send(await bareRequest(kit, path, as), { operation, principal: as ?? 'anonymous' })
  const { response } = await ask('/robots.txt', null)
  const isText = response?.headers.some(
    ([name, value]) => name === 'content-type' && value.startsWith('text/plain'),
  )
  const links = siblings.flatMap(({ exchange }) =>
    (exchange.response?.headers ?? []).filter(([name]) => name === 'link').map(([, value]) => value),
  )
  const named = pathsNamed(origin, links, isText === true ? (response?.body ?? '') : '')

  const controls = new Map<string, Promise<Exchange>>()
  /** What paths of this form that nobody has are answered, to who may, to nobody, and to who may again; each asked once. */
  const beside = (form: string, count: number) => {
    const asked = [owner, null, owner].slice(0, count).map((as, at) => {
      const key = `${at} ${form}`
      const known = controls.get(key) ?? ask(form.replace('{random}', newCanary()), as)
      controls.set(key, known)
      return known
    })
    return Promise.all(asked)
  }
  const guesses = guessesAt(siblings, named, isKnown).map((guess) => ({
    name: guess.path,
    kind: guess.kind,
    judge: () => judge(guess, siblings, { ask, beside }, kit),
  }))
  return [
    ...guesses,
    ...silent.map(({ path, unanswered }) => ({
      name: `beside ${path}`,
      kind: 'another version' as const,
      judge: async () => void kit.verify.answered(unanswered),
    })),
  ]
}

interface Tools {
  ask(path: string, as: string | null, operation?: string | null): Promise<Exchange>
  beside(form: string, count: number): Promise<Exchange[]>
}

async function judge(
  guess: Guess,
  siblings: readonly Sibling[],
  { ask, beside }: Tools,
  kit: Kit,
): Promise<void> {
  const { api, verify } = kit
  const sibling = siblings.find(({ path }) => path === guess.of) ?? null
  const body = sibling?.body ?? null
  const operation = sibling?.exchange.operation ?? null
  const each = Math.ceil(fewestControls / guess.beside.length)
  const others = (await Promise.all(guess.beside.map((form) => beside(form, each)))).flat()
  for (const other of others) wasAnswered(other, kit)
  verify.held(others.length >= fewestControls, 'nothing of the same form was asked for')
  const shows = ({ response }: Exchange) =>
    response !== null && response.status >= 200 && response.status < 300 && isRoute(response.body, body)

  // Routers leave out what stands at the end of a path: that alone leads nobody to more than is his.
  const isAlias = guess.kind === 'another ending'
  const nobodys = isAlias ? await ask(guess.path, null, operation) : null
  const exchange = nobodys ?? (await ask(guess.path, owner, operation))
  wasAnswered(exchange, kit)
  if (!shows(exchange)) return void verify.that(true, { expected: '', actual: '' })
  const open = nobodys ?? (await ask(guess.path, null, operation))
  wasAnswered(open, kit)
  const isOpen = shows(open)
  const shown = open.response?.body ?? ''
  const secrets = siblings.flatMap(({ tokens, isRefusedToNobody }) => (isRefusedToNobody ? tokens : []))
  const isDisclosed =
    isOpen &&
    (secrets.some((token) => shown.includes(token)) ||
      (sibling?.isRefusedToNobody === true && sameShape(shown, sibling.body)))
  verify.applies(
    isDisclosed || !others.some(shows),
    'paths of the same form that nobody has are answered with data as well',
  )
  const severity: Severity = isDisclosed ? 'high' : isOpen ? 'low' : 'medium'
  verify.that(false, {
    ...{ of: isOpen ? open : exchange, severity },
    expected: 'no more there than at a path that nobody has: the document does not know it',
    actual: isOpen
      ? `nobody in particular is answered ${api.said(open)} with data${isDisclosed ? ', which is refused to him where it is documented' : ''}`
      : `${owner} is answered ${api.said(exchange)} with data`,
  })
}

/** A limit, an error or silence says nothing of what is there. */
function wasAnswered(exchange: Exchange, { verify }: Pick<Kit, 'verify'>): void {
  const { response, answer } = exchange
  if (response === null || answer === 'limited' || response.status >= 500) verify.answered(exchange)
}

/** A documented read that a limit or silence kept from its answer: what stands beside it cannot be told. */
interface Unanswered {
  readonly path: string
  readonly unanswered: Exchange
}

async function siblingOf(read: DocumentedRead, { api }: Kit): Promise<Sibling | Unanswered | null> {
  const asked = async (as?: null) => {
    try {
      return await read.ask(as)
    } catch (error) {
      // Nobody knows with what.
      if (error instanceof NotApplicable) return null
      throw error
    }
  }
  const [exchange, again, nobodys] = [await asked(), await asked(), await asked(null)]
  const { status = 0, body = '' } = exchange?.response ?? {}
  const { path } = read.documented
  if (exchange?.response === null || exchange?.answer === 'limited') return { path, unanswered: exchange }
  if (exchange === null || status < 200 || status > 299 || !isRoute(body, body)) return null
  const asks = read.documented.secured !== false && api.profile.principals[owner]?.none !== true
  const refused = nobodys?.response?.status ?? 0
  const found = privateTokens(body, newCanary(), exchange.request.path)
  return {
    ...{ path, exchange, body },
    isRefusedToNobody: asks && ([401, 403, 404].includes(refused) || (refused >= 300 && refused < 400)),
    // What is another with each request is nobody's secret.
    tokens: found.filter((token) => again?.response?.body.includes(token) === true),
  }
}
