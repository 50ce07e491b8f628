/** For whom a target has accepted mail. */
export interface Mailing {
  /** Recipients as a call named them, and the id of its message where the answer told one. */
  accepted(recipients: readonly string[], id?: unknown): void
  /** The message was called off before it went out. */
  cancelled(id: unknown): void
  /** Who should have mail by now, or at some time. */
  readonly recipients: readonly string[]
}

export function createMailing(): Mailing {
  const all: { readonly recipients: readonly string[]; readonly id: unknown }[] = []
  return {
    accepted(recipients, id) {
      if (recipients.length > 0) all.push({ recipients, id })
    },
    cancelled(id) {
      const at = id === undefined ? -1 : all.findIndex((message) => message.id === id)
      if (at >= 0) all.splice(at, 1)
    },
    get recipients() {
      return all.flatMap(({ recipients }) => recipients)
    },
  }
}
