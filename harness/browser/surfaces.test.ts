import { expect, test } from 'vitest'
import { sampleExchange, sampleKit } from '../check/sample-kit.testing.ts'
import type { Exchange } from '../model.ts'
import { type Document, documentOf, type Opened, type Pages } from './pages.ts'
import { heldAsPage, isThereToLeadOn, lookAtSurface, whatRuns } from './surfaces.ts'

const nothing: Opened = {
  ...{ requests: [], mixed: [], dialogs: [], windows: [] },
  ...{ title: '', text: '', clicked: false },
}

/** A browser that shows what `seen` says of a document. */
const browser = (seen: (document: Document) => Partial<Opened>): Pages => ({
  open: async (document) => ({ ...nothing, ...seen(document) }),
  close: async () => {},
})

const leadingTo = (url: string): Partial<Opened> => ({ requests: [{ url, what: 'document' }] })

/** An answer of which the profile maps this HTML. */
function answered(body: string, html?: string): Exchange {
  const exchange = sampleExchange('accepted', { body, result: html === undefined ? {} : { html } })
  const headers = [['content-security-policy', 'sandbox']] as const
  return { ...exchange, response: { status: 200, truncated: false, body, headers } }
}

const tracked = new URL('https://clicks.test/c?url=https%3A%2F%2Fclicks.test%2Fhome&to=%2Fhere')
test.each([
  ['https://shop.test/', true],
  ['https://clicks.test/home', true],
  ['https://clicks.test/here', true],
  ['https://clicks.test/sign-in', false],
  ['https://clicks.test/sign-in?back=https%3A%2F%2Fclicks.test%2Fhome', false],
])('that a page leads to %s at once is what it is there for: %s', (to, isSo) => {
  expect(isThereToLeadOn(tracked, to)).toBe(isSo)
})

test.each<[string, Partial<Opened>, 'pass' | 'unproven']>([
  ['shows something', { text: 'Press the button.' }, 'pass'],
  ['leads to the place that it is for', leadingTo('https://shop.test/'), 'pass'],
  ['leads to a sign-in', leadingTo('https://clicks.test/sign-in'), 'unproven'],
  ['shows nothing', {}, 'unproven'],
])('a page that %s: %s', async (_, opened, verdict) => {
  const { judge } = sampleKit()
  const judged = await judge(async (kit) => {
    heldAsPage(kit, { url: tracked, exchange: answered(''), opened: { ...nothing, ...opened } })
    kit.verify.that(true, { expected: '', actual: '' })
  })
  expect(judged.verdict).toBe(verdict)
})

const script = { script: '<script></script>', mark: 'ran-7' }
const faultsOf = async (status: number, seen: (document: Document) => Partial<Opened>) => {
  const page = { html: '', status, headers: [] }
  const { faults } = await lookAtSurface(browser(seen), page, script)
  return faults.flatMap(({ name, is }) => (is ? [name] : []))
}

test('a redirect has nothing to be framed, to be run or to be guessed', async () => {
  expect(await faultsOf(302, () => leadingTo('https://shop.test/'))).toEqual([])
})

test('a page that leads on by itself, and runs what is written into it before it is gone, has that fault', async () => {
  const leaving = ({ html }: Document) => ({
    ...leadingTo('https://shop.test/'),
    dialogs: html.includes('<script>') ? ['ran-7'] : [],
  })
  expect(await faultsOf(200, leaving)).toEqual(['inline script', 'nosniff'])
  expect(await faultsOf(200, () => ({ text: 'Press the button.' }))).toEqual(['framing', 'nosniff'])
})

test('of an answer that holds HTML in a member, that is opened, without the header fields of the answer', () => {
  const html = '<p>Hello</p>'
  expect(documentOf(answered(JSON.stringify({ html }), html))).toEqual({ html })
  expect(documentOf(answered(html, html))).toMatchObject({
    html,
    headers: [['content-security-policy', 'sandbox']],
  })
})

const stored = `<img onerror="document.title+='ran-'+'7f3a'">`
test.each<[string, boolean, string, string | undefined]>([
  ['runs', false, 'ran-7f3a', 'high'],
  ['runs in HTML', true, 'ran-7f3a', 'high'],
  ['is a part of a page that does not let it run', false, '', 'medium'],
  ['is a part of HTML that does not let it run', true, '', undefined],
])('a script of a field that %s', async (_, isHtml, title, severity) => {
  const shown = { exchange: answered(stored, stored) }
  expect(
    (
      await whatRuns(
        browser(() => ({ title })),
        shown,
        { id: '7f3a', isHtml },
      )
    )?.severity,
  ).toBe(severity)
})

test('a script that is shown as text is none', async () => {
  const text = stored.replace('<', '&lt;')
  const shown = { exchange: answered(JSON.stringify({ html: text }), text) }
  expect(
    await whatRuns(
      browser(() => ({ title: "ran-'+'7f3a" })),
      shown,
      { id: '7f3a', isHtml: false },
    ),
  ).toBeNull()
})
