import type { Api } from './api.ts'
import type { Created } from './journal.ts'

/** An entry that could not be taken back, and why. */
export interface Leftover {
  readonly entry: Created
  readonly reason: string
}

/** Takes back what a run made, newest first; what is gone already counts as done. Stops where the target is gone. */
export async function cleanUp(api: Api, entries: readonly Created[]): Promise<Leftover[]> {
  const leftovers: Leftover[] = []
  for (const [n, entry] of entries.entries()) {
    const { reason, lost } = await undo(api, entry)
    if (reason !== null) leftovers.push({ entry, reason })
    if (!lost) continue
    const rest = entries
      .slice(n + 1)
      .map((untried) => ({ entry: untried, reason: 'not tried: the target does not answer' }))
    return [...leftovers, ...rest]
  }
  return leftovers
}

async function undo(
  api: Api,
  { operation, input, principal }: Created,
): Promise<{ reason: string | null; lost: boolean }> {
  try {
    const { answer, response, failure } = await api.call(operation, input, principal ?? undefined)
    if (answer === 'accepted' || answer === 'missing') return { reason: null, lost: false }
    return { reason: `${operation} was answered ${response?.status ?? failure}`, lost: response === null }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error), lost: false }
  }
}
