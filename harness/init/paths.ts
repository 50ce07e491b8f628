import { spokenVerbs } from '../profile/operations/resource.ts'
import { operations, resources } from '../profile/operations.ts'
import { plain, singular } from './words.ts'

export function isParameter(token: string): boolean {
  return /^\{[^{}]*\}$/.test(token)
}

/** The steps of a path, without version numbers and what every path of an API has; `messages.send` is two. */
export function tokensOf(path: string): string[] {
  return path
    .replace(/\/+$/, '')
    .replace(/\.(json|php|xml|html|txt)$/, '')
    .split('/')
    .filter((step) => step !== '' && !/^(v?\d+(\.\d+)*((alpha|beta)\d*)?|api|rest|public)$/i.test(step))
    .flatMap((step) => (step.includes('{') ? (step.match(/\{[^{}]*\}|[^{}.:]+/g) ?? []) : step.split('.')))
}

/** How surely a word of a path says a resource: by its own name, by the last word of several, or by one that says others too. */
export type Saying = 'own' | 'compound' | 'loose'

/** Words before that of the resource that make it another one: `tracking-domains`. */
const others =
  /^(?:sms|mms|whatsapp|voice|push|webhook|tracking|inbound|received|custom-?verification|bulk|batch|sub|campaign|smtp|relay|dkim)/i

/** `null` where a word of a path does not say the resource of an operation. */
export function saying(operation: string, token: string): Saying | null {
  if (isParameter(token)) return null
  const { words = [], looseWords = [] } = resources[operations[operation]?.kind ?? ''] ?? {}
  const said = singular(token)
  if (words.includes(said) || words.includes(plain(token))) return 'own'
  if (looseWords.includes(said)) return 'loose'
  const [last = '', ...before] = partsOf(token).reverse()
  // `suppression-list` is of suppressions.
  if (/^(?:list|entries|items)$/i.test(last) && before.length > 0)
    return saying(operation, before.toReversed().join('-'))
  // `delete-domain` says what is done with a domain.
  if (verbs.has(plain(before.at(-1) ?? ''))) return null
  return before.length > 0 && words.includes(singular(last)) && !others.test(token) ? 'compound' : null
}

/** What is done with something, where it stands before the name of that. */
const verbs: ReadonlySet<string> = new Set([
  ...['create', 'add', 'insert', 'register', 'list', 'search', 'query', 'find', 'get', 'retrieve', 'show'],
  ...['fetch', 'update', 'edit', 'modify', 'change', 'patch', 'delete', 'remove', 'destroy', 'revoke'],
  ...['rotate', 'cancel', 'verify', 'check', 'validate', 'export'],
])

/** `add-domain`, `addDomain` → add, domain. */
export function partsOf(name: string): string[] {
  return name.replace(/([a-z\d])([A-Z])/g, '$1 $2').match(/[A-Za-z\d]+/g) ?? []
}

/** What an operation's verb is called, in plain form. */
export function spoken(operation: string): readonly string[] {
  const verb = operation.split('.')[1] ?? ''
  return [verb, ...(spokenVerbs[verb] ?? [])]
}

/** The input for which the last parameter of a path stands; `null` where that says whose it is, or there is none. */
export function namedInPath(operation: string, path: string): string | null {
  const { kind = '', inputs = {}, object = null } = operations[operation] ?? {}
  const tokens = tokensOf(path)
  const last = tokens.findLastIndex(isParameter)
  const { named = '' } = resources[kind] ?? {}
  // `relays/{}/events`, of what is named by its relay.
  if (named in inputs && singular(tokens[last - 1] ?? '') === named) return named
  // A parameter before the resource says whose it is.
  if (last < 0 || tokens.findLastIndex((token) => saying(operation, token) !== null) > last) return null
  if (object !== null) return object
  return named in inputs && last === tokens.length - 1 ? named : null
}

/** Where in a path a call does what an operation does. */
export interface Form {
  /** How usual it is: 0 for what most have. */
  readonly rank: number
  readonly shape: string
  readonly saying: Saying
  /** It is said by a verb. */
  readonly isSpoken: boolean
  /** It is the name of the resource and nothing else. */
  readonly isBare: boolean
  /** Names of the parameters before it. */
  readonly outer: readonly string[]
  /** The other words before it. */
  readonly statics: readonly string[]
  /** The path up to what says the resource: of all that is done with it, mostly one. */
  readonly collection: string
}

/** Parameters for what callers have of their own, and calls stand below. */
const broughtIn =
  /account|tenant|organi[sz]ation|(?:\b|_)orgs?(?:\b|_|id)|company|workspace|team|project|app|user|region|environment|server|domain|inbox|mailbox|list|book|audience|address|brand|stream/i

export function isBroughtIn(parameter: string): boolean {
  return broughtIn.test(parameter)
}

/** What stands beside the name of a resource and says which of them: `/messages/outbound`. */
const qualifiers = ['outbound', 'sent', 'transactional', 'global', 'addresses']

/** The usual ends of paths first, then verbs in paths; `null` where a path says something else. */
export function formOf(operation: string, method: string, path: string): Form | null {
  const all = tokensOf(path)
  const tokens = all.filter(
    (token, i) => !(qualifiers.includes(token) && saying(operation, all[i - 1] ?? '') !== null),
  )
  return usual(operation, method, tokens) ?? spokenForm(operation, method, tokens)
}

function usual(operation: string, method: string, tokens: readonly string[]): Form | null {
  for (const [rank, text] of (operations[operation]?.calls ?? []).entries()) {
    const [wanted = '', shape = ''] = text.split(' ')
    const pattern = shape.split('/')
    const end = tokens.slice(-pattern.length)
    if (wanted !== method || end.length < pattern.length) continue
    const said = end.flatMap((token, i) => (pattern[i] === 'R' ? [saying(operation, token)] : []))
    const fits = pattern.every((part, i) => {
      const token = end[i] ?? ''
      if (part === '{}') return isParameter(token)
      if (part === '*') return !isParameter(token)
      return part === 'R' ? saying(operation, token) !== null : plain(token) === part && !isParameter(token)
    })
    if (fits)
      return {
        ...form(operation, end, tokens),
        rank,
        saying: weakest(said),
        isSpoken: false,
        isBare: shape === 'R',
      }
  }
  return null
}

/** The rank of a verb in a path: what is not usual and clear all the same. */
const spokenRank = 1
/** Of one behind an object, which may be of something that the object has. */
const rareRank = 3

/** `R/verb`, `R/{}/verb`, `verb/R`, `verb-R` and `R/verb-R`, each with the object's parameter behind it or without. */
function spokenForm(operation: string, method: string, tokens: readonly string[]): Form | null {
  if (!spokenMethods(operation).includes(method)) return null
  // What makes something acts on nothing that is there.
  const hasObject = operations[operation]?.object !== null
  const core = hasObject && isParameter(tokens.at(-1) ?? '') ? tokens.slice(0, -1) : tokens
  const [last = '', before = '', third = ''] = [core.at(-1), core.at(-2), core.at(-3)]
  const verbs = spoken(operation)
  const isVerb = (token: string) => !isParameter(token) && verbs.includes(plain(token))
  const [first = '', ...rest] = partsOf(last)
  const isOneWord = !isParameter(last) && rest.length > 0 && verbs.includes(plain(first))
  const own = isOneWord ? saying(operation, rest.join('-')) : null
  const forms: [length: number, said: Saying | null][] = [
    [2, isVerb(last) ? saying(operation, before) : null],
    [2, isVerb(before) ? saying(operation, last) : null],
    [3, hasObject && isVerb(last) && isParameter(before) ? saying(operation, third) : null],
    [1, own],
  ]
  const found = forms.find(([, said]) => said !== null)
  if (found === undefined) return null
  const [length, said] = found
  const end = tokens.slice(-(length + tokens.length - core.length))
  return {
    ...form(operation, end, tokens),
    rank: length === 3 ? rareRank : spokenRank,
    saying: said ?? 'loose',
    isSpoken: true,
    isBare: false,
  }
}

function spokenMethods(operation: string): readonly string[] {
  switch (operations[operation]?.effect) {
    case 'read':
      return ['GET', 'POST']
    case 'delete':
      return ['DELETE', 'POST', 'PUT']
    default:
      return ['POST', 'PUT', 'PATCH']
  }
}

function weakest(said: readonly (Saying | null)[]): Saying {
  return (['loose', 'compound'] as const).find((each) => said.includes(each)) ?? 'own'
}

function form(
  operation: string,
  end: readonly string[],
  tokens: readonly string[],
): Pick<Form, 'shape' | 'outer' | 'statics' | 'collection'> {
  const before = tokens.slice(0, tokens.length - end.length)
  return {
    shape: end.join('/'),
    outer: before.filter(isParameter),
    statics: before.filter((token) => !isParameter(token) && saying(operation, token) === null),
    collection: tokens
      .slice(0, tokens.findLastIndex((token) => saying(operation, token) !== null) + 1)
      .join('/'),
  }
}
