import type { Ready } from '../api/starting-line.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Exchange } from '../model.ts'
import type { Policies } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import { canMakeAccounts, createAccounts } from './accounts.ts'
import { plainReads } from './attempts.ts'
import { type Door, doorOf, keyBearers, madeUpLike } from './doors.ts'
import {
  type Guessing,
  guessedByHttp,
  guessedBySmtp,
  isQuick,
  type Promised,
  promise,
  type WayToGuess,
} from './guessing.ts'
import { hasResets } from './password-resets.ts'
import { resetCodes } from './reset-codes.ts'

function failuresOf(policies: Policies, of: 'account' | 'source'): Promised | null {
  const { perAccount, perSource, window } = policies.limits?.signIn ?? {}
  return promise(of === 'account' ? perAccount : perSource, window)
}

function badKeys({ limits }: Policies): Promised | null {
  return promise(limits?.badKeys?.perSource, limits?.badKeys?.window)
}

/**
 * By each channel that the profile declares: passwords of one user, keys that nobody has, and passwords of many users, by
 * which a source is held back from all else.
 */
export async function waysToGuess(kit: Kit): Promise<WayToGuess[]> {
  const [ofOne, ofMany] = waysByPassword(kit)
  const codes =
    hasResets(kit.api) && canMakeAccounts(kit.api) && seesMail(kit.profile) ? [resetCodes(kit)] : []
  const ways = [ofOne, ...codes, ...waysByKey(kit), ...waysBySubmission(kit), ofMany].filter(
    (way) => way !== null,
  )
  await Promise.allSettled(ways.map(({ ready }) => ready))
  return ways
}

function waysByPassword(kit: Kit): [WayToGuess | null, WayToGuess | null] {
  const { api, mailbox, profile } = kit
  if (!api.has('session.create', 'email') || !api.has('session.create', 'password')) return [null, null]
  const { create, signIn, stranger } = createAccounts(kit)
  const ofMany = {
    ...byHttp(kit, 'one password with many users', (ready) => {
      const email = stranger()
      return { says: email.replace(/@.*/, ''), call: signIn(email, 'Summer2026!', ready) }
    }),
    promised: failuresOf(profile.policies, 'source'),
  }
  // Nobody's own account is worn out: whom the profile signs in shows no more than that it can be done.
  const [known] =
    Object.entries(profile.principals).find(
      ([, { session }]) =>
        session !== undefined && (session.operation ?? 'session.create') === 'session.create',
    ) ?? []
  if (!canMakeAccounts(api))
    return [null, known === undefined ? null : { ...ofMany, ready: api.credential(known) }]
  const guessing = (account: ReturnType<typeof create>) => ({
    ...byHttp(kit, 'passwords of one user', (ready) => {
      const says = mailbox.canary()
      return { says, call: account.then(({ email }) => signIn(email, `Wrong-${says}`, ready)) }
    }),
    right: async (ready?: Ready) => {
      const { email, password } = await account
      return signIn(email, password, ready)
    },
  })
  const [made, bystander] = [create('guessed'), create('bystander')]
  return [
    {
      ...guessing(made),
      ready: made,
      promised: failuresOf(profile.policies, 'account'),
      async another(): Promise<Guessing> {
        const account = create('guessed')
        await account
        return guessing(account)
      },
    },
    {
      ...ofMany,
      ready: known === undefined ? bystander : bystander.catch(() => api.credential(known)),
      right: guessing(bystander).right,
    },
  ]
}

function waysByKey(kit: Kit): WayToGuess[] {
  const { mailbox, profile } = kit
  // Who signs shows no secret.
  const bearers = keyBearers(profile).filter((name) => profile.principals[name]?.sigv4 === undefined)
  if (bearers.length === 0 || plainReads(kit).length === 0) return []
  const ready = doorOfKeys(kit, bearers)
  const guess = byHttp(kit, 'API keys', (released) => {
    const says = mailbox.canary()
    return {
      says,
      call: ready.then(async ({ door, secret }) => {
        const shown = await door.show(madeUpLike(secret, says), { unlimited: true, ready: released })
        return shown.exchange
      }),
    }
  })
  return [{ ...guess, ready, promised: badKeys(profile.policies) }]
}

function waysBySubmission(kit: Kit): WayToGuess[] {
  const { mailbox, post, profile, submission, verify } = kit
  if (submission.ports.length === 0) return []
  // A name that all customers sign in by is nobody's account.
  const isAccount = submission.user?.includes('@') === true
  return [
    {
      name: 'keys by SMTP AUTH',
      ready: post.authenticate().then(verify.accepted),
      promised: isAccount ? failuresOf(profile.policies, 'account') : badKeys(profile.policies),
      async guess(ready) {
        const says = mailbox.canary()
        return { says, ...(await guessedBySmtp(kit, madeUpLike(submission.secret, says), ready)) }
      },
      isTarpit: async () => false,
    },
  ]
}

interface Asking {
  readonly says: string
  readonly call: Promise<Exchange>
}

function byHttp(
  kit: Kit,
  name: string,
  ask: (ready?: Ready) => Asking,
): Pick<WayToGuess, 'name' | 'guess' | 'isTarpit'> {
  const guess: WayToGuess['guess'] = async (ready) => {
    const { says, call } = ask(ready)
    const exchange = await call
    return { says, exchange, guessed: guessedByHttp(kit, exchange) }
  }
  return { name, guess, isTarpit: async () => (await guess()).guessed !== 'looked at' && isQuick(kit) }
}

/** Where keys are shown as the target wants them, and one that nobody has is seen to be refused. Unproven where nobody's opens a read. */
async function doorOfKeys(
  kit: Kit,
  bearers: readonly string[],
): Promise<{ readonly door: Door; readonly secret: string }> {
  const { api, mailbox } = kit
  let shut: unknown
  for (const principal of bearers) {
    try {
      const credential = await api.credential(principal)
      const { token: secret } = credential
      return {
        secret,
        door: await doorOf(kit, principal, credential, madeUpLike(secret, mailbox.canary()), {
          refersTo: principal,
        }),
      }
    } catch (error) {
      if (!(error instanceof Unproven)) throw error
      shut ??= error
    }
  }
  throw shut
}
