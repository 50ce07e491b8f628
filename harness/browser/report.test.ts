import { en, Faker } from '@faker-js/faker'
import { expect, test } from 'vitest'
import { toHtml } from '../../reports/html.ts'
import { sampleWithBaseline } from '../../reports/sample.testing.ts'
import type { Outcome, Report } from '../model.ts'
import { excessOf, looks, openedPages, violationsIn } from './opened.testing.ts'

const { newContext, newPage, written: writtenPage } = openedPages()

const written = (report: Report) => writtenPage(toHtml(report))

/** What gets a script or a request out of pages that escape wrongly, each in its own way. */
const payloads = [
  '<script>globalThis.pwned=1</script>',
  '<img src=x onerror="globalThis.pwned=1">',
  '"><svg onload=globalThis.pwned=1>',
  "' autofocus onfocus=globalThis.pwned=1 x='",
  '</style><script>globalThis.pwned=1</script>',
  '</pre></details><iframe srcdoc="<script>parent.pwned=1</script>">',
  '<a href="javascript:globalThis.pwned=1" id=x>x</a>',
  '<link rel=stylesheet href=https://out.example/x.css>',
  '<meta http-equiv=refresh content="0;url=https://out.example/">',
  '<base href=https://out.example/>',
  '<form action=https://out.example/><button>x</button></form>',
  '@import url(https://out.example/y.css);body{background:url(https://out.example/z)}',
  '<object data=https://out.example/o></object><embed src=https://out.example/e>',
  '<video poster=https://out.example/p></video><audio src=https://out.example/a autoplay>',
  '<template><script>globalThis.pwned=1</script></template>',
  '<math><mtext><table><mglyph><style><img src=x onerror=globalThis.pwned=1>',
  '&lt;script&gt;globalThis.pwned=1&lt;/script&gt;',
  '\u202e\u0000\ud800<\u200bscript>globalThis.pwned=1</script>',
  '<!--><img src=x onerror=globalThis.pwned=1>-->',
  '<![CDATA[<img src=x onerror=globalThis.pwned=1>]]>',
]

/** All that is folded is there to be looked at, and what is out of sight is laid out. */
const unfolded = `
  for (const each of document.querySelectorAll('details')) each.open = true
  scrollTo(0, document.body.scrollHeight)
`

interface Seen {
  readonly pwned: boolean
  readonly scripts: number
  readonly tags: readonly string[]
  readonly handlers: readonly string[]
  readonly places: readonly string[]
}

const whatIsThere = `({
  pwned: 'pwned' in globalThis,
  scripts: document.scripts.length,
  tags: [...new Set([...document.querySelectorAll('*')].map(({ localName }) => localName))],
  handlers: [...document.querySelectorAll('*')]
    .flatMap((each) => each.getAttributeNames())
    .filter((name) => name.startsWith('on')),
  places: [...document.querySelectorAll('[href]')].map((each) => each.getAttribute('href')),
})`

/** Inside the page, and where standards are. */
const allowed = /^(?:#[\w.-]+|https:\/\/(?:cwe\.mitre\.org|www\.rfc-editor\.org)\/)/

/** 500 outcomes in which every text is hostile, some of several payloads that may only do something together. */
function hostile(): Report {
  const faker = new Faker({ locale: en, seed: 7 })
  const text = () => faker.helpers.arrayElements(payloads, { min: 1, max: 3 }).join(faker.string.symbol(2))
  const words = new Set([
    ...['kind', 'verdict', 'severity', 'reach', 'personality', 'begun', 'state', 'effort'],
    ...['channel', 'permission'],
  ])
  const filled = (outcome: Outcome): Outcome =>
    JSON.parse(JSON.stringify(outcome), (key, value: unknown) =>
      typeof value === 'string' && !words.has(key) && !/^P\d\d$/.test(value) ? text() : value,
    )
  const outcomes = Array.from({ length: 500 }, (_, at) =>
    filled(sampleWithBaseline.outcomes[at % sampleWithBaseline.outcomes.length] as Outcome),
  )
  return {
    ...sampleWithBaseline,
    outcomes,
    target: { name: text(), url: text(), weaknesses: payloads },
    driver: text(),
    notSelected: payloads,
    leftovers: { objects: 1, lines: payloads, lost: true, mails: 1 },
  }
}

test('of 500 hostile outcomes nothing runs in the page, and nothing leaves it', async () => {
  const page = await newPage()
  const asked: string[] = []
  const shown: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('dialog', (dialog) => dialog.dismiss())
  page.on('console', (message) => shown.push(message.text()))
  page.on('pageerror', (error) => shown.push(error.message))
  const url = await written(hostile())
  await page.goto(url, { waitUntil: 'load' })
  await page.evaluate(unfolded)
  const seen = await page.evaluate<Seen>(whatIsThere)
  await page.close()
  expect(seen).toMatchObject({ pwned: false, handlers: [] })
  expect(seen.tags).toEqual(expect.arrayContaining(['figure', 'svg', 'rect']))
  expect(seen.places.filter((place) => !allowed.test(place))).toEqual([])
  const never = ['img', 'iframe', 'link', 'base', 'form', 'object', 'embed', 'video', 'audio', 'math']
  expect(seen.tags.filter((tag) => never.includes(tag))).toEqual([])
  expect({ asked: new Set(asked), shown }).toEqual({ asked: new Set([url]), shown: [] })
})

test.each(looks)('axe-core finds nothing at %i pixels, %s', async (width, colorScheme) => {
  const page = await newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true })
  await page.goto(await written(sampleWithBaseline), { waitUntil: 'load' })
  await page.evaluate(unfolded)
  const violations = await violationsIn(page)
  const excess = await excessOf(page)
  // Each picture was there to be looked at.
  const pictures = await page.locator('figure:visible').count()
  await page.close()
  expect(violations).toEqual([])
  expect(excess).toBeLessThanOrEqual(0)
  expect(pictures).toBe(4)
})

test('the filter shows what holds all of its words; without scripts it is not there, and all is', async () => {
  const url = await written(sampleWithBaseline)
  const page = await newPage()
  await page.goto(url)
  const visible = () => page.locator('.finding:visible h3').allTextContents()
  const all = await visible()
  await page.getByRole('searchbox').fill('Older medium 1.2,')
  const of = await page.locator('nav output', { hasText: `1 of ${all.length} problems` }).textContent()
  expect([of, await visible()]).toEqual([
    `1 of ${all.length} problems`,
    ['A port speaks TLS older than 1.2, or suites that do not keep their promise'],
  ])
  await page.getByRole('searchbox').fill('')
  await page.locator('nav output', { hasText: /^$/ }).waitFor({ state: 'attached' })
  expect(await visible()).toEqual(all)
  await page.close()

  const plain = await newPage({ javaScriptEnabled: false })
  await plain.goto(url)
  expect(await plain.locator('.finding:visible').count()).toBe(all.length)
  expect(await plain.locator('input, button').count()).toBe(0)
  await plain.close()
})

test('a command is copied as it stands, and a link to one way of many opens it', async () => {
  const context = await newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  const url = await written(sampleWithBaseline)
  await page.goto(url)
  const command = page.locator('.command').first()
  await page.getByRole('button', { name: 'Copy' }).first().click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await command.textContent())
  const folded = await page.locator('.others > details').first().getAttribute('id')
  expect(await page.locator(`#${folded}`).isVisible()).toBe(false)
  await page.goto(`${url}#${folded}`)
  await page.locator(`[id="${folded}"][open]`).waitFor({ state: 'visible' })
  await context.close()
})
