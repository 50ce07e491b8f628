import type { Personality } from '../model.ts'
import type { Wire } from '../sandbox/client.ts'
import { newCanary } from './canary.ts'
import type { Letter } from './letters.ts'

/** Addresses whose mail ends in the sandbox. */
export interface Mailbox {
  /** The domain of those that the sound exchanger takes. */
  domain(): string
  /** An address that nobody had before: `<label>-<canary>@…`. */
  address(label?: string, personality?: Personality): string
  /** The words of a benign message; repeats with `--seed`. */
  letter(): Letter
  /** 124 random bits in hex, to know one probe's traces from another's (C3). */
  canary(): string
}

export function createMailbox(wire: Wire, letter: () => Letter): Mailbox {
  return {
    domain: () => wire.domain('sound', 'inbox'),
    canary: newCanary,
    letter,
    address: (label = 'probe', personality = 'sound') =>
      `${label}-${newCanary()}@${wire.domain(personality, 'inbox')}`,
  }
}
