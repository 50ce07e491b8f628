import jsonata from 'jsonata'
import type { InputKind } from './operations/resource.ts'
import { operations } from './operations.ts'

/** JSONata, compiled and bounded: a profile's one language in both directions. */
export interface Expression {
  readonly source: string
  /** Rejects with ExpressionFailed where the expression fails or takes too long; `undefined` where it selects nothing. */
  evaluate(input: unknown, bindings?: Readonly<Record<string, unknown>>): Promise<unknown>
  /** The field names that stand in it; `null` where it hands its whole input on. */
  readonly names: ReadonlySet<string> | null
  /** Those of them that are fields of its input itself, not of what stands in one; `null` where it hands the whole on. */
  readonly inputs: ReadonlySet<string> | null
}

/** The expression failed on what it was given. Its text is the user's own; no input is named. */
export class ExpressionFailed extends Error {
  override readonly name = 'ExpressionFailed'
  /** JSONata's own: `S0201`, `D3030`. */
  readonly code: string
  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

/** Generous: it stops a runaway, and a busy machine must not trip it. */
const bounds = { timeout: 10_000, stack: 500, sequence: 100_000 }

/** By source: each check of a worker loads the profile anew, and each evaluation has a frame of its own. */
const known = new Map<string, Expression>()

/** Throws ExpressionFailed with position and reason where the text is no JSONata. */
export function compile(source: string): Expression {
  const expression = known.get(source) ?? compileAnew(source)
  known.set(source, expression)
  return expression
}

function compileAnew(source: string): Expression {
  const compiled = guarded(source, () => jsonata(source, bounds))
  compiled.registerFunction('address', asAddress)
  compiled.registerFunction('addresses', asAddresses)
  const ast = compiled.ast()
  return {
    source,
    names: fieldNames(ast),
    inputs: inputFields(ast),
    async evaluate(input, bindings = {}) {
      try {
        return plain(await compiled.evaluate(input, { ...bindings }))
      } catch (error) {
        throw failed(source, error)
      }
    },
  }
}

/**
 * `$address(mailbox)`: `{email, name}` as one text, the name as a quoted-string (RFC 5322 §3.2.4), in UTF-8 where it is not
 * ASCII (RFC 6532); whatever else stands in it stays, since it is for the target to refuse.
 */
function asAddress(mailbox: unknown): string | undefined {
  const { email, name } = (mailbox ?? {}) as { email?: unknown; name?: unknown }
  if (typeof email !== 'string') return undefined
  return typeof name === 'string' && name !== '' ? `"${name.replace(/["\\]/g, '\\$&')}" <${email}>` : email
}

/** `$addresses(mailboxes)`: a list of them as one text, with commas between. */
function asAddresses(mailboxes: unknown): string | undefined {
  if (mailboxes === undefined) return undefined
  return [mailboxes]
    .flat()
    .flatMap((mailbox) => asAddress(mailbox) ?? [])
    .join(', ')
}

function guarded<T>(source: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw failed(source, error)
  }
}

function failed(source: string, error: unknown): ExpressionFailed {
  const { code, position, token } = error as Partial<jsonata.JsonataError>
  const where = position === undefined ? '' : ` at character ${position}`
  // The message may quote the value that was met; the token is a word of the expression itself.
  const word = typeof token === 'string' && source.includes(token) ? ` near ${JSON.stringify(token)}` : ''
  const reason = position === undefined || word === '' ? (code ?? 'unknown') : code
  const first = source.trim().split('\n')[0] ?? ''
  return new ExpressionFailed(
    `JSONata error ${reason}${where}${word} in ${first.length < source.trim().length ? `${first} …` : first}`,
    code ?? 'unknown',
  )
}

/** Without the hidden properties of JSONata's sequences, and without functions. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'function') return undefined
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
}

function fieldNames(ast: unknown): Set<string> | null {
  const names = new Set<string>()
  let whole = false
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const inner of node) visit(inner)
      return
    }
    if (node === null || typeof node !== 'object') return
    const { type, value } = node as { type?: unknown; value?: unknown }
    if (type === 'name' && typeof value === 'string') names.add(value)
    if (type === 'wildcard' || type === 'descendant') whole = true
    for (const inner of Object.values(node)) visit(inner)
  }
  visit(ast)
  // `$` alone, or `$` with changes (`$ ~> |…|`), passes everything on.
  const root = ast as { type?: unknown; value?: unknown; expression?: { type?: unknown; value?: unknown } }
  const top = root.type === 'apply' ? (root as { lhs?: typeof root }).lhs : root
  if (top?.type === 'variable' && top.value === '') whole = true
  return whole ? null : names
}

/** What a path begins with, outside of all other paths: what follows is looked for in what was found. */
function inputFields(ast: unknown): Set<string> | null {
  const fields = new Set<string>()
  let whole = false
  const visit = (node: unknown, inside: boolean): void => {
    if (Array.isArray(node)) {
      for (const inner of node) visit(inner, inside)
      return
    }
    if (node === null || typeof node !== 'object') return
    const { type, value, steps, ...rest } = node as Record<string, unknown>
    if (type === 'path' && Array.isArray(steps)) {
      const [first, ...others] = steps as readonly { type?: unknown; value?: unknown }[]
      // `$` is what is looked at, `$$` the input, wherever it stands.
      const here = first?.type === 'variable' && (first.value === '$' || (first.value === '' && !inside))
      if (here && others[0]?.type === 'name') fields.add(String(others[0].value))
      else visit(first, inside)
      visit([others, rest], true)
      return
    }
    if (type === 'name' && !inside) fields.add(String(value))
    if (type === 'variable' && (value === '$' || (value === '' && !inside))) whole = true
    if ((type === 'wildcard' || type === 'descendant') && !inside) whole = true
    for (const [key, inner] of Object.entries(rest))
      visit(inner, inside || key === 'stages' || key === 'predicate')
  }
  visit(ast, false)
  return whole ? null : fields
}

/** An input of the operation with `count` of everything that there can be several of; `word` stands for its texts. */
function sampleInput(operation: string, count: number, word: string): Record<string, unknown> {
  const inputs = operations[operation]?.inputs ?? {}
  return Object.fromEntries(Object.entries(inputs).map(([name, kind]) => [name, sample(kind, count, word)]))
}

function sample(kind: InputKind, count: number, word: string): unknown {
  const times = <T>(make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n))
  switch (kind) {
    case 'mailboxes':
      return times((n) => ({ email: `recipient${n}@mail.test`, name: `Recipient ${n}` }))
    case 'messages':
      return times(() => sampleInput('message.send', count, word))
    case 'texts':
      return times((n) => `text${n}`)
    case 'attachments':
      return times((n) => ({ filename: `file${n}.txt`, contentType: 'text/plain', content: 'aGVsbG8=' }))
    case 'fields':
      return Object.fromEntries(times((n) => [`X-Field-${n}`, `value ${n}`]))
    case 'object':
      return { id: word, response: { text: word } }
    case 'mailbox':
      return { email: 'sender@mail.test', name: 'Sender' }
    case 'number':
      return 10
    case 'time':
      return '2030-01-01T00:00:00Z'
    case 'text':
    case 'mime':
      return word
  }
}

/** Texts for trial, in turn: ids are numbers for some targets, times for others. */
const words = ['text', '10', '2030-01-01T00:00:00Z']
/** Codes of JSONata for what no value mends: a function that there is not. */
const notOfValues = ['T1005', 'T1006']

/**
 * JSONata turns a sequence of one into its element: `to.email` is a text for one recipient and a list for two.
 * Finds where an expression does that for an operation's inputs: the path in its output, or `null`, also where it wants
 * values that we do not think of. Rejects with ExpressionFailed where it fails whatever the values are.
 */
export async function findFlip(
  expression: Expression,
  operation: string,
  bindings: Readonly<Record<string, unknown>>,
  ignoreTop: boolean,
): Promise<string | null> {
  for (const word of words) {
    try {
      const one = await expression.evaluate(sampleInput(operation, 1, word), bindings)
      const two = await expression.evaluate(sampleInput(operation, 2, word), bindings)
      return flip(one, two, '', ignoreTop ? 1 : -1)
    } catch (error) {
      if (!(error instanceof ExpressionFailed) || notOfValues.includes(error.code)) throw error
    }
  }
  return null
}

function flip(one: unknown, two: unknown, path: string, ignoredDepth: number): string | null {
  if (one === undefined || two === undefined) return null
  if (Array.isArray(one) !== Array.isArray(two)) return ignoredDepth === 0 ? null : path || 'the whole output'
  if (Array.isArray(one) && Array.isArray(two)) return flip(one[0], two[0], `${path}[0]`, ignoredDepth - 1)
  if (one === null || two === null || typeof one !== 'object' || typeof two !== 'object') return null
  for (const [name, value] of Object.entries(one)) {
    const found = flip(
      value,
      (two as Record<string, unknown>)[name],
      path === '' ? name : `${path}.${name}`,
      ignoredDepth - 1,
    )
    if (found !== null) return found
  }
  return null
}
