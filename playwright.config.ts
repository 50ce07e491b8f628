import { tmpdir } from 'node:os'
import path from 'node:path'
import { defineConfig } from '@playwright/test'
import { byHand, orderIn } from './harness/browser/order.ts'
import { titlesOf } from './harness/check/title.ts'
import type { Role } from './harness/model.ts'
import { extension } from './harness/tree.ts'

/**
 * The checks that look at mail and pages in a browser. By itself, for whoever writes one, it runs them against the sound
 * reference API and against the one with their weakness; `postern run` and `postern prove` give their own order.
 */
const order = orderIn(process.env)
const roles: readonly Role[] = order?.roles.length ? order.roles : ['sound', 'weak']

export default defineConfig<object, { role: Role }>({
  testDir: 'suites',
  testMatch: byHand() ? '**/*.browser.check.ts' : `all.browser${extension}`,
  // Started by Postern it has a folder for temporary files of its own.
  outputDir: byHand() ? 'node_modules/.cache/playwright-output' : path.join(tmpdir(), 'playwright-output'),
  preserveOutput: 'never',
  forbidOnly: true,
  // The profile bounds every wait of a check, and admission comes when it comes.
  timeout: 0,
  workers: roles.length,
  projects: roles.map((role) => ({
    name: role,
    use: { role },
    ...titlesOf[role],
  })),
  ...(byHand()
    ? { reporter: 'list', globalSetup: './harness/browser/setup.ts' }
    : { reporter: `./harness/browser/reporter${extension}` }),
})
