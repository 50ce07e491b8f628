/** What a text of a message holds by which its reader is to be known. */
export interface MailedToken {
  readonly token: string
  /** Where it stands in a link; `null` for a code that is typed. */
  readonly link: URL | null
}

/** Names of parameters, and steps of paths before the last, behind which a token stands, however short it is. */
const telling = /token|code|key|secret|otp|reset|recover|passw|forgot|confirm|verif|^[tk]$/i
/** Links of a message that set no password. */
const leadsElsewhere = /unsub|opt-?out|preferences|privacy|imprint|logo|\.(?:png|gif|jpe?g|svg|css)$/i

/**
 * The token of the first link that has one, or of one that it leads on to, a link that speaks of passwords before others: the value of a
 * parameter, of the query or behind `#`, or the last step of the path. Without a link a code of four to ten digits, or of sixteen and
 * more letters and digits of chance, that the text calls one.
 */
export function tokenIn(text: string): MailedToken | null {
  const links = (text.match(/https?:\/\/[^\s<>"'()[\]]+/gi) ?? []).flatMap((found) => {
    // The end of a sentence is none of a link.
    const link = URL.parse(found.replace(/[.,;:!?]+$/, ''))
    return link === null
      ? []
      : [...within(link), link].filter(({ pathname }) => !leadsElsewhere.test(pathname))
  })
  const found = links.flatMap((link) => partsOf(link).map((part) => ({ ...part, link })))
  const best = found.find(({ isNamed }) => isNamed) ?? found[0]
  if (best !== undefined) return { token: best.token, link: best.link }
  const code = /(?:code|pin|otp|one-time)\D{0,60}?\b(\d{4,10})\b/i.exec(text)?.[1]
  const typed = code ?? longCodeIn(text)
  return typed === undefined ? null : { token: typed, link: null }
}

/** An API without pages of its own mails what its caller pastes into a call. */
function longCodeIn(text: string): string | undefined {
  const named = text.matchAll(
    /(?:code|token|key|secret)(?:\s+is\b)?\s{0,4}[:=]?\s{0,8}["'`<]?([\w~+/=-]{16,})/gi,
  )
  return [...named].flatMap(([, found = '']) => (isChance(found) ? [found] : []))[0]
}

/** Where a link that counts clicks leads on: a parameter of it may be a link whole. */
function within(link: URL): URL[] {
  return [...link.searchParams.values()].flatMap((value) => {
    const inner = /^https?:\/\//i.test(value) ? URL.parse(value) : null
    return inner === null ? [] : [inner]
  })
}

interface Part {
  readonly token: string
  readonly isNamed: boolean
}

function partsOf(link: URL): Part[] {
  const fragment = link.hash.slice(1)
  const [route = '', after = ''] = fragment.includes('?') ? fragment.split('?', 2) : [fragment, fragment]
  const parameters = [...link.searchParams, ...new URLSearchParams(after.includes('=') ? after : '')]
  const steps = (path: string) => path.split('/').filter((step) => step !== '')
  const ofPath = [steps(link.pathname), steps(route.includes('=') ? '' : route)].flatMap((path) => {
    const last = path.at(-1)
    return last === undefined ? [] : [[path.slice(0, -1).join('/'), decoded(last)] as const]
  })
  return [...parameters, ...ofPath].flatMap(([name, token]) => {
    if (isChance(token)) return [{ token, isNamed: telling.test(name) }]
    return telling.test(name) && /^(?=.*\d)[\w.~-]{4,}$/.test(token) ? [{ token, isNamed: true }] : []
  })
}

/** It is no word of a language, nor several. */
function isChance(text: string): boolean {
  return /^[\w.~+/=-]{16,}$/.test(text) && (/\d/.test(text) || /[a-z][A-Z]+[a-z]/.test(text))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
