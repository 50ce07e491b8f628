import { ident, parse as parseCss, walk as walkCss } from 'css-tree'
import { LinkifyIt } from 'linkify-it'
import type { DefaultTreeAdapterMap } from 'parse5'
import tlds from 'tlds' with { type: 'json' }
import { getDomain } from 'tldts'
import { isObject, readJson } from '../json.ts'
import type { Exchange } from '../model.ts'
import { documentOf } from './html-document.ts'

type Node = DefaultTreeAdapterMap['node']
type Element = DefaultTreeAdapterMap['element']

/** Longer documents are cut: they come from the target. */
const maximumLength = 2_000_000

const urlAttributes = new Set([
  'action',
  'background',
  'cite',
  'codebase',
  'data',
  'dynsrc',
  'formaction',
  'href',
  'longdesc',
  'lowsrc',
  'poster',
  'src',
  'xlink:href',
])

/**
 * What a browser builds of the document, without its texts: a line for each element with its path, its attributes' names,
 * and scheme and authority of its URLs; comments have a line too. Parsed as HTML5, so broken markup counts as it renders.
 */
function structure(html: string, own: OwnPlaces): string[] {
  return [...walk(documentOf(html), [])].flatMap(({ node, path }) => {
    if (isElement(node)) return describe(node, path, own)
    return node.nodeName === '#comment' ? [`${path} comment`] : []
  })
}

/** Where links of a message lead anyway. */
interface OwnPlaces {
  readonly places: ReadonlySet<string>
  /** Domains below which each message has hosts of its own. */
  readonly domains: readonly string[]
}

/**
 * What differs in structure from `benign` to `probed`, a readable line each; empty where only texts differ. A value that
 * stays in its context leaves no difference. To which of the places of `template` and of `benign` a link leads makes none
 * either: some are tracked and some are not. `again` is a second message like the first: trackers have a host for each
 * message, or a few of them to choose from.
 */
export function difference(benign: string, probed: string, template = '', again = benign): string[] {
  const places = new Set([template, benign, again].flatMap(placesIn))
  const other = placesIn(again).filter((place) => !placesIn(benign).includes(place))
  const own = { places, domains: other.flatMap((place) => getDomain(place) ?? []) }
  const [before, after] = [structure(benign, own), structure(probed, own)]
  return [
    ...without(after, before).map((line) => `added: ${line}`),
    ...without(before, after).map((line) => `missing: ${line}`),
  ]
}

function placesIn(html: string): string[] {
  return links(html).map(({ url }) => destination(url))
}

export interface Link {
  /** As written, outer white space removed. */
  readonly url: string
  /** Element and attribute, as `a href`, `div style`, `meta refresh`, `text`. */
  readonly where: string
  /** The visible text of an anchor, white space collapsed; `null` elsewhere. */
  readonly text: string | null
  /** Nobody wrote a link: mail programs make one of a name like `shop.example` in a text. */
  readonly made?: boolean
}

/**
 * Every URL in a document: attributes, srcset, meta refresh, those of styles, what Outlook alone reads in a comment, and what mail
 * programs make a link of in the text; fragments alone left out.
 */
export function links(html: string): Link[] {
  const found: Link[] = []
  const texts: string[] = []
  for (const { node, path } of walk(documentOf(html), [])) {
    if ('value' in node && !/(?:^|>)(?:a|style|script|title|textarea)(?:>|$)/.test(path))
      texts.push(node.value)
    if (node.nodeName === '#comment' && 'data' in node) found.push(...links(forOutlook(node.data)))
    if (!isElement(node)) continue
    found.push(...withinElement(node))
    const text = node.tagName === 'a' || node.tagName === 'area' ? visibleText(node) : null
    for (const { url, attribute } of urlsOf(node))
      found.push({ url, where: `${node.tagName} ${attribute}`, text })
  }
  return [...found, ...textLinks(texts.join('\n'))].filter(({ url }) => url !== '' && !url.startsWith('#'))
}

/** What the `meta` elements of that name say. */
export function metaNamed(html: string, wanted: string): string[] {
  return [...walk(documentOf(html), [])].flatMap(({ node }) => {
    if (!isElement(node) || node.tagName !== 'meta') return []
    const value = (name: string) => node.attrs.find((attribute) => attribute.name === name)?.value
    return value('name')?.toLowerCase() === wanted ? [value('content') ?? ''] : []
  })
}

/** What a reader sees of a document, in one line. */
export function textShown(html: string): string {
  const texts = [...walk(documentOf(html), [])].flatMap(({ node, path }) =>
    'value' in node && !/(?:^|>)(?:style|script|title)(?:>|$)/.test(path) ? [node.value] : [],
  )
  return texts.join('').replace(/\s+/g, ' ').trim()
}

/** What has no attribute of its own for it: a frame's document, and what mail programs make buttons of (schema.org, in JSON-LD or in meta). */
function withinElement(element: Element): Link[] {
  const value = (name: string) => element.attrs.find((attribute) => attribute.name === name)?.value ?? ''
  if (element.tagName === 'iframe') return links(value('srcdoc'))
  const isUrl = (text: string) =>
    /^(?:[a-z][a-z0-9+.-]*:)?\/\//i.test(text) && !/^https?:\/\/schema\.org\b/i.test(text)
  const asLink = (url: string): Link => ({ url, where: `${element.tagName} schema`, text: null })
  if (element.tagName === 'meta' && value('itemprop') !== '')
    return [value('content').trim()].filter(isUrl).map(asLink)
  if (element.tagName !== 'script' || !/^\s*application\/ld\+json\s*$/i.test(value('type'))) return []
  return [...stringsIn(readJson(textOf(element)))].filter(isUrl).map(asLink)
}

/** Of JSON, but those that say what the others mean. */
function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value.trim()
  else if (Array.isArray(value)) for (const each of value) yield* stringsIn(each)
  else if (isObject(value))
    for (const [name, each] of Object.entries(value)) if (!name.startsWith('@')) yield* stringsIn(each)
}

/** What stands in `<!--[if mso]>…<![endif]-->`, of which the comment's data is given; `''` in any other comment. */
function forOutlook(comment: string): string {
  const [, inner = ''] = /^\[if[^\]]*\]>(.*)<!\[endif\]$/s.exec(comment) ?? []
  return inner
}

/** With every top-level domain there is: other programs know them all. */
const linkify = new LinkifyIt({ fuzzyLink: true, fuzzyIP: true, fuzzyEmail: false, urlAuth: true, tlds })
const others = /(?:\b[a-z][a-z0-9+.-]{0,20}:\/\/|\bwww\.)[^\s<>"]*[^\s<>".,;:!?')\]}]/gi

/** What mail programs turn into links in plain text: URLs of any scheme, and names of hosts; closing punctuation is left out. */
export function textLinks(text: string): Link[] {
  const bounded = text.slice(0, maximumLength)
  const matches = linkify.match(bounded) ?? []
  const known = matches.map(({ raw, schema }) => ({
    ...{ url: raw, where: 'text', text: null },
    ...(schema === '' ? { made: true } : {}),
  }))
  // Schemes that no browser knows, and names below domains that are none.
  const left = [...bounded.matchAll(others)].filter(
    ({ index, 0: match }) =>
      !matches.some((link) => link.index < index + match.length && index < link.lastIndex),
  )
  return [...known, ...left.map(([match]) => ({ url: match, where: 'text', text: null }))]
}

/** The HTML that an answer has people see: what the profile maps as that, else the whole of it. */
export function htmlOf({ result, response }: Pick<Exchange, 'result' | 'response'>): string {
  const html = result?.['html']
  return typeof html === 'string' ? html : (response?.body ?? '')
}

/** What a document has a browser run, unless its policy forbids it: its scripts, and the handlers of its elements. */
export function scriptsIn(html: string): string[] {
  return [...walk(documentOf(html), [])].flatMap(({ node }) => {
    if (!isElement(node)) return []
    const handlers = node.attrs.filter(({ name }) => name.startsWith('on')).map(({ value }) => value)
    return node.tagName === 'script' ? [textOf(node), ...handlers] : handlers
  })
}

/** The host that a link's visible text claims to lead to; `null` where the text names none. */
export function hostShown(text: string): string | null {
  const [, host = null] =
    /^\s*(?:[a-z]+:\/\/)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?::\d+)?(?:[/?#]\S*)?\s*$/i.exec(text.slice(0, 2000)) ??
    []
  return host?.toLowerCase() ?? null
}

function describe(element: Element, path: string, own: OwnPlaces): string[] {
  const names = element.attrs.map(({ name }) => name).sort()
  const targets = [...urlsOf(element)].map(({ url, attribute }) => {
    const place = destination(url)
    return `${attribute} to ${isOwn(place, own) ? 'a place of its own' : place}`
  })
  return [[path, ...(names.length > 0 ? [`[${names.join(' ')}]`] : []), ...targets].join(' ')]
}

function isOwn(place: string, { places, domains }: OwnPlaces): boolean {
  if (!/^https?:\/\//.test(place)) return false
  return places.has(place) || domains.includes(getDomain(place) ?? '')
}

function* urlsOf(element: Element): Generator<{ url: string; attribute: string }> {
  const value = (name: string) => element.attrs.find((attribute) => attribute.name === name)?.value
  for (const attribute of element.attrs) {
    const { name } = attribute
    if (name === 'ping') for (const url of attribute.value.split(/\s+/)) yield { url, attribute: name }
    if (urlAttributes.has(name)) yield { url: attribute.value.trim(), attribute: name }
    if (name === 'srcset' || name === 'imagesrcset')
      for (const url of srcset(attribute.value)) yield { url, attribute: name }
    if (name === 'style')
      for (const url of styleUrls(attribute.value, 'declarationList')) yield { url, attribute: name }
  }
  if (element.tagName === 'style')
    for (const url of styleUrls(textOf(element), 'stylesheet')) yield { url, attribute: 'content' }
  if (element.tagName === 'meta' && value('http-equiv')?.trim().toLowerCase() === 'refresh') {
    const [, url] = /^\s*[\d.]*\s*[;,]?\s*(?:url\s*=\s*)?['"]?([^'"]*)/i.exec(value('content') ?? '') ?? []
    if (url) yield { url: url.trim(), attribute: 'refresh' }
  }
}

function srcset(value: string): string[] {
  return value.split(/,\s+|,$/).flatMap((candidate) => candidate.trim().split(/\s+/).slice(0, 1))
}

/** url(), the strings of @import and image-set(), escapes undone (CSS Syntax 3). */
function styleUrls(css: string, context: 'stylesheet' | 'declarationList'): string[] {
  const found: string[] = []
  const tree = parseCss(css, { context, parseCustomProperty: true })
  walkCss(tree, function (node) {
    const within = ident.decode(this.function?.name ?? this.atrule?.name ?? '')
    if (node.type === 'Url') found.push(node.value.trim())
    if (node.type === 'String' && /^(?:import|(?:-webkit-)?image-set|image|src|url)$/i.test(within))
      found.push(node.value.trim())
  })
  return found
}

/** What sanitisers write in the place of a URL that runs something: those of Closure, Angular, React and others. */
const stopped =
  /^(?:about:(?:blank|invalid)(?:[?#].*)?|unsafe:.*|javascript:(?:void\(0\);?|throw new Error\('React has blocked a javascript: URL as a security precaution\.'\);?)?)$/is

/** Scheme and authority as a browser reads them; nothing of path or query. */
function destination(url: string): string {
  const base = 'https://relative.invalid'
  if (stopped.test(url)) return 'a stopped URL'
  if (!URL.canParse(url, base)) return 'an invalid URL'
  const { protocol, host, origin } = new URL(url, base)
  if (origin === base) return 'a relative URL'
  return host === '' ? protocol : `${protocol}//${host}`
}

function* walk(node: Node, path: readonly string[]): Generator<{ node: Node; path: string }> {
  yield { node, path: path.join('>') }
  // What is in a template is not in its childNodes.
  const children = 'content' in node ? node.content.childNodes : 'childNodes' in node ? node.childNodes : []
  // A document may be nested as deep as it is long: beyond a depth no mail needs, it is cut.
  if (path.length > 500) return
  for (const child of children) yield* walk(child, isElement(child) ? [...path, child.tagName] : path)
}

function isElement(node: Node): node is Element {
  return 'tagName' in node
}

function textOf(element: Element): string {
  return element.childNodes.map((child) => ('value' in child ? child.value : '')).join('')
}

function visibleText(element: Element): string {
  const texts = [...walk(element, [])].flatMap(({ node }) => ('value' in node ? [node.value] : []))
  return texts.join('').replace(/\s+/g, ' ').trim()
}

/** `items` less `others`, each occurrence counted. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1)
  return items.filter((item) => {
    const count = left.get(item) ?? 0
    left.set(item, count - 1)
    return count <= 0
  })
}

/** These differences are links that lead nowhere, or to a host that the value does not name: broken, and not by the value. */
export function onlyBrokenLinks(differences: readonly string[], value: string): boolean {
  const named = (line: string) => {
    const [, host] = / href to https?:\/\/(\S+)$/.exec(line) ?? []
    return host !== undefined && value.toLowerCase().includes(host)
  }
  return differences.every((line) => otherLink.test(line) && !named(line))
}

/** A change of where a link leads, as `difference` has it: to any place that runs nothing. */
const otherLink =
  /^(added|missing): \S*>a( \[href\])?( href to (https?:\S*|mailto:\S*|a place of its own|a relative URL|an invalid URL|a stopped URL))?$/

/** Of these differences, those that are more than a link that leads elsewhere; all where something was added. */
export function onlyOtherLink(differences: readonly string[]): readonly string[] {
  const count = (kind: 'added' | 'missing') => differences.filter((line) => line.startsWith(kind)).length
  return count('added') > count('missing') ? differences : differences.filter((line) => !otherLink.test(line))
}
