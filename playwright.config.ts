import { defineConfig } from '@playwright/test'

/** The checks that look at delivered mail in a browser stand beside the others: `suites/<suite>/*.browser.check.ts`. */
export default defineConfig({
  testDir: 'suites',
  testMatch: '**/*.browser.check.ts',
  outputDir: 'reports/out/browser',
  forbidOnly: true,
})
