import { expect, test } from 'vitest'
import { toFleetPage } from '../../reports/fleet/page.ts'
import { type Service, summaryOf } from '../../reports/fleet/services.ts'
import { sample } from '../../reports/sample.testing.ts'
import { excessOf, looks, openedPages, violationsIn } from './opened.testing.ts'

const { newPage, written } = openedPages()

const run = summaryOf(sample)
const long = 'a-name-without-a-single-place-at-which-it-might-be-broken-into-lines'
const services: Service[] = [
  { name: 'Shop mail', owner: 'mail-team', href: './shop/report.html', problems: [], run },
  { name: long, owner: null, href: './x/report.json', problems: ['its report is too old'], run },
  { name: '<b>Newsletter</b>', owner: 'growth', href: null, problems: [`seen ${long}`], run: null },
]

test.each(looks)(
  '%i pixels wide, in %s: nothing that axe finds, nothing wider than the page, nothing loaded',
  async (width, colorScheme) => {
    const page = await newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true })
    try {
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      await page.goto(await written(toFleetPage(services, '2026-11-27T10:00:00.000Z')))
      expect(asked).toHaveLength(1)
      expect(await excessOf(page)).toBeLessThanOrEqual(0)
      expect(await violationsIn(page)).toEqual([])
    } finally {
      await page.close()
    }
  },
)
