import { isObject, readJson } from '../json.ts'
import type { Exchange } from '../model.ts'
import { type Members, withMembers } from '../probes/added-members.ts'
import { type ForgedMember, forgedMembers, isSame, spelledOtherwise } from '../probes/forged-members.ts'
import { type DeclaredOperation, operations } from '../profile/operations.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import { attemptable } from './attempts.ts'
import { documentedMembers } from './documented-members.ts'
import { namesOf, sayingWhose } from './names-of-owners.ts'
import { nonsenseWord, refusedByName } from './refused-words.ts'
import { freshMark, type Ground, owner, sampleOf } from './sample-input.ts'
import { asText } from './shared-items.ts'
import { canLookBack, lookBack, make, whoMakes } from './throw-away.ts'

/** Calls that write members of an object that reading shows afterwards. */
export function writings({ api }: Pick<Ground, 'api'>): { name: string; operation: DeclaredOperation }[] {
  return [...attemptable(api, 'create'), ...attemptable(api, 'change')]
    .filter((name) => {
      const { kind = '', sends, body } = api.profile.operations[name] ?? {}
      return sends !== true && ['json', 'form'].includes(body?.kind ?? '') && canLookBack(api, kind)
    })
    .map((name) => ({ name, operation: name }))
}

/** What a call with some members more came to. */
interface Written {
  readonly exchange: Exchange
  readonly sent: ReadonlySet<string>
  /** The object as it is read afterwards; `null` where it is not to be seen. */
  look(): Promise<Members | null>
}

/**
 * A verdict: the call takes no member that is not the caller's to set, among those that reading the same kind of object shows. What
 * counts is what a later read shows, and that it is another than without the member.
 */
export async function takesNothingUnasked(operation: DeclaredOperation, ground: Ground): Promise<void> {
  const { api, verify } = ground
  const declared = api.profile.operations[operation]
  if (declared === undefined) return
  const control = await written(operation, ground, {})
  verify.accepted(control.exchange)
  const shown = await control.look()
  if (shown === null)
    throw new Unproven(
      `what ${operation} wrote is not to be seen afterwards`,
      `see ${declared.kind}.get and ${declared.kind}.list of the profile`,
    )
  const neighbour = api.profile.principals['neighbour'] === undefined ? owner : 'neighbour'
  const [documented, names] = [await documentedMembers(api, declared), await namesOf(api, neighbour)]
  const known = {
    ...documented,
    sent: new Set([...control.sent, ...declared.inputs]),
    others: sayingWhose(names),
  }
  const forged = forgedMembers(shown, known)
  verify.applies(forged.length > 0, `all that reading a ${declared.kind} shows may be written by it`)
  for (const members of [forged, spelledOtherwise(forged, known)])
    if (members.length > 0) await takesNoneOf(members, operation, control, ground)
}

/** All together, and those one by one that the target refused without a word of them. */
async function takesNoneOf(
  forged: readonly ForgedMember[],
  operation: DeclaredOperation,
  control: Written,
  ground: Ground,
): Promise<void> {
  const { verify } = ground
  const nonsense = nonsenseWord()
  const together = await written(operation, ground, { ...membersOf(forged), [nonsense]: true })
  const isTaken = together.exchange.answer === 'accepted'
  const unknown = await refusedByName(ground, together.exchange, {
    ...{ place: 'body', words: forged.map(({ name }) => name), nonsense },
    values: forged.map(({ value }) => String(value)),
  })
  await verify.each(forged, async (member) => {
    const { name, shown, value, severity } = member
    const isJudged = isTaken || unknown.has(name)
    const attempt = isJudged ? together : await written(operation, ground, membersOf([member]))
    const { exchange } = attempt
    if (exchange.answer !== 'accepted') {
      verify.answered(exchange, 'the effect decides')
      if (exchange.answer !== 'broken') return void verify.that(true, { expected: '', actual: '' })
    }
    const after = await attempt.look()
    const isSet = after !== null && isSame(after[shown], value)
    const now = isSet ? await control.look() : null
    verify.held(
      !isSet || !isSame(now?.[shown], value),
      `${shown} of what nobody touched became the same`,
      'what changes by itself cannot be told from what was set: run again when the target is quiet',
    )
    verify.that(!isSet, {
      ...{ of: exchange, severity },
      expected: `${shown} as the target sets it`,
      actual: `a later read shows ${shown}: ${JSON.stringify(value)}, as the caller wrote${name === shown ? '' : ` by the name ${name}`}`,
    })
  })
}

function membersOf(forged: readonly ForgedMember[]): Members {
  return Object.fromEntries(forged.map(({ name, value }) => [name, value]))
}

async function written(name: DeclaredOperation, ground: Ground, members: Members): Promise<Written> {
  const { api } = ground
  const operation = api.profile.operations[name]
  if (operation === undefined) throw new NotApplicable(`profile declares no ${name}`)
  const { kind, object } = operation
  const mark = freshMark()
  const { onto } = operations[name] ?? {}
  const made = object === null ? null : await make(ground, kind, freshMark(), onto)
  const input = { ...sampleOf(ground, operation, mark).input, ...made?.reference(operation) }
  const principal = whoMakes(api, operation) ?? operation.as ?? owner
  const request = await api.prepare(name, input, principal)
  const changed = withMembers(request, members)
  if (changed === null) throw new NotApplicable('its body has no members')
  const exchange = await api.send(changed, { operation: name, principal, input })
  const id = made?.id ?? asText(exchange.result?.['id'])
  return {
    exchange,
    sent: new Set(Object.keys(objectIn(String(request.body)) ?? {})),
    async look() {
      const sight = await lookBack(ground, kind, { id, mark: id === null ? mark : null })
      return sight.there && sight.single ? objectIn(sight.body) : null
    },
  }
}

/** The object that a JSON text is, or wraps. */
function objectIn(text: string): Members | null {
  const whole = readJson(text)
  if (!isObject(whole)) return null
  const [[, only] = [], ...others] = Object.entries(whole)
  if (others.length === 0 && isObject(only)) return only
  return isObject(whole['data']) ? whole['data'] : whole
}
