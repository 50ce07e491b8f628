import { fileURLToPath } from 'node:url'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import type { Reach, Role } from '../model.ts'
import type { SandboxAddress } from '../sandbox/client.ts'

/** What the main process hands to the worker; structured-clone data. */
export interface Provided {
  readonly sandbox: SandboxAddress
  /** Path of the profile. */
  readonly profile: string
  /** The instance that roles target and sound share. */
  readonly instance: Instance
  readonly reach: Reach
  readonly seed: number
}

/** A running target. */
export interface Instance {
  readonly id: string
  /** Variables that the profile may name, beside those of the environment. */
  readonly exports: Readonly<Record<string, string>>
}

declare module 'vitest' {
  interface ProvidedContext {
    role: Role
    postern: Provided
  }
}

export const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * One Vitest project a role. One file imports every check that is asked for, and all run at once in one worker:
 * checks wait for mail and clocks, hardly ever for the processor.
 */
export function checksProject(
  role: Role,
  options: { provided?: Provided; only?: readonly string[] } = {},
): TestProjectInlineConfiguration {
  return {
    test: {
      name: role,
      root,
      include: ['suites/all.ts'],
      pool: 'threads',
      isolate: false,
      maxWorkers: 1,
      sequence: { concurrent: true },
      maxConcurrency: 1000,
      testTimeout: 120_000,
      hookTimeout: 30_000,
      provide: {
        role,
        ...(options.provided === undefined ? {} : { postern: options.provided }),
      },
      env: { POSTERN_ONLY: JSON.stringify(options.only ?? []) },
    },
  }
}

export const unitProject: TestProjectInlineConfiguration = {
  test: {
    name: 'unit',
    root,
    include: ['{harness,reports,fixtures,suites}/**/*.test.ts'],
    pool: 'threads',
    testTimeout: 30_000,
  },
}
