import { createInterface } from 'node:readline/promises'

/** Asks one after the other; an empty answer, or none, is `null`. */
export interface Questions {
  ask(question: string): Promise<string | null>
  close(): void
}

/** Where nobody is there to answer, each question is answered at once by `null`. */
export const nobody: Questions = { ask: async () => null, close: () => {} }

/** Somebody at a terminal. */
export function questionsAt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Questions {
  const lines = createInterface({ input, output })
  const ended = new Promise<null>((resolve) => lines.once('close', () => resolve(null)))
  return {
    async ask(question) {
      const answer = await Promise.race([lines.question(`${question} `).catch(() => null), ended])
      return answer?.trim() || null
    },
    close: () => lines.close(),
  }
}
