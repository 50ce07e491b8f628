import { setTimeout as after } from 'node:timers/promises'
import type { Browser, BrowserContext, CDPSession, Locator, Page, Route } from '@playwright/test'
import type { Exchange } from '../model.ts'
import { htmlOf } from '../probes/html.ts'
import { Unproven } from '../verdicts.ts'
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
  /**
   * Tells a URL for which a request is a fact that suffices; by itself, one at the host to follow. Once it is seen, a page
   * that never comes to rest is told as far as it was seen.
   */
  readonly sought?: (url: string) => boolean
}

/**
 * What the target answered, as a document: what the profile maps as HTML. Where that is a part of the answer, as a member of
 * JSON, the answer's header fields are not its own: they say nothing of where it is shown.
 */
export function documentOf(exchange: Exchange): Document {
  const html = htmlOf(exchange)
  return html === exchange.response?.body ? { ...exchange.response, html } : { html }
}

/** What a browser did with a document. */
export interface Opened {
  /** Absolute URLs that it asked for, or tried to, in order, each once for each kind of thing; the first 200. */
  readonly requests: readonly { readonly url: string; readonly what: string }[]
  /** What a page of https would have in clear text, by Chromium's own word, whether or not it let it pass; the first 200. */
  readonly mixed: readonly { readonly url: string; readonly what: string }[]
  /** Texts of alert, confirm and prompt; the first 200. */
  readonly dialogs: readonly string[]
  /** URLs of windows that it opened; the first 200. */
  readonly windows: readonly string[]
  readonly title: string
  /** What can be read of it, white space collapsed; empty where the browser refuses to show it, in its frame if it is framed. */
  readonly text: string
  /** The link to click was there. */
  readonly clicked: boolean
}

/** Where a page that was opened took its reader at once, by a redirect or by itself. */
export function leadsOn({ requests }: Opened): string | undefined {
  return requests.find(({ what }) => what === 'document')?.url
}

/** A browser that reaches nothing but the sandbox. */
export interface Pages {
  /**
   * Opens a document as a page of a host of its own, each in a profile of its own, and waits until it is loaded and
   * what it asked for has come or failed. Some at once; others wait. Throws where the browser itself fails, and Unproven
   * where it ends twice, and where the page never comes to rest: what it had not done by then, it might have done.
   */
  open(document: Document): Promise<Opened>
  close(): Promise<void>
}

/** Their names are reserved (RFC 2606): nobody has them. */
const place = new URL('https://page.invalid/')
const framer = 'https://framer.invalid/'
/** Of its requests, dialogs and windows, each. */
const maximum = 200
/** For timers of a page, such as a meta refresh, and for what never answers: milliseconds. */
const settling = 5000
/** Of a page's own time, in milliseconds: longer than any “you will be taken there in a moment”. */
const patience = 30_000
/**
 * For all that is done with a page, in milliseconds. A script that never yields, of a target or in a mail, would hold each
 * question for ever. All waits below come to less, one after the other.
 */
const maximumTime = 30_000
/** They wait more than they compute; a profile, with a renderer of its own, takes some 15 MB. */
const atOnce = 12

/** `egress`: the sandbox's proxy. Starts nothing before the first page, and a browser that died once more for each page. */
export function createPages(egress: string, launch: typeof launchChromium = launchChromium): Pages {
  let browser: Promise<Browser> | null = null
  let isClosed = false
  const started = () => {
    browser ??= launch(egress)
    return browser
  }
  const openOnce = async (document: Document) => {
    const running = started()
    const one = await running
    try {
      return await openIn(one, document)
    } catch (error) {
      if (isClosed || one.isConnected()) throw error
      // Others that were in it may have started one already.
      if (browser === running) browser = null
      return null
    }
  }
  const lanes: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve())
  let opened = 0
  return {
    open(document) {
      const lane = opened++ % atOnce
      const turn = Promise.all([started(), lanes[lane]]).then(async () => {
        const seen = (await openOnce(document)) ?? (await openOnce(document))
        if (seen !== null) return seen
        throw new Unproven(
          'the browser ended by itself, and so did another one that was started for the page',
          'run it where there is more memory, or run again where the machine was busy; see whether the page ends it by hand',
        )
      })
      lanes[lane] = turn.catch(() => {})
      return turn
    },
    async close() {
      isClosed = true
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
  const seen: Seen = { requests: [], mixed: new Map(), dialogs: [], windows: [] }
  try {
    const read = await Promise.race([
      look(context, document, seen).catch(ifCrashed),
      after(maximumTime, null, { ref: false }),
    ])
    if (read === null && !seen.requests.some(({ url }) => isSought(url, document)))
      throw new Unproven(
        'the page never came to rest in the browser, as where a script of it does not end',
        'open it by hand to see what holds it, or run again where the machine was busy',
      )
    return {
      ...{ ...seen, mixed: [...seen.mixed.values()] },
      ...(read ?? { title: '', text: '', clicked: false }),
    }
  } finally {
    // It kills the renderer, whatever runs there. After a flood of events that takes long, and others need not wait.
    await Promise.race([context.close(), after(settling, undefined, { ref: false })])
  }
}

type Asked = Opened['requests'][number]

/** What is told of a page even while it answers nothing. */
interface Seen {
  readonly requests: Asked[]
  readonly mixed: Map<string, Asked>
  readonly dialogs: string[]
  readonly windows: string[]
}

/** Asks the page, which may never answer; it ends with its context. */
async function look(
  context: BrowserContext,
  document: Document,
  { requests, mixed, dialogs, windows }: Seen,
): Promise<Pick<Opened, 'title' | 'text' | 'clicked'>> {
  const { address, given } = await serve(context, document)
  const known = new Set([address, framer])
  const noted = (url: string, what: string) => {
    if (known.has(url) || known.has(`${what} ${url}`) || requests.length >= maximum) return
    known.add(`${what} ${url}`)
    requests.push({ url, what })
  }
  context.on('request', (request) => noted(request.url(), request.resourceType()))
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await watchRequests(session, noted)
  await watchMixedContent(session, mixed)
  context.on('page', (opened) => {
    if (opened !== page && windows.length < maximum) windows.push(opened.url())
  })
  page.on('dialog', (dialog) => {
    // Left open, it stops the page: what asks for ever is not worth an answer for ever.
    if (dialogs.length >= maximum) return
    dialogs.push(dialog.message())
    dialog.dismiss().catch(() => {})
  })
  await page.goto(document.framed === true ? framer : address, { waitUntil: 'commit' }).catch(unlessNetwork)
  await settled(page)
  if (!given())
    throw new Unproven(
      'the page did not come to the browser',
      'run again where the machine has less to do: nothing follows from what a page did not do that was never there',
    )
  // What its style names is asked for when it is laid out, which a busy machine may not have come to.
  await session.send('Page.getLayoutMetrics').catch(unlessCrashed)
  const text = await textOf(page, document)
  const link = await linkOf(page, document)
  const clicked = link !== null && (await clickOn(link, context))
  const title = await page.title().catch(() => '')
  if (document.follow !== undefined && !clicked) await elapse(session)
  // Some of the above end by themselves while the page hangs. This does not.
  await session.send('Runtime.evaluate', { expression: '0' }).catch(unlessCrashed)
  // Nor does this pass where the browser itself is gone.
  await context.cookies()
  return { title, text, clicked }
}

function isSought(url: string, { follow, sought }: Document): boolean {
  return sought?.(url) ?? (follow !== undefined && URL.parse(url)?.host === follow)
}

function ifCrashed(error: Error): null {
  if (!isCrash(error)) throw error
  return null
}

/** A page that leads elsewhere, or closes itself, may leave a question open. */
function unlessCrashed(error: Error): void {
  if (isCrash(error)) throw error
}

/** Playwright's words for a renderer that is no more. */
function isCrash({ message }: Error): boolean {
  return message.includes('crashed')
}

/**
 * Has the context find the document, and the page that frames it, where they are nowhere else: at this address, and whether it was
 * given.
 */
async function serve(
  context: BrowserContext,
  document: Document,
): Promise<{ readonly address: string; given(): boolean }> {
  const { html, status = 200, headers = [] } = document
  const url = new URL(document.url ?? place)
  url.hash = ''
  const served: Readonly<Record<string, Parameters<Route['fulfill']>[0]>> = {
    [url.href]: { status, headers: responseHeaders(headers), body: html },
    [framer]: { contentType: 'text/html', body: frame(url.href) },
  }
  const given = new Set<string>()
  await context.route(
    ({ href }) => Object.hasOwn(served, href),
    async (route) => {
      const asked = route.request().url()
      await route.fulfill(served[asked])
      given.add(asked)
    },
  )
  return { address: url.href, given: () => given.has(url.href) }
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

/**
 * What the page itself asks for, by the word of its renderer. Playwright tells of a request once it has been held for its routes: of
 * one that a navigation ends before, never.
 */
async function watchRequests(session: CDPSession, noted: (url: string, what: string) => void): Promise<void> {
  session.on('Network.requestWillBeSent', ({ request: { url }, type = 'Other' }) => {
    if (!url.startsWith('data:')) noted(url, type.toLowerCase())
  })
  await session.send('Network.enable')
}

/** Chromium's own word for it, in its protocol for developers: some of it is blocked before it is a request, some upgraded. */
async function watchMixedContent(session: CDPSession, mixed: Seen['mixed']): Promise<void> {
  session.on('Audits.issueAdded', ({ issue: { details } }) => {
    const found = details.mixedContentIssueDetails
    if (found === undefined || mixed.size >= maximum) return
    const what = found.resourceType?.toLowerCase() ?? 'resource'
    mixed.set(`${what} ${found.insecureURL}`, { url: found.insecureURL, what })
  })
  await session.send('Audits.enable')
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

/** It has been read to its end, however long that takes, and what it asks for has come, or some of it never does. */
async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('domcontentloaded', { timeout: 0 }).catch(unlessCrashed)
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
  // One that hangs has not refused to show: this waits as long as it does.
  await body.count().catch(unlessCrashed)
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
