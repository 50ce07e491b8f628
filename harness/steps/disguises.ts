import type { Input } from '../api/api.ts'
import { newPassword } from '../check/canary.ts'
import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { withMembers } from '../probes/added-members.ts'
import { isLike } from '../probes/answer-shapes.ts'
import { fieldBypasses, type LimitBypass, limitBypasses } from '../probes/limit-bypasses.ts'
import type { Operation, Principal } from '../profile/shape.ts'
import { canMakeAccounts, createAccounts, signInInput } from './accounts.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { saidBy, wrongCode } from './code-guesses.ts'
import { keyBearers, madeUpLike, withSecret } from './doors.ts'
import { once } from './once.ts'
import { hasAuthenticators, secondFactors } from './second-factors.ts'
import { untilAllowed } from './timing.ts'

/** More guesses than these until a throttle is due: twice what it is tried for, and no plain guess is missed. */
const mostPlain = 130

/**
 * Guesses as they are stand between those in disguise, unevenly: of what comes free while a window moves on, or drop by drop, some
 * would fall to them.
 */
const order = ['disguised', 'disguised', 'plain', 'plain', 'plain', 'disguised', 'plain'] as const
const inDisguise = order.filter((kind) => kind === 'disguised').length
/** Where a window ended meanwhile: so often in all. */
const tries = 3

/** What a throttle may take for somebody else's; `n` is another one for every request. */
export interface Disguise extends Variant {
  /** Of the secret's holder, an account. */
  spell?(account: string): string
  change?(request: HttpRequest, n: number): HttpRequest
}

/** What is guessed at, with what is right there. */
export interface Guarded extends Variant {
  /** A guard: who guesses nothing is let in. */
  readonly ready: Promise<unknown>
  readonly disguises: readonly Disguise[]
  /** Shows a secret of which nobody knows, or the right one. */
  show(secret: 'wrong' | 'right', disguise?: Disguise, n?: number): Promise<Exchange>
  /** What is right there is right once, and somebody new's: it is shown in the disguises alone in which wrong ones seem to be looked at. */
  readonly isRightOnce?: boolean
}

type ThrottleKit = Pick<Kit, 'api' | 'profile' | 'reach' | 'verify'>

const asItIs = (request: HttpRequest) => request

const asDisguise = ({ name, change }: LimitBypass): Disguise => ({ name: `a change of the ${name}`, change })
const changes = limitBypasses.map(asDisguise)

/** Ways to write one account down that some take for the same when they look it up, and not when they count. */
const accountSpellings: readonly Disguise[] = [
  { name: 'the account in capitals', spell: (account) => account.toUpperCase() },
  { name: 'the account with a capital', spell: (account) => account.replace(/^./, (c) => c.toUpperCase()) },
  { name: 'the account with blanks around it', spell: (account) => ` ${account} ` },
  { name: 'the account with a dot at its end', spell: (account) => `${account}.` },
]

/**
 * A member more, by a name that bodies have for an account and this one has not: a throttle for all calls that name one may count by it,
 * though the sign-in does not know it.
 */
function namesBeside(body: Operation['body'] | undefined): Disguise[] {
  if (body?.kind !== 'json' && body?.kind !== 'form') return []
  const { names, source } = body.expression
  const isThere = (name: string) =>
    names === null ? name === 'email' : new RegExp(`["']${name}["']\\s*:`).test(source)
  return ['email', 'username']
    .filter((name) => !isThere(name))
    .map((name) => ({
      name: `another ${name} beside the account`,
      change: (request, n) => withMembers(request, { [name]: `other-${n}@beside.example` }) ?? request,
    }))
}

const withAuthorization =
  (write: (value: string) => string) =>
  (request: HttpRequest): HttpRequest => ({
    ...request,
    headers: request.headers.map(([name, value]) =>
      name.toLowerCase() === 'authorization' ? [name, write(value)] : [name, value],
    ),
  })

/** RFC 9110 §11.1: the scheme is case-insensitive. */
const keySpellings: readonly Disguise[] = [
  {
    name: 'the scheme in small letters',
    change: withAuthorization((value) => value.replace(/^\S+/, (scheme) => scheme.toLowerCase())),
  },
  {
    name: 'the scheme in capitals',
    change: withAuthorization((value) => value.replace(/^\S+/, (scheme) => scheme.toUpperCase())),
  },
  { name: 'two blanks behind the scheme', change: withAuthorization((value) => value.replace(' ', '  ')) },
]

/** A key in a field of its own has no scheme that could be spelled otherwise. */
function showsScheme({ bearer, basic, headers = {} }: Principal = {}): boolean {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  return bearer !== undefined || basic !== undefined || names.includes('authorization')
}

/** Passwords of an account that is made for it, keys, and codes behind a password, as far as the profile declares them. */
export function guardedThings(kit: Kit): Guarded[] {
  return [...passwords(kit), ...keys(kit), ...codes(kit)]
}

function passwords(kit: Kit): Guarded[] {
  const { api } = kit
  const declares = (operation: 'session.create' | 'user.create') =>
    api.has(operation, 'email') && api.has(operation, 'password')
  if (!declares('session.create') || !declares('user.create')) return []
  const ready = createAccounts(kit).create('disguised')
  const { body } = api.profile.operations['session.create'] ?? {}
  const disguises = [...changes, ...accountSpellings, ...namesBeside(body)]
  return [
    {
      ...{ name: 'passwords', ready, disguises },
      async show(secret, { spell, change = asItIs }: Partial<Disguise> = {}, n = 1) {
        const { email, password } = await ready
        const input = signInInput(kit, {
          email: spell?.(email) ?? email,
          password: secret === 'right' ? password : newPassword('Wrong'),
        })
        return shown(kit, 'session.create', input, undefined, (request) => change(request, n))
      },
    },
  ]
}

function keys(kit: Kit): Guarded[] {
  const { api, mailbox, profile } = kit
  const bearers = keyBearers(profile).filter((name) => profile.principals[name]?.sigv4 === undefined)
  const reads = plainReads(kit)
  const pairs = bearers.flatMap((bearer) => reads.map((read) => ({ bearer, read })))
  const [first] = pairs
  if (first === undefined) return []
  const showAt = async (
    { bearer, read }: typeof first,
    secret: 'wrong' | 'right',
    { change = asItIs }: Partial<Disguise> = {},
    n = 1,
  ) => {
    const { token } = await api.credential(bearer)
    const key = secret === 'right' ? token : madeUpLike(token, mailbox.canary())
    const as = withSecret(await api.credential(bearer), key)
    return shown(kit, read, inputAlone(kit, read) ?? {}, as, (request) => change(request, n), bearer)
  }
  const allowed = (async () => {
    for (const pair of pairs) if ((await showAt(pair, 'right')).answer === 'accepted') return pair
    return first
  })()
  allowed.catch(() => {})
  return [
    {
      ...{ name: 'API keys', ready: allowed },
      disguises: [
        ...changes,
        ...(bearers.some((name) => showsScheme(profile.principals[name])) ? keySpellings : []),
      ],
      show: async (...shows) => showAt(await allowed, ...shows),
    },
  ]
}

/** Of a second factor: each behind a password of its own, since wrong ones may end the sign-in that they are for. */
function codes(kit: Kit): Guarded[] {
  const { api } = kit
  if (!hasAuthenticators(api) || !canMakeAccounts(api)) return []
  const factors = once(async () => secondFactors(kit))
  const ready = factors().then(async ({ enroll }) => enroll('disguised'))
  return [
    {
      ...{
        name: 'codes of a second factor',
        ready,
        disguises: fieldBypasses.map(asDisguise),
        isRightOnce: true,
      },
      async show(secret, { change = asItIs }: Partial<Disguise> = {}, n = 1) {
        const { begin, enroll, showing, shownRight } = await factors()
        // Whoever has shown a right one has no other for half a minute.
        const person = await (secret === 'right' ? enroll('right') : ready)
        const show = async (code: string) => {
          const { operation, input, as } = showing(person, await begin(person), code)
          return shown(kit, operation, input, as, (request) => change(request, n))
        }
        return secret === 'right' ? shownRight(person, show) : show(wrongCode(kit, person))
      },
    },
  ]
}

async function shown(
  { api }: Pick<Kit, 'api'>,
  operation: Parameters<Kit['api']['prepare']>[0],
  input: Input,
  as: Parameters<Kit['api']['prepare']>[2],
  change: (request: HttpRequest) => HttpRequest,
  refersTo?: string,
): Promise<Exchange> {
  const request = await api.prepare(operation, input, as, { refersTo })
  return api.send(change(request), { operation, principal: 'a guesser', input, unlimited: true })
}

/** Wrong ones as they are, until one is held back: that one, `null` where none of so many is; and one that was looked at before. */
async function exhaust(
  { verify }: Pick<Kit, 'verify'>,
  { show }: Guarded,
): Promise<{ readonly limited: Exchange | null; readonly wrong: Exchange | null }> {
  let wrong: Exchange | null = null
  for (let guess = 0; guess < mostPlain; guess++) {
    const exchange = await show('wrong')
    if (exchange.answer === 'limited') return { limited: exchange, wrong }
    verify.answered(exchange)
    wrong ??= exchange
  }
  return { limited: null, wrong }
}

/** What the right secret is answered in each disguise. */
async function rightOnesIn(kit: ThrottleKit, guarded: Guarded): Promise<ReadonlyMap<Disguise, Exchange>> {
  const seen = new Map<Disguise, Exchange>()
  for (const disguise of guarded.disguises) seen.set(disguise, await rightOne(kit, guarded, disguise))
  return seen
}

/** What others have failed at may hold everybody back for a while. */
async function rightOne(kit: ThrottleKit, { show }: Guarded, disguise?: Disguise): Promise<Exchange> {
  const exchange = await show('right', disguise)
  if (exchange.answer !== 'limited' || !(await untilAllowed(kit, exchange))) return exchange
  return show('right', disguise)
}

/** Verdicts: while a guess as it is is held back, so it is in every disguise in which the right secret would be let in. */
export async function throttleHoldsInDisguise(kit: ThrottleKit, guarded: Guarded): Promise<void> {
  const { api, verify } = kit
  const plain = await rightOne(kit, guarded)
  verify.accepted(plain)
  const right = guarded.isRightOnce === true ? null : await rightOnesIn(kit, guarded)
  let serial = 1
  const next = () => ++serial
  const { limited, wrong } = await exhaust(kit, guarded)
  verify.applies(
    limited !== null,
    `${mostPlain} guesses were looked at, or held back in silence: there is no throttle to be seen (rate-limit/cred-guess)`,
  )
  await verify.each(
    guarded.disguises,
    async (disguise) => {
      const asRight = right?.get(disguise)
      // Some count whoever signs in, and by right too.
      verify.held(
        asRight?.answer !== 'limited',
        'the right secret was held back so, before anybody had guessed: whether guesses are looked at cannot be told',
        'raise the limit of those who show the right one in this environment, or shorten its window',
      )
      verify.applies(
        // Another may be answered by a page for whatever is not known.
        right === null || (asRight?.answer === 'accepted' && isLike(plain, asRight)),
        'the right secret is not let in so, and no guess is looked at',
      )
      let seen = await ordered(kit, guarded, disguise, next, wrong)
      for (let tried = 1; tried < tries && seen.free !== null; tried++)
        seen = await ordered(kit, guarded, disguise, next, wrong)
      const { before, looked, odd, free } = seen
      verify.held(
        free === null,
        `a guess as it is was ${free === null ? '' : `answered ${api.said(free)}`} right after: whether the others were let through for their disguise cannot be told`,
        'lengthen the window of the throttle in this environment, or run it on a quieter machine',
      )
      verify.applies(
        right !== null || odd === null,
        `a guess was answered ${odd === null ? '' : api.said(odd)} so, and not as one that is looked at`,
      )
      const [of] = looked
      const leads = looked.length === inDisguise
      // A guard: these may be the words for a sign-in that is over, whatever is shown.
      if (leads && right === null) verify.accepted(await guarded.show('right', disguise, next()))
      verify.that(!leads, {
        of,
        volleys:
          of === undefined || before === null
            ? undefined
            : [
                { of: before, count: mostPlain },
                { of, count: 1 },
              ],
        expected: `${disguise.name} makes no difference: guesses as they are were held back`,
        actual: `${looked.length} of ${inDisguise} guesses were looked at so, and those as they are held back before, between and after`,
      })
    },
    'one by one',
  )
}

/**
 * Many answer a wrong password as they answer wrong input, by 400: it is one where a guess as it is was answered like it. Where nothing else
 * shows that it was looked at, in the same words.
 */
function isLookedAt({ isRightOnce }: Guarded, made: Exchange, wrong: Exchange | null): boolean {
  if (isRightOnce === true) return wrong !== null && saidBy(made) === saidBy(wrong)
  if (made.answer === 'refused' || made.answer === 'accepted') return true
  return made.answer === 'invalid' && wrong?.answer === 'invalid' && isLike(wrong, made)
}

interface Ordered {
  /** A guess as it is that was held back: with none there is no verdict. */
  readonly before: Exchange | null
  /** Of those in disguise, until one is held back. */
  readonly looked: readonly Exchange[]
  /** One in disguise that was neither looked at nor held back. */
  readonly odd: Exchange | null
  /** A guess as it is that was looked at after one in disguise had been. */
  readonly free: Exchange | null
}

async function ordered(
  kit: Pick<Kit, 'verify'>,
  guarded: Guarded,
  disguise: Disguise,
  next: () => number,
  wrong: Exchange | null,
): Promise<Ordered> {
  const { verify } = kit
  const { limited: before, wrong: another } = await exhaust(kit, guarded)
  const sample = wrong ?? another
  verify.held(before !== null, 'guesses are not held back any more')
  const looked: Exchange[] = []
  let odd: Exchange | null = null
  for (const kind of order) {
    if (kind === 'plain') {
      const plain = await guarded.show('wrong')
      if (plain.answer !== 'limited') return { before, looked, odd, free: plain }
      continue
    }
    // One address that is claimed in several fields has one budget.
    const made = await guarded.show('wrong', disguise, next())
    if (made.answer !== 'limited') verify.answered(made)
    if (isLookedAt(guarded, made, sample)) looked.push(made)
    else {
      odd = made.answer === 'limited' ? null : made
      break
    }
  }
  return { before, looked, odd, free: null }
}
