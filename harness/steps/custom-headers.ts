import type { Kit } from '../check/kit.ts'
import { decodeWords, readHeaders } from '../probes/headers.ts'

/** Fields that mean nothing to anybody here, as a caller may want them. */
const benign = {
  'X-Probe': 'ok',
  'List-Unsubscribe': '<https://shop.example/unsubscribe>',
  References: '<order-4711@shop.example>',
} as const

export type CustomHeader = keyof typeof benign
export const customHeaders = Object.keys(benign) as CustomHeader[]

/**
 * A guard: of the fields above, those that arrive as they were given, each in a message of its own; where none does, a
 * refusal of others says nothing.
 */
export async function customHeadersThatArrive({
  post,
  verify,
}: Pick<Kit, 'post' | 'verify'>): Promise<ReadonlySet<CustomHeader>> {
  const arrives = async (name: CustomHeader) => {
    const copy = await (await post.send({ headers: { [name]: benign[name] } })).deliveredUnlessRefused()
    const fields = copy === null ? [] : readHeaders(copy.raw).field(name)
    return fields.some(({ value }) => decodeWords(value).includes(benign[name]))
  }
  const seen = await Promise.all(customHeaders.map(arrives))
  const arrived = new Set(customHeaders.filter((_, at) => seen[at]))
  verify.held(arrived.size > 0, 'no benign custom header arrived as it was given')
  return arrived
}
