import type { Api } from './api.ts'
import type { Created } from './journal.ts'

/** An entry that could not be taken back, and why. */
export interface Leftover {
  readonly entry: Created
  readonly reason: string
}

/** Takes back what a run made, newest first; what is gone already counts as done. */
export async function cleanUp(api: Api, entries: readonly Created[]): Promise<Leftover[]> {
  const leftovers: Leftover[] = []
  for (const entry of entries) {
    const reason = await undo(api, entry)
    if (reason !== null) leftovers.push({ entry, reason })
  }
  return leftovers
}

async function undo(api: Api, { operation, input, principal }: Created): Promise<string | null> {
  try {
    const { answer, response, failure } = await api.call(operation, input, principal ?? undefined)
    if (answer === 'accepted' || answer === 'missing') return null
    return `${operation} was answered ${response?.status ?? failure}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
