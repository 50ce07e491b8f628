import { few } from '../../reports/wording.ts'
import type { Kit } from '../check/kit.ts'
import type { Exchange } from '../model.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { judgeDenial } from './denials.ts'
import { keyInPlace } from './doors.ts'
import { type MadeKey, makeKey } from './key-channels.ts'
import { allScopes, keptOut, type NetworksKit, networksElsewhere, waysIn } from './networks-of-keys.ts'

type RotationKit = Pick<Kit, 'api' | 'mailbox' | 'verify'>

/** Characters of a secret: fewer new ones can be guessed by whoever has the one before. 16 of base64 are 96 bits. */
const fewest = 16

/** A guard: the key gets a new secret; with it, and by which call. */
export async function rotate(
  { api, verify }: RotationKit,
  { id, user }: MadeKey,
): Promise<{ readonly rotated: MadeKey; readonly by: Exchange }> {
  verify.held(id !== null, 'key.create gave no id', 'map result.id of key.create in the profile')
  const exchange = verify.accepted(await api.call('key.rotate', { id }))
  const secret = exchange.result?.['secret']
  verify.held(
    typeof secret === 'string' && secret !== '',
    'key.rotate was accepted and gave no secret',
    'map result.secret of key.rotate in the profile',
  )
  return { rotated: { id, secret: String(secret), user }, by: exchange }
}

/** A verdict: whoever knows the secret from before does not know the new one. */
export function isNew({ verify }: Pick<Kit, 'verify'>, before: string, after: string): void {
  const fresh = changedCharacters(before, after)
  verify.that(fresh >= fewest, {
    operation: 'key.rotate',
    expected: `at least ${fewest} characters of the new secret are others`,
    actual:
      fresh === 0 ? 'it is the secret from before' : `${fresh} are, and the rest is the secret from before`,
  })
}

/** Those between what both secrets begin with and what both end with. */
export function changedCharacters(before: string, after: string): number {
  const [from, to] = [[...before], [...after]]
  const shorter = Math.min(from.length, to.length)
  let head = 0
  while (head < shorter && from[head] === to[head]) head++
  let tail = 0
  while (tail < shorter - head && from.at(-1 - tail) === to.at(-1 - tail)) tail++
  return to.length - head - tail
}

/** A verdict: a key for another network stays one by its new secret, where that of a key for every network is let in. */
export async function staysElsewhere(kit: NetworksKit, everywhere: MadeKey): Promise<void> {
  const { api, verify } = kit
  verify.applies(
    api.has('key.create', 'ipAllowlist'),
    'profile declares no networks of keys (ipAllowlist of key.create)',
  )
  const bound = await makeKey(kit, 'for elsewhere', allScopes(kit), { ipAllowlist: networksElsewhere })
  const ways = await waysIn(kit, everywhere)
  for (const { show } of ways) {
    const refused = async () => {
      const { exchange, isIn } = await show(bound)
      verify.applies(!isIn, 'its network binds no key before a rotation either: see keys/ip-allowlist')
      return exchange
    }
    await judgeDenial(kit, refused, async () =>
      verify.held((await show(everywhere)).isIn, 'a key for every network is not let in meanwhile'),
    )
  }
  const { rotated } = await rotate(kit, bound)
  const expected = 'by its new secret a key is for the networks that it was for'
  await keptOut(kit, ways, { good: everywhere, bad: rotated }, expected)
}

/** What a key is answered to each read that needs no object. */
export async function readsBy({ api, mailbox }: RotationKit, { secret }: MadeKey): Promise<Exchange[]> {
  const as = await keyInPlace(api, secret)
  const reads = plainReads({ api, mailbox })
  return Promise.all(reads.map((name) => api.call(name, inputAlone({ api, mailbox }, name) ?? {}, as)))
}

/** A verdict: what a key was refused to read, it is with its new secret. */
export function gainsNothing(
  { verify }: Pick<Kit, 'verify'>,
  before: readonly Exchange[],
  after: readonly Exchange[],
): void {
  const refused = new Set(
    before.filter(({ answer }) => answer === 'refused').map(({ operation }) => operation),
  )
  verify.applies(refused.size > 0, 'the key was refused no read')
  const asked = after.filter(({ operation }) => refused.has(operation))
  const gained = asked.filter(({ answer }) => answer === 'accepted')
  if (gained.length === 0) for (const exchange of asked) verify.answered(exchange)
  verify.that(gained.length === 0, {
    ...{ operation: 'key.rotate', of: gained[0] },
    expected: 'the key reads what it read before',
    actual: `by its new secret it reads more: ${few(
      gained.map(({ operation }) => String(operation)),
      5,
    )}`,
  })
}
