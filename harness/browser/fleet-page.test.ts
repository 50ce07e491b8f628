import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from '@playwright/test'
import type { AxeResults } from 'axe-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { toFleetPage } from '../../reports/fleet/page.ts'
import { type Service, summaryOf } from '../../reports/fleet/services.ts'
import { sample } from '../../reports/sample.testing.ts'
import { launchChromium } from './chromium.ts'

// A browser starts, on machines that may have little to run it on, and is unpacked where that was never done.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let browser: Browser
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-fleet-page-'))
  browser = await launchChromium('http://127.0.0.1:9')
})

afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true })
})

const run = summaryOf(sample)
const long = 'a-name-without-a-single-place-at-which-it-might-be-broken-into-lines'
const services: Service[] = [
  { name: 'Shop mail', owner: 'mail-team', href: './shop/report.html', problems: [], run },
  { name: long, owner: null, href: './x/report.json', problems: ['its report is too old'], run },
  { name: '<b>Newsletter</b>', owner: 'growth', href: null, problems: [`seen ${long}`], run: null },
]

test.each([
  [1400, 'light'],
  [1400, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const)(
  '%i pixels wide, in %s: nothing that axe finds, nothing wider than the page, nothing loaded',
  async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true })
    try {
      const file = path.join(folder, 'fleet.html')
      await writeFile(file, toFleetPage(services, '2026-11-27T10:00:00.000Z'))
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      await page.goto(pathToFileURL(file).href)
      expect(asked).toHaveLength(1)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      await page.addScriptTag({
        content: await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8'),
      })
      const { violations } = (await page.evaluate('axe.run()')) as AxeResults
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    } finally {
      await page.close()
    }
  },
)
