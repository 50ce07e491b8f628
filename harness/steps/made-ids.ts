import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { derivedOf, fewestIds, guessOf } from '../probes/id-guessing.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import type { Operation } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import { canSay, freshMark, type Ground, goesHome, sampleOf } from './sample-input.ts'
import { asText } from './shared-items.ts'
import { whoMakes } from './throw-away.ts'

/** Calls that make something and give its id. */
export function callsThatGiveIds({
  api,
}: Pick<Ground, 'api'>): { name: string; operation: DeclaredOperation }[] {
  return Object.values(api.profile.operations)
    .filter((operation) => operation.effect === 'create' && operation.object === null)
    .filter((operation) => operation.result['id'] !== undefined && canSay(operation) && goesHome(operation))
    .filter(({ name }) => api.has<DeclaredOperation>(name))
    .map(({ name }) => ({ name, operation: name }))
}

/** A verdict: of some that are made one after another, no id leads to the next. */
export async function leadNowhere(
  name: DeclaredOperation,
  ground: Pick<Kit, 'api' | 'mailbox' | 'verify'>,
): Promise<void> {
  const { api, verify } = ground
  const operation = api.profile.operations[name]
  if (operation === undefined) return
  const made: Made[] = []
  // In this order they are judged.
  for (let n = 0; n < fewestIds; n++) made.push(await makeOne(operation, ground))
  verify.held(true, `${name} made some`)
  const ids = made.map(({ id }) => id)
  const derived = made.map(({ id, texts }) => derivedOf(id, texts))
  const guess = guessOf(ids) ?? (derived.every((each) => each !== null) ? derived[0] : null) ?? null
  verify.that(guess === null, {
    of: made.at(-1)?.exchange,
    expected: 'ids of which none leads to another',
    actual: `the ids of ${ids.length} that were made one after another ${guess?.said}, such as ${ids.slice(-2).join(' and ')}`,
  })
}

interface Made {
  readonly id: string
  readonly texts: readonly string[]
  readonly exchange: Exchange
}

async function makeOne(
  operation: Operation,
  ground: Pick<Ground, 'api' | 'mailbox' | 'verify'>,
): Promise<Made> {
  const { api, verify } = ground
  const { input } = sampleOf(ground, operation, freshMark())
  const exchange = verify.accepted(await api.call(operation.name, input, whoMakes(api, operation)))
  const id = asText(exchange.result?.['id'])
  if (id === null)
    throw new Unproven(`${operation.name} gave no id`, `see result.id of ${operation.name} in the profile`)
  return { id, texts: Object.values(input).filter((value) => typeof value === 'string'), exchange }
}
