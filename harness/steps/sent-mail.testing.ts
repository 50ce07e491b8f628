import type { Delivery } from '../model.ts'
import { NotSeen } from '../sandbox/client.ts'

interface To {
  readonly to?: string
}

/** For tests: the wire of a target whose mail is all there at once; who waits for more sees none. */
export function wireOf(sent: readonly Delivery[]) {
  const deliveries = async ({ to = '' }: To) => sent.filter(({ envelope }) => envelope.to.includes(to))
  return {
    deliveries,
    async arrival(filter: To, { count = 1 } = {}) {
      const all = await deliveries(filter)
      if (all.length < count) throw new NotSeen('no more')
      return all
    },
  }
}
