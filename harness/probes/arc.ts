import type { ARCChainEntry, ARCData } from 'mailauth'
import { arc as validate } from 'mailauth/lib/arc/index.js'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { type ArcSet, arcFaults, arcSets, isOfArc } from './arc-sets.ts'
import { readHeaders } from './headers.ts'
import { assertReadable, UnreadableMail } from './mail.ts'
import type { RecordingResolver } from './resolver.ts'

export interface ArcFacts {
  /** RFC 8617 §4.4: `none` for a message without sets; `temperror` where DNS did not answer for a key, and all else is sound. */
  readonly result: 'none' | 'pass' | 'fail' | 'temperror'
  /** Why it fails, in the words of the validator; `null` where it does not. */
  readonly comment: string | null
  /** By number, from the first. */
  readonly sets: readonly ArcSet[]
  /** What no chain may hold, a sentence each: a chain that has one fails. */
  readonly faults: readonly string[]
  /** A sound seal that says cv=pass of one that does not verify; `null` where none does. */
  readonly falseClaim: { readonly instance: number; readonly over: number } | null
  /**
   * The oldest set since which nothing that it signs was changed (RFC 8617 §5.2, step 5: 0 there stands for the first); `null`
   * where the chain does not pass.
   */
  readonly oldestPass: number | null
  /** What that set says of the message as it came there: `spf=pass`, `dkim=fail`. */
  readonly said: readonly string[]
}

const none: ArcFacts = {
  ...{ result: 'none', comment: null, sets: [], faults: [] },
  ...{ falseClaim: null, oldestPass: null, said: [] },
}

/** Validates the Authenticated Received Chain of a message (RFC 8617 §5.2) by mailauth in strict mode. Throws UnreadableMail. */
export async function evaluateArc(raw: Uint8Array, resolver: RecordingResolver): Promise<ArcFacts> {
  assertReadable(raw)
  // Readers of tags look at each space once more for each that follows.
  if (readHeaders(raw).fields.some(({ name, value }) => isOfArc(name) && /\s{1000}/.test(value)))
    throw new UnreadableMail('a field of ARC has more than a thousand spaces in a row')
  const sets = arcSets(raw)
  if (!readHeaders(raw).headerNames.some(isOfArc)) return none
  const before = resolver.answers.length
  const read = await readChain(raw, resolver)
  const said = read.chain.map(resultsOf)
  const { status } = await validate(read.data, { resolver: resolver.resolve, strict: true })
  const comment = status.comment ?? read.error
  const faults = arcFaults(raw)
  const open = resolver.failures().some((answer) => resolver.answers.indexOf(answer) >= before)
  // For a key without an answer mailauth has no comment; for the newest signature it has one of its own.
  const isOpen = open && (comment === null || (isOfNewest(comment) && read.newest === 'temperror'))
  const result = status.result === 'pass' ? 'pass' : isOpen ? 'temperror' : 'fail'
  const oldestPass = result === 'pass' ? await oldestPassOf(raw, read.chain.length, resolver) : null
  return {
    result,
    comment: result === 'fail' ? comment : null,
    sets,
    faults,
    falseClaim: falseClaimOf(sets, comment),
    oldestPass,
    said: oldestPass === null ? [] : (said[oldestPass - 1] ?? []),
  }
}

interface ReadChain {
  readonly data: ARCData
  /** Empty where the sets make none. */
  readonly chain: readonly ARCChainEntry[]
  readonly error: string | null
  /** What became of the newest ARC-Message-Signature, the only one that is verified. */
  readonly newest: string | null
}

async function readChain(raw: Uint8Array, { resolve }: RecordingResolver): Promise<ReadChain> {
  const { arc } = await dkimVerify(Buffer.from(raw), { resolver: resolve, strict: true })
  // Its declared type is that of a signer.
  const data = arc as unknown as ARCData
  return {
    data,
    chain: data.chain || [],
    error: data.error?.message ?? null,
    newest: data.lastEntry?.messageSignature?.status.result ?? null,
  }
}

/** From the newest to the first, until one does not verify: what came after it has changed what it signs. */
async function oldestPassOf(raw: Uint8Array, count: number, resolver: RecordingResolver): Promise<number> {
  for (let instance = count - 1; instance > 0; instance--) {
    const { newest } = await readChain(before(raw, instance), resolver)
    if (newest !== 'pass') return instance + 1
  }
  return 1
}

/** The message without the sets that came after this one. */
function before(raw: Uint8Array, last: number): Uint8Array {
  const { fields } = readHeaders(raw)
  const later = arcSets(raw).flatMap((set) => (set.instance > last ? set.fields : []))
  const kept: Uint8Array[] = []
  let from = 0
  for (const field of fields.filter(({ offset }) => later.includes(offset))) {
    kept.push(raw.subarray(from, field.offset))
    from = field.offset + field.raw.length + 2
  }
  return Buffer.concat([...kept, raw.subarray(from)])
}

/**
 * None seals on as passing what does not pass (RFC 8617 §5.1). Seals are validated from the newest on, so those above the first that
 * fails hold, and what they cover was so when they were made.
 */
function falseClaimOf(sets: readonly ArcSet[], comment: string | null): ArcFacts['falseClaim'] {
  const [, failing] = /^i=(\d+) seal signature validation failed$/.exec(comment ?? '') ?? []
  const over = Number(failing ?? 0)
  const next = sets.find(({ instance }) => instance === over + 1)
  return over > 0 && next?.claim === 'pass' ? { instance: over + 1, over } : null
}

function isOfNewest(comment: string): boolean {
  return comment.endsWith('no valid signature')
}

/** What an ARC-Authentication-Results field says by the methods that matter to DMARC. */
function resultsOf(entry: ARCChainEntry): string[] {
  const results = entry['arc-authentication-results']?.parsed as Readonly<Record<string, unknown>> | undefined
  return ['spf', 'dkim', 'dmarc'].flatMap((method) =>
    [results?.[method] ?? []].flat().flatMap((result: unknown) => {
      const value = typeof result === 'object' && result !== null && 'value' in result ? result.value : null
      return typeof value === 'string' && /^[a-z]{1,16}$/i.test(value) ? `${method}=${value}` : []
    }),
  )
}
