import { isObject, readJson } from '../json.ts'
import type { Exchange, HttpRequest } from '../model.ts'
import { withParameters } from '../probes/added-members.ts'
import { namedRefusal } from '../probes/named-refusals.ts'
import type { DeclaredOperation } from '../profile/operations.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { freshMark, type Ground } from './sample-input.ts'

type Place = 'query' | 'body'

/** Words that a request said in a place besides, one of them nonsense. */
export interface SaidThere {
  readonly place: Place
  readonly words: readonly string[]
  readonly nonsense: string
  readonly values: readonly string[]
}

/** A word of letters alone that nobody knows: some take names of no other form. */
export function nonsenseWord(): string {
  const letters = freshMark().replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] ?? 'g')
  return letters.slice(0, 20)
}

/**
 * Those of the words that the target's refusal names just as it names the nonsense beside them: they need not be tried by themselves,
 * whatever they would say. Who repeats all that was sent names what he knows as well, which the same request shows, or another one of a
 * read with a parameter of its own; where neither does, nothing follows.
 */
export async function refusedByName(
  ground: Ground,
  { answer, request, response }: Exchange,
  { place, ...said }: SaidThere,
): Promise<ReadonlySet<string>> {
  const own = namesIn(request, place).filter((name) => name !== said.nonsense && !said.words.includes(name))
  const read = answer === 'invalid' ? namedRefusal(response?.body ?? '', { ...said, own }) : null
  if (read === null || read.refused.size === 0) return new Set()
  const isSure = own.length > 0 || (place === 'query' && read.form === (await formOfQueries(ground)))
  return isSure ? read.refused : new Set()
}

function namesIn({ path, headers, body }: HttpRequest, place: Place): string[] {
  if (place === 'query') return [...new URLSearchParams(path.split('?').slice(1).join('?')).keys()]
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  if (typeof body !== 'string') return []
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return [...new URLSearchParams(body).keys()]
  const object = readJson(body)
  return isObject(object) ? Object.keys(object) : []
}

const forms = new WeakMap<Ground['api']['profile'], Promise<string | null>>()

/** What the target says of parameters that it does not know beside one that it does; `null` where it does not name them. Asked once. */
function formOfQueries(ground: Ground): Promise<string | null> {
  const { profile } = ground.api
  const known = forms.get(profile) ?? learnForm(ground)
  forms.set(profile, known)
  return known
}

async function learnForm(ground: Ground): Promise<string | null> {
  const { api } = ground
  const read = plainReads(ground).find((name) => api.has<DeclaredOperation>(name, 'limit'))
  if (read === undefined) return null
  const input = { ...inputAlone(ground, read), limit: 100 }
  const [one, other] = [nonsenseWord(), nonsenseWord()]
  const plain = await api.prepare(read, input)
  const own = namesIn(plain, 'query')
  const asked = withParameters(plain, [
    [one, '1'],
    [other, '1'],
  ])
  const principal = api.profile.operations[read]?.as ?? 'anonymous'
  const { answer, response } = await api.send(asked, { operation: read, principal, input })
  if (answer !== 'invalid' || own.length === 0) return null
  const said = { words: [one], nonsense: other, own, values: ['1'] }
  return namedRefusal(response?.body ?? '', said)?.form ?? null
}
