import { randomUUID } from 'node:crypto'
import type { Api } from '../api/api.ts'
import { newCanary } from '../check/canary.ts'
import type { Kit } from '../check/kit.ts'
import { filledExample, freshIn } from '../profile/examples.ts'
import type { Makings, Verb } from '../profile/operations/resource.ts'
import { operations } from '../profile/operations.ts'
import type { Operation } from '../profile/shape.ts'
import { inputNames } from '../profile/templates.ts'

/** What calls are tried with and looked back on. */
export type Ground = Pick<Kit, 'api' | 'mailbox' | 'post' | 'verify'> &
  Partial<Pick<Kit, 'reach' | 'runReach'>> & {
    /** Whose a message is stands in lists, and not on the wire: what is sent is looked for where it is kept. */
    readonly looksInLists?: true
    /** Where its owner is shown what others make as well: whether one that he is shown is theirs all the same. */
    isOthers?(kind: string, made: { readonly id: string | null; readonly mark: string }): Promise<boolean>
    /** What keys that are made to try things on may do; the first scope of the profile where it is left out. */
    readonly keyScopes?: readonly string[]
  }

/** The principal who may do everything there. */
export const owner = 'admin'

export type Input = Readonly<Record<string, unknown>>

/** What an operation is called with to try it, beside what names its object. */
export interface Tried {
  readonly input: Input
  /** Mail that the call sends goes there. */
  readonly address: string
}

/** By our sample, as far as the profile carries it, with the profile's example over it. */
export function sampleOf(
  { api, mailbox, keyScopes }: Pick<Ground, 'api' | 'mailbox' | 'keyScopes'>,
  operation: Operation,
  mark: string,
  onto: NonNullable<Verb['onto']> = {},
): Tried {
  const { roles, scopes } = api.profile
  const role = leastRole(api)
  const otherRole = Object.keys(roles).find((each) => each !== role)
  const makings: Makings = {
    mark,
    address: mailbox.address('attempt'),
    from: api.profile.mail.from,
    domain: mailbox.domain(),
    role,
    ...(otherRole === undefined ? {} : { otherRole }),
    scopes: keyScopes ?? Object.keys(scopes).slice(0, 1),
    later: new Date(Date.now() + 3_600_000).toISOString(),
  }
  const { sample, sampleElse, essential = [] } = operations[operation.name] ?? {}
  const besides = Object.entries(onto).map(([name, making]) => [name, makings[making]])
  const usual = { ...sample?.(makings), ...Object.fromEntries(besides) }
  const isCarried = Object.keys(api.carried(operation.name, usual)).length > 0
  const ours = isCarried ? usual : { ...usual, ...sampleElse?.(makings) }
  const carried = api.carried(operation.name, ours)
  const kept = Object.entries(ours).filter(([name]) => essential.includes(name) || name in carried)
  return {
    input: {
      ...Object.fromEntries(kept),
      ...filledExample(operation.example, { ...makings, uuid: randomUUID() }),
    },
    address: makings.address,
  }
}

function leastRole(api: Api): string {
  const limited = Object.entries(api.profile.roles).find(([, allowed]) => allowed !== '*')
  return limited?.[0] ?? Object.keys(api.profile.roles)[0] ?? 'member'
}

/** Whether it is known what the operation is called with. A read may leave out what does not stand in its path. */
export function canSay({ name, effect, path, inputs, object, example, steps }: Operation): boolean {
  if (operations[name]?.sample !== undefined) return true
  const given = steps.flatMap(({ result }) => Object.keys(result))
  const inPaths = [...steps.map((step) => step.path), path].flatMap(inputNames)
  const wanted =
    effect === 'read' || Object.keys(example).length > 0
      ? inPaths.filter((input) => !given.includes(input))
      : [...inputs]
  return wanted.every((input) => input === object || input in example)
}

/** What it makes can be told from everything else: calls of it are to bear a mark. */
export function isMarked({ name, example }: Operation): boolean {
  return operations[name]?.sample !== undefined || freshIn(example).includes('mark')
}

/** Some fields are cut short. */
export function bears(text: string, mark: string): boolean {
  return text.includes(mark.slice(0, 16))
}

/** It sends no mail, or to addresses of the sandbox alone. */
export function goesHome({ sends, mailTo }: Operation): boolean {
  return !sends || mailTo.length > 0
}

/** Shorter than what is looked for, so that an answer that repeats the question holds no trace. */
export const searchFor = (mark: string) => mark.slice(0, 12)

export const freshMark = newCanary
