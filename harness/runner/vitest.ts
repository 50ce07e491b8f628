import { Writable } from 'node:stream'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import type { Provided } from '../check/provided.ts'
import type { Role } from '../model.ts'
import { compileCache, extension, root } from '../tree.ts'

declare module 'vitest' {
  interface ProvidedContext {
    role: Role
    postern: Provided
  }
}

/**
 * One Vitest project a role. One file imports every check that is asked for, by its absolute path, and all run at once in one worker:
 * checks wait for mail and clocks, hardly ever for the processor.
 */
export function checksProject(
  role: Role,
  options: { provided?: Provided; files?: readonly string[] } = {},
): TestProjectInlineConfiguration {
  return {
    test: {
      name: role,
      root,
      include: [`suites/all${extension}`],
      // The package stands in a folder of this name, which is left out otherwise.
      exclude: [],
      pool: 'threads',
      isolate: false,
      maxWorkers: 1,
      sequence: { concurrent: true },
      maxConcurrency: 1000,
      // Node strips types by itself; a second module system in every worker only costs.
      experimental: { viteModuleRunner: false },
      // The profile bounds every wait of a check, and admission comes when it comes.
      testTimeout: 0,
      provide: {
        role,
        ...(options.provided === undefined ? {} : { postern: options.provided }),
      },
      env: { POSTERN_FILES: JSON.stringify(options.files ?? []), ...compileCache },
    },
  }
}

/** Where Vitest prints. It waits for what its workers have printed to flow off, also where nobody reads it any more. */
export function printed(): { readonly stdout: Writable; readonly stderr: Writable } {
  const onTo = (stream: Writable) =>
    new Writable({ write: (chunk, _, next) => void stream.write(chunk, () => next()) })
  return { stdout: onTo(process.stdout), stderr: onTo(process.stderr) }
}

export const unitProject: TestProjectInlineConfiguration = {
  test: {
    name: 'unit',
    root,
    include: ['{harness,reports,fixtures,suites}/**/*.test.ts'],
    pool: 'threads',
    // Whole runs wait more than they work: two files at once, however few processors there are.
    maxWorkers: 2,
    testTimeout: 120_000,
  },
}
