import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TlsFacts } from '../model.ts'
import type { ExchangerOptions } from './exchanger.ts'
import { type PassingReply, replyTexts, type Stage } from './passing-failures.ts'
import { type Behaviour, behaviours } from './personalities.ts'
import type { SessionRecorder } from './session-recorder.ts'
import { type Command, type Path, parseCommand, parsePath } from './smtp-commands.ts'
import { readSmtp, type SmtpInput } from './smtp-input.ts'
import { answerWithGarbage, startTls } from './starttls.ts'

export interface Conversation extends ExchangerOptions {
  readonly recorder: SessionRecorder
  readonly socket: Socket
  readonly head: Buffer | undefined
}

/** What changes while a connection lasts. */
interface State {
  stream: Socket
  input: SmtpInput
  tls: TlsFacts | null
  helo: string | null
  from: string | null
  to: string[]
  /** What the session met before it said for whom it is: it meets the same again. */
  readonly failing: Map<Stage, PassingReply>
}

const maximumMessage = 10 * 1024 * 1024
/** Bytes of a message's header. MTAs refuse or cut what is far smaller, and to read one costs many times its size. */
const maximumHeader = 1024 * 1024
const maximumRecipients = 1000
const maximumErrors = 100
const mailParameters = new Set(['SIZE', 'BODY', 'SMTPUTF8'])

/** Holds one SMTP session (RFC 5321) to its end. */
export async function converse(conversation: Conversation): Promise<void> {
  const { socket, recorder, personality } = conversation
  const behaviour = behaviours[personality]
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  const state: State = {
    stream: socket,
    input: readSmtp(socket, conversation.head),
    tls: null,
    helo: null,
    from: null,
    to: [],
    failing: new Map(),
  }
  const reply = async (...lines: string[]) => {
    if (behaviour.delay > 0) await sleep(behaviour.delay, undefined, { signal: gone.signal }).catch(() => {})
    send(state, recorder, lines)
  }

  try {
    await talk(conversation, behaviour, state, reply)
  } finally {
    // After the last reply the connection is over, whether or not the peer closes its side.
    state.stream.destroySoon()
  }
}

/** Commands and replies, until either side has had enough. */
async function talk(
  conversation: Conversation,
  behaviour: Behaviour,
  state: State,
  reply: Reply,
): Promise<void> {
  const { recorder } = conversation
  const atOnce = failureAt('greeting', conversation, state)
  if (atOnce !== null) return reply(...failed(atOnce))
  await reply(`220 ${recorder.session.host ?? 'mx'} ESMTP`)
  for (let errors = 0; errors < maximumErrors; ) {
    const line = await state.input.line()
    if (line === null) return
    if (line === 'too-long') {
      recorder.line('client', state.input.discard(), state.tls !== null)
      return reply('500 5.5.2 Line too long')
    }
    recorder.line('client', line.bytes, state.tls !== null)
    const command = parseCommand(line.bytes)
    if (command.verb === 'QUIT') return reply('221 2.0.0 Bye')
    if (command.verb === 'STARTTLS') {
      if (!(await secure(conversation, behaviour, state, reply))) return
      continue
    }
    const stage = stageOf(command.verb)
    const failure = stage === null ? null : failureAt(stage, conversation, state, command)
    const answer =
      failure === null ? await obey(command, conversation, behaviour, state, reply) : failed(failure)
    const last = answer.at(-1)
    if (last === undefined) return
    if (/^5/.test(last)) errors += 1
    await reply(...answer)
    if (/^421/.test(last)) return
  }
  return reply('421 4.7.0 Too many errors')
}

type Reply = (...lines: string[]) => Promise<void>

/** Which part of a session a command belongs to. */
function stageOf(verb: string): Stage | null {
  if (verb === 'EHLO' || verb === 'HELO') return 'EHLO'
  return verb === 'MAIL' || verb === 'RCPT' || verb === 'DATA' ? verb : null
}

/** What the session meets there that passes; the next one meets nothing. */
function failureAt(
  stage: Stage,
  { recorder, wire }: Conversation,
  state: State,
  command?: Command,
): PassingReply | null {
  const recipient = stage === 'RCPT' ? parsePath('TO', command?.argument ?? '')?.address : undefined
  if (recipient !== undefined) recorder.recipient(recipient)
  const recipients = recipient === undefined ? state.to : [recipient]
  const known = state.failing.get(stage)
  const reply = known ?? wire.failures.take(stage, { host: recorder.session.host, recipients })
  if (reply !== null && (stage === 'EHLO' || stage === 'MAIL')) state.failing.set(stage, reply)
  return reply
}

/** What is said to it: nothing where the connection is dropped. */
function failed(failure: PassingReply): string[] {
  return failure === 'drop' ? [] : [replyTexts[failure]]
}

function send(state: State, recorder: SessionRecorder, lines: readonly string[]): void {
  const wired = lines.map((line, at) => (at < lines.length - 1 ? line.replace(/^(\d{3}) /, '$1-') : line))
  if (!state.stream.writable) return
  for (const line of wired) recorder.line('server', line, state.tls !== null)
  state.stream.write(wired.map((line) => `${line}\r\n`).join(''))
}

async function obey(
  { verb, argument }: Command,
  conversation: Conversation,
  behaviour: Behaviour,
  state: State,
  reply: Reply,
): Promise<string[]> {
  switch (verb) {
    case 'EHLO':
    case 'HELO':
      if (!argument) return ['501 5.5.4 A name is needed']
      state.helo = argument
      forgetTransaction(state)
      conversation.recorder.helo(argument)
      return verb === 'HELO' ? ['250 Hello'] : ['250 Hello', ...extensions(behaviour, state)]
    case 'NOOP':
      return ['250 2.0.0 OK']
    case 'RSET':
      forgetTransaction(state)
      return ['250 2.0.0 OK']
    case 'VRFY':
      return ['252 2.5.2 Send some mail and see']
    case 'MAIL':
      return [mail(parsePath('FROM', argument), state)]
    case 'RCPT':
      return [recipient(parsePath('TO', argument), conversation, behaviour, state)]
    case 'DATA':
      return data(argument, conversation, state, reply)
    default:
      return ['502 5.5.1 Not implemented']
  }
}

function extensions(behaviour: Behaviour, state: State): string[] {
  const offered = [`250 SIZE ${maximumMessage}`, '250 8BITMIME', '250 SMTPUTF8', '250 PIPELINING']
  return behaviour.startTls === 'absent' || state.tls ? offered : [...offered, '250 STARTTLS']
}

function forgetTransaction(state: State): void {
  state.from = null
  state.to = []
}

function mail(path: Path | null, state: State): string {
  if (state.helo === null) return '503 5.5.1 EHLO first'
  if (state.from !== null) return '503 5.5.1 A transaction is open'
  if (!path) return '501 5.1.7 Expected FROM:<address>'
  const unknown = [...path.parameters.keys()].find((name) => !mailParameters.has(name))
  if (unknown) return '555 5.5.4 Unknown parameter'
  if (Number(path.parameters.get('SIZE') ?? 0) > maximumMessage) return '552 5.3.4 Too big'
  state.from = path.address
  return '250 2.1.0 OK'
}

function recipient(
  path: Path | null,
  { recorder }: Conversation,
  behaviour: Behaviour,
  state: State,
): string {
  if (path) recorder.recipient(path.address)
  if (state.from === null) return '503 5.5.1 MAIL first'
  if (!path?.address) return '501 5.1.3 Expected TO:<address>'
  if (path.parameters.size > 0) return '555 5.5.4 Unknown parameter'
  if (behaviour.recipientReply) return behaviour.recipientReply
  if (state.to.length >= maximumRecipients) return '452 4.5.3 Too many recipients'
  state.to.push(path.address)
  return '250 2.1.5 OK'
}

async function data(
  argument: string,
  conversation: Conversation,
  state: State,
  reply: Reply,
): Promise<string[]> {
  if (argument) return ['501 5.5.4 DATA takes no argument']
  if (state.from === null || state.to.length === 0) return ['503 5.5.1 RCPT first']
  const { recorder, personality, wire } = conversation
  await reply('354 Go on')
  const content = await state.input.content(maximumMessage)
  const envelope = { from: state.from, to: state.to }
  forgetTransaction(state)
  // The peer went away before the message ended: nobody answers, and nothing was delivered.
  if (content === null) return ['451 4.4.2 Connection lost']
  if (content === 'endless') {
    wire.problem(`A message without an end, of far more than ${maximumMessage} bytes, was cut off.`)
    return []
  }
  if (content === 'too-big') {
    wire.problem(`A message larger than ${maximumMessage} bytes was refused with 552.`)
    return ['552 5.3.4 Too big']
  }
  const blank = content.raw.indexOf('\r\n\r\n')
  if ((blank < 0 ? content.raw.length : blank) > maximumHeader) {
    wire.problem(`A message with a header of more than ${maximumHeader} bytes was refused with 552.`)
    return ['552 5.3.4 Header too big']
  }
  const failure = failureAt('end of data', conversation, { ...state, to: envelope.to })
  if (failure !== null) return failed(failure)
  const { host, peer, id: session } = recorder.session
  const helo = state.helo ?? ''
  const facts = { session, personality, host, peer, helo, tls: state.tls, envelope }
  const delivery = wire.record({ ...facts, raw: content.raw, receivedAt: Date.now() })
  if (!delivery) return ['452 4.3.1 No room']
  conversation.passOn(delivery)
  return [`250 2.0.0 ${delivery.id}`]
}

/** Answers STARTTLS (RFC 3207); false where the session is over. */
async function secure(
  conversation: Conversation,
  behaviour: Behaviour,
  state: State,
  reply: Reply,
): Promise<boolean> {
  const { recorder, socket } = conversation
  const refusal = state.tls ? '503 5.5.1 TLS is on' : refusals[behaviour.startTls]
  if (refusal) {
    await reply(refusal)
    return true
  }
  const go = () => reply('220 2.0.0 Ready to start TLS')
  if (behaviour.startTls === 'garbage') {
    await answerWithGarbage(socket, state.input, recorder, go)
    return false
  }
  const upgraded = await startTls(conversation, behaviour, state.input, go)
  if (!upgraded) return false
  // RFC 3207 §4.2: what the client said before TLS is forgotten.
  const { stream, input, facts } = upgraded
  Object.assign(state, { stream, input, tls: facts, helo: null })
  forgetTransaction(state)
  return true
}

const refusals: Readonly<Record<Behaviour['startTls'], string | null>> = {
  sound: null,
  garbage: null,
  absent: '502 5.5.1 Not implemented',
  refused: '454 4.7.0 TLS not available',
}
