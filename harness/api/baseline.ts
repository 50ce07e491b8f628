import type { Exchange } from '../model.ts'
import { Unproven } from '../verdicts.ts'

/** Legitimate calls that must succeed first (C1), each made once for all who ask. `said`: what was answered, for a sentence. */
export function createBaselines(said: (exchange: Exchange) => string) {
  const calls = new Map<string, Promise<Exchange>>()
  return {
    /** Throws Unproven unless the call is accepted; one that is not is made again for the next who asks. */
    async get(key: readonly unknown[], call: () => Promise<Exchange>): Promise<Exchange> {
      const id = JSON.stringify(key)
      const made = calls.get(id) ?? call()
      calls.set(id, made)
      try {
        const exchange = await made
        if (exchange.answer === 'accepted') return exchange
        throw new Unproven(
          `a legitimate ${exchange.operation} as ${exchange.principal} was answered ${said(exchange)} (${exchange.answer})`,
          'it must succeed before a refusal means anything: check the operation and the principal in the profile',
          exchange.answer,
        )
      } catch (error) {
        if (calls.get(id) === made) calls.delete(id)
        throw error
      }
    },
  }
}

export type Baselines = ReturnType<typeof createBaselines>
