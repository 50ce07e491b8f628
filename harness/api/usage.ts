import { operations } from '../profile/operations.ts'

/** Which operations and inputs a check used, and which it asked for first. */
export interface Usage {
  used(operation: string, inputs?: readonly string[]): void
  asked(operation: string, input?: string): void
  /** It made something that cannot be told from what was there before. */
  unmarked(operation: string): void
  /** What was used, and neither asked for nor among the needs: `contact.create`, `message.send:cc`. */
  undeclared(needs: readonly string[]): string[]
  /** What is wrong with it, as the rest of a sentence of the check; `null` for nothing. */
  mistake(needs: readonly string[]): string | null
  /** The operations that were used or asked for. */
  readonly operations: readonly string[]
}

export function createUsage(): Usage {
  const used = new Set<string>()
  const asked = new Set<string>()
  const unmarked = new Set<string>()
  const usage: Usage = {
    used(operation, inputs = []) {
      used.add(operation)
      const ours = operations[operation]
      // Needs name inputs of ours. Whoever needs an operation needs what it is not itself without.
      if (ours === undefined) return
      for (const input of inputs) if (!ours.essential.includes(input)) used.add(`${operation}:${input}`)
    },
    unmarked: (operation) => void unmarked.add(operation),
    asked: (operation, input) => void asked.add(input === undefined ? operation : `${operation}:${input}`),
    undeclared(needs) {
      // Whoever needs an input, or asked for one, knows the operation.
      const known = new Set([...needs, ...asked].flatMap((name) => [name, name.split(':')[0] ?? '']))
      return [...used].filter((name) => !known.has(name)).sort()
    },
    mistake(needs) {
      const undeclared = usage.undeclared(needs)
      if (undeclared.length > 0)
        return `uses ${undeclared.join(', ')}: name it in needs, or ask for it by api.has`
      return unmarked.size === 0
        ? null
        : `makes what nothing tells from the rest by ${[...unmarked].join(', ')}: put mailbox.canary() or freshMark() into its name or address`
    },
    get operations() {
      return [...new Set([...used, ...asked].map((name) => name.split(':')[0] ?? ''))].sort()
    },
  }
  return usage
}
