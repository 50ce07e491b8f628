import { randomUUID } from 'node:crypto'
import type { Api } from '../api/api.ts'
import type { Reach } from '../api/reach.ts'
import type { Exchange, TranscriptLine } from '../model.ts'
import { type Spell, smtpTalk } from '../probes/reproduce.ts'
import { connectSmtp } from '../probes/smtp.ts'
import type { Profile } from '../profile/profile.ts'
import { NotApplicable } from '../verdicts.ts'
import type { Saw } from './saw.ts'
import { answerOf, type Submitted } from './submission.ts'

/** A message that was handed to the target, in the terms of HTTP. */
export interface Handed {
  readonly exchange: Exchange
  /** Makes it evidence of what is said next. */
  show(): void
}

/** The exchanger of the target: where it takes mail, such as what comes back of its own. */
export interface Inbound {
  /** `makes`: what may come of it besides, as the calls that would have made the same. */
  hand(message: Submitted, makes?: Parameters<Api['causing']>[0]): Promise<Handed>
}

interface Options {
  readonly api: Pick<Api, 'causing'>
  readonly profile: Profile
  readonly reach: Reach
  readonly ca: string
  readonly saw: Saw
  readonly spell?: Spell
}

export function createInbound({ api, profile, reach, ca, saw, spell }: Options): Inbound {
  return {
    async hand(message, makes = []) {
      const { inbound } = profile.mail
      if (inbound === undefined) throw new NotApplicable('profile declares no mail.inbound')
      const { host, port } = inbound
      let show = () => {}
      const ask = async (): Promise<Exchange> => {
        reach.endpoint(host, port)
        await reach.take('request', 1)
        const startedAt = Date.now()
        const client = await connectSmtp({
          ...{ host, port, verify: false, lookup: reach.lookup, within: profile.target.timeout * 1000 },
          ca: [ca, profile.ca ?? ''].join('\n'),
        })
        try {
          await client.ehlo()
          if (client.capabilities.has('STARTTLS')) {
            await client.starttls()
            await client.ehlo()
          }
          const reply = await client.sendMail(message)
          const { transcript, tls } = client
          show = () =>
            saw.talked(
              { transcript: withMessage(transcript, message.raw), tls },
              smtpTalk({
                ...{ host, port, spell, tls: tls === null ? 'none' : 'starttls' },
                said: said(message),
              }),
            )
          return {
            id: `inbound ${randomUUID()}`,
            ...{ operation: 'inbound.send', principal: 'anonymous', result: null, startedAt },
            request: {
              ...{ method: 'MAIL', origin: `smtp://${host}:${port}`, path: '', headers: [] },
              body: message.raw,
            },
            ...answerOf(reply),
            milliseconds: Date.now() - startedAt,
          }
        } finally {
          client.close()
        }
      }
      const exchange = await api.causing(makes, ask)
      return { exchange, show: () => show() }
    },
  }
}

/** Each as a line, or several that are answered once. */
function said({ from, to, raw }: Submitted): string[] {
  const lines = [`MAIL FROM:<${from}>`, ...to.map((recipient) => `RCPT TO:<${recipient}>`), 'DATA']
  return ['EHLO client.example', ...lines, `${raw.replace(/\r\n$/, '')}\r\n.`]
}

/** The message where it was said: none where it was not asked for. */
function withMessage(transcript: readonly TranscriptLine[], raw: string): TranscriptLine[] {
  const asked = transcript.findLastIndex(({ from, text }) => from === 'server' && text.startsWith('354'))
  const [line] = transcript.slice(asked)
  if (asked < 0 || line === undefined) return [...transcript]
  const message = raw.split('\r\n').map((text): TranscriptLine => ({ ...line, from: 'client', text }))
  return [...transcript.slice(0, asked + 1), ...message, ...transcript.slice(asked + 1)]
}
