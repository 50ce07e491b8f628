import { setTimeout as after } from 'node:timers/promises'
import type { Browser, BrowserContext, CDPSession, Locator, Page, Route } from '@playwright/test'
import type { Exchange } from '../model.ts'
import { launchChromium } from './chromium.ts'

/** HTML with the header fields that it came with. */
export interface Document {
  readonly html: string
  /** 200 where it is left out; a redirect is followed. */
  readonly status?: number
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** Where a reader has it, http or https; at a host of its own where it is left out. */
  readonly url?: URL
  /** A page of another host shows it in a frame, which its scripts cannot leave. */
  readonly framed?: boolean
  /** A word of a link: once all is loaded, the mouse clicks where that link stands, whatever lies over it. */
  readonly click?: string
  /**
   * A host and port: likewise, the mouse clicks on the first link that leads there, or the button of a form that does.
   * Where there is none, the page gets 30 s of its own time, which pass at once, to lead there by itself.
   */
  readonly follow?: string
}

/** What the target answered, as a document. */
export function documentOf({ response }: Exchange): Document {
  return { ...response, html: response?.body ?? '' }
}

/** What a browser did with a document. */
export interface Opened {
  /** Absolute URLs that it asked for, or tried to, in order; the first 200. */
  readonly requests: readonly { readonly url: string; readonly what: string }[]
  /** What a page of https would have in clear text, by Chromium's own word, whether or not it let it pass; the first 200. */
  readonly mixed: readonly { readonly url: string; readonly what: string }[]
  /** Texts of alert, confirm and prompt. */
  readonly dialogs: readonly string[]
  /** URLs of windows that it opened. */
  readonly windows: readonly string[]
  readonly title: string
  /** What can be read of it, white space collapsed; empty where the browser refuses to show it, in its frame if it is framed. */
  readonly text: string
  /** The link to click was there. */
  readonly clicked: boolean
}

/** A browser that reaches nothing but the sandbox. */
export interface Pages {
  /**
   * Opens a document as a page of a host of its own, each in a profile of its own, and waits until it is loaded and
   * what it asked for has come or failed. Some at once; others wait. Throws where the browser itself fails.
   */
  open(document: Document): Promise<Opened>
  close(): Promise<void>
}

/** Their names are reserved (RFC 2606): nobody has them. */
const place = new URL('https://page.invalid/')
const framer = 'https://framer.invalid/'
const maximumRequests = 200
/** For timers of a page, such as a meta refresh, and for what never answers: milliseconds. */
const settling = 5000
/** Of a page's own time, in milliseconds: longer than any “you will be taken there in a moment”. */
const patience = 30_000
/** They wait more than they compute; a profile, with a renderer of its own, takes some 15 MB. */
const atOnce = 12

/** `egress`: the sandbox's proxy. Starts nothing before the first page. */
export function createPages(egress: string): Pages {
  let browser: Promise<Browser> | null = null
  const lanes: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve())
  let opened = 0
  return {
    open(document) {
      browser ??= launchChromium(egress)
      const lane = opened++ % atOnce
      const turn = Promise.all([browser, lanes[lane]]).then(([started]) => openIn(started, document))
      lanes[lane] = turn.catch(() => {})
      return turn
    },
    async close() {
      await browser?.then(
        (started) => started.close(),
        () => {},
      )
    },
  }
}

async function openIn(browser: Browser, document: Document): Promise<Opened> {
  const context = await browser.newContext({
    acceptDownloads: false,
    ignoreHTTPSErrors: true,
    serviceWorkers: 'block',
  })
  try {
    const address = await serve(context, document)
    const requests: { url: string; what: string }[] = []
    const dialogs: string[] = []
    const windows: string[] = []
    context.on('request', (request) => {
      if ([address, framer].includes(request.url()) || requests.length >= maximumRequests) return
      requests.push({ url: request.url(), what: request.resourceType() })
    })
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    const mixed = await watchMixedContent(session)
    context.on('page', (opened) => {
      if (opened !== page) windows.push(opened.url())
    })
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      // Left open, it would stop the page.
      dialog.dismiss().catch(() => {})
    })
    await page.goto(document.framed === true ? framer : address, { waitUntil: 'commit' }).catch(unlessNetwork)
    await settled(page)
    const text = await textOf(page, document)
    const link = await linkOf(page, document)
    const clicked = link !== null && (await clickOn(link, context))
    const title = await page.title().catch(() => '')
    if (document.follow !== undefined && !clicked) await elapse(session)
    return { requests, mixed: [...mixed.values()], dialogs, windows, title, text, clicked }
  } finally {
    await context.close()
  }
}

/** Has the context find the document, and the page that frames it, where they are nowhere else. The result is its address. */
async function serve(context: BrowserContext, document: Document): Promise<string> {
  const { html, status = 200, headers = [] } = document
  const url = new URL(document.url ?? place)
  url.hash = ''
  const served: Readonly<Record<string, Parameters<Route['fulfill']>[0]>> = {
    [url.href]: { status, headers: responseHeaders(headers), body: html },
    [framer]: { contentType: 'text/html', body: frame(url.href) },
  }
  await context.route(
    ({ href }) => Object.hasOwn(served, href),
    (route) => route.fulfill(served[route.request().url()]),
  )
  return url.href
}

/** As large as the window, so that the page looks as it does alone. */
function frame(address: string): string {
  return `<iframe src="${address.replaceAll('&', '&amp;')}" sandbox="allow-same-origin allow-scripts allow-forms"
style="position: fixed; inset: 0; width: 100%; height: 100%; border: 0"></iframe>`
}

/** Where the page leads elsewhere, and that is out of reach, it is no fault of the browser. */
function unlessNetwork(error: Error): void {
  if (!error.message.includes('net::ERR_')) throw error
}

/** Chromium's own word for it, in its protocol for developers: some of it is blocked before it is a request, some upgraded. */
async function watchMixedContent(session: CDPSession): Promise<Map<string, Opened['mixed'][number]>> {
  const mixed = new Map<string, Opened['mixed'][number]>()
  session.on('Audits.issueAdded', ({ issue: { details } }) => {
    const found = details.mixedContentIssueDetails
    if (found === undefined || mixed.size >= maximumRequests) return
    const what = found.resourceType?.toLowerCase() ?? 'resource'
    mixed.set(`${what} ${found.insecureURL}`, { url: found.insecureURL, what })
  })
  await session.send('Audits.enable')
  return mixed
}

/** Has the page's own clock run ahead, so that what it does after seconds is done at once. It stands still afterwards. */
async function elapse(session: CDPSession): Promise<void> {
  const elapsed = new Promise<void>((resolve) =>
    session.once('Emulation.virtualTimeBudgetExpired', () => resolve()),
  )
  await session.send('Emulation.setVirtualTimePolicy', {
    policy: 'pauseIfNetworkFetchesPending',
    budget: patience,
  })
  // What never answers holds the clock.
  await Promise.race([elapsed, after(settling, undefined, { ref: false })])
}

async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle', { timeout: settling }).catch(() => {})
}

async function textOf(page: Page, { framed = false }: Document): Promise<string> {
  const frame = framed ? page.mainFrame().childFrames()[0] : page.mainFrame()
  // What it says where it refuses to show a page is its own.
  if (frame === undefined || frame.url().startsWith('chrome-error:')) return ''
  const body = frame.locator('body')
  const read = async () => {
    // Of what is not laid out at all, the text would be that of its source.
    const box = await body.boundingBox({ timeout: settling })
    return box === null ? '' : body.innerText({ timeout: settling })
  }
  const text = await read().catch(() => '')
  return text.replace(/\s+/g, ' ').trim()
}

async function linkOf(page: Page, { click, follow }: Document): Promise<Locator | null> {
  if (click !== undefined) return page.locator('a', { hasText: click }).first()
  return follow === undefined ? null : leadingTo(follow, page)
}

async function leadingTo(host: string, page: Page): Promise<Locator | null> {
  const all = page.locator(
    'a[href], area[href], form button, form input[type=submit], form input[type=image]',
  )
  const written = await all.evaluateAll((elements) =>
    elements.map((element) => {
      const href = element.getAttribute('href')
      const action = element.getAttribute('formaction') ?? element.closest('form')?.getAttribute('action')
      // Without an action a form leads to its own page, whatever the base.
      return href === null && !action
        ? ['', element.ownerDocument.URL]
        : [href ?? action ?? '', element.baseURI]
    }),
  )
  const index = written.findIndex(([url = '', base]) => URL.parse(url, base)?.host === host)
  return index < 0 ? null : all.nth(index)
}

/** As a reader does: at a place, not on an element. Resolves with the first request that follows. */
async function clickOn(link: Locator, context: BrowserContext): Promise<boolean> {
  if ((await link.count()) === 0) return false
  await link.scrollIntoViewIfNeeded({ timeout: settling }).catch(() => {})
  const box = await link.boundingBox().catch(() => null)
  if (box === null) return false
  // In a window of its own, perhaps.
  const leaving = context.waitForEvent('request', { timeout: settling }).catch(() => null)
  await link.page().mouse.click(box.x + box.width / 2, box.y + box.height / 2)
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
