import { randomUUID } from 'node:crypto'
import { isRefused } from '../api/answers.ts'
import { hungUp } from '../api/cut-off.ts'
import type { Mailing } from '../api/mailing.ts'
import type { Reach } from '../api/reach.ts'
import { madeAnew } from '../api/scripts.ts'
import type { Ready } from '../api/starting-line.ts'
import { madeIn } from '../made-values.ts'
import type { Exchange } from '../model.ts'
import {
  type Credentials,
  type ShellWord,
  type Spell,
  type SubmissionOptions,
  secretWord,
  smtpTalk,
  submission as submissionLine,
  type TalkOptions,
} from '../probes/reproduce.ts'
import { connectSmtp, type SmtpClient } from '../probes/smtp.ts'
import type { SaslMechanism } from '../probes/smtp-auth.ts'
import type { SmtpReply } from '../probes/smtp-replies.ts'
import type { Profile } from '../profile/profile.ts'
import { placeOfSubmission } from '../profile/submission-alone.ts'
import type { Script } from '../shell.ts'

/** One of the target's ports for message submission (RFC 6409, RFC 8314). */
export interface SubmissionPort {
  readonly name: 'starttls' | 'implicit'
  readonly host: string
  readonly port: number
  /** Connects and reads the greeting; with TLS from the first byte on the implicit port. Throws SmtpFailure. */
  connect(): Promise<SmtpClient>
  /** A line for `sh` that says the same. */
  talk(options: Pick<TalkOptions, 'tls' | 'said'>): string
}

/** A message as it is submitted. */
export interface Submitted {
  readonly from: string
  readonly to: readonly string[]
  /** Header, empty line, body; lines end in CR LF. */
  readonly raw: string
}

/** A session of somebody who signed in or tried to. Its exchanges tell of SMTP in the terms of HTTP. */
export interface SubmissionSession {
  /** What became of AUTH: accepted for 235. */
  readonly exchange: Exchange
  send(message: Submitted): Promise<Exchange>
  close(): void
}

export interface SignInOptions {
  /** The profile's own where it is left out. */
  readonly user?: string | undefined
  /** By which AUTH is said, whatever the server offers; the first that it offers of ours where that is left out. */
  readonly mechanism?: SaslMechanism | undefined
  /** Whom to act for, by PLAIN (RFC 4616 §2). */
  readonly authzid?: string | undefined
  /** Called when all is done but AUTH itself. */
  readonly ready?: Ready | undefined
  /** Mail that is sent in it at once: leave for it is taken before, since some servers hang up on whoever is silent for half a minute. */
  readonly first?: Pick<Submitted, 'to' | 'raw'> | undefined
}

/** The target's submission service as the profile declares it. */
export interface Submission {
  readonly ports: readonly SubmissionPort[]
  readonly user: string
  readonly secret: string
  /** As a line to paste has it. */
  readonly secretWord: ShellWord
  /** Connects with TLS, whichever way there is. Throws where no port is declared. */
  connectSecurely(): Promise<SmtpClient>
  /** AUTH over TLS, by PLAIN or another mechanism that the server offers, by the profile's own secret and user where none is given, and once `ready` has resolved. */
  signIn(secret?: string, options?: SignInOptions): Promise<SubmissionSession>
  /** Where the profile says all this. */
  readonly place: string
  /** A line for `sh` that repeats an exchange of a session, once `after` was made again; `null` for an exchange that is of none. */
  reproduce(exchange: Exchange, after?: Exchange): Script | null
}

/** What an exchange shows of what was said. */
interface Shown {
  readonly body: string
  readonly secret: string
}

interface Options {
  readonly profile: Profile
  readonly reach: Reach
  readonly ca: string
  readonly redact: (text: string) => string
  /** How a text stands in a line. */
  readonly spell?: Spell
  /** What has to be made before an exchange is made again. */
  readonly script?: (exchange: Exchange, after: Exchange | undefined) => Script
  readonly noted: (exchange: Exchange) => void
  readonly mailing: Mailing
  /** It did not take a connection, or hung up. */
  readonly silent?: () => void
}

export function createSubmission({
  profile,
  reach,
  ca,
  redact,
  spell,
  script = () => ({ before: [], line: '' }),
  noted,
  mailing,
  silent = () => {},
}: Options): Submission {
  const { submission } = profile.mail
  const port = (name: SubmissionPort['name'], number: number | undefined): SubmissionPort[] => {
    if (submission === undefined || number === undefined) return []
    const { host } = submission
    return [
      {
        name,
        host,
        port: number,
        async connect() {
          reach.endpoint(host, number)
          await reach.take('request', 1)
          const connecting = connectSmtp({
            host,
            port: number,
            implicit: name === 'implicit',
            ca: [ca, profile.ca ?? ''].join('\n'),
            verify: false,
            within: profile.target.timeout * 1000,
            lookup: reach.lookup,
          })
          connecting.catch(silent)
          return connecting
        },
        talk: (options) => smtpTalk({ ...options, host, port: number, spell }),
      },
    ]
  }
  const ports = [...port('starttls', submission?.starttls), ...port('implicit', submission?.implicit)]
  const best = ports.find(({ name }) => name === 'implicit') ?? ports[0]
  const user = submission?.username ?? ''
  /** By the exchange's id. */
  const lines = new Map<string, { readonly line: string; readonly shown: Exchange }>()

  const connectSecurely = async (): Promise<SmtpClient> => {
    if (best === undefined)
      throw new Error('expected mail.submission in the profile: name it in the check’s needs')
    const client = await best.connect()
    await client.ehlo()
    if (best.name === 'starttls') {
      await client.starttls()
      await client.ehlo()
    }
    return client
  }

  const told = async (
    verb: 'authenticate' | 'send',
    asked: Promise<SmtpReply>,
    { body, secret, ...options }: Pick<SubmissionOptions, 'auth' | 'mail'> & Shown,
    principal: string,
  ): Promise<Exchange> => {
    const startedAt = Date.now()
    const reply = await asked
    const exchange: Exchange = {
      id: `submission ${randomUUID()}`,
      operation: `submission.${verb}`,
      principal,
      request: {
        method: verb === 'send' ? 'MAIL' : 'AUTH',
        origin: `smtp://${best?.host}:${best?.port}`,
        path: '',
        headers: [],
        body,
      },
      ...answerOf(reply),
      startedAt,
      milliseconds: Date.now() - startedAt,
      result: null,
    }
    if (best !== undefined) {
      const { host, port, name: tls } = best
      const request = { ...exchange.request, headers: [['authorization', secret] as const] }
      const line = submissionLine({ ...options, host, port, tls, spell })
      lines.set(exchange.id, { line, shown: { ...exchange, request } })
    }
    noted(exchange)
    if (exchange.response === null) silent()
    return exchange
  }

  /** Of how many recipients it was taken. */
  const leave = async ({ to, raw }: Pick<Submitted, 'to' | 'raw'>): Promise<number> => {
    const recipients = reach.recipients('submission.send', { to, raw: Buffer.from(raw).toString('base64') })
    await reach.take('mail', recipients.length)
    return recipients.length
  }

  return {
    ports,
    user,
    secret: submission?.secret ?? '',
    secretWord: secretWord(submission?.secret ?? '', redact),
    connectSecurely,
    place: placeOfSubmission(profile),
    async signIn(
      secret = submission?.secret ?? '',
      { user: name = user, authzid, ready, first, ...said } = {},
    ) {
      let taken = first === undefined ? 0 : await leave(first)
      const giveBack = async () => {
        const unused = taken
        taken = 0
        if (unused > 0) await reach.unsent(unused)
      }
      const client = await connectSecurely().catch(async (error: unknown) => {
        await giveBack()
        throw error
      })
      await ready?.()
      const mechanism = said.mechanism ?? mechanismOf(client.capabilities.get('AUTH'))
      const isMade = madeIn(secret).length > 0
      const word = isMade ? { variable: madeAnew } : secretWord(secret, redact)
      const auth: Credentials = { mechanism, user: name, secret: word, authzid }
      const asked = client.auth(mechanism, name, secret, authzid)
      const exchange = await told('authenticate', asked, { auth, secret, body: '' }, name)
      return {
        exchange,
        async send({ from, to, raw }) {
          const count = taken || (await leave({ to, raw }))
          taken = 0
          const asked = client.sendMail({ from, to, raw })
          const exchange = await told(
            'send',
            asked,
            { auth, secret, mail: { from, to, data: raw }, body: raw },
            name,
          )
          if (exchange.answer === 'accepted') mailing.accepted(to)
          if (isRefused(exchange)) await reach.unsent(count)
          return exchange
        },
        close: () => {
          client.close()
          giveBack().catch(() => {})
        },
      }
    },
    reproduce({ id }, after) {
      const known = lines.get(id)
      return known === undefined ? null : { before: script(known.shown, after).before, line: known.line }
    },
  }
}

/** Of those offered the first that we speak; PLAIN where none is, or nothing is said of any. */
function mechanismOf(offered: readonly string[] = []): SaslMechanism {
  const names = offered.map((name) => name.toUpperCase())
  return (['PLAIN', 'LOGIN', 'CRAM-MD5'] as const).find((mechanism) => names.includes(mechanism)) ?? 'PLAIN'
}

/** RFC 5321 §4.2.1. What was cut off has no code. */
export function answerOf({
  code,
  enhanced,
  lines,
}: SmtpReply): Pick<Exchange, 'response' | 'failure' | 'answer'> {
  if (code === 0) return { response: null, failure: hungUp, answer: 'broken' }
  // RFC 5321 §4.2.3: an error of its own, unless it is said to be a matter of policy (RFC 3463 §3.8).
  const broken = code === 451 && enhanced?.startsWith('4.7.') !== true
  const answer = code < 400 ? 'accepted' : broken ? 'broken' : code < 500 ? 'limited' : 'refused'
  return {
    response: { status: code, headers: [], body: lines.join('\n'), truncated: false },
    failure: null,
    answer,
  }
}
