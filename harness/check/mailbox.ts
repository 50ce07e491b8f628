import { randomBytes } from 'node:crypto'
import type { Personality } from '../model.ts'
import type { Wire } from '../sandbox/client.ts'
import type { Letter } from './letters.ts'

/** Addresses whose mail ends in the sandbox. */
export interface Mailbox {
  /** The domain of those that the sound exchanger takes. */
  domain(): string
  /** An address that nobody had before: `<label>-<128 random bits>@…`. */
  address(label?: string, personality?: Personality): string
  /** The words of a benign message; repeats with `--seed`. */
  letter(): Letter
  /** 128 random bits in hex, to know one probe's traces from another's (C3). */
  canary(): string
}

export function createMailbox(wire: Wire, letter: () => Letter): Mailbox {
  const canary = () => randomBytes(16).toString('hex')
  return {
    domain: () => wire.domain('sound', 'inbox'),
    canary,
    letter,
    address: (label = 'probe', personality = 'sound') =>
      `${label}-${canary()}@${wire.domain(personality, 'inbox')}`,
  }
}
