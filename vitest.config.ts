import { defineConfig } from 'vitest/config'
import { proofReporter } from './harness/runner/proof-problem.ts'
import { checksProject, unitProject } from './harness/runner/vitest.ts'

/**
 * For whoever writes a check or a test: `npx vitest suites/keys/scope-matrix.check.ts` runs the check against the sound
 * reference API and against the one with its weakness. `postern run` and `postern prove` make their own configuration.
 */
const byFile = (role: 'sound' | 'weak') => {
  const { test } = checksProject(role)
  return {
    test: {
      ...test,
      // So that it knows which files to run again at a save.
      experimental: { viteModuleRunner: true },
      include: ['suites/**/*.check.ts'],
      exclude: ['suites/**/*.browser.check.ts'],
      globalSetup: ['harness/runner/setup.ts'],
    },
  }
}

export default defineConfig({
  test: { reporters: ['default', proofReporter()], projects: [unitProject, byFile('sound'), byFile('weak')] },
})
