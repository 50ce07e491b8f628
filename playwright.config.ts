import { defineConfig } from '@playwright/test'
import { orderIn } from './harness/browser/order.ts'
import type { Role } from './harness/model.ts'

/**
 * The checks that look at mail and pages in a browser. By itself, for whoever writes one, it runs them against the sound
 * reference API and against the one with their weakness; `postern run` and `postern prove` give their own order.
 */
const order = orderIn(process.env)
const roles: readonly Role[] = order?.roles.length ? order.roles : ['sound', 'weak']

export default defineConfig<object, { role: Role }>({
  testDir: 'suites',
  testMatch: order?.files.length ? [...order.files] : '**/*.browser.check.ts',
  outputDir: 'node_modules/.cache/playwright-output',
  preserveOutput: 'never',
  fullyParallel: true,
  forbidOnly: true,
  timeout: 120_000,
  workers: roles.length,
  projects: roles.map((role) => ({ name: role, use: { role } })),
  ...(order === null || order.roles.length === 0
    ? { reporter: 'list', globalSetup: './harness/browser/setup.ts' }
    : { reporter: './harness/browser/reporter.ts' }),
})
