import { randomBytes } from 'node:crypto'
import type { Api, Input } from '../api/api.ts'
import { createSlots } from '../api/slots.ts'
import type { Exchange } from '../model.ts'
import { NotSeen, type SandboxClient, type Wire } from '../sandbox/client.ts'
import { Unproven } from '../verdicts.ts'
import { unseenMail } from './broken-tls.ts'
import { composed } from './composing.ts'
import type { Letter } from './letters.ts'
import type { Submission } from './submission.ts'

/** Of a slow target: who asks while so many are on their way shares the next one, so that their number follows its pace. */
const atOnce = 2

/**
 * C4: a benign message, sent after the call by the path of the probes, has arrived. Calls of one turn of the event
 * loop share a message, and so do all that come before it can leave: one fence serves all that went before it on the same path.
 */
export function createFence(
  path: MailPath,
  { wire, problems }: Pick<SandboxClient, 'wire' | 'problems'>,
  letter: () => Letter,
): () => Promise<void> {
  const slots = createSlots(atOnce)
  let next: Promise<void> | null = null
  return () => {
    next ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() =>
      slots(() => {
        next = null
        // What was refused may be the marker itself.
        return marker(path, wire, letter()).finally(() => assertKept(problems))
      }),
    )
    return next
  }
}

/** Throws Unproven where the sandbox could not keep all that came: then an absence says nothing. */
async function submitted({ api, submission }: MailPath, input: Input): Promise<Exchange> {
  const { exchange, send, close } = await submission.signIn()
  try {
    return exchange.answer === 'accepted'
      ? await send(await composed({ from: api.profile.mail.from, ...input }))
      : exchange
  } finally {
    close()
  }
}

/** How messages get into the target. */
export interface MailPath {
  readonly api: Pick<Api, 'profile' | 'has' | 'call' | 'said'>
  readonly submission: Pick<Submission, 'signIn' | 'place'>
}

export async function assertKept(problems: SandboxClient['problems']): Promise<void> {
  const [first, ...more] = (await problems()).wire
  if (first === undefined) return
  throw new Unproven(
    `the sandbox could not keep everything: ${first}${more.length === 0 ? '' : ` (and ${more.length} more)`}`,
    'see how large the messages of the target are, and run fewer checks at once',
  )
}

/** Where a target may want an idempotency key of every message. */
function keyWanted({ has }: MailPath['api'], { answer }: Exchange): string {
  if (answer !== 'invalid' || !has('message.send', 'idempotencyKey')) return ''
  return `; where it wants an idempotency key each time, have them made (operations.message.send.example: {idempotencyKey: "\${uuid}"})`
}

async function marker({ api, submission }: MailPath, wire: Wire, letter: Letter): Promise<void> {
  const to = `fence-${randomBytes(16).toString('hex')}@${wire.domain('sound', 'inbox')}`
  const byCall = api.has('message.send')
  const exchange = byCall
    ? await api.call('message.send', { to, ...letter })
    : await submitted({ api, submission }, { to, ...letter })
  if (exchange.answer !== 'accepted')
    throw await unseenMail(
      wire,
      `a benign message was answered ${api.said(exchange)}`,
      `the path of mail must be open to judge what does not come through it: see that the target accepts ${byCall ? `the baseline message.send of the profile${keyWanted(api, exchange)}` : `mail of ${submission.place} in the profile`}`,
    )
  const within = api.profile.mail.delivery.within * 1000
  try {
    await wire.arrival({ to }, { within })
  } catch (error) {
    if (!(error instanceof NotSeen)) throw error
    throw await unseenMail(
      wire,
      `a benign message did not arrive within ${within / 1000} s`,
      'see whether the target delivers to the sandbox, and mail.delivery.within in the profile; a slow queue wants a bound of what is on its way at once (mail.inFlight)',
    )
  }
}
