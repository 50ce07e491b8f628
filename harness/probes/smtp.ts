import { once } from 'node:events'
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { TlsFacts, TranscriptLine } from '../model.ts'
import { deadlineAfter } from './deadline.ts'
import { authenticate, type SaslMechanism } from './smtp-auth.ts'
import { readReplies, SmtpFailure, type SmtpReply } from './smtp-replies.ts'

export interface SmtpEndpoint {
  readonly host: string
  readonly port: number
  /** TLS from the first byte (RFC 8314 §3.3). */
  readonly implicit?: boolean
  /** Name for SNI and for the certificate; default `host`. */
  readonly serverName?: string
  /** PEM of an authority trusted besides the system's. */
  readonly ca?: string
  /** False goes on with a bad certificate; `certificateError` then says what is wrong. Default true. */
  readonly verify?: boolean
  /** Milliseconds for the connection and for each reply; default 10 000. */
  readonly within?: number
  /** Where `host` leads; the system says so where it is left out. */
  readonly lookup?: LookupFunction
}

/** Keywords of the EHLO reply in upper case (RFC 5321 §4.1.1.1), with their parameters as written. */
export type Capabilities = ReadonlyMap<string, readonly string[]>

export interface SmtpClient {
  readonly greeting: SmtpReply
  readonly transcript: readonly TranscriptLine[]
  readonly tls: TlsFacts | null
  /** What is wrong with the certificate where `verify` is false; `null` where nothing is. */
  readonly certificateError: string | null
  /** Of the last EHLO; empty before it and after STARTTLS. */
  readonly capabilities: Capabilities
  /**
   * Sends the line and CR LF, and reads one reply. The line goes out as it is, whatever is in it. `shown` stands for it
   * in the transcript where it holds a secret. Throws {@link SmtpFailure}; a server that hangs up answers with code 0.
   */
  say(line: string, shown?: string): Promise<SmtpReply>
  /** Sends bytes without reading a reply; a text is sent as UTF-8. The transcript has it line by line. */
  send(bytes: string | Uint8Array): void
  /** Reads one more reply. */
  reply(): Promise<SmtpReply>
  /** EHLO; `name` defaults to an address literal. */
  ehlo(name?: string): Promise<SmtpReply>
  /** STARTTLS and the handshake. Throws SmtpFailure of kind `tls` where the server refuses or the handshake fails. */
  starttls(): Promise<TlsFacts>
  /** The whole exchange of a mechanism; the last reply. Credentials never reach the transcript. */
  auth(mechanism: SaslMechanism, user: string, secret: string, authzid?: string): Promise<SmtpReply>
  /**
   * MAIL, RCPT and DATA; stops at the first refusal, except that some recipients may be refused. `raw` is the message with
   * CR LF line ends; it is dot-stuffed here.
   */
  sendMail(mail: { from: string; to: readonly string[]; raw: string | Uint8Array }): Promise<SmtpReply>
  /** Closes at once, without QUIT. */
  close(): void
}

/** Connects and reads the greeting. Throws SmtpFailure of kind `unreachable`, `tls`, `timeout` or `malformed`. */
export async function connectSmtp(endpoint: SmtpEndpoint): Promise<SmtpClient> {
  const within = endpoint.within ?? 10_000
  const transcript: TranscriptLine[] = []
  const heard = (text: string) => note('server', text)
  const note = (from: TranscriptLine['from'], text: string) =>
    void transcript.push({ from, text, encrypted: tls !== null, at: Date.now() })
  let tls: TlsFacts | null = null
  let certificateError: string | null = null
  let capabilities: Capabilities = new Map()

  let stream: Socket = await reach(endpoint, within)
  const secure = async (begun: TlsFacts['begun']) => {
    const secured = await shakeHands(stream, endpoint, within)
    certificateError = secured.authorized ? null : String(secured.authorizationError)
    stream = secured
    tls = factsOf(secured, begun)
    return tls
  }
  if (endpoint.implicit) await secure('implicit')
  let reader = readReplies(stream, heard)

  const client: Omit<SmtpClient, 'greeting'> = {
    transcript,
    get tls() {
      return tls
    },
    get certificateError() {
      return certificateError
    },
    get capabilities() {
      return capabilities
    },
    say(line, shown = line) {
      note('client', shown)
      if (stream.writable) stream.write(`${line}\r\n`)
      return client.reply()
    },
    send(bytes) {
      const data = Buffer.from(bytes)
      for (const line of data.toString('latin1').replace(/\r\n$/, '').split('\r\n')) note('client', line)
      if (stream.writable) stream.write(data)
    },
    reply: () => reader.reply(within),
    async ehlo(name = '[127.0.0.1]') {
      const reply = await client.say(`EHLO ${name}`)
      capabilities = reply.code === 250 ? readCapabilities(reply) : new Map()
      return reply
    },
    async starttls() {
      const reply = await client.say('STARTTLS')
      if (reply.code !== 220)
        throw new SmtpFailure('tls', `Expected 220 to STARTTLS, saw ${reply.code} ${reply.lines.join(' ')}.`)
      // RFC 3207 §4.2: nothing that came in clear text counts any more.
      reader.detach()
      capabilities = new Map()
      const facts = await secure('starttls')
      reader = readReplies(stream, heard)
      return facts
    },
    auth: (...given) => authenticate(client.say, ...given),
    async sendMail({ from, to, raw }) {
      const mail = await client.say(`MAIL FROM:<${from}>`)
      if (mail.code !== 250) return mail
      const rcpts: SmtpReply[] = []
      for (const recipient of to) rcpts.push(await client.say(`RCPT TO:<${recipient}>`))
      const [refused] = rcpts
      if (refused !== undefined && !rcpts.some(({ code }) => code === 250 || code === 251)) return refused
      const data = await client.say('DATA')
      if (data.code !== 354) return data
      stream.write(stuffed(Buffer.from(raw)))
      return client.reply()
    },
    close() {
      stream.destroy()
    },
  }
  try {
    // Not a spread: the getters have to stay getters.
    return Object.defineProperty(client, 'greeting', {
      value: await client.reply(),
      enumerable: true,
    }) as SmtpClient
  } catch (error) {
    stream.destroy()
    throw error
  }
}

async function reach({ host, port, lookup }: SmtpEndpoint, within: number): Promise<Socket> {
  const socket = connect({ host, port, ...(lookup === undefined ? {} : { lookup }) })
  try {
    await once(socket, 'connect', { signal: deadlineAfter(within) })
  } catch (error) {
    socket.destroy()
    throw new SmtpFailure('unreachable', `Expected ${host}:${port} to answer, saw ${reason(error)}.`)
  }
  // An error is always followed by close, which the reader sees.
  socket.on('error', () => {})
  return socket
}

async function shakeHands(
  socket: Socket,
  { host, serverName = host, ca, verify = true }: SmtpEndpoint,
  within: number,
): Promise<TLSSocket> {
  const stream = connectTls({
    socket,
    host: serverName,
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(ca === undefined ? {} : { ca }),
    rejectUnauthorized: verify,
  })
  stream.on('close', () => socket.destroy())
  try {
    await once(stream, 'secureConnect', { signal: deadlineAfter(within) })
  } catch (error) {
    stream.on('error', () => {})
    stream.destroy()
    throw new SmtpFailure('tls', `Expected a TLS handshake with ${serverName}, saw ${reason(error)}.`)
  }
  // Node goes on reading what it cannot decrypt, and keeps all of it.
  stream.on('error', () => stream.destroy())
  return stream
}

function factsOf(stream: TLSSocket, begun: TlsFacts['begun']): TlsFacts {
  const { servername } = stream as TLSSocket & { servername?: string | false }
  return {
    version: stream.getProtocol() ?? 'unknown',
    cipher: stream.getCipher().name,
    serverName: typeof servername === 'string' ? servername : null,
    begun,
  }
}

/** `AUTH=PLAIN`, a form of before RFC 4954, counts as AUTH. */
function readCapabilities({ lines }: SmtpReply): Capabilities {
  const capabilities = new Map<string, readonly string[]>()
  for (const line of lines.slice(1)) {
    const [keyword = '', ...parameters] = line
      .trim()
      .replace(/^AUTH=/i, 'AUTH ')
      .split(/\s+/)
    const name = keyword.toUpperCase()
    capabilities.set(name, [...(capabilities.get(name) ?? []), ...parameters])
  }
  return capabilities
}

/** RFC 5321 §4.5.2, on CR LF line ends alone, and the end of data. */
function stuffed(raw: Buffer): Buffer {
  const text = raw.toString('latin1').replace(/(^|\r\n)\./g, '$1..')
  return Buffer.from(`${text}${text.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1')
}

function reason(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error)
}
