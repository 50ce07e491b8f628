import { createInbox } from '../check/inbox.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Part } from '../check/verify.ts'
import type { Exchange } from '../model.ts'
import { shownIn } from '../probes/secret-parts.ts'
import { hasResets, resetByMail } from './password-resets.ts'
import {
  type Enrolled,
  enrollmentIn,
  recoveryCodesIn,
  type SecondFactors,
  secondFactors,
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
  const factors = secondFactors(kit)
  const changes = changesOf(kit, factors)
  const without = changes.flatMap((change) => [
    byLess(kit, factors, change, 'by the session alone', () => ({})),
    ...(kit.api.has(change.operation, 'code') && kit.api.has(change.operation, 'password')
      ? [byLess(kit, factors, change, 'by the password and no code', ({ password }) => ({ password }))]
      : []),
  ])
  return [
    ...without,
    ...recoveries(kit, factors),
    ...secretAgain(kit, factors),
    // What the target mails is seen where somebody gets to set a password by it.
    ...(hasResets(kit.api) && seesMail(kit.profile) ? mailings(kit, factors, changes) : []),
  ]
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
  { api, verify }: FactorKit,
  { enroll, shownRight }: SecondFactors,
  { name, operation, make, signsIn }: Change,
  how: string,
  proofs: (person: Enrolled) => Proofs,
): Part {
  return {
    name: `${name}, ${how}`,
    async judge() {
      const person = await enroll()
      const by = await make(person, proofs(person))
      const of = by.answer === 'accepted' ? await signsIn(person, by) : null
      if (by.answer !== 'accepted') verify.answered(by)
      // So that a refusal is one of what was missing.
      if (of === null) await makeWhole({ api, verify }, shownRight, { operation, make }, person)
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
): Promise<void> {
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
  if (takesCode) await shownRight(person, whole)
  else verify.accepted(await whole())
}

function recoveries(
  { api, verify }: FactorKit,
  { begin, enroll, opened, recover, shownRight }: SecondFactors,
): Part[] {
  const withCodes = async () => {
    const person = await enroll()
    verify.applies(person.recoveryCodes.length > 0, 'no recovery codes are given when a factor is set up')
    return person
  }
  const shown = async (person: Enrolled, code = '') => {
    const exchange = await recover(person, await begin(person), code)
    return { exchange, letIn: await opened(person, exchange) }
  }
  const twice: Part = {
    name: 'a recovery code that was used',
    async judge() {
      const person = await withCodes()
      const [code] = person.recoveryCodes
      const first = await shown(person, code)
      verify.held(
        first.letIn,
        `a recovery code lets nobody in: ${api.said(first.exchange)}`,
        'see whether session.verify, or session.create, takes recovery codes as its code',
      )
      const { exchange: of, letIn } = await shown(person, code)
      verify.that(!letIn, {
        of,
        expected: 'a recovery code lets in once',
        actual: 'it does twice',
      })
    },
  }
  const former: Part = {
    name: 'a recovery code from before new ones',
    async judge() {
      const person = await withCodes()
      const { password, session, recoveryCodes } = person
      const renew = (code: string) =>
        api.call('factor.recoveryCodes', api.carried('factor.recoveryCodes', { password, code }), session)
      const renewed = api.has('factor.recoveryCodes', 'code')
        ? await shownRight(person, renew)
        : verify.accepted(await renew(''))
      const [fresh] = recoveryCodesIn(api, renewed)
      const { exchange: of, letIn } = await shown(person, recoveryCodes[0])
      verify.that(!letIn, {
        ...{ of, operation: 'factor.recoveryCodes', severity: 'medium' },
        expected: 'recovery codes end with new ones',
        actual: 'one from before lets in',
      })
      verify.held((await shown(person, fresh)).letIn, 'a new recovery code lets nobody in')
    },
  }
  return [twice, ...(api.has('factor.recoveryCodes') ? [former] : [])]
}

function secretAgain({ api, verify }: FactorKit, { enroll }: SecondFactors): Part[] {
  if (!api.has('factor.get')) return []
  return [
    {
      name: 'the secret once more',
      async judge() {
        const { authenticator, session } = await enroll()
        const of = verify.accepted(await api.call('factor.get', {}, session))
        const place = of.response === null ? null : shownIn(of.response, [authenticator.secret])
        verify.that(place === null, {
          of,
          expected: 'the secret of codes is shown when it is set up, and never again',
          actual: `it stands in ${place}`,
        })
      },
    },
  ]
}

/** A password that was set by mail is no second factor, and of each change its owner is told by mail. */
function mailings(
  kit: FactorKit,
  { enroll, passwordAlone, opened, shownRight }: SecondFactors,
  changes: readonly Change[],
): Part[] {
  const { profile, verify, wire } = kit
  const inbox = createInbox(wire)
  const within = profile.mail.delivery.within * 1000
  const byMail: Part = {
    name: 'a password that was set by mail',
    async judge() {
      const person = await enroll()
      const { by, password } = await resetByMail(kit, person)
      const { exchange: of } = await passwordAlone({ ...person, password })
      verify.that(!(await opened(person, of)), {
        ...{ of, operation: by.operation === 'password.reset' ? 'password.reset' : 'session.create' },
        expected: 'a code is asked for behind a password that was set by mail as well',
        actual: 'the new password alone lets in',
      })
    },
  }
  const told = (
    name: string,
    operation: Change['operation'] | 'factor.confirm',
    change: (person: Enrolled) => Promise<void>,
  ): Part => ({
    name: `its owner is told of ${name}`,
    async judge() {
      const person = await enroll()
      // What came of setting it up is there by then.
      if (operation !== 'factor.confirm') await verify.fenced()
      const before = operation === 'factor.confirm' ? 0 : await inbox.count(person.email)
      await change(person)
      const came = await inbox.after(person.email, before, within)
      // A guard: what the target mails to its own people comes here.
      if (came.length === 0) await resetByMail(kit, person)
      verify.that(came.length > 0, {
        ...{ operation, severity: 'medium' },
        expected: 'its owner is told by mail: it may not have been they',
        actual: `nothing came to them within ${profile.mail.delivery.within} s`,
      })
    },
  })
  const further = changes.filter(({ operation }) => operation !== 'factor.enroll')
  return [
    byMail,
    told('a new factor', 'factor.confirm', async () => {}),
    ...further.map((change) =>
      told(change.name, change.operation, (person) => makeWhole(kit, shownRight, change, person)),
    ),
  ]
}
