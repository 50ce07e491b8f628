import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connectSandbox, type SandboxClient } from '../sandbox/client.ts'
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts'
import { createPages, type Document, type Pages } from './pages.ts'

// A browser starts, on machines that may have little to run it on, and is unpacked where that was never done.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let sandbox: Sandbox
let client: SandboxClient
let pages: Pages

beforeAll(async () => {
  sandbox = await startSandbox()
  client = connectSandbox(sandbox.address)
  pages = createPages(sandbox.address.egress)
})

afterAll(async () => {
  await pages.close()
  await client.close()
  await sandbox.close()
})

const html = '<p>Hello  <b>reader</b></p>'
const url = new URL('https://links.shop.invalid/u/x?a=1&copy=2')
/** Where a sandbox records who comes. */
const callback = (path: string) => new URL(client.callback.url(path, 'https'))

test.each<[string, Document['headers']]>([
  ['no header field', []],
  ['a value of X-Frame-Options that no browser knows', [['x-frame-options', 'ALLOWALL']]],
  ['ancestors that are anybody', [['content-security-policy', "default-src 'none'; frame-ancestors *"]]],
])('a page with %s shows in a frame of another host as it does alone', async (_, headers = []) => {
  const framed = await pages.open({ html, headers, url, framed: true })
  expect(framed.text).toBe('Hello reader')
  expect(framed.text).toBe((await pages.open({ html, headers, url })).text)
})

test.each<[string, Document]>([
  ['X-Frame-Options', { html, headers: [['x-frame-options', 'SAMEORIGIN']] }],
  ['frame-ancestors', { html, headers: [['content-security-policy', "frame-ancestors 'self'"]] }],
  ['itself, out of sight', { html: `<style>html{display:none}</style>${html}` }],
])('a page that is kept out of frames by %s does not show in one', async (_, document) => {
  expect((await pages.open({ ...document, framed: true })).text).toBe('')
})

test('a page that would leave its frame stays in it', async () => {
  const breaking = `${html}<script>if (top !== self) top.location = self.location</script>`
  expect((await pages.open({ html: breaking, framed: true })).text).toBe('Hello reader')
})

test('what a page would have in clear text is told, once each, whether it is blocked, upgraded or a form', async () => {
  const parts = [
    '<img src="http://a.invalid/i"><img src="//a.invalid/same"><img src="relative">',
    '<script src="http://a.invalid/s"></script><form action="http://a.invalid/f"><button>x</button></form>',
  ]
  const { mixed } = await pages.open({ html: parts.join('') })
  expect(mixed).toHaveLength(3)
  expect(mixed).toEqual(
    expect.arrayContaining([
      { url: 'http://a.invalid/i', what: 'image' },
      { url: 'http://a.invalid/s', what: 'script' },
      { url: 'http://a.invalid/f', what: 'form' },
    ]),
  )
})

test.each(['', '/\\', '//', 'http:', 'https://shop.invalid@'])(
  'a redirect to %sHOST is followed',
  async (before) => {
    const to = callback('/redirected')
    const location = before === '' ? to.href : `${before}${to.host}${to.pathname}`
    const opened = await pages.open({ html: '', status: 302, headers: [['location', location]] })
    expect(opened.requests.map(({ url }) => URL.parse(url)?.host)).toEqual([to.host])
  },
)

test('a redirect that leads out of the sandbox is a request, and no fault of the browser', async () => {
  const opened = await pages.open({
    html: '',
    status: 302,
    headers: [['location', 'https://elsewhere.invalid/']],
  })
  expect(opened).toMatchObject({ requests: [{ url: 'https://elsewhere.invalid/' }], text: '' })
})

test.each([
  ['a link', (to: URL) => `<a href="//${to.host}${to.pathname}">back</a>`],
  ['a link to a window of its own', (to: URL) => `<a href="${to}" target="_blank">back</a>`],
  ['a link by another base', (to: URL) => `<base href="${to.origin}/"><a href="${to.pathname}">back</a>`],
  ['a form', (to: URL) => `<form action="${to}"><input name="action"><button>go</button></form>`],
  ['a button of its own', (to: URL) => `<form><button formaction="${to}">go</button></form>`],
])('%s that leads to a host is followed there, and nothing else is', async (name, part) => {
  const to = callback(`/followed-${name.replaceAll(' ', '-')}`)
  const others = '<a href="https://a.invalid/">another</a><form><button>stay</button></form>'
  const opened = await pages.open({ html: `${others}${part(to)}`, url, follow: to.host })
  expect(opened.clicked).toBe(true)
  expect(opened.requests.map(({ url }) => url.replace(/\?.*/, ''))).toEqual([to.href])
})

test.each([
  ['a refresh', (to: URL) => `<meta http-equiv="refresh" content="20;url=${to}">`],
  ['a script', (to: URL) => `<script>setTimeout(() => { location = '${to}' }, 20000)</script>`],
])('%s that leads to a host after a while is waited for, and takes no while', async (name, part) => {
  const to = callback(`/waited-for-${name.replaceAll(' ', '-')}`)
  const opened = await pages.open({ html: `<p>One moment.</p>${part(to)}`, follow: to.host })
  expect(opened.requests.map(({ url }) => url)).toEqual([to.href])
})

test('what a page asks for as it is left is told as well', async () => {
  const asking = (n: number) => `new Image().src = 'https://late.invalid/${n}'`
  const opened = Array.from({ length: 12 }, (_, n) =>
    pages.open({
      html: `<a href="https://shop.invalid/" onclick="${asking(n)}">account</a>`,
      click: 'account',
    }),
  )
  const asked = (await Promise.all(opened)).map(({ requests }) => requests.map(({ what }) => what).toSorted())
  expect(asked).toEqual(opened.map(() => ['document', 'image']))
})

test('where no link leads to the host, nothing is clicked', async () => {
  const opened = await pages.open({ html: '<a href="/u/y">another</a>', follow: callback('/x').host })
  expect(opened).toMatchObject({ clicked: false, requests: [] })
})

test('a page finds itself at its address, with its query', async () => {
  const scripted = '<script>document.title = new URLSearchParams(location.search).get("copy")</script>'
  expect((await pages.open({ html: scripted, url })).title).toBe('2')
  expect((await pages.open({ html: scripted, url, framed: true })).title).toBe('')
})

/** What never yields. */
const busy = 'while (true) {}'
const hanging: Record<string, Document> = {
  'at load': { html: `${html}<script>${busy}</script>` },
  'once it is loaded': { html: `<script>onload = () => { ${busy} }</script>` },
  'after load': { html: `${html}<script>setTimeout(() => { ${busy} }, 200)</script>` },
  'by alerts': { html: `${html}<script>for (;;) alert(1)</script>` },
  'in a frame': { html: `${html}<script>if (top !== self) ${busy}</script>`, framed: true },
  'at a click': { html: `<a href="#" onclick="${busy}">account</a>`, click: 'account' },
  'after a while': { html: `<script>setTimeout(() => { ${busy} }, 20000)</script>`, follow: 'shop.invalid' },
  'beside a link': {
    html: `<a href="//shop.invalid/">x</a><script>${busy}</script>`,
    follow: 'shop.invalid',
  },
  'for want of memory': {
    html: '<script>for (const all = [];;) all.push(new Array(1e6).fill(Math.random()))</script>',
  },
  'by places': { html: '<script>for (let i = 0; ; i++) history.pushState(0, "", "/" + i)</script>' },
}

test('pages that never come to rest are unproven, each in its time, and those beside them are judged', async () => {
  const outcomes = Object.entries(hanging).map(async ([name, document]) => {
    const outcome = await pages.open(document).catch((error: Error) => `${error.name}: ${error.message}`)
    return [name, outcome] as const
  })
  const beside = await Promise.all(Array.from({ length: 6 }, () => pages.open({ html })))
  expect(beside.map(({ text }) => text)).toEqual(beside.map(() => 'Hello reader'))
  for (const [name, outcome] of await Promise.all(outcomes))
    expect(outcome, name).toMatch(/^Unproven: the page never came to rest/)
  expect((await pages.open({ html })).text).toBe('Hello reader')
})

test('what a page asked for before it hung is told where it is what was sought, and nothing else is', async () => {
  const [to, other] = [callback('/hung'), 'https://other.invalid/']
  const asking = (url: URL | string) =>
    `<script>new Image().src = '${url}'; setTimeout(() => { ${busy} }, 200)</script>`
  const sought = (url: string) => url === to.href
  const opened = await Promise.all([
    pages.open({ html: asking(to), sought }),
    pages.open({ html: asking(to), follow: to.host }),
    pages.open({ html: asking(other), sought }).catch(({ name }: Error) => name),
    pages.open({ html: asking(`${other}?${to}`), follow: to.host }).catch(({ name }: Error) => name),
  ])
  const told = expect.objectContaining({ requests: [{ url: to.href, what: 'image' }], title: '', text: '' })
  expect(opened).toEqual([told, told, 'Unproven', 'Unproven'])
})

test.skipIf(process.platform === 'win32')(
  'a browser whose pages hang ends when it is closed, and leaves no process',
  async () => {
    const own = createPages(sandbox.address.egress)
    const before = new Set(browsers())
    const to = callback('/closing')
    const waiting = Array.from({ length: 3 }, () =>
      own
        .open({ html: `<script>new Image().src = '${to}'; setTimeout(() => { ${busy} }, 100)</script>` })
        .catch(({ name }: Error) => (name === 'Unproven' ? name : 'closed')),
    )
    expect((await own.open({ html })).text).toBe('Hello reader')
    const started = browsers().filter((group) => !before.has(group))
    expect(started).not.toEqual([])
    await own.close()
    // Before the time of any of them was over.
    expect(await Promise.all(waiting)).toEqual(['closed', 'closed', 'closed'])
    await vi.waitFor(() => expect(browsers().filter((group) => started.includes(group))).toEqual([]), 10_000)
  },
)

/** Groups of the processes of Chromium that run, one for each browser. */
function browsers(): string[] {
  const lines = execFileSync('ps', ['-eo', 'stat=,pgid=,args=', '-ww'], { encoding: 'utf8' }).split('\n')
  const running = lines.map((line) => line.trim().split(/\s+/)).filter(([stat]) => !stat?.startsWith('Z'))
  return running.filter((words) => words[2]?.includes('chrom')).map(([, group = '']) => group)
}
