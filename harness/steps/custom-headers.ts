import type { Kit } from '../check/kit.ts'
import { decodeWords, readHeaders } from '../probes/headers.ts'
import { Unproven } from '../verdicts.ts'

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
 * refusal of others says nothing. Some break on a field that they keep for themselves, or drop the message: that is no matter of the rest.
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
  const seen = await Promise.allSettled(customHeaders.map(arrives))
  const arrived = new Set(customHeaders.filter((_, at) => isTrue(seen[at])))
  const failed = seen.find((each) => each.status === 'rejected')
  if (failed !== undefined && (arrived.size === 0 || !(failed.reason instanceof Unproven)))
    throw failed.reason
  verify.held(arrived.size > 0, 'no benign custom header arrived as it was given')
  return arrived
}

function isTrue(settled: PromiseSettledResult<boolean> | undefined): boolean {
  return settled?.status === 'fulfilled' && settled.value
}
