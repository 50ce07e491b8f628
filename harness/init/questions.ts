import { createInterface } from 'node:readline'

/** Asks one after the other; an empty answer, or none, is `null`. */
export interface Questions {
  ask(question: string): Promise<string | null>
  close(): void
}

/** Where nobody is there to answer, each question is answered at once by `null`. */
export const nobody: Questions = { ask: async () => null, close: () => {} }

/** Somebody at a terminal, who may type ahead. */
export function questionsAt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Questions {
  const terminal = createInterface({ input, output })
  const lines = terminal[Symbol.asyncIterator]()
  return {
    async ask(question) {
      output.write(`${question} `)
      const { value, done } = await lines.next()
      return done === true ? null : value.trim() || null
    },
    close: () => terminal.close(),
  }
}
