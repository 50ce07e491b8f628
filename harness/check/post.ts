import { setTimeout as after } from 'node:timers/promises'
import type { Api, As, CallOptions } from '../api/api.ts'
import { unlessCutOff } from '../api/cut-off.ts'
import type { Delivery, Exchange, Personality, Session } from '../model.ts'
import { readingsOf } from '../probes/addresses.ts'
import { readHeaders } from '../probes/headers.ts'
import { injectionsIn, type Planted, worstOf } from '../probes/injections.ts'
import type { InputOf } from '../profile/operations.ts'
import { NotSeen, type SandboxAddress, type SandboxClient, unlessSeen, type Wire } from '../sandbox/client.ts'
import { smtpPort } from '../sandbox/own-addresses.ts'
import { NotApplicable } from '../verdicts.ts'
import { brokenTls, unseenMail } from './broken-tls.ts'
import { type Channel, createChannels } from './channels.ts'
import { composed, isWritable } from './composing.ts'
import { assertKept } from './fence.ts'
import type { Mailbox } from './mailbox.ts'
import type { SignInOptions, Submission, SubmissionSession, Submitted } from './submission.ts'
import type { Verify } from './verify.ts'

/** A message that a check had sent, by whatever channel. Each way to look at it is a guard that counts itself, or a verdict. */
export interface Sent {
  /** Its first recipient, whom all that follows is about unless another one is named. */
  readonly to: string
  readonly exchange: Exchange
  /** A guard: it was accepted and arrives. Unproven where it does not in the promised time. */
  delivered(reader?: string): Promise<Delivery>
  /** The same; `null` where the target refused it instead. */
  deliveredUnlessRefused(reader?: string): Promise<Delivery | null>
  /**
   * What came of it, or `null`: an accepted message gets the promised time, since a later one may overtake it; after any
   * other answer a fence says when it would have come.
   */
  arrived(reader?: string): Promise<Delivery | null>
  /**
   * What came of a hostile message, which the target may stop: `null` where it refused or dropped it, or where it broke on it or
   * cut it off every time, which is told beside the verdict. Unproven for no answer, and for a limit.
   */
  arrivedUnlessStopped(reader?: string): Promise<Delivery | null>
  /**
   * A verdict: what the caller wrote stayed in its field. Nobody was written to but the recipients, no program reads a header
   * field of these names, the header block is well-formed, and no body begins with this text. The result is what arrived.
   * A recipient weighs what the check does, a field or a body that is gained is high, an ill-formed line by itself low.
   */
  contained(injected: Injected): Promise<Delivery | null>
  /** A verdict: nobody was written to at this address; whether that is so. */
  passedBy(hidden: string): Promise<boolean>
  /** A verdict: every reading of the address field finds this one mailbox and no other; low where one finds none at all. */
  readAs(delivery: Delivery, only: { readonly field: AddressField; readonly email: string }): void
}

export interface Injected extends Planted {
  /** Who must get nothing; `null` where that is judged by itself. */
  readonly hidden: string | null
}

export type AddressField = 'From' | 'To' | 'Cc' | 'Reply-To'

/** How the target dealt with an exchanger: the sessions that it held there, and what it handed over. */
export interface HandedOver {
  readonly exchange: Exchange
  readonly sessions: readonly Session[]
  readonly deliveries: readonly Delivery[]
  /** The first line of the target that matches, where `encrypted` is given of those that travelled so. */
  said(pattern: RegExp, encrypted?: boolean): string | undefined
}

/** Somebody who signed in to the submission service, or tried to. */
export interface SignedIn extends Pick<SubmissionSession, 'exchange' | 'close'> {
  /** A message of `mail.from`. */
  send(message?: Partial<Submitted>): Promise<Sent>
}

/** Messages sent by the target: `message.send`, its other channels, and submission. */
export interface Post {
  /**
   * A benign message to an address that nobody had before, but for what `message` says: by `message.send`, or submitted where the
   * profile declares none.
   */
  send(message?: Readonly<Record<string, unknown>>, as?: As, options?: CallOptions): Promise<Sent>
  /** Whether `send` can carry this input. */
  carries(input: InputOf<'message.send'>): boolean
  /** A message that went out by another call, to this address. */
  of(to: string, exchange: Exchange): Sent
  /** By every way that the profile declares: a benign message each, but for what is said. */
  readonly channels: readonly Channel[]
  /**
   * A benign message to a domain whose exchanger behaves so, and what the target did at that exchanger. Unproven where it does
   * not come there, whatever it hands to others, or does not say EHLO.
   */
  sendTo(personality: Personality): Promise<HandedOver>
  /** Signs in to the submission service, as the profile does where no secret is given. */
  signIn(secret?: string, options?: SignInOptions): Promise<SignedIn>
  /** What became of AUTH there, in a session that is left at once. */
  authenticate(secret?: string, options?: SignInOptions): Promise<Exchange>
  /** A message in a session of its own, as that principal or else the profile signs in, which is a guard. */
  submit(message: Partial<Submitted>, principal?: string): Promise<Sent>
}

interface Options {
  readonly api: Api
  readonly mailbox: Mailbox
  readonly wire: Wire
  readonly verify: Verify
  readonly submission: Submission
  readonly problems: SandboxClient['problems']
  readonly mx: SandboxAddress['mx']
  /** Milliseconds before a message that a submission service puts off is handed over again. */
  readonly pauses?: readonly number[]
}

export function createPost({
  api,
  mailbox,
  wire,
  verify,
  submission,
  problems,
  mx,
  pauses = [1000, 2000, 4000],
}: Options): Post {
  const { from } = api.profile.mail
  const within = api.profile.mail.delivery.within * 1000

  const of = (to: string, exchange: Exchange): Sent => {
    const arrival = async (reader: string) => {
      try {
        const [delivery] = await wire.arrival({ to: reader }, { within })
        verify.held(delivery !== undefined, 'an arrival without a delivery')
        return delivery as Delivery
      } catch (error) {
        if (!(error instanceof NotSeen)) throw error
        await assertKept(problems)
        throw await unseenMail(
          wire,
          `an accepted message did not arrive within ${within / 1000} s`,
          'see whether the target delivers to the sandbox, and mail.delivery.within in the profile; a slow queue wants a bound of what is on its way at once (mail.inFlight)',
        )
      }
    }
    const awaited = async (reader: string) => {
      if (exchange.answer === 'accepted') await wire.arrival({ to: reader }, { within }).catch(unlessSeen)
    }
    const seen = async (reader: string): Promise<Delivery | null> => {
      const [delivery = null] = await wire.deliveries({ to: reader })
      return delivery
    }
    const stopped = () => {
      if (exchange.answer === 'accepted') verify.remark('it was accepted, and never sent')
      else verify.answered(exchange, 'the effect decides')
    }
    const sent: Sent = {
      to,
      exchange,
      async delivered(reader = to) {
        // A target that hands mail over before it answers says by an error of its own that it could not.
        const broken = exchange.answer === 'broken' ? await brokenTls(wire) : null
        if (broken !== null)
          verify.held(
            false,
            `${exchange.operation} was answered ${api.said(exchange)}; ${broken.seen}`,
            broken.remedy,
          )
        verify.accepted(exchange)
        return arrival(reader)
      },
      async deliveredUnlessRefused(reader = to) {
        const refused = exchange.answer === 'refused' || exchange.answer === 'invalid'
        return refused ? null : sent.delivered(reader)
      },
      async arrived(reader = to) {
        await awaited(reader)
        await verify.fenced()
        return seen(reader)
      },
      async arrivedUnlessStopped(reader = to) {
        const delivery = await sent.arrived(reader)
        if (delivery === null) stopped()
        return delivery
      },
      async passedBy(hidden) {
        // Its copies leave together: a later message alone may overtake them.
        await awaited(to)
        return nothingReached(hidden, exchange)
      },
      async contained({ hidden, ...planted }) {
        if (hidden !== null) await sent.passedBy(hidden)
        else await awaited(to).then(verify.fenced)
        const delivery = await seen(to)
        if (delivery === null) stopped()
        else {
          const found = await injectionsIn(delivery.raw, planted)
          verify.that(found.length === 0, {
            ...{ of: exchange, mail: delivery, ...worstOf(found) },
            expected: 'the input inside one header field, encoded, or refused',
            actual: `the delivered message has ${found.map(({ what }) => what).join(', ')}`,
          })
        }
        return delivery
      },
      readAs(delivery, only) {
        const fields = readHeaders(delivery.raw).field(only.field)
        const wrong = readingsOf(delivery.raw, only.field).filter(
          ({ mailboxes: [first, ...others] }) =>
            others.length > 0 || first?.email.toLowerCase() !== only.email.toLowerCase(),
        )
        const read = wrong.map(
          ({ parser, mailboxes }) =>
            `${parser} reads ${mailboxes.map(({ email }) => email).join(', ') || 'nothing'}`,
        )
        const nobodyElse = fields.length === 1 && wrong.every(({ mailboxes }) => mailboxes.length === 0)
        verify.that(fields.length === 1 && wrong.length === 0, {
          ...{ of: exchange, mail: delivery, severity: nobodyElse ? 'low' : undefined },
          expected: `one ${only.field} field that every parser reads as ${only.email} alone`,
          actual: `${fields.length} field(s); ${read.join('; ')}`,
        })
      },
    }
    return sent
  }

  const nothingReached = async (address: string, exchange: Exchange) => {
    await verify.fenced()
    const [session] = await wire.sessions({ recipient: address })
    const [delivery] = await wire.deliveries({ to: address })
    return verify.that(session === undefined && delivery === undefined, {
      ...(delivery === undefined ? { of: exchange } : { of: exchange, mail: delivery }),
      around: address,
      expected: `no mail and no RCPT for ${address}`,
      actual:
        delivery === undefined
          ? `RCPT TO:<${address}> reached the wire`
          : `a message for ${address} reached the wire`,
    })
  }

  /** What is left out is a short message of ours. */
  const completed = ({
    from: sender = from,
    to = [mailbox.address('submitted')],
    raw,
  }: Partial<Submitted>): Submitted => {
    const fields = [`From: <${sender}>`, `To: <${to[0]}>`, `Subject: ${mailbox.letter().subject}`]
    return { from: sender, to, raw: raw ?? [...fields, '', 'Hello', ''].join('\r\n') }
  }

  const signIn: Post['signIn'] = async (secret, options) => {
    if (submission.ports.length === 0) throw new NotApplicable('profile declares no mail.submission')
    const { exchange, close, ...session } = await submission.signIn(secret, options)
    return {
      exchange,
      close,
      async send(message = {}) {
        const whole = completed(message)
        return of(whole.to[0] ?? '', await session.send(whole))
      },
    }
  }

  const submit = async (message: Partial<Submitted>, principal?: string): Promise<Sent> => {
    const whole = completed(message)
    const submitted = async () => {
      let exchange = await submitOnce(whole, principal)
      // No reply says when to come back (RFC 5321 §4.5.4.1): others may have used a limit up.
      for (const pause of pauses) {
        if (exchange.answer !== 'limited') break
        await after(pause)
        exchange = await submitOnce(whole, principal)
      }
      return exchange
    }
    return of(whole.to[0] ?? '', await unlessCutOff(submitted, verify.fenced))
  }

  const submitOnce = async (whole: Submitted, principal?: string): Promise<Exchange> => {
    const { username, password } = api.profile.principals[principal ?? '']?.basic ?? {}
    const session = await signIn(password, { user: username, first: whole })
    try {
      verify.accepted(session.exchange)
      return (await session.send(whole)).exchange
    } finally {
      session.close()
    }
  }

  const post: Post = {
    of,
    signIn,
    async authenticate(secret, options) {
      const { exchange, close } = await signIn(secret, options)
      close()
      return exchange
    },
    submit,
    async send(message, as, options) {
      const to = mailbox.address()
      if (!api.has('message.send')) {
        const whole = await composed({ from, to, ...mailbox.letter(), ...message })
        // A From that is not ours is tried with an envelope that is.
        return submit({ ...whole, from }, typeof as === 'string' ? as : undefined)
      }
      const input = { to, ...api.carried('message.send', mailbox.letter()), ...message }
      return of(firstOf(input.to) ?? to, await api.call('message.send', input, as, options))
    },
    carries: (input) =>
      api.has('message.send')
        ? api.has('message.send', input)
        : submission.ports.length > 0 && isWritable(input),
    channels: createChannels({ api, mailbox, of, submit, verify, submits: submission.ports.length > 0 }),
    async sendTo(personality) {
      const domain = wire.domain(personality, mailbox.canary())
      const { exchange } = await post.send({ to: `reader@${domain}` })
      verify.accepted(exchange)
      // What was handed over is not tried again. Some fall back only for what waited for a while, at the second try or the third, and try
      // with TLS before they do.
      await Promise.race([
        wire.session({ domain }, { within, count: 4 }).catch(unlessSeen),
        wire.arrival({ domain }, { within }).catch(unlessSeen),
      ])
      const all = await wire.sessions({ domain })
      const sessions = all.filter((session) => session.personality === personality)
      const [elsewhere] = all
      verify.held(
        sessions.length > 0,
        elsewhere === undefined
          ? `the target did not connect to the exchanger of ${domain} within ${within / 1000} s`
          : `mail for ${domain} came to another exchanger (${elsewhere.personality}) and not to its own`,
        wayTo(mx),
      )
      verify.held(
        sessions.some(({ helo }) => helo !== null),
        `the target hung up on the exchanger of ${domain} before it said EHLO`,
      )
      const deliveries = (await wire.deliveries({ domain })).filter(
        (mail) => mail.personality === personality,
      )
      verify.held(
        deliveries.length > 0 || sessions.some(({ startedAt, endedAt }) => endsAtOnce(startedAt, endedAt)),
        `the target left the exchanger of ${domain} after ${patienceOfMtas / 1000} s or more: it may have done so for want of time`,
        'run again when the machine has less to do',
      )
      const lines = sessions.flatMap(({ transcript }) => transcript)
      return {
        exchange,
        sessions,
        deliveries,
        said: (pattern, encrypted) =>
          lines.find(
            (line) =>
              line.from === 'client' &&
              (encrypted === undefined || line.encrypted === encrypted) &&
              pattern.test(line.text),
          )?.text,
      }
    },
  }
  return post
}

/** Milliseconds: who gives up a session for want of time has waited longer, as MTAs come. Refusing a certificate takes no time. */
const patienceOfMtas = 10_000

function endsAtOnce(startedAt: number, endedAt: number | null): boolean {
  return endedAt !== null && endedAt - startedAt < patienceOfMtas
}

/** How a target finds the exchanger that a message is for. */
function wayTo(mx: SandboxAddress['mx']): string {
  const looked =
    'see whether it looks up MX and A records in the sandbox’s DNS, and mail.delivery.within in the profile'
  if (mx === null)
    return `${looked}; all exchangers have one address here, so it must go through the sandbox’s egress, or be a container with a forwarder (sandbox.forwarder in the profile), or the run be made on Linux`
  if (mx.port === smtpPort) return looked
  return `${looked}; the exchangers listen on port ${mx.port}, since ${smtpPort} could not be had: run as root, allow it (sysctl net.ipv4.ip_unprivileged_port_start), or have it go through the sandbox’s egress`
}

/** The address of the first recipient, as it was asked for. */
function firstOf(to: unknown): string | undefined {
  const first: unknown = Array.isArray(to) ? to[0] : to
  return typeof first === 'string' ? first : (first as { email?: string } | undefined)?.email
}
