import { randomBytes } from 'node:crypto'
import type { LiveCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange, Severity } from '../model.ts'
import {
  assertBy,
  type CeremonyOptions,
  type Forged,
  makePasskey,
  newKey,
  type Passkey,
  readOptions,
} from '../probes/webauthn.ts'
import { cookiesSetBy } from '../set-cookies.ts'
import { Unproven, unlessUnproven } from '../verdicts.ts'
import { neededOfAccounts, sessionIn, signInInput } from './accounts.ts'
import { type Door, doorOfSession } from './doors.ts'
import { type GuardForAll, guardForAll } from './guard-for-all.ts'
import { jarOf } from './second-factors.ts'
import { type SignedIn, signedIn } from './signed-in.ts'

/** What a check needs in the profile to make somebody with a passkey. */
export const neededOfPasskeys = [
  ...neededOfAccounts,
  ...(['passkey.creationOptions', 'passkey.register:credential'] as const),
  ...(['passkey.requestOptions', 'passkey.signIn:credential'] as const),
] as const

type PasskeyKit = Pick<Kit, 'api' | 'mailbox' | 'profile' | 'verify'>

/** Options, and what their answer is shown with. */
interface Begun {
  readonly options: CeremonyOptions
  readonly ceremony: string | null
  readonly cookies: readonly (readonly [string, string])[]
}

/** Somebody who was made for one check, and has not registered yet. */
interface Candidate extends SignedIn {
  readonly door: Door
}

/** Somebody who signs in with a passkey. */
interface Holder extends Candidate {
  readonly passkey: Passkey
}

/** By itself, or behind a password that was right. */
type Way = 'alone' | 'behind the password'

interface Passkeys {
  /** A guard: somebody new, who has signed in. */
  candidate(label: string): Promise<Candidate>
  /** A guard: they have registered a passkey, and sign in with it; which way. */
  enroll(label: string): Promise<{ readonly holder: Holder; readonly way: Way }>
  /** A guard: options for a new passkey. */
  beginRegistration(person: Candidate): Promise<Begun>
  /** A new one for these options, right but for what is forged, and what it answers. */
  make(begun: Begun, forged?: Forged): ReturnType<typeof makePasskey>
  register(person: Candidate, begun: Begun, credential: object): Promise<Exchange>
  /** A guard: they register one more, rightly. */
  registered<Person extends Candidate>(person: Person): Promise<Person & Holder>
  /** Options to sign in by. */
  begin(person: Candidate, way: Way): Promise<Begun>
  show(begun: Begun, credential: object): Promise<Exchange>
  /** Who is let in by the answer, as the door of this person says; `null` for nobody. */
  letIn(person: Candidate, exchange: Exchange): Promise<string | null>
  /** A right answer of a passkey, and whether it lets its holder in. */
  present(holder: Holder, way: Way): Promise<{ readonly shown: Exchange; readonly isIn: boolean }>
  /** A guard: a right answer lets its holder in. */
  signsIn(holder: Holder, way: Way): Promise<void>
}

export function passkeysOf(kit: PasskeyKit): Passkeys {
  const { api, profile, verify } = kit
  const originOf = ({ rpId }: CeremonyOptions) =>
    profile.passkeys?.origin ?? (rpId === null ? new URL(profile.target.url).origin : `https://${rpId}`)

  const begunBy = (exchange: Exchange, before: Begun['cookies'] = []): Begun => {
    const { operation, result } = verify.accepted(exchange)
    const options = readOptions(result?.['options'])
    const ceremony = result?.['ceremony']
    if (options === null)
      throw new Unproven(
        `${operation} was accepted and gave no options for a browser`,
        `map result.options of ${operation} in the profile: the object whose member challenge is a text`,
        'accepted',
      )
    const set = cookiesSetBy(exchange.response).map(({ name, value = '' }) => [name, value] as const)
    for (const [, value] of set) api.conceal('ceremony_cookie', value)
    const cookies = [...new Map([...before, ...set])]
    return { options, cookies, ceremony: typeof ceremony === 'string' ? ceremony : null }
  }

  const answerWith = ({ ceremony }: Begun, credential: object) => ({
    credential,
    ...(ceremony === null ? {} : { ceremony }),
  })

  const passkeys: Passkeys = {
    async candidate(label) {
      const person = await signedIn(kit, label)
      return { ...person, door: await doorOfSession(kit, person.session) }
    },
    async beginRegistration({ session, password }) {
      const proofs = api.carried('passkey.creationOptions', { password })
      return begunBy(await api.call('passkey.creationOptions', proofs, session))
    },
    make: ({ options }, forged) => makePasskey(options, originOf(options), forged),
    register: ({ session }, begun, credential) =>
      api.call(
        'passkey.register',
        api.carried('passkey.register', answerWith(begun, credential)),
        withCookies(session, begun.cookies),
      ),
    async registered(person) {
      const begun = await passkeys.beginRegistration(person)
      const { passkey, credential } = passkeys.make(begun)
      const made = await passkeys.register(person, begun, credential)
      verify.held(
        made.answer === 'accepted',
        `a right answer registers no passkey: ${api.said(made)}`,
        `the page is taken to be at ${passkey.origin}: say where it is under passkeys.origin in the profile`,
      )
      return { ...person, passkey }
    },
    async begin(person, way) {
      const { email } = person
      if (way === 'alone')
        return begunBy(
          await api.call('passkey.requestOptions', api.carried('passkey.requestOptions', { email })),
        )
      const first = verify.accepted(await api.call('session.create', signInInput({ api }, person)))
      const cookies = cookiesSetBy(first.response).map(({ name, value = '' }) => [name, value] as const)
      const challenge = first.result?.['challenge']
      const said = { email, ...(typeof challenge === 'string' ? { challenge } : {}) }
      const shown = api.carried('passkey.requestOptions', said)
      return begunBy(await api.call('passkey.requestOptions', shown, jarOf(cookies)), cookies)
    },
    show: (begun, credential) =>
      api.call(
        'passkey.signIn',
        api.carried('passkey.signIn', answerWith(begun, credential)),
        jarOf(begun.cookies),
      ),
    async letIn({ door }, exchange) {
      if (exchange.answer !== 'accepted') {
        verify.answered(exchange, 'the effect decides')
        return null
      }
      const credential = sessionIn({ api }, exchange)
      return credential === null ? null : (await door.show(credential.token)).caller
    },
    async present(holder, way) {
      const begun = await passkeys.begin(holder, way)
      const shown = await passkeys.show(begun, assertBy(holder.passkey, begun.options))
      return { shown, isIn: (await passkeys.letIn(holder, shown)) === holder.door.identity }
    },
    async signsIn(holder, way) {
      const { shown, isIn } = await passkeys.present(holder, way)
      const reason = `a right answer of a passkey does not sign in its holder: ${api.said(shown)}`
      const remedy = 'see passkeys.origin and result.token of passkey.signIn in the profile'
      if (!isIn) throw new Unproven(reason, remedy, shown.answer)
      verify.held(isIn, reason, remedy)
    },
    async enroll(label) {
      const holder = await passkeys.registered(await passkeys.candidate(label))
      const alone = await passkeys.signsIn(holder, 'alone').then(
        () => null,
        (error: unknown) => {
          if (error instanceof Unproven && isSaid(error)) return error
          throw error
        },
      )
      if (alone === null) return { holder, way: 'alone' }
      if (!canFollow(kit)) throw alone
      await passkeys.signsIn(holder, 'behind the password')
      return { holder, way: 'behind the password' }
    },
  }
  return passkeys
}

/** The target has spoken: an error, a limit or no answer at all tells nothing of what it takes. */
function isSaid({ answer }: Unproven): boolean {
  return answer !== null && answer !== 'broken' && answer !== 'limited'
}

/** Whether a passkey can be the second factor: its options know of a password that was right. */
function canFollow({ api }: Pick<Kit, 'api'>): boolean {
  return api.has('passkey.requestOptions', 'challenge')
}

/** A session with what else a ceremony is known by. */
function withCookies(session: LiveCredential, cookies: Begun['cookies']): LiveCredential {
  const jar = jarOf(cookies)
  if (jar === undefined) return session
  const own = session.headers.filter(([name]) => name.toLowerCase() === 'cookie').map(([, value]) => value)
  const [, added = ''] = jar.headers[0] ?? []
  const others = session.headers.filter(([name]) => name.toLowerCase() !== 'cookie')
  return { ...session, headers: [...others, ['cookie', [...own, added].join('; ')]] }
}

const elsewhere = 'elsewhere.example'
const text32 = () => randomBytes(32).toString('base64url')

/** An answer that is wrong in one thing. */
interface Wrong {
  readonly name: string
  readonly severity?: Severity
  /** What it is wrong by. */
  readonly follows?: 'a right answer'
  readonly forged: (passkey: Passkey) => Forged
}

const hostOf = ({ origin }: Passkey) => new URL(origin).host

const wrongAnswers: readonly Wrong[] = [
  { name: 'a challenge of its own', forged: () => ({ challenge: text32() }) },
  { name: 'another origin', forged: () => ({ origin: `https://${elsewhere}` }) },
  {
    name: 'an origin that begins with the right one',
    forged: ({ origin }) => ({ origin: `${origin}.${elsewhere}` }),
  },
  {
    name: 'an origin that ends with the right host',
    forged: (passkey) => ({ origin: `https://not${hostOf(passkey)}` }),
  },
  // In the midst of them, so that they are no run of failures.
  {
    ...{ name: 'a counter that goes back', severity: 'low', follows: 'a right answer' },
    forged: ({ counter }) => ({ counter: counter - 1 }),
  },
  { name: 'another RP ID', forged: () => ({ rpId: elsewhere }) },
  { name: 'client data of a registration', severity: 'medium', forged: () => ({ type: 'webauthn.create' }) },
  { name: 'the signature of another key', forged: () => ({ privateKey: newKey() }) },
  {
    name: 'user verification that was added to what was signed',
    forged: () => ({ isVerified: false, claimsVerified: true }),
  },
  { name: 'no user verification', severity: 'medium', forged: () => ({ isVerified: false }) },
  { name: 'nobody who is there', severity: 'low', forged: () => ({ isPresent: false }) },
]

/**
 * What an authenticator answers must be of this sign-in, this page and this user; each is one wrong answer. One comes after the
 * other, since an authenticator counts and some keep one challenge a user.
 */
export async function ceremoniesOfPasskeys(kit: PasskeyKit): Promise<Part[]> {
  const passkeys = passkeysOf(kit)
  const [{ holder, way }, { holder: other }] = [
    await passkeys.enroll('holder'),
    await passkeys.enroll('other'),
  ]
  // So that a refusal is one of what was wrong.
  const signing = guardForAll(() => passkeys.signsIn(holder, way))
  const registering = guardForAll(async () => passkeys.signsIn(await passkeys.registered(holder), way))
  const ground: Ground = { kit, passkeys, holder, other, way, signing, registering }
  return [
    ...wrongAnswers.map((wrong) => wrongAnswer(ground, wrong)),
    answeredTwice(ground),
    ofAnotherSignIn(ground),
    byAnothersPasskey(ground),
    ...(way === 'alone' ? [byAnothersHandle(ground)] : []),
    ...registrations(ground),
    inAnothersSession(ground),
    byAnothersId(ground),
  ]
}

interface Ground {
  readonly kit: PasskeyKit
  readonly passkeys: Passkeys
  readonly holder: Holder
  readonly other: Holder
  readonly way: Way
  readonly signing: GuardForAll<void>
  readonly registering: GuardForAll<void>
}

/** What a part is of, and what it weighs. */
interface Judging {
  readonly name: string
  readonly expected: string
  readonly severity?: Severity | undefined
}

/** A verdict: nobody is let in by the answer, where a right one lets its holder in. */
function letsNobodyIn(
  { kit: { verify }, passkeys, holder, signing }: Ground,
  { name, expected, severity }: Judging,
  answered: () => Promise<Exchange>,
): Part {
  return {
    name,
    async judge() {
      const { of, letIn } = await signing.inTurn(async () => {
        const of = await answered()
        return { of, letIn: await passkeys.letIn(holder, of) }
      })
      if (letIn === null) await signing.holds()
      verify.that(letIn === null, { of, severity, expected, actual: 'it signs in' })
    },
  }
}

function wrongAnswer(ground: Ground, { name, severity, follows, forged }: Wrong): Part {
  const { kit, passkeys, holder, way } = ground
  const expected = `an answer with ${name} signs nobody in`
  return letsNobodyIn(ground, { name, expected, severity }, async () => {
    if (follows !== undefined) await passkeys.signsIn(holder, way)
    const begun = await passkeys.begin(holder, way)
    kit.verify.applies(
      name !== 'no user verification' || begun.options.requiresVerification,
      'the options of the target do not require that the user is verified',
    )
    return passkeys.show(begun, assertBy(holder.passkey, begun.options, forged(holder.passkey)))
  })
}

function answeredTwice(ground: Ground): Part {
  const { kit, passkeys, holder, way } = ground
  const judging = { name: 'a challenge that was answered', expected: 'a challenge is answered once' }
  return letsNobodyIn(ground, judging, async () => {
    const begun = await passkeys.begin(holder, way)
    const first = await passkeys.show(begun, assertBy(holder.passkey, begun.options))
    kit.verify.held((await passkeys.letIn(holder, first)) !== null, 'a right answer does not sign in')
    return passkeys.show(begun, assertBy(holder.passkey, begun.options))
  })
}

function ofAnotherSignIn(ground: Ground): Part {
  const { kit, passkeys, holder, way } = ground
  const judging: Judging = {
    name: 'the challenge of another sign-in',
    expected: 'a sign-in takes its own challenge alone',
    severity: 'medium',
  }
  return letsNobodyIn(ground, judging, async () => {
    const begun = await passkeys.begin(holder, way)
    const other = await passkeys.begin(holder, way)
    kit.verify.applies(
      begun.ceremony !== null || begun.cookies.length > 0,
      'nothing tells one sign-in from another there but its challenge',
    )
    return passkeys.show(begun, assertBy(holder.passkey, other.options))
  })
}

function byAnothersPasskey({ kit, passkeys, holder: victim, other: attacker, signing }: Ground): Part {
  const { api, verify } = kit
  return {
    name: 'the passkey of somebody else',
    async judge() {
      const way: Way = canFollow(kit) ? 'behind the password' : 'alone'
      verify.applies(
        canFollow(kit) || api.has('passkey.requestOptions', 'email'),
        'passkey.requestOptions is told neither an address nor a challenge: no sign-in there is of somebody',
      )
      tellsApart(kit, victim, attacker)
      const { of, letIn } = await signing.inTurn(async () => {
        const begun = await passkeys.begin(victim, way)
        const of = await passkeys.show(begun, assertBy(attacker.passkey, begun.options))
        const letIn = await passkeys.letIn(victim, of)
        if (letIn === null) await passkeys.signsIn(victim, way)
        return { of, letIn }
      })
      verify.that(letIn !== victim.door.identity, {
        of,
        expected: 'who has begun is signed in by a passkey of their own alone',
        actual: 'the passkey of another user signs them in',
      })
    },
  }
}

function byAnothersHandle({ kit, passkeys, holder: victim, other: attacker, signing }: Ground): Part {
  return {
    name: 'the user handle of somebody else',
    async judge() {
      const { userHandle } = victim.passkey
      kit.verify.applies(userHandle !== null, 'the options of a new passkey name no user')
      tellsApart(kit, victim, attacker)
      const { of, letIn } = await signing.inTurn(async () => {
        const begun = await passkeys.begin(attacker, 'alone')
        const of = await passkeys.show(begun, assertBy(attacker.passkey, begun.options, { userHandle }))
        const letIn = await passkeys.letIn(victim, of)
        if (letIn === null) await passkeys.signsIn(attacker, 'alone')
        return { of, letIn }
      })
      kit.verify.that(letIn !== victim.door.identity, {
        of,
        expected: 'who is signed in is known by the passkey, whatever user the answer names',
        actual: 'whom the answer names is signed in by the passkey of another',
      })
    },
  }
}

function tellsApart({ verify }: PasskeyKit, one: Candidate, other: Candidate): void {
  verify.held(
    one.door.identity !== other.door.identity,
    'the read by which sessions are told does not say whose they are',
    'map principal.get in the profile with result.id',
  )
}

/**
 * A verdict: a passkey is not kept that this person is given wrongly, where one is that they are given rightly. When nobody
 * signs in any more.
 */
function keepsNone(
  ground: Ground,
  { name, expected, severity, actual }: Judging & { readonly actual: string },
  given: () => Promise<{ readonly of: Exchange; readonly as: Holder }>,
): Part {
  const { kit, passkeys, way, signing, registering } = ground
  return {
    name,
    async judge() {
      const { of, isKept } = await registering.inTurn(async () => {
        await signing.holds().catch(unlessUnproven)
        const { of, as } = await given()
        return { of, isKept: await signsInWith(kit, passkeys, as, way, of) }
      })
      if (!isKept) await registering.holds()
      kit.verify.that(!isKept, { ...{ of, severity, operation: 'passkey.register' }, expected, actual })
    },
  }
}

/** Registrations that are wrong in one thing, by who has a session and has shown what is asked for. */
function registrations(ground: Ground): Part[] {
  const { passkeys, holder: person } = ground
  const wrong: readonly { readonly name: string; readonly forged: Forged }[] = [
    { name: 'a new passkey for a challenge of its own', forged: { challenge: text32() } },
    { name: 'a new passkey for another origin', forged: { origin: `https://${elsewhere}` } },
  ]
  return wrong.map(({ name, forged }) =>
    keepsNone(
      ground,
      { name, severity: 'medium', expected: `${name} is not registered`, actual: 'it is, and signs in' },
      async () => {
        const begun = await passkeys.beginRegistration(person)
        const { passkey, credential } = passkeys.make(begun, forged)
        return { of: await passkeys.register(person, begun, credential), as: { ...person, passkey } }
      },
    ),
  )
}

/** Whether a passkey that was shown to passkey.register signs in whom the holder is. */
async function signsInWith(
  { verify }: PasskeyKit,
  passkeys: Passkeys,
  holder: Holder,
  way: Way,
  registered: Exchange,
): Promise<boolean> {
  if (registered.answer !== 'accepted') {
    verify.answered(registered)
    return false
  }
  return (await passkeys.present(holder, way)).isIn
}

function inAnothersSession(ground: Ground): Part {
  const { kit, passkeys, holder: victim, other: attacker } = ground
  const judging = {
    name: 'a new passkey that somebody else has begun',
    expected: 'a passkey is registered in the session in which that was begun',
    actual: 'the passkey of who has begun signs in whoever was made to finish it',
  }
  return keepsNone(ground, judging, async () => {
    tellsApart(kit, victim, attacker)
    const begun = await passkeys.beginRegistration(attacker)
    const { passkey, credential } = passkeys.make(begun)
    const of = await passkeys.register(victim, begun, credential)
    // No signature covers the user that an answer names.
    return { of, as: { ...victim, passkey: { ...passkey, userHandle: null } } }
  })
}

/** The last one: whose passkey it was may sign in no more. */
function byAnothersId(ground: Ground): Part {
  const { passkeys, holder: attacker, other: victim } = ground
  const judging = {
    name: 'a new passkey with the id of another',
    expected: 'an id that is known is not registered again',
    actual: 'the key that came with it signs in whose passkey it was',
  }
  return keepsNone(ground, judging, async () => {
    const begun = await passkeys.beginRegistration(attacker)
    const { passkey, credential } = passkeys.make(begun, { id: victim.passkey.id })
    const of = await passkeys.register(attacker, begun, credential)
    const { userHandle } = victim.passkey
    return { of, as: { ...victim, passkey: { ...passkey, userHandle } } }
  })
}
