import type { Kit } from '../check/kit.ts'
import type { Sent } from '../check/post.ts'
import type { Session } from '../model.ts'
import { type EnvelopeText, type RecipientText, recipientTexts } from '../probes/corpora.ts'
import { unlessSeen } from '../sandbox/client.ts'
import { parsePath } from '../sandbox/smtp-commands.ts'
import { addressInputs } from './addresses.ts'

/** An address that a hostile text spells, one at another domain, and what the local parts of both hold. */
export interface Pair {
  readonly a: string
  readonly h: string
  readonly mark: string
}

/** Fresh ones, whose mail ends in the sandbox. */
export function freshPair({ mailbox, wire }: Pick<Kit, 'mailbox' | 'wire'>): Pair {
  const mark = mailbox.canary()
  return {
    a: `mike-${mark}@${mailbox.domain()}`,
    h: `hidden-${mark}@${wire.domain('sound', 'other')}`,
    mark,
  }
}

/**
 * What was said to exchangers about these two, once all of it would have been said: sessions in which the client names the mark.
 * A guard: the answer says something.
 */
export async function sessionsAbout(
  { profile, verify, wire }: Pick<Kit, 'profile' | 'verify' | 'wire'>,
  { exchange }: Pick<Sent, 'exchange'>,
  { a, h, mark }: Pair,
): Promise<readonly Session[]> {
  const within = { within: profile.mail.delivery.within * 1000 }
  if (exchange.answer === 'accepted')
    await Promise.race([
      wire.session({ saying: mark }, within).catch(unlessSeen),
      wire.arrival({ to: a }, within).catch(unlessSeen),
      wire.arrival({ to: h }, within).catch(unlessSeen),
    ])
  await verify.fenced()
  verify.answered(exchange, 'the effect decides')
  return wire.sessions({ saying: mark })
}

/** Inputs whose addresses become recipients. */
export function recipientInputs(kit: Pick<Kit, 'api' | 'mailbox' | 'post'>) {
  return addressInputs(kit).flatMap(({ name, sendWith }) =>
    name === 'to' || name === 'cc' || name === 'bcc' ? [{ name, sendWith }] : [],
  )
}

/** An input of message.send whose address goes into a command. */
interface EnvelopeInput {
  readonly name: 'to' | 'cc' | 'bcc' | 'from'
  /** What stands there in a benign message. */
  address(pair: Pair): string
  /** A message with this text there; the session that hands it over names the mark. */
  send(pair: Pair, text: string): Promise<Sent>
}

/** Recipients, and the sender, whom bounces go back to where the target writes no address of its own. */
export function envelopeInputs(kit: Pick<Kit, 'api' | 'mailbox' | 'post' | 'profile'>): EnvelopeInput[] {
  const { api, post, profile } = kit
  const { from } = profile.mail
  const sender: EnvelopeInput = {
    name: 'from',
    address: () => from,
    send: ({ a }, text) => post.send({ to: a, from: { email: text, name: '' } }),
  }
  return [
    ...recipientInputs(kit).map(({ name, sendWith }) => ({
      name,
      address: ({ a }: Pair) => a,
      send: ({ a }: Pair, text: string) => sendWith(a, () => text),
    })),
    ...(api.has('message.send', 'from') ? [sender] : []),
  ]
}

interface Reached {
  readonly a: boolean
  readonly h: boolean
}

/** Whom the commands of these sessions name, of the two: also to a server for which a NUL ends what it reads. */
export function reachedIn(sessions: readonly Session[], { a, h }: Pair): Reached {
  const named = new Set(
    sessions.flatMap(({ transcript }) =>
      transcript.flatMap(({ from, text }) => {
        const [, argument = ''] = from === 'client' ? (/^RCPT (.*)$/is.exec(text) ?? []) : []
        const [read = ''] = argument.split('\0')
        return parsePath('TO', read)?.address.toLowerCase() ?? []
      }),
    ),
  )
  return { a: named.has(a), h: named.has(h) }
}

/** What is wrong with whom a text of one recipient has reached; `null` for nothing. `barred`: nobody may write to the foreign one. */
export function misdelivery(
  reads: RecipientText['reads'],
  { a, h }: Reached,
  barred: boolean,
): string | null {
  if (a && h) return 'two recipients, where the text is of one'
  if (h && barred)
    return 'an address that is on the suppression list, and is written to under no other spelling'
  if (h && reads === 'own') return 'the foreign address, where the standard reads the own one'
  if (a && reads === 'foreign') return 'the own address, where the standard reads the foreign one'
  if ((a || h) && reads === 'itself') return 'another address than the one that the text is'
  return null
}

/** What a server reads in the commands of these sessions that no address is, beside it: `null` for nothing of this. */
export function gainedIn(
  sessions: readonly Session[],
  gains: ReturnType<EnvelopeText['spell']>['gains'],
): 'a command' | 'a command, to servers that take a bare CR or LF for a line end' | 'a parameter' | null {
  const lines = sessions.flatMap(({ transcript }) =>
    transcript.flatMap(({ from, text }) => (from === 'client' ? [text] : [])),
  )
  const isCommand = /^[A-Z]+ /.test(gains)
  if (!isCommand) return lines.some((line) => hasParameter(line, gains)) ? 'a parameter' : null
  if (lines.some((line) => line.startsWith(gains))) return 'a command'
  const loosely = lines.flatMap((line) => line.split(/[\r\n]+/).slice(1))
  return loosely.some((line) => line.trim().startsWith(gains))
    ? 'a command, to servers that take a bare CR or LF for a line end'
    : null
}

/** Behind the path of MAIL or RCPT, with what may follow it there. */
function hasParameter(line: string, gains: string): boolean {
  const [, verb = '', argument = ''] = /^(MAIL|RCPT) (.*)$/is.exec(line) ?? []
  const path = parsePath(verb.toUpperCase() === 'MAIL' ? 'FROM' : 'TO', argument)
  const [name = '', value = ''] = gains.split(/=(.*)/s)
  return path?.parameters.get(name)?.startsWith(value) ?? false
}

/**
 * The addresses that are on the suppression list now, of these; none where the profile declares no such list, or where nobody holds
 * to it: a message to one of them arrives.
 */
export async function suppressed(
  { api, post, verify }: Pick<Kit, 'api' | 'post' | 'verify'>,
  addresses: readonly string[],
): Promise<ReadonlySet<string>> {
  const last = addresses.at(-1)
  if (last === undefined || !api.has('suppression.create', 'email')) return new Set()
  for (const email of addresses) {
    const { answer } = await api.call('suppression.create', {
      email,
      ...api.carried('suppression.create', { reason: 'test' }),
    })
    if (answer !== 'accepted') return new Set()
  }
  const mail = await post.send({ to: last })
  const holds = (await mail.arrived()) === null
  if (!holds) verify.remark('a message to an address on the suppression list arrives')
  return holds ? new Set(addresses) : new Set()
}

/** A text in the place of one recipient. */
interface SpelledRecipient {
  readonly name: string
  readonly text: string
  readonly pair: Pair
  /** What it does is the target’s doing, not the profile’s. */
  readonly applies: boolean
  /** Who is named in these sessions that should not be; `null` for nobody. */
  faultIn(sessions: readonly Session[]): string | null
}

/** All of the corpus for that input. Where there is a list of whom nobody may write to, those that the texts of one hide are on it. */
export async function spelledRecipients(
  kit: Pick<Kit, 'api' | 'mailbox' | 'post' | 'verify' | 'wire'>,
  input: 'to' | 'cc' | 'bcc',
): Promise<SpelledRecipient[]> {
  const joined = await joinsRecipients(kit, input)
  // One look serves for all inputs: the first meets all, the others what has several in it.
  const all = recipientTexts('recipients').filter(({ reads }) => input === 'to' || reads === 'several')
  const texts = all.map((text) => ({ ...text, pair: freshPair(kit) }))
  // Who may be written to is looked up in one place: one input tells.
  const hiding = texts.filter(({ reads }) => input === 'to' && reads !== 'several')
  const listed = await suppressed(
    kit,
    hiding.map(({ pair }) => pair.h),
  )
  return texts.map(({ name, reads, spell, pair }) => ({
    ...{ name, pair, text: spell(pair) },
    applies: reads !== 'several' || !joined,
    faultIn: (sessions) => misdelivery(reads, reachedIn(sessions, pair), listed.has(pair.h)),
  }))
}

/**
 * The profile hands all recipients of an input over in one text, in which a comma ends an address: what a comma in an address does
 * is of the profile's making then.
 */
export async function joinsRecipients(
  { api, mailbox }: Pick<Kit, 'api' | 'mailbox'>,
  input: 'to' | 'cc' | 'bcc',
): Promise<boolean> {
  const [one, other] = [mailbox.address('one'), mailbox.address('other')]
  const both = [one, other].map((email) => ({ email, name: '' }))
  const requests = await api.outline('message.send', {
    ...{ to: mailbox.address(), ...api.carried('message.send', mailbox.letter()) },
    [input]: both,
  })
  const texts = requests.flatMap(({ body, path }) => [
    ...leaves(Buffer.from(body ?? '').toString('utf8')),
    ...new URLSearchParams(path.split('?')[1] ?? '').values(),
  ])
  return texts.some((leaf) => leaf.includes(one) && leaf.includes(other))
}

/** The texts of a body: of JSON, of a form, of a form in parts. */
function leaves(body: string): string[] {
  const found: string[] = []
  try {
    JSON.parse(body, (_, value: unknown) => {
      if (typeof value === 'string') found.push(value)
      return value
    })
    return found
  } catch {
    return body.includes('\r\n') ? body.split('\r\n') : [...new URLSearchParams(body).values()]
  }
}
