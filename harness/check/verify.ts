import { UndeclaredOperation } from '../api/api.ts'
import {
  type About,
  type Access,
  type Basis,
  type Cell,
  type Exchange,
  type Finding,
  type Permission,
  type Severity,
  type Sight,
  severities,
  type Untried,
  type VariantOutcome,
  type Verdict,
} from '../model.ts'
import { UnreadableMail } from '../probes/mail.ts'
import { tellingFirst } from '../probes/reproduce.ts'
import { DnsFailure } from '../probes/resolver.ts'
import { SmtpFailure } from '../probes/smtp-replies.ts'
import type { DeclaredOperation, PseudoOperation } from '../profile/operations.ts'
import { HeldBack, NotApplicable, Unproven } from '../verdicts.ts'
import type { Scope, Shown, Trail, Tried } from './trail.ts'
import { isAmong } from './variants.ts'

/** What a finding says; its operation, evidence and the line to repeat it follow from the trail. */
export interface Claim extends Shown {
  readonly expected: string
  readonly actual: string
  /** Lower than the check's own: a higher one throws. */
  readonly severity?: Severity | undefined
  /** Where it is not that of the call: `domain.get` for the records of a domain. */
  readonly operation?: DeclaredOperation | PseudoOperation
  /** What its caller may do of the call by the profile, where the verdict is about that. */
  readonly permission?: Permission
  /** What of the cell the call does not say, where it is of another caller, way or domain. */
  readonly cell?: Partial<Cell>
  /** Whether it was accepted, where that does not follow: of what one may do on his own alone, refusals are expected on that of others. */
  readonly seen?: Sight
}

export interface Variant {
  readonly name: string
}

/** A variant that judges itself. */
export interface Part extends Variant {
  judge(): Promise<void>
}

/** The verbs of a check. A guard that does not hold ends the variant it stands in; a finding ends nothing. */
export interface Verify {
  /**
   * A guard (C1, C2): what must be so before a later refusal means anything.
   * Throws Unproven with the reason and what to do about it.
   */
  held(condition: boolean, reason: string, remedy?: string): void
  /** A guard: the legitimate call was accepted. */
  accepted(exchange: Exchange): Exchange
  /**
   * The answer says something: Unproven for none at all, for a limit, and for a server error; but where the effect was looked
   * at after a fence, it decides, and the error, or that it was cut off every time, is told beside the verdict.
   */
  answered(exchange: Exchange, decides?: 'the effect decides' | undefined): void
  /** What the scope sets out to try of who may do what: reports tell it from what was tried. */
  asks(cells: readonly Untried[]): void
  /** Told beside the verdict: nothing that was asked for, and nothing to pass over in silence. */
  remark(text: string): void
  /** The variant has a meaning at this target: Not applicable otherwise. */
  applies(condition: boolean, reason: string): void
  /** The verdict: a finding unless the property holds; whether it does. */
  that(holds: boolean, claim: Claim | (() => Claim)): boolean
  /** C4: resolves once a benign message sent from now on has come through; Unproven where none does. */
  fenced(): Promise<void>
  /**
   * Runs the body for every variant at once, or one after the other. Each is judged by itself, whatever becomes of the
   * others; names are stable from run to run.
   */
  each<V extends Variant>(
    variants: readonly V[],
    body: (variant: V) => Promise<void>,
    order?: 'one by one',
  ): Promise<void>
}

/** What became of the check: what its findings and guards say, and what was thrown out of its body. */
export interface Judged {
  readonly verdict: Verdict
  readonly reason: string | null
  readonly findings: readonly Finding[]
  readonly variants: readonly VariantOutcome[]
}

interface Options {
  readonly about: About
  readonly trail: Trail
  /** Redacted, bounded, visible. */
  readonly text: (text: string) => string
  /** The same of what a finding or a reason says, once the evidence of the former is made. */
  readonly claim?: (text: string) => string
  /** What was answered, for a sentence. */
  readonly said: (exchange: Exchange) => string
  /** Resolves when a benign message sent after the call has arrived by the same path; throws Unproven if it does not. */
  readonly fence: () => Promise<void>
  /** Stable names of the variants to try; all where it is left out. */
  readonly only?: ReadonlySet<string> | null
}

/** The only maker of findings. `judged` is asked once, when the body has ended. */
export function createVerify({
  about,
  trail,
  text,
  claim = text,
  said,
  fence,
  only = null,
}: Options): Verify & {
  judged(thrown: unknown): Judged
  /** What it rests on: asked after `judged`. */
  basis(startedAt: number): Basis
} {
  const findings: Finding[] = []
  const rows: Row[] = []
  let [held, observed] = [0, 0]
  let failed = false

  const count = (kind: 'held' | 'observed') => {
    trail.scope[kind]++
    if (kind === 'held') held++
    else observed++
  }

  const verify: Verify = {
    held(
      condition,
      reason,
      remedy = 'see that the profile describes the call rightly, and the target’s log',
    ) {
      if (!condition) throw new Unproven(text(reason), remedy)
      count('held')
    },
    accepted(exchange) {
      const { operation, principal, answer } = exchange
      if (answer !== 'accepted')
        throw new Unproven(
          text(`${operation} was answered ${said(exchange)} to ${principal}`),
          answer === 'limited'
            ? 'it must be accepted before anything can be said: raise the target’s limit for this call in this environment'
            : 'it must be accepted before anything can be said: check the profile and the target’s log',
          answer,
        )
      count('held')
      trail.basis.accepted(exchange)
      return exchange
    },
    answered(exchange, decides) {
      const { answer, response, failure, cutOff = false } = exchange
      const operation = exchange.operation ?? 'what no operation asks'
      if (response === null && !(cutOff && decides !== undefined))
        throw new Unproven(`the target did not answer: ${failure}`, 'see whether it is up and run again')
      if (answer === 'broken' && decides !== undefined)
        return verify.remark(
          `${operation} was answered ${said(exchange)}: what is not done should be refused`,
        )
      if (answer === 'broken' || answer === 'limited')
        throw new Unproven(
          `${operation} was answered ${said(exchange)} (${answer})`,
          answer === 'limited'
            ? 'the probe met a limit instead of the code it is for: raise it for this environment, or stay below it (budget.perSecond in the profile)'
            : `an error of the target proves nothing: see its log for the cause${exchange.operation === null ? '' : `; where that is how it says no, map it (operations.${operation}.refused in the profile)`}`,
        )
    },
    asks: (cells) => void trail.scope.asks.push(...cells),
    remark(said) {
      trail.scope.remarks.add(claim(said))
    },
    applies(condition, reason) {
      if (!condition) throw new NotApplicable(text(reason))
    },
    that(holds, told) {
      count('observed')
      const said = typeof told === 'function' ? (holds ? null : told()) : told
      if (said?.permission !== undefined) trail.scope.tried.push(...triedBy(said, said.permission, holds))
      if (said !== null && !holds) add(said)
      return holds
    },
    async fenced() {
      await fence()
      trail.scope.fenced = true
      count('held')
      trail.basis.fenced()
    },
    async each(variants, body, order) {
      const judge = <V extends Variant>(variant: V, body: (variant: V) => Promise<void>) =>
        trail.within(variant.name, async (scope) => {
          const row: Row = { scope, error: null, ended: false }
          rows.push(row)
          row.error = await body(variant).then(
            () =>
              scope.observed + scope.inner > 0 || only !== null
                ? null
                : new Error('it ended without an observation'),
            asError,
          )
          row.ended = true
        })
      const wanted = variants.filter(({ name }) => isAmong(trail.nameOf(name), only))
      if (order === undefined) await Promise.all(wanted.map((variant) => judge(variant, body)))
      else for (const variant of wanted) await judge(variant, body)
    },
  }

  const add = ({ expected, actual, severity = about.severity, operation, ...shown }: Claim) => {
    const rests = trail.rests({ ...shown, actual })
    const [piece, ...others] = rests.evidence
    if (piece === undefined) throw new Error('a finding needs evidence: nothing was asked or seen before it')
    if (severities.indexOf(severity) > severities.indexOf(about.severity))
      throw new Error(
        `a finding is ${severity}, and by its own word the check finds nothing worse than ${about.severity}`,
      )
    trail.scope.found++
    findings.push({
      operation: text(operation ?? rests.operation ?? 'unmapped'),
      variant: trail.scope.variant === null ? null : text(trail.scope.variant),
      severity,
      expected: claim(expected),
      actual: claim(actual),
      evidence: [piece, ...others],
      reproduce: tellingFirst(rests.reproduce, claim(`seen: ${actual}; expected: ${expected}`)),
    })
  }

  return {
    ...verify,
    basis: (startedAt) => {
      const of = (scope: Scope, isOpen: boolean) =>
        scope.tried.map(({ holds, seen, ...cell }): Access => {
          const state = holds ? (isOpen ? 'unjudged' : 'held') : 'violated'
          return { ...cell, state, seen: state === 'unjudged' ? 'unproven' : seen }
        })
      const access = [
        ...of(trail.scope, failed),
        ...rows.flatMap(({ scope, error }) => [...of(scope, error !== null), ...unjudgedIn(scope, error)]),
      ]
      const asks = [trail.scope, ...rows.map(({ scope }) => scope)].flatMap((scope) => scope.asks)
      return trail.basis.sum({ startedAt, guards: held, observations: observed, access, asks })
    },
    judged(thrown) {
      failed = thrown !== undefined
      // What still runs when the body has ended was not waited for.
      for (const row of rows) if (!row.ended) row.error = new Error('the check did not wait for it')
      const whole = thrown === undefined ? [] : [{ name: null, error: asError(thrown) }]
      const errors = [
        ...whole,
        ...rows.flatMap(({ scope, error }) => (error === null ? [] : [{ name: scope.variant, error }])),
      ]
      const judged = { findings, variants: rows.flatMap((row) => outcomeOf(row, text, claim)) }
      const crashes = errors.filter(({ error }) => !(error instanceof Unproven || unasked(error) !== null))
      const open = [...crashes, ...errors.filter(({ error }) => error instanceof Unproven)]
      const unjudged =
        open[0] === undefined ? null : claim(unjudgedText(open[0], open.length, judged.variants.length))
      if (findings.length > 0) return { ...judged, verdict: 'fail', reason: unjudged }
      if (crashes.length > 0) return { ...judged, verdict: 'error', reason: unjudged }
      if (unjudged !== null) return { ...judged, verdict: 'unproven', reason: unjudged }
      const without = errors.find(({ error }) => error instanceof HeldBack) ?? errors[0]
      if (observed === 0 && without !== undefined)
        return {
          ...judged,
          verdict: unasked(without.error) ?? 'not-applicable',
          reason: claim(without.error.message),
        }
      const missing = held === 0 ? 'a guard that held' : observed === 0 ? 'an observation' : null
      if (missing === null)
        return {
          ...judged,
          verdict: 'pass',
          reason: told([
            whole[0] === undefined
              ? null
              : `nothing was looked at after this: ${claim(whole[0].error.message)}`,
            heldBackText(rows, claim),
            remarksIn([trail.scope, ...rows.map(({ scope }) => scope)], text),
          ]),
        }
      return { ...judged, verdict: 'error', reason: `the check ended without ${missing}: it can say nothing` }
    },
  }
}

/** None where nobody knows of what. The body of an exchange need not be kept until the end. */
function triedBy({ of, cell, seen }: Claim, permission: Permission, holds: boolean): Tried[] {
  const { principal = of?.principal, operation = of?.operation, ...where } = cell ?? {}
  if (principal === undefined || operation == null) return []
  const follows = (permission === 'allowed') === holds ? 'accepted' : 'refused'
  return [{ principal, operation, ...where, permission, holds, seen: seen ?? follows }]
}

/** What a variant set out to try, where it was ended before it could be known. */
function unjudgedIn({ asks }: Scope, error: Error | null): Access[] {
  if (error === null || unasked(error) !== null) return []
  return asks.flatMap(({ permission, ...cell }) =>
    permission === 'unsaid' ? [] : [{ ...cell, permission, state: 'unjudged', seen: 'unproven' }],
  )
}

/** A variant, and what ended it. */
interface Row {
  readonly scope: Scope
  error: Error | null
  ended: boolean
}

/** None for a variant that only holds others. */
function outcomeOf(
  { scope, error }: Row,
  text: (text: string) => string,
  claim: (text: string) => string,
): VariantOutcome[] {
  const { variant, observed, found } = scope
  if (observed === 0 && error === null) return []
  const state = found > 0 ? 'violated' : error === null ? 'held' : (unasked(error) ?? 'unjudged')
  const said = error === null ? [...scope.remarks].join('; ') : claim(error.message)
  return [{ name: text(variant ?? ''), state, reason: said || null }]
}

/** A pass says what it was kept from looking at; `null` for nothing. */
function heldBackText(rows: readonly Row[], text: (text: string) => string): string | null {
  const held = rows.filter(({ error }) => error instanceof HeldBack)
  const [first] = held
  if (first?.error == null) return null
  return `${held.length} of ${rows.length} variants held back, first ${text(first.scope.variant ?? '')}: ${text(first.error.message)}`
}

function told(texts: readonly (string | null)[]): string | null {
  return texts.filter((each) => each !== null).join('; ') || null
}

/** What was told beside a pass; `null` for nothing. */
function remarksIn(scopes: readonly Scope[], text: (text: string) => string): string | null {
  const told = scopes.filter(({ remarks }) => remarks.size > 0)
  const [first] = told
  if (first === undefined) return null
  const where =
    first.variant === null
      ? ''
      : `${told.length} of ${scopes.length - 1} variants, first ${text(first.variant)}: `
  return `${where}${[...first.remarks].join('; ')}`
}

/** What an error says that was thrown instead of a look at the target; `null` for any other. */
function unasked(error: Error): 'not-applicable' | 'held-back' | null {
  if (error instanceof HeldBack) return 'held-back'
  return error instanceof NotApplicable ? 'not-applicable' : null
}

function unjudgedText(
  { name, error }: { readonly name: string | null; readonly error: Error },
  count: number,
  of: number,
): string {
  const what = error instanceof Unproven ? error.message : `${error.name}: ${error.message}`
  return name === null ? what : `${count} of ${of} variants could not be judged, first ${name}: ${what}`
}

/** What the profile lacks, and what a service of the target does that should answer, is no fault of the check. */
function asError(thrown: unknown): Error {
  if (thrown instanceof UndeclaredOperation) return new NotApplicable(thrown.message)
  if (thrown instanceof SmtpFailure || thrown instanceof DnsFailure)
    return new Unproven(thrown.message, 'see whether the service is up, and the profile')
  if (thrown instanceof UnreadableMail)
    return new Unproven(thrown.message, 'see what the target or its relay writes into messages')
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
