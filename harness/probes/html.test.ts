import { Liquid } from 'liquidjs'
import { expect, test } from 'vitest'
import { corpus } from './corpora.ts'
import {
  difference,
  hostShown,
  htmlOf,
  links,
  onlyBrokenLinks,
  onlyOtherLink,
  scriptsIn,
  textLinks,
} from './html.ts'

const template =
  '<table><tr><td>Hello {{v}}</td></tr></table><p title="{{v}}">Hi</p><a href="https://own.example/?q={{v}}">Open</a>'
const render = (outputEscape: 'escape' | undefined, v: string) =>
  new Liquid(outputEscape ? { outputEscape } : {}).parseAndRenderSync(template, { v })

test.each(corpus('html', { id: '7', L: '127.0.0.1:1' }))(
  '$name: escaped it leaves no difference',
  ({ value }) => {
    expect(difference(render('escape', 'Ann'), render('escape', value))).toEqual([])
  },
)

test.each([
  ['closing-table-and-heading', 'added: html>body>h1'],
  ['double-quote-attribute', 'added: html>body>p [onerror title]'],
  ['single-quote-image', 'added: html>body>table>tbody>tr>td>img [src] src to https://127.0.0.1:1'],
  ['style-element', 'added: html>body>table>tbody>tr>td>style'],
  ['conditional-comment', 'added: html>body>table>tbody>tr>td comment'],
])('%s: unescaped it shows', (name, line) => {
  const [input] = corpus('html', { id: '7', L: '127.0.0.1:1' }).filter((i) => i.name === name)
  expect(difference(render(undefined, 'Ann'), render(undefined, input?.value ?? ''))).toContain(line)
})

test('a URL variable that brings its own scheme or host is a difference', () => {
  const anchor = (url: string) => `<a href="${url}">x</a>`
  expect(difference(anchor('https://own.example/a'), anchor('https://own.example/b?c'))).toEqual([])
  expect(difference(anchor('https://own.example/'), anchor('java\nscript:alert(1)'))).toEqual([
    'added: html>body>a [href] href to javascript:',
    'missing: html>body>a [href] href to a place of its own',
  ])
})

test.each([
  ['about:invalid#zClosurez'],
  ['about:blank'],
  ['#ZgotmplZ'],
  ['unsafe:javascript:alert(1)'],
  ["javascript:throw new Error('React has blocked a javascript: URL as a security precaution.')"],
])('%s, as sanitisers write in the place of a script, is no more than another link', (url) => {
  const anchor = (to: string) => `<a href="${to}">x</a>`
  expect(onlyOtherLink(difference(anchor('https://own.example/'), anchor(url)))).toEqual([])
})

test.each([
  ['javascript:throw alert(1)//React has blocked a javascript: URL'],
  ['about:srcdoc'],
  ['data:text/html,x'],
])('%s is more than that', (url) => {
  const anchor = (to: string) => `<a href="${to}">x</a>`
  expect(onlyOtherLink(difference(anchor('https://own.example/'), anchor(url)))).not.toEqual([])
})

test('hosts that each message has of its own are told by two benign ones, and no other host is', () => {
  const mail = (host: string, more = '') =>
    `<p>Hello</p><a href="https://${host}.clicks.example/1">x</a><img src="https://${host}.clicks.example/o">${more}`
  const between = (probed: string) => difference(mail('a1'), probed, '', mail('b2'))
  expect(between(mail('c3'))).toEqual([])
  expect(between(mail('c3', '<img src="https://127.0.0.1:1/7">'))).toHaveLength(1)
  expect(between(mail('c3').replaceAll('clicks.example', 'evil.example'))).toHaveLength(4)
  expect(difference(mail('a1'), mail('c3'))).toHaveLength(4)
})

test('a link that is tracked in one message and not in another leads to a place of the template’s own', () => {
  const anchor = (url: string) => `<a href="${url}">x</a>`
  const [tracked, plain] = [anchor('https://clicks.example/abc'), anchor('https://own.example/?v={{{7}}}')]
  expect(difference(tracked, plain, anchor('https://own.example/?v={{ v }}'))).toEqual([])
  expect(difference(tracked, anchor('https://evil.example/'), anchor('https://own.example/'))).toHaveLength(2)
})

test('a link that lost a dot on its way is broken, and not by a value that names no such host', () => {
  const anchor = (url: string) => `<a href="${url}">x</a>`
  const lost = difference(anchor('https://own.example/'), anchor('https://ownexample/'))
  expect(lost).toHaveLength(2)
  expect(onlyBrokenLinks(lost, '"><b>')).toBe(true)
  const led = difference(anchor('https://own.example/'), anchor('https://evil.example/'))
  expect(onlyBrokenLinks(led, 'https://evil.example')).toBe(false)
  expect(onlyBrokenLinks(difference(anchor('https://own.example/'), '<h1>x</h1>'), '<h1>x</h1>')).toBe(false)
})

test('links are found wherever a mail may hold them', () => {
  const html = `<style>@import "https://a.example/s.css"; td { background: url( 'https://b.example/1.png' ) }</style>
    <meta http-equiv=Refresh content="0; url=https://c.example/"><body background=https://d.example/>
    <a href=" https://e.example/x "> Our <b>site</b>
    </a><img srcset="https://f.example/1.png 1x, https://f.example/2.png 2x" src=cid:logo>
    <div style="background:url(https://g.example/2.png)"></div><form action=//h.example/post></form><a href="#top">up</a>`
  const found = links(html)
  expect(found.map(({ url }) => url)).toEqual([
    'https://a.example/s.css',
    'https://b.example/1.png',
    'https://c.example/',
    'https://d.example/',
    'https://e.example/x',
    'https://f.example/1.png',
    'https://f.example/2.png',
    'cid:logo',
    'https://g.example/2.png',
    '//h.example/post',
  ])
  expect(found[4]).toEqual({ url: 'https://e.example/x', where: 'a href', text: 'Our site' })
})

test.each([
  [
    'a ping of a link',
    '<a href="https://own.example/" ping="https://a.example/p https://b.example/p">x</a>',
    ['https://own.example/', 'https://a.example/p', 'https://b.example/p'],
  ],
  [
    'a preloaded set of pictures',
    '<link rel="preload" imagesrcset="https://a.example/1.png 2x">',
    ['https://a.example/1.png'],
  ],
  [
    'escapes in a style',
    '<p style="background:\\75 rl(&quot;https://a\\2e example/1.png&quot;)">x</p>',
    ['https://a.example/1.png'],
  ],
  [
    'an image-set of strings',
    '<style>p { background: image-set("https://a.example/1.png" 1x) }</style>',
    ['https://a.example/1.png'],
  ],
  [
    'what Outlook alone reads',
    '<!--[if mso]><a href="https://a.example/">x</a><![endif]-->',
    ['https://a.example/'],
  ],
  ['a name in the text', '<p>see a.example.com</p>', ['a.example.com']],
  ['a name beyond ASCII in the text', '<p>münchen.de</p>', ['münchen.de']],
])('links are found in %s', (_, html, urls) => {
  expect(links(html).map(({ url }) => url)).toEqual(urls)
})

test('what a mail program makes a link of is told from what is written as one', () => {
  const found = textLinks('https://a.example/ b.example.com, strange://c.example/x and report')
  expect(found.map(({ url, made = false }) => [url, made])).toEqual([
    ['https://a.example/', false],
    ['b.example.com', true],
    ['strange://c.example/x', false],
  ])
})

test('links of plain text end before punctuation; a visible text may name a host', () => {
  expect(textLinks('See (https://a.example/x?y=1), or www.b.example.').map(({ url }) => url)).toEqual([
    'https://a.example/x?y=1',
    'www.b.example',
  ])
  expect(hostShown('https://Bank.example/login')).toBe('bank.example')
  expect(hostShown('Open the invoice')).toBeNull()
})

test('a document nested beyond reason is read to a depth, without a crash', () => {
  expect(links(`${'<div>'.repeat(20_000)}<a href=https://a.example/>`)).toEqual([])
})

test.each([
  ['the whole of an answer', '<p>Hi</p>', '<p>Hi</p>', '<p>Hi</p>'],
  ['a member of JSON', '{"html": "<p>Hi</p>"}', '<p>Hi</p>', '<p>Hi</p>'],
  ['an answer that the profile does not map', '<p>Hi</p>', undefined, '<p>Hi</p>'],
])('the HTML that people see is %s', (_, body, html, expected) => {
  const response = { status: 200, headers: [], body, truncated: false }
  expect(htmlOf({ result: html === undefined ? {} : { html }, response })).toBe(expected)
})

test('what a document would run are its scripts and the handlers of its elements, not its texts', () => {
  const html =
    '<script>a()</script><img src=x onerror="b()">&lt;img onerror="c()"&gt;<p title="onclick=d()">e</p>'
  expect(scriptsIn(html)).toEqual(['a()', 'b()'])
  expect(scriptsIn('<iframe sandbox srcdoc="<script>a()</script>"></iframe>')).toEqual([])
})
