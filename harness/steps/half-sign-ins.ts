import type { Kit } from '../check/kit.ts'
import type { Variant } from '../check/verify.ts'
import { readJson } from '../json.ts'
import type { Exchange } from '../model.ts'
import { textsIn } from '../probes/reflections.ts'
import { type Enrolled, jarOf, type SecondFactors } from './second-factors.ts'

/** What a right password alone gave, shown where a session is. */
export interface Early extends Variant {
  /** The read that it opened; `null` where it opens none. */
  opens(): Promise<Exchange | null>
}

/** Characters: shorter ones are no secrets. */
const shortest = 16
/** Of the texts of one answer. */
const most = 6

/** As bearer tokens, or whatever the target's sessions are shown as, and as cookies. */
export function givenEarly(
  { mailbox, verify }: Pick<Kit, 'mailbox' | 'verify'>,
  { door }: Pick<Enrolled, 'door'>,
  { exchange, cookies }: Awaited<ReturnType<SecondFactors['passwordAlone']>>,
): Early[] {
  const body = readJson(exchange.response?.body ?? '')
  const texts = [...new Set(textsIn(body))].filter((text) => text.length >= shortest).slice(0, most)
  return [
    {
      name: 'what the answer to the password says',
      async opens() {
        for (const text of texts) {
          const { exchange: read, caller } = await door.show(text)
          if (caller !== null) return read
          await door.denied(read)
        }
        return null
      },
    },
    {
      name: 'the cookies that it sets',
      async opens() {
        const jar = jarOf(cookies)
        if (jar === undefined) return null
        const { exchange: read, caller } = await door.showAs(jar)
        if (caller === null) {
          await door.denied(read)
          return null
        }
        const others = cookies.map(([name]) => [name, mailbox.canary()] as const)
        const other = await door.showAs(jarOf(others) ?? jar)
        verify.held(
          other.caller === null,
          'cookies of the same names with anything in them are let in as well',
          'see who may make this read without a session',
        )
        return read
      },
    },
  ]
}
