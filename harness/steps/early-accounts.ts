import type { LiveCredential } from '../api/principals.ts'
import { newPassword } from '../check/canary.ts'
import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import type { OperationName } from '../profile/operations.ts'
import { unlessUnproven } from '../verdicts.ts'
import { type Account, signInAs } from './accounts.ts'
import { movesOf } from './address-changes.ts'
import { doorOf, doorOfSession, keyInPlace, madeUpLike } from './doors.ts'
import { askForKey, keyOf } from './key-channels.ts'
import { allScopes } from './networks-of-keys.ts'
import { passkeysOf } from './passkeys.ts'
import { hasResets, mailedToken, opens, resetByMail } from './password-resets.ts'
import { outlived, type Session, sessionBy, weightOf } from './sessions.ts'
import { askToSignUp, proveAddress } from './sign-ups.ts'
import { again, type SignedIn } from './signed-in.ts'

type EarlyKit = Pick<
  Kit,
  'api' | 'endpoints' | 'mailbox' | 'post' | 'profile' | 'reach' | 'submission' | 'verify' | 'wire'
>

/** What a check needs in the profile to sign somebody up and in. */
export const neededOfSignUps = [
  ...(['signup.create:email', 'signup.create:password'] as const),
  ...(['session.create:email', 'session.create:password'] as const),
] as const

/** An account in the name of somebody else, who has not proved their address yet, and the token that was mailed there. */
interface Early extends Account {
  readonly token: string
}

/** Whatever lets in by it, the longest way that there is. */
type Opening = Pick<Session, 'letsIn'>

/** What became of setting something up: refused by that answer, or what of it lets in once the owner has come. */
type SetUp = { readonly refused: Exchange } | { opening(ownersPassword: string): Promise<Opening> }

/** Something that is set up before the address is proved. */
interface Thing {
  readonly name: string
  readonly isThere: boolean
  /** Seconds for which the target promises that it may live on; `null` for what does not end with time. */
  readonly promised: number | null
  setUp(early: Early): Promise<SetUp>
  /** The same by the owner afterwards, which is to be accepted: else a refusal from before may be of everybody. */
  byOwner(owner: SignedIn): Promise<Exchange>
  readonly actual: string
}

/** A way in which the owner proves the address, and sets a password of their own by it. */
interface Proof {
  readonly name: string
  readonly operation: OperationName
  prove(early: Early): Promise<{ readonly by: Exchange; readonly password: string }>
}

/**
 * What must be over once the owner of an address has proved it. Not applicable where nothing by which they prove it is theirs alone:
 * a password that they set with it, or a sign-up of their own.
 */
export function setUpsBefore(kit: EarlyKit): Part[] {
  const { api, verify } = kit
  const proofs = proofsOf(kit)
  const signsUpAsWell = api.has('signup.confirm', 'token')
  verify.applies(
    proofs.length > 0 || signsUpAsWell,
    'whoever proves an address there sets no password of their own by it: whoever signed up is taken to be who reads its mail',
  )
  const things = thingsOf(kit).filter(({ isThere }) => isThere)
  const ofProofs = proofs.flatMap((proof) => [
    ...things.map((thing) => ({
      name: `${thing.name}, ${proof.name}`,
      judge: () => isOver(kit, thing, proof),
    })),
    // A new password by mail takes the place of the one before by what it is.
    ...(proof.operation === 'signup.confirm'
      ? [{ name: `the password, ${proof.name}`, judge: () => passwordIsOver(kit, proof) }]
      : []),
  ])
  const ofTheirOwn = {
    name: 'the password, where its owner signs up as well',
    judge: () => lastPasswordCounts(kit),
  }
  return [...ofProofs, ...(signsUpAsWell ? [ofTheirOwn] : [])]
}

/** A guard: somebody signs up in the name of an address whose mail another reads, and a token is mailed there. */
async function signUp(kit: EarlyKit): Promise<Early> {
  const { mailbox, verify } = kit
  const [email, password] = [mailbox.address('early'), newPassword('Early')]
  verify.accepted(await askToSignUp(kit, { email, password }))
  const { token } = await mailedToken(kit, email, 0, 'the address that somebody signed up with')
  return { id: null, email, password, token }
}

function proofsOf(kit: EarlyKit): Proof[] {
  const { api, verify } = kit
  const byLink: Proof = {
    name: 'proved by the link',
    operation: 'signup.confirm',
    async prove({ token }) {
      const password = newPassword('Owner')
      return { password, by: await proveAddress(kit, { token, password }) }
    },
  }
  const byReset: Proof = {
    name: 'proved by a new password',
    operation: 'password.reset',
    async prove(early) {
      const reset = await resetByMail(kit, early).catch(unlessUnproven)
      verify.applies(reset !== null, 'nobody sets a new password by mail before the address is proved')
      if (reset === null) throw new Error('expected a reset where it applies')
      const isIn = (await opens(kit, { ...early, password: reset.password })) !== null
      // Some ask for the link as well.
      if (!isIn && api.has('signup.confirm', 'token')) {
        const { password } = reset
        return { password, by: await proveAddress(kit, { token: early.token, password }) }
      }
      return reset
    },
  }
  return [
    ...(api.has('signup.confirm', 'token') && api.has('signup.confirm', 'password') ? [byLink] : []),
    ...(hasResets(api) ? [byReset] : []),
  ]
}

function thingsOf(kit: EarlyKit): Thing[] {
  const { api, mailbox, profile, verify } = kit
  const { keys, tokens } = profile.policies
  /** Whoever signed up signs in, where they are let in. */
  const signedUp = async (early: Early) => {
    const { exchange, credential } = await signInAs(kit, early)
    if (credential === null) verify.answered(exchange)
    return { exchange, credential }
  }
  const inSession =
    (setUp: (early: Early, session: LiveCredential) => Promise<SetUp>) =>
    async (early: Early): Promise<SetUp> => {
      const { exchange, credential } = await signedUp(early)
      return credential === null ? { refused: exchange } : setUp(early, credential)
    }
  const proofsBy = ({ password }: Account) => ({ password })

  const session: Thing = {
    ...{ name: 'a session', isThere: true, promised: tokens?.revocation ?? 60 },
    setUp: inSession(async (_, credential) => {
      const open = await sessionBy(kit, credential)
      return { opening: async () => open }
    }),
    byOwner: async (owner) => (await signInAs(kit, owner)).exchange,
    actual: 'the session of whoever had signed up lets in',
  }
  const key: Thing = {
    ...{ name: 'an API key', isThere: api.has('key.create'), promised: keys?.revocation ?? 0 },
    setUp: inSession(async (_, as) => {
      const made = await askForKey(kit, 'early', allScopes(kit), { as })
      if (made.answer !== 'accepted') return { refused: made }
      const { secret } = keyOf(kit, made)
      const shown = await keyInPlace(api, secret)
      const door = await doorOf(
        kit,
        'a key of whoever signed up',
        shown,
        madeUpLike(secret, mailbox.canary()),
      )
      return {
        opening: async () => ({
          async letsIn() {
            const { exchange, caller } = await door.show(secret, { ownConnection: true })
            if (caller === null) await door.denied(exchange)
            return caller === null ? null : exchange
          },
        }),
      }
    }),
    byOwner: ({ session: as }) => askForKey(kit, 'owned', allScopes(kit), { as }),
    actual: 'the key that whoever had signed up made lets in',
  }
  const passkeys = passkeysOf(kit)
  const beginPasskey = (person: Account, as: LiveCredential) =>
    api.call('passkey.creationOptions', api.carried('passkey.creationOptions', proofsBy(person)), as)
  const passkey: Thing = {
    ...{ name: 'a passkey', promised: null },
    isThere: (
      ['passkey.creationOptions', 'passkey.register', 'passkey.requestOptions', 'passkey.signIn'] as const
    ).every((name) => api.has(name)),
    setUp: inSession(async (early, credential) => {
      const asked = await beginPasskey(early, credential)
      if (asked.answer !== 'accepted') return { refused: asked }
      const door = await doorOfSession(kit, credential)
      const holder = await passkeys.registered({ ...early, session: credential, door })
      await passkeys.signsIn(holder, 'alone')
      return {
        opening: async () => ({
          async letsIn() {
            const { shown, isIn } = await passkeys.present(holder, 'alone')
            return isIn ? shown : null
          },
        }),
      }
    }),
    byOwner: (owner) => beginPasskey(owner, owner.session),
    actual: 'the passkey of whoever had signed up signs in',
  }
  const moves = movesOf(kit)
  const move: Thing = {
    ...{ name: 'a change of address', promised: null },
    isThere: api.has('email.change', 'email') && api.has('email.confirm', 'token'),
    setUp: inSession(async (early, credential) => {
      const to = mailbox.address('taken')
      const asked = await moves.ask({ ...early, session: credential }, to, proofsBy(early))
      if (asked.answer !== 'accepted') return { refused: asked }
      const token = await moves.token(to)
      return {
        async opening(password) {
          await moves.confirm({ session: credential }, token)
          return { letsIn: () => opens(kit, { email: to, password }) }
        },
      }
    }),
    byOwner: (owner) => moves.ask(owner, mailbox.address('moved'), proofsBy(owner)),
    actual: 'the account goes by the address that whoever had signed up asked for',
  }
  return [session, key, passkey, move]
}

/** A verdict: it lets nobody in any more, or was refused before. A guard: its owner signs in, and may do the same. */
async function isOver(kit: EarlyKit, thing: Thing, proof: Proof): Promise<void> {
  const { verify } = kit
  const early = await signUp(kit)
  const set = await thing.setUp(early)
  if ('refused' in set) verify.answered(set.refused)
  const { by, password } = await proof.prove(early)
  const open = 'refused' in set ? null : await openBy(thing, by, await set.opening(password))
  // What is open may stand in the way of its owner.
  if (open === null) verify.accepted(await thing.byOwner(await again(kit, { ...early, password })))
  if ('refused' in set) verify.remark(`${thing.name} is refused to who has not proved their address`)
  const { of, seconds = null } = open ?? { of: undefined }
  verify.that(open === null, {
    ...{ of, after: by, operation: proof.operation },
    severity: thing.promised === null ? 'high' : weightOf(seconds, thing.promised),
    expected: `${thing.name} from before the address was proved is over once it is`,
    actual: `${thing.actual}${thing.promised === null ? '' : seconds === null ? ' more than a minute later' : ` ${seconds} s later`}`,
  })
}

async function openBy(
  { promised }: Thing,
  by: Exchange,
  opening: Opening,
): Promise<{ readonly of: Exchange; readonly seconds?: number | null } | null> {
  if (promised !== null) return outlived({ by, over: [opening] }, promised)
  const of = await opening.letsIn()
  return of === null ? null : { of }
}

async function passwordIsOver(kit: EarlyKit, proof: Proof): Promise<void> {
  const { verify } = kit
  const early = await signUp(kit)
  const { by, password } = await proof.prove(early)
  const of = await opens(kit, early)
  if (of === null)
    verify.held(
      (await opens(kit, { ...early, password })) !== null,
      'neither the password from before the proof nor the one that was set with it signs in',
    )
  verify.that(of === null, {
    ...{ of: of ?? undefined, after: by, operation: proof.operation },
    expected: 'the password that the owner sets with the proof takes the place of the one before',
    actual: 'the password of whoever had signed up signs in',
  })
}

/** A verdict: who signs up themselves, and proves it by what is mailed for that, has the password that they signed up with. */
async function lastPasswordCounts(kit: EarlyKit): Promise<void> {
  const { verify, wire } = kit
  const early = await signUp(kit)
  const owner = { ...early, password: newPassword('Owner') }
  const before = await createInbox(wire).count(owner.email)
  const asked = await askToSignUp(kit, owner)
  if (asked.answer !== 'accepted') verify.answered(asked)
  const found = () => mailedToken(kit, owner.email, before, 'who signed up as well').catch(unlessUnproven)
  const token = asked.answer === 'accepted' ? await found() : null
  // A guard, by the same way: what is mailed to who signs up has come by now.
  if (token === null) await signUp(kit)
  const mailed = token ?? (asked.answer === 'accepted' ? await found() : null)
  verify.applies(mailed !== null, 'nobody signs up with an address that somebody has signed up with before')
  if (mailed === null) throw new Error('expected a token where it applies')
  const by = await proveAddress(kit, { token: mailed.token, password: owner.password })
  const of = await opens(kit, early)
  if (of === null)
    verify.held(
      (await opens(kit, owner)) !== null,
      'neither the password of whoever had signed up before nor that of the owner signs in',
    )
  verify.that(of === null, {
    ...{ of: of ?? undefined, after: by, operation: 'signup.confirm' },
    expected: 'who proves an address has the password that they signed up with',
    actual: 'they have that of whoever had signed up with it before, which signs in',
  })
}
