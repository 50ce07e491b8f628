import { newPassword } from '../check/canary.ts'
import type { Part, Variant } from '../check/verify.ts'
import { canMakeAccounts, createAccounts, type StateOfAccounts, statesOfAccounts } from './accounts.ts'
import { forgetful, type ResetsKit } from './password-resets.ts'
import { askToSignUp } from './sign-ups.ts'
import {
  answersAlike,
  askAgainPerPair,
  askInPairs,
  askOncePerPair,
  type Kinds,
  type Names,
  timesAboutAlike,
} from './timing.ts'

/** Questions about some with an account and some without, whose answers are compared. */
interface AskedAbout extends Variant {
  readonly kinds: Omit<Kinds<string>, 'bounds'>
}

/** How often somebody with an account is mailed a link, so that times can be compared, and how many there are. */
const measured = { tries: 4, subjects: 12 }

/**
 * The times of a forgotten password: whoever has the answer wait for the mail tells who gets one. Questions are asked at once, and a limit
 * is one for whoever makes a list as well. Those who were made before are asked about first; none without a call for it.
 */
function timesOfForgetting(
  kit: ResetsKit,
  states: readonly Pick<StateOfAccounts, 'made'>[],
): (Variant & { readonly kinds: Kinds<string> })[] {
  const [found] = canMakeAccounts(kit.api) ? forgotten(kit) : []
  if (found === undefined) return []
  const left = states.flatMap(({ made }) => made)
  const kinds: Kinds<string> = {
    bounds: measured,
    make: async () => left.shift() ?? found.kinds.make(),
    ask: (email) => forgetful(kit).ask(email, { unlimited: true }),
  }
  return [{ name: 'the time of a forgotten password', kinds }]
}

/**
 * Those who are asked about who forgot their password: with an account that was made for it, or one of a state that the profile names,
 * and without one. None without a call for it.
 */
export function forgotten(kit: ResetsKit): AskedAbout[] {
  const { api, mailbox, profile, verify } = kit
  if (!api.has('password.forgot', 'email')) return []
  const { ask, person } = forgetful(kit)
  const { stranger } = createAccounts(kit)
  const made = async () => ({ a: (await person()).email, b: stranger('forgetful') })
  const [, , ...zone] = mailbox.domain().split('.')
  const isRelayed = profile.mail.recipients?.route === 'relay'
  const named = statesOfAccounts(kit).filter(({ accounts }) => accounts.length > 0)
  return [
    ...(canMakeAccounts(api) ? [{ name: 'a forgotten password', kinds: { make: made, ask } }] : []),
    ...named.map(({ name, accounts, make }) => ({
      name: `a forgotten password, ${name}`,
      kinds: {
        async make() {
          verify.applies(
            isRelayed || accounts.every((email) => email.endsWith(`.${zone.join('.')}`)),
            'what is mailed to these accounts leaves the sandbox',
          )
          return make()
        },
        ask,
      },
    })),
  ]
}

/** The same who ask once more: some have those alone wait whom they have mailed a link. None without a call for it. */
function forgottenTwice(kit: ResetsKit) {
  const [found] = canMakeAccounts(kit.api) ? forgotten(kit) : []
  if (found === undefined) return []
  const again = (email: string) => forgetful(kit).ask(email, { unlimited: true })
  return [{ name: `${found.name}, asked for again`, ...found.kinds, again }]
}

/** Those who sign up with the address of an account that was made for it, and with one that nobody has. None without a call for it. */
export function signingUp(kit: ResetsKit): AskedAbout[] {
  const { api } = kit
  if (!canMakeAccounts(api) || !api.has('signup.create', 'email')) return []
  const { create, stranger } = createAccounts(kit)
  const make = async () => ({ a: (await create('newcomer')).email, b: stranger('newcomer') })
  const ask = (email: string) => askToSignUp(kit, { email, password: newPassword('Right') })
  return [{ name: 'signing up', kinds: { make, ask } }]
}

/** Verdicts: neither who forgot their password nor who signs up is told who has an account; some were asked about before, by signing in. */
export function besideSignIns(
  kit: ResetsKit & Parameters<typeof askInPairs>[0],
  states: readonly Pick<StateOfAccounts, 'made'>[],
  names: Names,
): Part[] {
  return [
    ...[...forgotten(kit), ...signingUp(kit)].map(({ name, kinds }) => ({
      name,
      judge: async () => answersAlike(kit, await askOncePerPair(kit, kinds), names),
    })),
    ...forgottenTwice(kit).map(({ name, ...kinds }) => ({
      name,
      judge: async () => answersAlike(kit, await askAgainPerPair(kit, kinds), names),
    })),
    ...timesOfForgetting(kit, states).map(({ name, kinds }) => ({
      name,
      judge: async () => timesAboutAlike(kit, await askInPairs(kit, kinds), names),
    })),
  ]
}
