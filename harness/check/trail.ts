import { AsyncLocalStorage } from 'node:async_hooks'
import type { Beside } from '../api/scripts.ts'
import type { Delivery, Evidence, Exchange, Permission, Session, Sight, Untried } from '../model.ts'
import { inVolleys } from '../probes/reproduce.ts'
import { type Script, scriptText } from '../shell.ts'
import { type BasisKeeper, createBasis } from './basis.ts'
import type { EvidenceMakers } from './evidence.ts'

/** Something that a check asked or saw. */
export type Note =
  | { readonly exchange: Exchange }
  | { readonly delivery: Delivery }
  | { readonly session: Session }
  /** What a probe found by other means, and the line for a shell that repeats it. */
  | { readonly evidence: Evidence; readonly reproduce?: string }

/** A check, or a variant of it: what happened in it, and what was said of it. */
export interface Scope {
  /** The way to it, as in `from, quotes`; `null` for the check as a whole. */
  readonly variant: string | null
  readonly parent: Scope | null
  /** How many guards held, observations were made, and findings came of them. */
  held: number
  observed: number
  found: number
  /** Whether a benign message has come through since it began. */
  fenced: boolean
  /** Variants that ran in it. */
  inner: number
  /** What is told beside the verdict. */
  readonly remarks: Set<string>
  /** What callers tried whose permission the profile knows. */
  readonly tried: Tried[]
  /** What it set out to try of that. */
  readonly asks: Untried[]
}

export interface Tried extends Untried {
  readonly permission: Permission
  readonly seen: Sight
  readonly holds: boolean
}

/** What a finding is of, where its check says so. */
export interface Shown {
  /** The call that it is of: the last one otherwise. */
  readonly of?: Exchange | undefined
  /** The delivered message that shows it, and a text in it around which to look. */
  readonly mail?: Delivery | undefined
  readonly around?: string | undefined
  /** The call that should have ended what it shows: lines to repeat it make that before. */
  readonly after?: Exchange | undefined
  /** Where calls show it only if they go out at once: these, one volley after the other. The line to repeat it is of all of them. */
  readonly volleys?: readonly Volley[] | undefined
}

/** So many calls like this one, at once. */
export interface Volley {
  readonly of: Exchange
  readonly count: number
  /** A text in it, of letters, digits and hyphens, in place of which each call says another. */
  readonly varies?: string | undefined
  /** It goes out while the one before is on its way. */
  readonly alongside?: boolean
}

export interface Trail {
  /** Where the code that asks stands. What is begun within a variant belongs to it, whatever runs beside it. */
  readonly scope: Scope
  note(note: Note): void
  /** What the verdict will rest on. */
  readonly basis: BasisKeeper
  /** The way to a variant of the present scope. */
  nameOf(variant: string): string
  /** The operation, the evidence and the line to repeat it that follow from what happened here. */
  rests(shown?: Shown & { readonly actual?: string }): {
    operation: string | null
    evidence: Evidence[]
    reproduce: string
  }
  /** Runs the body as a variant of the present scope. */
  within<T>(name: string, body: (scope: Scope) => Promise<T>): Promise<T>
}

/** Pieces of evidence of a finding, and notes that a scope keeps: its first, which tell what it set out from, and its last. */
const most = 6
const first = 2
/** Of the calls of one operation, beside its last. */
const mostSteps = 4

class Notes implements Scope {
  readonly variant: string | null
  readonly parent: Notes | null
  held = 0
  observed = 0
  found = 0
  fenced = false
  inner = 0
  readonly remarks = new Set<string>()
  readonly tried: Tried[] = []
  readonly asks: Untried[] = []
  readonly #kept = new Map<string, Note>()
  last: Exchange | null = null

  constructor(variant: string | null, parent: Notes | null) {
    this.variant = variant
    this.parent = parent
  }

  add(note: Note): void {
    if ('exchange' in note) this.last = note.exchange
    const key = keyOf(note)
    if (this.#kept.has(key)) return
    this.#kept.set(key, note)
    if (this.#kept.size <= first + most) return
    const drop = expendable([...this.#kept.values()])
    this.#kept.delete([...this.#kept.keys()][drop] ?? '')
  }

  /** Nothing is said of it any more: a check has hundreds of variants, and many checks run at once. */
  forget(): void {
    this.#kept.clear()
    this.last = null
  }

  /** Its own; where it has none, those of the scope around it. */
  get all(): Note[] {
    const own = [...this.#kept.values()]
    return own.length > 0 || this.parent === null ? own : this.parent.all
  }

  get lastExchange(): Exchange | null {
    return this.last ?? this.parent?.lastExchange ?? null
  }
}

/** One a check. `reproduce` makes lines for `sh` that repeat an exchange, with the calls beside it that they need. */
export function createTrail(
  makers: EvidenceMakers,
  reproduce: (exchange: Exchange, seen: string, beside: Beside) => Script,
): Trail {
  const root = new Notes(null, null)
  const scopes = new AsyncLocalStorage<Notes>()
  const here = () => scopes.getStore() ?? root
  const basis = createBasis(makers.text)

  const nameOf = (name: string) => {
    const { variant } = here()
    return variant === null ? name : `${variant}, ${name}`
  }
  const made = (note: Note, around: string | undefined): Evidence => {
    if ('exchange' in note) return makers.exchange(note.exchange)
    if ('delivery' in note) return makers.delivery(note.delivery, around)
    return 'session' in note ? makers.session(note.session) : note.evidence
  }
  return {
    get scope() {
      return here()
    },
    basis,
    note(note) {
      here().add(note)
      basis.noted(note)
    },
    nameOf,
    rests({ of, mail, around, volleys, after, actual = '' } = {}) {
      const scope = here()
      const exchange = of ?? scope.lastExchange
      const steps = (exchange?.steps ?? []).slice(0, mostSteps)
      const deciding: Note[] = [
        ...(exchange !== null && (of !== undefined || steps.length > 0) ? [{ exchange }] : []),
        ...steps.map((step) => ({ exchange: step })),
        ...(mail === undefined ? [] : [{ delivery: mail }]),
      ]
      const named = new Set(deciding.map(keyOf))
      const others = scope.all.filter((note) => !named.has(keyOf(note)))
      const kept = [...deciding, ...choice(others, Math.max(0, most - deciding.length))]
      const line = others.flatMap((note) => ('reproduce' in note ? [note.reproduce] : []))[0]
      return {
        operation: exchange?.operation ?? null,
        evidence: kept.map((note) => made(note, around)),
        reproduce:
          volleys !== undefined
            ? inVolleys(volleys.map(({ of, ...volley }) => ({ ...volley, ...reproduce(of, actual, {}) })))
            : of === undefined && line !== undefined
              ? line
              : exchange === null
                ? ''
                : scriptText(reproduce(exchange, actual, { later: exchangesOf(scope), after })),
      }
    },
    within(name, body) {
      const around = here()
      around.inner++
      const scope = new Notes(nameOf(name), around)
      return scopes.run(scope, () => body(scope)).finally(() => scope.forget())
    },
  }
}

function exchangesOf({ all, lastExchange }: Notes): Exchange[] {
  const noted = all.flatMap((note) => ('exchange' in note ? [note.exchange] : []))
  return lastExchange === null ? noted : [...noted, lastExchange]
}

function keyOf(note: Note): string {
  if ('exchange' in note) return note.exchange.id
  if ('delivery' in note) return note.delivery.id
  return 'session' in note ? note.session.id : JSON.stringify(note.evidence)
}

/** The first of them and the last ones, in order. */
function choice(notes: readonly Note[], count: number): readonly Note[] {
  const kept = [...notes]
  while (kept.length > count) kept.splice(expendable(kept), 1)
  return kept
}

/** The oldest of those between: of calls and mail first, since what a check wrote down itself explains them. */
function expendable(notes: readonly Note[]): number {
  const at = notes.findIndex((note, n) => n >= first && !('evidence' in note))
  return at < 0 ? first : at
}
