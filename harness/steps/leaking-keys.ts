import type { LiveCredential } from '../api/principals.ts'
import type { Kit } from '../check/kit.ts'
import { seesMail } from '../check/needs.ts'
import type { Exchange } from '../model.ts'
import { withParameters } from '../probes/added-members.ts'
import { placeIn, stumbles, wordsForKeys } from '../probes/held-secrets.ts'
import { traceOf } from '../probes/traces.ts'
import { NotApplicable, Unproven } from '../verdicts.ts'
import { inputAlone, plainReads } from './attempts.ts'
import { judgeDenial } from './denials.ts'
import { type Door, doorOf, keyBearers, madeUpLike } from './doors.ts'
import { owner } from './sample-input.ts'

type Ground = Pick<Kit, 'api' | 'mailbox' | 'post' | 'verify'>

/** Somebody who shows a secret, and a read that lets him in and nobody without one. */
interface Shower {
  readonly name: string
  readonly principal: string
  readonly secret: string
  readonly door: Door
}

/** Too short to be told from chance where it is found. */
const shortest = 12

/** The owner, and the first who shows a key, as far as a read tells them from nobody. Throws NotApplicable where nobody shows a secret. */
async function showers(ground: Ground): Promise<Shower[]> {
  const { api } = ground
  const dead = ['revoked', 'expired']
  const [bearer] = keyBearers(api.profile).filter((name) => !dead.includes(name))
  const names = [...new Set([owner, ...(bearer === undefined ? [] : [bearer])])]
  const found: Shower[] = []
  let last: Error = new NotApplicable('nobody of the profile shows a secret of twelve letters or more')
  for (const principal of names) {
    const credential = await api.credential(principal)
    const { kind, sign, token } = credential
    if (kind === 'none' || sign !== undefined || token.length < shortest) continue
    const door = await privateDoor(ground, principal, credential)
    if (door instanceof Error) last = door
    else found.push({ name: `what ${principal} shows`, principal, secret: token, door })
  }
  if (found.length === 0) throw last
  return found
}

/** A read that lets the principal in, and neither a made-up secret nor whoever shows none. */
async function privateDoor(
  ground: Ground,
  principal: string,
  credential: LiveCredential,
): Promise<Door | Unproven> {
  const { api, mailbox } = ground
  const madeUp = madeUpLike(credential.token, mailbox.canary())
  for (const name of plainReads(ground)) {
    const which = { refersTo: principal, reads: [name] }
    const door = await doorOf(ground, principal, credential, madeUp, which).catch(unlessUndecided)
    if (door === null) continue
    const nobodys = await api.call(name, inputAlone(ground, name) ?? {}, null, { refersTo: principal })
    if (nobodys.response !== null && !(await isLetIn(door, nobodys))) return door
  }
  return new Unproven(
    `no read tells ${principal} from whoever shows nothing, or a made-up secret`,
    'map principal.get in the profile with result.id, or another read that needs no object and that it may make',
  )
}

async function isLetIn({ callerIn, identity }: Door, exchange: Exchange): Promise<boolean> {
  return (await callerIn(exchange)) === identity
}

/** A verdict: a secret in the query lets nobody in. A made-up one does not, which is a guard. */
export async function refusedInQuery(ground: Ground): Promise<void> {
  const { api, mailbox, verify } = ground
  await verify.each(await showers(ground), async ({ principal, secret, door }) => {
    const { read } = door
    const input = inputAlone(ground, read) ?? {}
    const plain = await api.prepare(read, input, null, { refersTo: principal })
    const show = (word: string, value: string) =>
      api.send(withParameters(plain, [[word, value]]), { operation: read, principal: 'anonymous', input })
    const madeUp = await show('api_key', madeUpLike(secret, mailbox.canary()))
    verify.held(!(await isLetIn(door, madeUp)), `a made-up key in the query of ${read} lets anybody in`)
    await verify.each(
      wordsForKeys.map((word) => ({ name: `as ${word}`, word })),
      async ({ word }) => {
        const shown = async () => {
          const exchange = await show(word, secret)
          verify.that(!(await isLetIn(door, exchange)), {
            ...{ of: exchange, severity: 'medium' },
            expected: 'a refusal: URLs stand in logs, in histories and in Referer',
            actual: `${api.said(exchange)}: the key in the query lets its holder in`,
          })
          return exchange
        }
        await judgeDenial(ground, shown, async () => verify.accepted(await api.call(read, input, principal)))
      },
    )
  })
}

/**
 * The words of a query behind which no secret lets its holder in: whoever shows one there shows it to nobody, as `refusedInQuery` does
 * to learn that. None where nobody shows a secret.
 */
export async function wordsNotTaken(ground: Ground): Promise<string[]> {
  const { api } = ground
  const all = await showers(ground).catch(unlessUndecided)
  const taken = new Set<string>()
  for (const { principal, secret, door } of all ?? []) {
    const { read } = door
    const input = inputAlone(ground, read) ?? {}
    const plain = await api.prepare(read, input, null, { refersTo: principal })
    for (const word of wordsForKeys) {
      const asked = { operation: read, principal: 'anonymous', input }
      const exchange = await api.send(withParameters(plain, [[word, secret]]), asked)
      const isDecided = !['broken', 'limited'].includes(exchange.answer)
      if (!isDecided || (await isLetIn(door, exchange))) taken.add(word)
    }
  }
  return all === null ? [] : wordsForKeys.filter((word) => !taken.has(word))
}

function unlessUndecided(error: unknown): null {
  if (error instanceof NotApplicable || error instanceof Unproven) return null
  throw error
}

/** A verdict: no error and no redirect holds the secret that the request shows. */
export async function notRepeated(ground: Ground): Promise<void> {
  const { api, verify } = ground
  await verify.each(await showers(ground), async ({ principal, secret, door: { read } }) => {
    const input = inputAlone(ground, read) ?? {}
    const plain = await api.prepare(read, input, principal)
    const about = { operation: read, principal, input }
    const benign = verify.accepted(await api.send(plain, about))
    verify.held(
      heldBy(benign, secret) === null,
      `${read} shows ${principal} the key, so that nothing is told by where it stands`,
      'see keys/secret-reread',
    )
    await verify.each(stumbles(secret), async ({ change }) => {
      const exchange = await api.send(change(plain), about)
      const place = heldBy(exchange, secret)
      verify.that(place === null, {
        of: exchange,
        expected: 'an answer without the key',
        actual: `${api.said(exchange)}: the key stands in ${place}`,
      })
      if (exchange.response === null) verify.answered(exchange, 'the effect decides')
    })
  })
}

/** A connection that is cut repeats nothing. */
function heldBy({ response }: Exchange, secret: string): string | null {
  return response === null ? null : placeIn(response, secret)
}

/** A verdict: what is delivered holds nothing of the secret by which it was sent, in any form. */
export async function notDelivered(ground: Ground): Promise<void> {
  const { api, post, verify } = ground
  verify.applies(
    api.has('message.send') && seesMail(api.profile),
    'profile declares no message.send, or no way to see what arrives',
  )
  const sender = api.profile.operations['message.send']?.as ?? null
  const secret = sender === null ? '' : (await api.credential(sender)).token
  verify.applies(secret.length >= shortest, 'nobody shows a secret of twelve letters or more to send')
  const html = '<p>Hello</p><p><a href="https://example.com/">Read on</a></p>'
  const mail = await (await post.send(api.carried('message.send', { html }))).delivered()
  const trace = await traceOf(secret, mail.raw)
  verify.that(trace === null, {
    ...{ mail, around: trace?.around },
    expected: 'mail without the key by which it was sent',
    actual: 'the key stands in what was delivered',
  })
}
