import { Script } from 'node:vm'
import type { Exchange } from '../model.ts'
import type { Principal } from '../profile/shape.ts'
import { Unproven } from '../verdicts.ts'
import type { Input } from './request.ts'

/** What comes to addresses of the sandbox. */
export interface Inbox {
  /** How many messages have come to an address. */
  count(address: string): Promise<number>
  /**
   * The texts of each message, as people read them, that came to an address after so many: as soon as there is one. Empty where
   * none comes within ms.
   */
  after(address: string, count: number, within: number): Promise<readonly (readonly string[])[]>
}

type Code = NonNullable<NonNullable<Principal['session']>['code']>

interface Wanted {
  readonly name: string
  readonly code: Code
  readonly input: Input
  /** Seconds that the target promises for a delivery. */
  readonly within: number
  readonly inbox: Inbox
  /** Throws where mail to that address would leave the sandbox. */
  readonly admit: (address: string) => Promise<void>
  readonly call: (operation: string, input: Input) => Promise<Exchange>
  /** Of an answer that was not accepted. */
  readonly refused: (exchange: Exchange, operation: string) => Error
}

/** The address to which the code of a sign-in is mailed; `null` where the profile does not say it. */
export function addressOfCode({ to }: Pick<Code, 'to'>, { email }: Input): string | null {
  return to ?? (typeof email === 'string' ? email : null)
}

/**
 * Has a code mailed, and reads it from the message that comes; `given` is what the call itself gave. Throws Unproven where none
 * comes, or none is in what comes.
 */
export async function mailedCode(
  wanted: Wanted,
): Promise<{ readonly code: string; readonly given: Exchange['result'] }> {
  const { name, code, input, inbox, admit, call, refused } = wanted
  const place = `principals.${name}.session.code`
  const address = addressOfCode(code, input)
  if (address === null)
    throw new Unproven(
      `nobody says to whom the code of ${name} is mailed`,
      `write ${place}.to in the profile`,
    )
  await admit(address)
  const before = await inbox.count(address)
  const exchange = await call(code.request, input)
  if (exchange.answer !== 'accepted') throw refused(exchange, code.request)
  const arriving = { inbox, address, before, within: wanted.within }
  const found = await firstFound(
    arriving,
    (texts) => texts.map((text) => findIn(text, code.find)).find((each) => each !== null) ?? null,
  )
  if ('found' in found) return { code: found.found, given: exchange.result }
  throw found.seen === 0
    ? new Unproven(
        `the code for the sign-in of ${name} did not come to ${address} within ${wanted.within} s`,
        `see whether the target delivers to the sandbox, ${code.request} and ${place}.to, and mail.delivery.within in the profile`,
      )
    : new Unproven(
        `${place}.find finds nothing in ${found.seen === 1 ? 'the message' : `the ${found.seen} messages`} that came to ${address}`,
        'correct it in the profile: a regular expression, whose first group is the code',
      )
}

/** What comes to an address after so many messages, within so many seconds. */
interface Arriving {
  readonly inbox: Inbox
  readonly address: string
  readonly before: number
  readonly within: number
}

/**
 * What is found first in the texts of a message that comes, or how many messages were seen in vain: other mail may come before the one with it, and
 * without end.
 */
export async function firstFound<Found>(
  { inbox, address, before, within }: Arriving,
  find: (texts: readonly string[]) => Found | null,
): Promise<{ readonly found: Found } | { readonly seen: number }> {
  const end = performance.now() + within * 1000
  for (let seen = 0; ; ) {
    const fresh = await inbox.after(address, before + seen, Math.max(0, end - performance.now()))
    for (const texts of fresh.toReversed()) {
      seen++
      const found = find(texts)
      if (found !== null) return { found }
      if (performance.now() > end) return { seen }
    }
    if (fresh.length === 0) return { seen }
  }
}

/** Of one text of a message, in UTF-16 code units. */
const looked = 64 * 1024
/** Milliseconds: a pattern of the user's own may take for ever on what somebody else has written. */
const patience = 500

const search = new Script('new RegExp(pattern, "m").exec(text)?.slice(0, 2)')

/** The first group of a regular expression where it matches, or all of it; `null` where it does not, or not in time. */
export function findIn(text: string, pattern: string): string | null {
  try {
    const match: unknown = search.runInNewContext(
      { pattern, text: text.slice(0, looked) },
      { timeout: patience },
    )
    const [all, group] = Array.isArray(match) ? (match as unknown[]) : []
    const found = group ?? all
    return typeof found === 'string' && found !== '' ? found : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return null
    throw error
  }
}
