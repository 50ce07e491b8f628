import { isObject, readJson } from '../json.ts'
import { shadowWords } from './corpora.ts'
import { says } from './disclosure.ts'

/** A path that no document has, and whose it might be. */
export interface Guess {
  readonly kind: 'another version' | 'a prefix' | 'another ending' | 'a word' | 'what answers name'
  readonly path: string
  /** The documented path that it is made of; `null` for a word. */
  readonly of: string | null
  /** Paths of the same form that nobody has, `{random}` in them. */
  readonly beside: readonly string[]
}

const isVersion = (segment: string) => /^v\d{1,3}(?:\.\d{1,3})?$/i.test(segment)
/** Documents may be of any length. */
const [mostSiblings, mostNamed, mostGuesses] = [4, 20, 200]
const random = '{random}'

/** A documented path without parameters. */
export interface Documented {
  readonly path: string
  /** It refuses whoever shows no credential: only then another spelling of it could lead to more. */
  readonly isRefusedToNobody: boolean
}

/** Of documented paths, the closed ones first, and what answers have named: each guess once, and none that is `known`. */
export function guessesAt(
  documented: readonly Documented[],
  named: readonly string[],
  isKnown: (path: string) => boolean,
): Guess[] {
  const { versions, prefixes, endings, words } = shadowWords('shadow-routes')
  const siblings = documented.toSorted((a, b) => Number(b.isRefusedToNobody) - Number(a.isRefusedToNobody))
  const guesses: Guess[] = []
  const add = (guess: Guess) => guesses.push(guess)
  for (const { path, isRefusedToNobody } of siblings.slice(0, mostSiblings)) {
    const segments = path.split('/')
    const at = segments.findIndex(isVersion)
    const versioned = (version: string) =>
      at < 0 ? `/${version}${path}` : segments.with(at, version).join('/')
    for (const version of versions) {
      const guess = versioned(version)
      add({ kind: 'another version', path: guess, of: path, beside: [versioned(random), inFolder(guess)] })
    }
    for (const prefix of prefixes)
      add({
        kind: 'a prefix',
        path: `/${prefix}${path}`,
        of: path,
        beside: [`/${random}${path}`, inFolder(`/${prefix}${path}`)],
      })
    for (const ending of isRefusedToNobody ? endings : [])
      add({
        kind: 'another ending',
        path: `${path}${ending}`,
        of: path,
        beside:
          ending === '/'
            ? [`${inFolder(path)}/`]
            : ending.startsWith('/')
              ? [`${path}/${random}`, inFolder(path)]
              : [`${path}.${random}`, `${inFolder(path)}${ending}`],
      })
  }
  const bases = siblings.map(({ path }) => {
    const segments = path.split('/')
    return segments.slice(0, segments.findIndex(isVersion) + 1).join('/')
  })
  for (const base of [...new Set(['', ...bases])].slice(0, 2))
    for (const word of words)
      add({ kind: 'a word', path: `${base}/${word}`, of: null, beside: [`${base}/${random}`] })
  for (const path of named.slice(0, mostNamed))
    add({ kind: 'what answers name', path, of: null, beside: [inFolder(path)] })
  const once = new Map(guesses.map((guess) => [guess.path, guess]))
  return [...once.values()].filter(({ path }) => !isKnown(path)).slice(0, mostGuesses)
}

/** A sibling of it that nobody has. */
const inFolder = (path: string) => path.replace(/[^/]*\/?$/, random)

/** Paths of this origin that an answer names in its Link fields (RFC 8288), or that robots are to leave alone (RFC 9309). */
export function pathsNamed(origin: string, links: readonly string[], robots: string): string[] {
  const targets = links.flatMap((link) =>
    [...link.slice(0, 4000).matchAll(/<([^<>]{1,300})>/g)].map(([, url = '']) => url),
  )
  const disallowed = [
    ...robots.slice(0, 20_000).matchAll(/^(?:dis)?allow:[ \t]*(\/[^\s*$]{1,200})[ \t\r]*$/gim),
  ].map(([, path = '']) => path)
  const paths = [...targets, ...disallowed].flatMap((target) => {
    const url = URL.parse(target, origin)
    return url?.origin === origin && url.pathname !== '/' ? [url.pathname] : []
  })
  return [...new Set(paths)]
}

/** JSON that holds data, or has the members of this operation's answer; an error that is called a success is none of it. */
export function isRoute(body: string, operation: string | null): boolean {
  const value = readJson(body)
  if (typeof value !== 'object' || value === null || isError(value)) return false
  return says(body) || (operation !== null && hasMembersOf(value, readJson(operation)))
}

function hasMembersOf(value: object, other: unknown): boolean {
  const names = (each: unknown) => (isObject(each) ? Object.keys(each).sort().join('\n') : '')
  return isObject(other) && names(value) !== '' && names(value) === names(other)
}

function isError(value: object): boolean {
  const { error, errors, success, ok, status, code, statusCode } = value as Record<string, unknown>
  const isSaid = (said: unknown) =>
    said !== undefined && said !== null && said !== false && !(Array.isArray(said) && said.length === 0)
  return (
    [error, errors].some(isSaid) ||
    [success, ok].includes(false) ||
    /^(?:error|fail(?:ed|ure)?|unauthori[sz]ed|forbidden|not[ _]found)$/i.test(String(status)) ||
    [status, code, statusCode].some((number) => Number(number) >= 400 && Number(number) < 600)
  )
}
