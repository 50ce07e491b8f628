import type { About, Delivery, Evidence, Exchange, Severity } from '../model.ts'
import { readings } from '../probes/addresses.ts'
import { readHeaders } from '../probes/headers.ts'
import type { Wire } from '../sandbox/client.ts'
import type { Attempt } from '../steps/attempts.ts'
import { Unproven, Violated } from '../verdicts.ts'
import type { EvidenceMakers } from './evidence.ts'

/** What a finding needs beside the check it belongs to. */
export interface Claim {
  readonly operation: string
  readonly expected: string
  readonly actual: string
  readonly evidence: readonly [Evidence, ...Evidence[]]
  /** A line for a shell. */
  readonly reproduce: string
  /** The check's own severity where it is left out; it can only be lowered. */
  readonly severity?: Severity
}

/** What a verb looks at and what it counts; one per check. */
export interface Scene {
  readonly about: About
  readonly wire: Wire
  readonly evidence: EvidenceMakers
  readonly curl: (exchange: Exchange) => string
  /** Resolves when a benign message sent after the call has arrived by the same path; throws Unproven if it does not. */
  readonly fence: () => Promise<void>
  /** How many guards held and how many observations were made: a pass needs one of each. */
  readonly tally: { held: number; observed: number }
}

export interface Variant {
  readonly name: string
}

export interface Verify {
  /**
   * A guard (C1, C2): what must be so before a later refusal means anything.
   * Throws Unproven with the reason and what to do about it.
   */
  held(condition: boolean, reason: string, remedy?: string): void
  /** The answer says something: Unproven for none at all, for a server error and for a limit. */
  answered(exchange: Exchange): void
  /** The general verb: throws Violated with the claim unless the property holds. */
  that(holds: boolean, claim: () => Claim): void
  /** C4: resolves once a benign message sent from now on has come through; Unproven where none does. */
  fenced(): Promise<void>
  /** Nothing of `address` in any envelope that reached the wire, seen after a fence. */
  nothingReached(address: string, exchange: Exchange): Promise<void>
  /** The answer of `principal.get` names nobody. An error that repeats what a forged token says names nobody. */
  notAuthenticated(exchange: Exchange, expected: string): void
  /** No header field of these names, no bare CR, LF or NUL in the header block, and the block ends where it should. */
  headersIntact(
    delivery: Delivery,
    exchange: Exchange,
    injected: { names: readonly string[]; body: string },
  ): void
  /** The attempt had no effect and disclosed nothing; one of its owner has an effect that is seen. */
  notCarriedOut(attempt: Attempt, exchange: Exchange, expected: string): Promise<void>
  /** The call was accepted: a limit that refuses its rightful caller is a finding of low severity. */
  granted(exchange: Exchange, expected: string): void
  /** Every reading of the address field finds this one mailbox and no other. */
  onlyMailbox(
    delivery: Delivery,
    exchange: Exchange,
    only: { field: 'From' | 'To' | 'Cc' | 'Reply-To'; email: string },
  ): void
  /** The parts of a claim that follow from an exchange. */
  sentBy(exchange: Exchange): Pick<Claim, 'operation' | 'reproduce'>
  /** Runs the body for every variant at once, and gathers a finding for each that fails. */
  each<V extends Variant>(
    variants: readonly V[],
    body: (variant: V, verify: Verify) => Promise<void>,
  ): Promise<void>
}

/** The verbs: the only makers of findings. */
export function createVerify(scene: Scene, variant: string | null = null): Verify {
  const { about, wire, evidence, curl, tally } = scene

  const sentBy = (exchange: Exchange) => ({
    operation: exchange.operation ?? 'unmapped',
    reproduce: curl(exchange),
  })

  const verify: Verify = {
    held(
      condition,
      reason,
      remedy = 'see that the profile describes the call rightly, and the target’s log',
    ) {
      if (!condition) throw new Unproven(evidence.text(reason), remedy)
      tally.held++
    },

    answered(exchange) {
      const { answer, response, failure } = exchange
      if (response === null)
        throw new Unproven(`the target did not answer: ${failure}`, 'see whether it is up and run again')
      if (answer === 'broken' || answer === 'limited')
        throw new Unproven(
          `${exchange.operation} was answered ${response.status} (${answer})`,
          answer === 'limited'
            ? 'the probe met a limit instead of the code it is for: raise it for this environment, or run fewer checks'
            : 'an error of the target proves nothing: see its log for the cause',
        )
    },

    that(holds, claim) {
      tally.observed++
      if (holds) return
      const { severity = about.severity, ...rest } = claim()
      throw new Violated([
        {
          ...rest,
          variant,
          severity,
          expected: evidence.text(rest.expected),
          actual: evidence.text(rest.actual),
          reproduce: rest.reproduce,
        },
      ])
    },

    async fenced() {
      await scene.fence()
      tally.held++
    },

    async nothingReached(address, exchange) {
      await verify.fenced()
      const sessions = await wire.sessions({ recipient: address })
      const [delivery] = await wire.deliveries({ to: address })
      const [session] = sessions
      verify.that(session === undefined && delivery === undefined, () => ({
        ...sentBy(exchange),
        expected: `no mail and no RCPT for ${address}`,
        actual:
          delivery === undefined
            ? `RCPT TO:<${address}> reached the wire`
            : `a message for ${address} reached the wire`,
        evidence: [
          evidence.exchange(exchange),
          ...(delivery === undefined ? [] : [evidence.delivery(delivery, address)]),
          ...(session === undefined ? [] : [evidence.session(session)]),
        ],
      }))
      verify.answered(exchange)
    },

    notAuthenticated(exchange, expected) {
      const identity = exchange.result?.['id']
      verify.that(identity === undefined, () => ({
        ...sentBy(exchange),
        expected,
        actual: `${exchange.response?.status}, and the caller is ${identity}`,
        evidence: [evidence.exchange(exchange)],
      }))
      verify.answered(exchange)
    },

    headersIntact(delivery, exchange, injected) {
      const header = readHeaders(delivery.raw)
      const present = injected.names.filter((name) => header.field(name).length > 0)
      const begins = Buffer.from(delivery.raw).subarray(header.body).toString('utf8').trimStart()
      const broken = [
        ...present.map((name) => `a header field ${name}`),
        ...header.anomalies.map((anomaly) => `${anomaly} in the header block`),
        ...(begins.startsWith(injected.body) ? ['a body that begins with injected text'] : []),
      ]
      verify.that(broken.length === 0, () => ({
        ...sentBy(exchange),
        expected: 'the input inside one header field, encoded, or refused',
        actual: `the delivered message has ${broken.join(', ')}`,
        evidence: [evidence.exchange(exchange), evidence.delivery(delivery)],
      }))
    },

    async notCarriedOut(attempt, exchange, expected) {
      const trace = await attempt.trace(exchange)
      verify.that(trace === null, () => ({
        ...sentBy(exchange),
        expected,
        actual: `${exchange.response?.status}, and ${trace}`,
        evidence: [evidence.exchange(exchange)],
      }))
      verify.answered(exchange)
    },

    granted(exchange, expected) {
      verify.answered(exchange)
      verify.that(exchange.answer === 'accepted', () => ({
        ...sentBy(exchange),
        severity: 'low',
        expected,
        actual: `it was answered ${exchange.response?.status ?? exchange.failure}`,
        evidence: [evidence.exchange(exchange)],
      }))
    },

    onlyMailbox(delivery, exchange, only) {
      const fields = readHeaders(delivery.raw).field(only.field)
      const value = fields.map((field) => field.value).join(', ')
      const wrong = readings(value).filter(
        ({ mailboxes }) =>
          mailboxes.length !== 1 || mailboxes[0]?.email.toLowerCase() !== only.email.toLowerCase(),
      )
      verify.that(fields.length === 1 && wrong.length === 0, () => ({
        ...sentBy(exchange),
        expected: `one ${only.field} field that every parser reads as ${only.email} alone`,
        actual: `${fields.length} field(s); ${wrong.map((r) => `${r.parser} reads ${r.mailboxes.map((m) => m.email).join(', ') || 'nothing'}`).join('; ')}`,
        evidence: [evidence.exchange(exchange), evidence.delivery(delivery)],
      }))
    },

    sentBy,

    async each(variants, body) {
      const child = (name: string) => createVerify(scene, variant === null ? name : `${variant}, ${name}`)
      const settled = await Promise.allSettled(variants.map((v) => body(v, child(v.name))))
      const thrown = settled.flatMap((s, i) =>
        s.status === 'rejected' ? [{ reason: s.reason, name: variants[i]?.name }] : [],
      )
      const violated = thrown.flatMap(({ reason }) => (reason instanceof Violated ? [reason] : []))
      const others = thrown.filter(({ reason }) => !(reason instanceof Violated))
      const crash = others.find(({ reason }) => !(reason instanceof Unproven))
      const first = crash ?? others[0]
      const unjudged = [
        ...(first === undefined
          ? []
          : [
              `${others.length} of ${variants.length} variants could not be judged, first ${first.name}: ${first.reason}`,
            ]),
        ...violated.flatMap((inner) => inner.unjudged ?? []),
      ].join('; ')
      if (violated.length > 0)
        throw new Violated(
          violated.flatMap(({ findings }) => findings),
          unjudged || null,
        )
      if (crash !== undefined) throw crash.reason
      if (first !== undefined) throw new Unproven(unjudged, 'each of them must be judged for a pass')
    },
  }

  return verify
}
