import type { DefaultTreeAdapterMap } from 'parse5'
import { isObject, readJson } from '../json.ts'
import type { HttpResponse } from '../model.ts'
import { documentOf } from './html-document.ts'

type Answer = Pick<HttpResponse, 'body' | 'headers'>

/** Longer documents are cut: they come from the target. UTF-16 code units. */
const maximumLength = 1_000_000
const mostValues = 20_000

/** Attributes of HTML whose value leads somewhere. */
const leading = new Set([
  'href',
  'src',
  'action',
  'formaction',
  'data',
  'poster',
  'background',
  'cite',
  'ping',
])

/**
 * Where an answer leads or sends from: in Location, Link, Refresh and the domains of cookies, in the texts of JSON that are URLs, and
 * in the attributes of HTML. Relative ones are of `base`.
 */
export function placesIn({ body, headers }: Answer, base: string): URL[] {
  const fields = headers.flatMap(([name, value]) => {
    if (name === 'location' || name === 'content-location') return [value]
    if (name === 'link') return [...value.matchAll(/<([^>]*)>/g)].map(([, url = '']) => url)
    if (name === 'refresh') return [value.replace(/^[^;,]*[;,]\s*(?:url\s*=)?\s*['"]?|['"]?\s*$/gi, '')]
    const [, domain] = name === 'set-cookie' ? (/;\s*domain\s*=\s*\.?([^;\s]+)/i.exec(value) ?? []) : []
    return domain === undefined ? [] : [`https://${domain}/`]
  })
  const written = isHtml(headers) ? attributesIn(body) : textsIn(readJson(body.slice(0, maximumLength)))
  return [...fields, ...written.filter((text) => isHtml(headers) || /^(?:https?:)?\/\//i.test(text))].flatMap(
    (text) => {
      const url = URL.parse(text, base)
      return url !== null && /^https?:$/.test(url.protocol) ? [url] : []
    },
  )
}

/** Whether a browser would make an element or an attribute of this name out of the answer. */
export function marksUp({ body, headers }: Answer, name: string): boolean {
  if (!isHtml(headers)) return false
  for (const element of elementsOf(body))
    if (element.tagName === name || element.attrs.some((attribute) => attribute.name === name)) return true
  return false
}

export function isHtml(headers: HttpResponse['headers']): boolean {
  return headers.some(
    ([name, value]) => name === 'content-type' && /^\s*(?:text\/html|application\/xhtml)/i.test(value),
  )
}

function attributesIn(html: string): string[] {
  const found: string[] = []
  for (const { attrs } of elementsOf(html))
    for (const { name, value } of attrs) if (leading.has(name) && found.length < mostValues) found.push(value)
  return found
}

/** Without recursion: a document may be nested as deep as it is long. */
function* elementsOf(html: string): Generator<DefaultTreeAdapterMap['element']> {
  const open: DefaultTreeAdapterMap['node'][] = [documentOf(html)]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if ('tagName' in node) yield node
    if ('childNodes' in node) for (const child of node.childNodes.toReversed()) open.push(child)
  }
}

/** Every text in a JSON document, as far as it has not more values than anybody reads. */
export function textsIn(value: unknown): string[] {
  const found: string[] = []
  const open = [value]
  for (let seen = 0; open.length > 0 && seen < mostValues; seen++) {
    const each = open.pop()
    if (typeof each === 'string') found.push(each)
    else if (Array.isArray(each) || isObject(each)) open.push(...Object.values(each).slice(0, mostValues))
  }
  return found
}
