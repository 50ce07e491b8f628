import type { Input } from '../api/api.ts'
import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { isLike } from '../probes/answer-shapes.ts'
import { limitBypasses } from '../probes/limit-bypasses.ts'
import type { Principal } from '../profile/shape.ts'
import { createAccounts } from './accounts.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { inPlaceOf, keyBearers, madeUpLike } from './doors.ts'

/** Guesses in disguise of one kind, and more than these until a throttle is due: twice what it is tried for, and no plain guess is missed. */
const [inDisguise, mostPlain] = [3, 130]

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
}

const asItIs = (request: HttpRequest) => request

const changes: readonly Disguise[] = limitBypasses.map(({ name, change }) => ({
  name: `a change of the ${name}`,
  change,
}))

/** Ways to write one account down that some take for the same when they look it up, and not when they count. */
const accountSpellings: readonly Disguise[] = [
  { name: 'the account in capitals', spell: (account) => account.toUpperCase() },
  { name: 'the account with a capital', spell: (account) => account.replace(/^./, (c) => c.toUpperCase()) },
  { name: 'the account with blanks around it', spell: (account) => ` ${account} ` },
  { name: 'the account with a dot at its end', spell: (account) => `${account}.` },
]

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

/** Passwords of an account that is made for it, and keys, as far as the profile declares them. */
export function guardedThings(kit: Kit): Guarded[] {
  return [...passwords(kit), ...keys(kit)]
}

function passwords(kit: Kit): Guarded[] {
  const { api, mailbox } = kit
  const declares = (operation: 'session.create' | 'user.create') =>
    api.has(operation, 'email') && api.has(operation, 'password')
  if (!declares('session.create') || !declares('user.create')) return []
  const ready = createAccounts(kit).create('disguised')
  return [
    {
      ...{ name: 'passwords', ready, disguises: [...changes, ...accountSpellings] },
      async show(secret, { spell, change = asItIs }: Partial<Disguise> = {}, n = 1) {
        const { email, password } = await ready
        const input = {
          email: spell?.(email) ?? email,
          password: secret === 'right' ? password : `Wrong-${mailbox.canary()}`,
        }
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
    const as = await inPlaceOf(api, bearer, key)
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

/** Wrong ones as they are, until one is held back: that one. `null` where none of so many is. */
async function exhaust({ verify }: Pick<Kit, 'verify'>, { show }: Guarded): Promise<Exchange | null> {
  for (let guess = 0; guess < mostPlain; guess++) {
    const exchange = await show('wrong')
    if (exchange.answer === 'limited') return exchange
    verify.answered(exchange)
  }
  return null
}

/**
 * Of the disguises those in which the right secret lets in, as it does where it is shown plainly: another leads to something else,
 * such as a page for whatever is not known, and no guess is looked at by it.
 */
async function looksAlike(guarded: Guarded, plain: Exchange): Promise<ReadonlySet<Disguise>> {
  const found = new Set<Disguise>()
  for (const disguise of guarded.disguises) {
    const exchange = await guarded.show('right', disguise)
    if (exchange.answer === 'accepted' && isLike(plain, exchange)) found.add(disguise)
  }
  return found
}

/** Verdicts: while a guess as it is is held back, so it is in every disguise in which the right secret would be let in. */
export async function throttleHoldsInDisguise(
  kit: Pick<Kit, 'api' | 'verify'>,
  guarded: Guarded,
): Promise<void> {
  const { api, verify } = kit
  const plain = await guarded.show('right')
  verify.accepted(plain)
  const open = await looksAlike(guarded, plain)
  let serial = 1
  verify.applies(
    (await exhaust(kit, guarded)) !== null,
    `${mostPlain} guesses were looked at, or held back in silence: there is no throttle to be seen (rate-limit/cred-guess)`,
  )
  await verify.each(
    guarded.disguises,
    async (disguise) => {
      verify.applies(open.has(disguise), 'the right secret is not let in so, and no guess is looked at')
      const before = await exhaust(kit, guarded)
      verify.held(before !== null, 'guesses are not held back any more')
      const made: Exchange[] = []
      // One address that is claimed in several fields has one budget.
      while (made.length < inDisguise) made.push(await guarded.show('wrong', disguise, ++serial))
      const looked = made.filter(({ answer }) => answer === 'refused' || answer === 'accepted')
      const after = await guarded.show('wrong')
      const [of] = looked
      const leads = looked.length === inDisguise
      verify.held(
        !leads || after.answer === 'limited',
        `a guess as it is was answered ${api.said(after)} right after: whether the others were let through for their disguise cannot be told`,
        'lengthen the window of the throttle in this environment, or run it on a quieter machine',
      )
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
        actual: `${looked.length} of ${inDisguise} guesses were looked at so, and those as they are held back before and after`,
      })
    },
    'one by one',
  )
}
