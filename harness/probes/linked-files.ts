/** Of one file. */
const most = 10

/** Scripts and settings that a page names, by their paths at its own origin. */
export function scriptsOf(html: string, at: URL): string[] {
  const named = html.matchAll(/\b(?:src|href)\s*=\s*["']?([^"'\s>]+\.(?:json|m?js)(?:\?[^"'\s>]*)?)/gi)
  return within(
    [...named].map(([, where = '']) => where),
    at,
  )
}

/** The source maps of a script: that which it names at its end, or else the one that stands beside it mostly. */
export function sourceMapsOf(script: string, at: URL): string[] {
  const named = /\/[/*][#@]\s*sourceMappingURL=([^\s*]+)/.exec(script)?.[1]
  if (named?.startsWith('data:') === true) return []
  return within([named ?? `${at.pathname}.map`], at)
}

function within(references: readonly string[], at: URL): string[] {
  const urls = references.map((each) => URL.parse(each, at)).filter((url) => url?.origin === at.origin)
  return [...new Set(urls.map((url) => `${url?.pathname}${url?.search}`))].slice(0, most)
}
