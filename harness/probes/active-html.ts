import type { DefaultTreeAdapterMap } from 'parse5'
import { documentOf } from './html-document.ts'

type Node = DefaultTreeAdapterMap['node']
type Element = DefaultTreeAdapterMap['element']

/** Enough to tell what a document does. */
const most = 50

const active = new Set(['script', 'iframe', 'frame', 'object', 'embed', 'applet', 'form', 'base', 'portal'])
const urls = new Set(['href', 'src', 'action', 'formaction', 'data', 'xlink:href', 'background', 'poster'])

/** What of a document runs, loads a document, or takes input: an element or an attribute each, as a browser builds it; the first 50. */
export function activeParts(html: string): string[] {
  const found = new Set<string>()
  for (const element of elements(documentOf(html))) {
    const { tagName, attrs } = element
    const value = (name: string) => attrs.find((each) => each.name === name)?.value ?? ''
    if (active.has(tagName) && !isData(tagName, value('type'))) found.add(tagName)
    if (tagName === 'meta' && /^refresh$/i.test(value('http-equiv'))) found.add('meta refresh')
    for (const { name, value: written } of attrs) {
      if (/^on[a-z]/.test(name)) found.add(`${tagName} ${name}`)
      const scheme = written.replace(/[\0-\x20]/g, '').toLowerCase()
      if (urls.has(name) && /^(?:javascript|vbscript|data:text\/html)/.test(scheme))
        found.add(`${tagName} ${name} (${scheme.split(':')[0]}:)`)
    }
    if (found.size >= most) break
  }
  return [...found].slice(0, most)
}

/** What stands in a script element and is none: of schema.org, say. */
function isData(tagName: string, type: string): boolean {
  return tagName === 'script' && /^\s*application\/(?:ld\+)?json\s*$/i.test(type)
}

/** Without recursion: a document may be nested as deep as it is long. */
function* elements(document: Node): Generator<Element> {
  const open: Node[] = [document]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if ('tagName' in node) yield node
    const children = 'content' in node ? node.content.childNodes : 'childNodes' in node ? node.childNodes : []
    for (let at = children.length - 1; at >= 0; at--) {
      const child = children[at]
      if (child !== undefined) open.push(child)
    }
  }
}
