import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { shownIn } from '../probes/secret-parts.ts'
import { Unproven } from '../verdicts.ts'
import { type GuardForAll, guardForAll } from './guard-for-all.ts'
import { hasResets, mailReaches, resetByMail } from './password-resets.ts'
import {
  type Enrolled,
  enrollmentIn,
  recoveryCodesIn,
  type SecondFactors,
  secondFactors,
  type TriedOn,
  triedOn,
} from './second-factors.ts'

type FactorKit = Pick<Kit, 'api' | 'endpoints' | 'mailbox' | 'profile' | 'reach' | 'verify' | 'wire'>

/** What its holder shows with a change. */
type Proofs = { readonly password?: string; readonly code?: string }

/** A change, and the sign-in that shows that it was made. */
interface Change {
  readonly name: string
  readonly operation: 'factor.enroll' | 'factor.recoveryCodes' | 'factor.remove'
  make(person: Enrolled, proofs: Proofs): Promise<Exchange>
  /** Whether whoever made it signs in by it: the answer, or `null`. */
  signsIn(person: Enrolled, by: Exchange): Promise<Exchange | null>
}

/** What about a second factor must not come of a session alone, or not twice. */
export function changesOfFactors(kit: FactorKit): Part[] {
  const { api, profile } = kit
  const factors = secondFactors(kit)
  // What the target mails is seen where somebody gets to set a password by it.
  const isSeen = hasResets(api) && seesMail(profile)
  const tried = changesOf(kit, factors).map((change) => trialOf(kit, factors, change, isSeen))
  const without = tried.flatMap((trial) => [
    byLess(kit, trial, 'by the session alone', () => ({})),
    ...(api.has(trial.operation, 'code') && api.has(trial.operation, 'password')
      ? [byLess(kit, trial, 'by the password and no code', ({ password }) => ({ password }))]
      : []),
  ])
  const renewal = tried.find(({ operation }) => operation === 'factor.recoveryCodes') ?? null
  return [
    ...without,
    ...recoveries(kit, factors, renewal),
    ...afterwards(kit, factors, isSeen),
    ...(isSeen ? tried.filter(isTold).map((trial) => ownerIsTold(kit, trial.name, trial)) : []),
  ]
}

/** A change, and somebody on whom it is tried with less than it takes, and then rightly. */
interface Trial extends Change {
  readonly person: TriedOn
  readonly whole: GuardForAll<Made>
}

/** Somebody who is tried on, and what came to them by mail of what was done. */
interface Made {
  readonly person: Enrolled
  readonly by: Exchange
  readonly came: readonly unknown[]
  /** Why what came tells nothing; `null` where it does. */
  readonly unclear: Unproven | null
}

function isTold({ operation }: Pick<Change, 'operation'>): boolean {
  return operation !== 'factor.enroll'
}

function trialOf(
  kit: FactorKit,
  { enroll, shownRight }: SecondFactors,
  change: Change,
  isSeen: boolean,
): Trial {
  const { profile, verify, wire } = kit
  const inbox = createInbox(wire)
  const tried = triedOn({ enroll })
  const watches = isSeen && isTold(change)
  const whole = guardForAll(async () => {
    const person = await tried.now()
    // What came of all before is there by then.
    const unclear = watches ? await verify.fenced().then(() => null, ifUnproven) : null
    const before = watches ? await inbox.count(person.email) : 0
    const by = await makeWhole(kit, shownRight, change, person)
    const came = watches ? await inbox.after(person.email, before, profile.mail.delivery.within * 1000) : []
    return { person, by, came, unclear }
  })
  return { ...change, person: tried, whole }
}

function ifUnproven(error: unknown): Unproven {
  if (error instanceof Unproven) return error
  throw error
}

function changesOf({ api }: Pick<Kit, 'api'>, factors: SecondFactors): Change[] {
  const { begin, opened, passwordAlone, recover, show } = factors
  const ifOpened = async (person: Enrolled, exchange: Exchange) =>
    (await opened(person, exchange)) ? exchange : null
  const made: Change[] = [
    {
      ...{ name: 'another authenticator', operation: 'factor.enroll' },
      make: (person, proofs) =>
        api.call('factor.enroll', api.carried('factor.enroll', proofs), person.session),
      async signsIn(person, by) {
        const { authenticator, confirm } = enrollmentIn({ api }, by, person, person.session)
        const other = { ...person, authenticator }
        const { step } = await factors.now(authenticator)
        const confirmed = await confirm(authenticator.codeAt(step))
        if (confirmed.answer !== 'accepted') return null
        const begun = await begin(other)
        return ifOpened(other, await show(other, begun, authenticator.codeAt(step + 1)))
      },
    },
    {
      ...{ name: 'new recovery codes', operation: 'factor.recoveryCodes' },
      make: (person, proofs) =>
        api.call('factor.recoveryCodes', api.carried('factor.recoveryCodes', proofs), person.session),
      async signsIn(person, by) {
        const [code] = recoveryCodesIn(api, by)
        if (code === undefined) return null
        return ifOpened(person, await recover(person, await begin(person), code))
      },
    },
    {
      ...{ name: 'its removal', operation: 'factor.remove' },
      make: (person, proofs) =>
        api.call('factor.remove', api.carried('factor.remove', proofs), person.session),
      async signsIn(person) {
        const { exchange } = await passwordAlone(person)
        return ifOpened(person, exchange)
      },
    },
  ]
  return made.filter(({ operation }) => api.has(operation))
}

/** A verdict: a change that lacks a proof is not made, where the whole of them makes it. */
function byLess(
  { verify }: FactorKit,
  { name, operation, make, signsIn, person, whole }: Trial,
  how: string,
  proofs: (person: Enrolled) => Proofs,
): Part {
  return {
    name: `${name}, ${how}`,
    async judge() {
      const { by, of } = await whole.inTurn(async () => {
        const on = await person.now()
        const by = await make(on, proofs(on))
        const of = by.answer === 'accepted' ? await signsIn(on, by) : null
        if (by.answer === 'accepted') person.spoilt()
        return { by, of }
      })
      if (by.answer !== 'accepted') verify.answered(by, 'the effect decides')
      // So that a refusal is one of what was missing.
      if (of === null) await whole.holds()
      verify.that(of === null, {
        ...{
          of: of ?? undefined,
          operation,
          severity: how === 'by the session alone' ? undefined : 'medium',
        },
        expected: 'who changes a second factor shows their password and a code of it again',
        actual: `it was changed ${how}, and who did so signs in by it`,
      })
    },
  }
}

/** A guard: a change is made by who shows everything. */
async function makeWhole(
  { api, verify }: Pick<Kit, 'api' | 'verify'>,
  shownRight: SecondFactors['shownRight'],
  { operation, make }: Pick<Change, 'operation' | 'make'>,
  person: Enrolled,
): Promise<Exchange> {
  const takesCode = api.has(operation, 'code')
  const { password } = person
  const whole = async (code?: string) => {
    const exchange = await make(person, { password, ...(code === undefined ? {} : { code }) })
    const isRefused = ['refused', 'invalid'].includes(exchange.answer)
    verify.applies(
      operation !== 'factor.enroll' || takesCode || !isRefused,
      `no other authenticator is taken beside the first, by nobody: ${api.said(exchange)}`,
    )
    return exchange
  }
  return takesCode ? shownRight(person, whole) : verify.accepted(await whole())
}

function recoveries(
  { api, verify }: FactorKit,
  { begin, enroll, opened, recover }: SecondFactors,
  renewal: Trial | null,
): Part[] {
  const tried = renewal?.person ?? triedOn({ enroll })
  const given = ({ recoveryCodes }: Enrolled) =>
    verify.applies(recoveryCodes.length > 0, 'no recovery codes are given when a factor is set up')
  const shown = async (person: Enrolled, code = '') => {
    const exchange = await recover(person, await begin(person), code)
    return { exchange, letIn: await opened(person, exchange) }
  }
  const usedTwice = async () => {
    const person = await tried.now()
    given(person)
    // The last one is shown when there are new ones.
    if (person.recoveryCodes.length === 1) tried.spoilt()
    const [code] = person.recoveryCodes
    const first = await shown(person, code)
    verify.held(
      first.letIn,
      `a recovery code lets nobody in: ${api.said(first.exchange)}`,
      'see whether session.verify, or session.create, takes recovery codes as its code',
    )
    return shown(person, code)
  }
  const twice: Part = {
    name: 'a recovery code that was used',
    async judge() {
      const { exchange: of, letIn } = await (renewal === null ? usedTwice() : renewal.whole.inTurn(usedTwice))
      verify.that(!letIn, {
        of,
        expected: 'a recovery code lets in once',
        actual: 'it does twice',
      })
    },
  }
  const former = ({ whole }: Trial): Part => ({
    name: 'a recovery code from before new ones',
    async judge() {
      const { person, by } = await whole.holds()
      given(person)
      const [fresh] = recoveryCodesIn(api, by)
      const { exchange: of, letIn } = await shown(person, person.recoveryCodes.at(-1))
      verify.that(!letIn, {
        ...{ of, operation: 'factor.recoveryCodes', severity: 'medium' },
        expected: 'recovery codes end with new ones',
        actual: 'one from before lets in',
      })
      verify.held((await shown(person, fresh)).letIn, 'a new recovery code lets nobody in')
    },
  })
  return [twice, ...(renewal === null ? [] : [former(renewal)])]
}

/** What is asked of somebody who has set a factor up, and of a password that is set by mail then, which is no second factor. */
function afterwards(
  kit: FactorKit,
  { enroll, passwordAlone, opened }: SecondFactors,
  isSeen: boolean,
): Part[] {
  const { api, profile, verify, wire } = kit
  const inbox = createInbox(wire)
  const within = profile.mail.delivery.within * 1000
  const set = guardForAll(async () => {
    const person = await enroll()
    const by = person.confirmed
    return { person, by, came: isSeen ? await inbox.after(person.email, 0, within) : [], unclear: null }
  })
  const reset = guardForAll(async () => {
    const { person } = await set.holds()
    return { person, ...(await resetByMail(kit, person)) }
  })
  const secretAgain: Part = {
    name: 'the secret once more',
    async judge() {
      const { of, secret } = await reset.atOnce(async () => {
        const { authenticator, session } = (await set.holds()).person
        return {
          of: verify.accepted(await api.call('factor.get', {}, session)),
          secret: authenticator.secret,
        }
      })
      const place = of.response === null ? null : shownIn(of.response, [secret])
      verify.that(place === null, {
        of,
        expected: 'the secret of codes is shown when it is set up, and never again',
        actual: `it stands in ${place}`,
      })
    },
  }
  const byMail: Part = {
    name: 'a password that was set by mail',
    async judge() {
      const { person, by, password } = await reset.holds()
      const { exchange: of } = await passwordAlone({ ...person, password })
      verify.that(!(await opened(person, of)), {
        ...{ of, operation: by.operation === 'password.reset' ? 'password.reset' : 'session.create' },
        expected: 'a code is asked for behind a password that was set by mail as well',
        actual: 'the new password alone lets in',
      })
    },
  }
  return [
    ...(api.has('factor.get') ? [secretAgain] : []),
    ...(isSeen
      ? [byMail, ownerIsTold(kit, 'a new factor', { operation: 'factor.confirm', whole: set, reset })]
      : []),
  ]
}

/** A verdict: of a change its owner is told by mail. */
function ownerIsTold(
  kit: FactorKit,
  name: string,
  {
    operation,
    whole,
    reset,
  }: {
    readonly operation: Change['operation'] | 'factor.confirm'
    readonly whole: Pick<GuardForAll<Made>, 'holds'>
    readonly reset?: Pick<GuardForAll<unknown>, 'holds'>
  },
): Part {
  const { profile, verify } = kit
  return {
    name: `its owner is told of ${name}`,
    async judge() {
      const { person, by, came, unclear } = await whole.holds()
      if (unclear !== null) throw unclear
      // A guard: what the target mails to its own people comes here.
      if (came.length === 0) await (reset?.holds() ?? mailReaches(kit, person))
      verify.that(came.length > 0, {
        ...{ of: by, operation, severity: 'medium' },
        expected: 'its owner is told by mail: it may not have been they',
        actual: `nothing came to them within ${profile.mail.delivery.within} s`,
      })
    },
  }
}
