import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from '@playwright/test'
import type { AxeResults } from 'axe-core'
import { afterAll, beforeAll, vi } from 'vitest'
import { launchChromium } from './chromium.ts'

/** Each page is looked at so: pixels, and colours. */
export const looks = [
  [1400, 'light'],
  [1400, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** For the tests of one file: a browser that reaches nothing, and pages of ours to open in it. */
export function openedPages(): {
  readonly newContext: Browser['newContext']
  readonly newPage: Browser['newPage']
  /** The address of a page that holds this. */
  written(html: string): Promise<string>
} {
  // A browser starts, on machines that may have little to run it on, and is unpacked where that was never done.
  vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })
  let browser: Browser
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'postern-page-'))
    // Nothing answers there: whatever the page asks for is seen, and gets nothing.
    browser = await launchChromium('http://127.0.0.1:9')
  })
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true })
  })
  return {
    newContext: (options) => browser.newContext(options),
    newPage: (options) => browser.newPage(options),
    async written(html) {
      const file = path.join(folder, 'page.html')
      await writeFile(file, html)
      return pathToFileURL(file).href
    },
  }
}

/** What axe-core finds in a page that scripts may be put into, with the elements of each rule. */
export async function violationsIn(page: Page): Promise<[rule: string, elements: string[]][]> {
  await page.evaluate(axe)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
}

/** Pixels by which it is wider than its window. */
export function excessOf(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
}
