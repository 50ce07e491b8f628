import type { Reach } from '../model.ts'
import type { Addresses } from '../pinned-lookup.ts'
import type { Further } from '../profile/profile.ts'
import type { Share } from '../profile/share.ts'
import type { SandboxAddress } from '../sandbox/client.ts'

/** What the main process hands to its workers; structured-clone data. */
export interface Provided {
  readonly sandbox: SandboxAddress
  /** Path of the profile. */
  readonly profile: string
  /** What the target's own document adds to it, where the profile wants that. */
  readonly further?: Further | undefined
  /** The instance that roles target and sound share. */
  readonly instance: Instance
  readonly reach: Reach
  /** What this machine may do of all that the profile allows, where several share it. */
  readonly share?: Share | undefined
  /** Of the hosts that the profile names. */
  readonly addresses: Addresses
  readonly seed: number
  /** By check and weakness, the variants that it is known to fell: the weak role tries no others. All are tried where it is missing. */
  readonly felled?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

/** A running target. */
export interface Instance {
  readonly id: string
  /** Variables that the profile names, whatever the environment of a worker says, and those that the target has announced. */
  readonly exports: Readonly<Record<string, string>>
}
