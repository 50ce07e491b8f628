import type { Browser, Page, Route } from '@playwright/test'
import { launchChromium } from './chromium.ts'

/** HTML with the header fields that it came with. */
export interface Document {
  readonly html: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** A word of a link: once all is loaded, the mouse clicks where that link stands, whatever lies over it. */
  readonly click?: string
}

/** What a browser did with a document. */
export interface Opened {
  /** Absolute URLs that it asked for, or tried to, in order; the first 200. */
  readonly requests: readonly { readonly url: string; readonly what: string }[]
  /** Texts of alert, confirm and prompt. */
  readonly dialogs: readonly string[]
  /** URLs of windows that it opened. */
  readonly windows: readonly string[]
  readonly title: string
  /** The link to click was there. */
  readonly clicked: boolean
}

/** A browser that reaches nothing but the sandbox. */
export interface Pages {
  /**
   * Opens a document as a page of a host of its own, each in a profile of its own, and waits until it is loaded and
   * what it asked for has come or failed. Throws where the browser itself fails.
   */
  open(document: Document): Promise<Opened>
  close(): Promise<void>
}

/** Its name is reserved (RFC 2606): nobody has it. */
const place = 'https://page.invalid/'
const maximumRequests = 200
/** For timers of a page, such as a meta refresh, and for what never answers: milliseconds. */
const settling = 5000

/** `egress`: the sandbox's proxy. Starts nothing before the first page. */
export function createPages(egress: string): Pages {
  let browser: Promise<Browser> | null = null
  return {
    async open({ html, headers = [], click }) {
      browser ??= launchChromium(egress)
      const context = await (await browser).newContext({
        acceptDownloads: false,
        ignoreHTTPSErrors: true,
        serviceWorkers: 'block',
      })
      try {
        const requests: { url: string; what: string }[] = []
        const dialogs: string[] = []
        const windows: string[] = []
        await context.route(place, (route: Route) =>
          route.fulfill({ headers: responseHeaders(headers), body: html }),
        )
        context.on('request', (request) => {
          if (request.url() === place || requests.length >= maximumRequests) return
          requests.push({ url: request.url(), what: request.resourceType() })
        })
        const page = await context.newPage()
        context.on('page', (opened) => {
          if (opened !== page) windows.push(opened.url())
        })
        page.on('dialog', (dialog) => {
          dialogs.push(dialog.message())
          // Left open, it would stop the page.
          dialog.dismiss().catch(() => {})
        })
        await page.goto(place, { waitUntil: 'commit' })
        await settled(page)
        const clicked = click !== undefined && (await clickOn(page, click))
        return { requests, dialogs, windows, title: await page.title().catch(() => ''), clicked }
      } finally {
        await context.close()
      }
    },
    async close() {
      await browser?.then(
        (started) => started.close(),
        () => {},
      )
    },
  }
}

async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle', { timeout: settling }).catch(() => {})
}

/** As a reader does: at a place, not on an element. Resolves with the first request that follows. */
async function clickOn(page: Page, word: string): Promise<boolean> {
  const link = page.locator('a', { hasText: word }).first()
  if ((await link.count()) === 0) return false
  await link.scrollIntoViewIfNeeded({ timeout: settling }).catch(() => {})
  const box = await link.boundingBox().catch(() => null)
  if (box === null) return false
  const leaving = page.waitForRequest(() => true, { timeout: settling }).catch(() => null)
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  await leaving
  return true
}

/** What tells of the transfer held for the bytes that are read already. */
const ofTransfer = ['content-encoding', 'content-length', 'transfer-encoding', 'connection', 'set-cookie']

/** Fields of one name joined as RFC 9110 §5.3 has it. */
function responseHeaders(headers: NonNullable<Document['headers']>): Record<string, string> {
  const joined: Record<string, string> = {}
  for (const [name, value] of headers)
    if (!ofTransfer.includes(name)) joined[name] = name in joined ? `${joined[name]}, ${value}` : value
  return { 'content-type': 'text/html; charset=utf-8', ...joined }
}
