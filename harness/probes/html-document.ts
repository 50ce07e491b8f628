import { type DefaultTreeAdapterMap, defaultTreeAdapter, parse, type TreeAdapter } from 'parse5'

/** Longer documents are cut: they come from whoever is tested. */
const maximumLength = 2_000_000
/** Steps of building, as a longest one has that is meant to be read; formatting that is never closed is made anew for each text. */
const mostSteps = 2_000_000

/** Too much was to be built. */
class Overflow extends Error {}

/** What a browser builds of a page (HTML Living Standard §13.2), as far as it is one that is meant to be read. */
export function documentOf(html: string): DefaultTreeAdapterMap['document'] {
  const document = defaultTreeAdapter.createDocument()
  try {
    parse(html.slice(0, maximumLength), { treeAdapter: bounded(document) })
  } catch (error) {
    if (!(error instanceof Overflow)) throw error
  }
  return document
}

function bounded(document: DefaultTreeAdapterMap['document']): TreeAdapter<DefaultTreeAdapterMap> {
  let steps = 0
  return {
    ...defaultTreeAdapter,
    createDocument: () => document,
    createElement(...given) {
      if (++steps > mostSteps) throw new Overflow()
      return defaultTreeAdapter.createElement(...given)
    },
    getNamespaceURI(element) {
      if (++steps > mostSteps) throw new Overflow()
      return defaultTreeAdapter.getNamespaceURI(element)
    },
  }
}
