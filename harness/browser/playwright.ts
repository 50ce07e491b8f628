import { createRequire } from 'node:module'

/** Path of Playwright's command; `null` where it is not installed: it comes with no package of ours. */
export const playwrightCommand = (() => {
  try {
    return createRequire(import.meta.url).resolve('@playwright/test/cli')
  } catch {
    return null
  }
})()
