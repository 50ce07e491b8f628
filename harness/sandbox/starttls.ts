import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { TlsFacts } from '../model.ts'
import type { Behaviour } from './personalities.ts'
import type { SessionRecorder } from './session-recorder.ts'
import type { Conversation } from './smtp-conversation.ts'
import { readSmtp, type SmtpInput } from './smtp-input.ts'

export interface Upgraded {
  readonly stream: TLSSocket
  readonly input: SmtpInput
  readonly facts: TlsFacts
}

/** A client that follows RFC 3207 sends nothing behind STARTTLS; what it did send is recorded, and obeyed by nobody. */
function discardPlaintext(input: SmtpInput, recorder: SessionRecorder): void {
  const plaintext = input.discard()
  if (plaintext.length === 0) return
  for (const line of plaintext.toString('latin1').replace(/\r\n$/, '').split('\r\n')) {
    recorder.line('client', line, false)
  }
}

/** Answers 220 and shakes hands; `null` where TLS did not come about, with the reason on record. */
export async function startTls(
  { socket, recorder, certificates, names }: Conversation,
  behaviour: Behaviour,
  input: SmtpInput,
  go: () => Promise<void>,
): Promise<Upgraded | null> {
  const contextFor = (certified: readonly string[]) =>
    certificates.context(certified, behaviour.certificate, behaviour.tls)
  const { host } = recorder.session
  const own = host === null ? names : [host]
  // Many a correct client sends no SNI.
  const secureContext = await contextFor(own)
  await go()
  discardPlaintext(input, recorder)
  input.detach()
  const stream = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    // Not only the context decides on versions: the socket's own bounds would override it.
    ...behaviour.tls,
    SNICallback: (name, done) => {
      recorder.serverName(name)
      contextFor(host === null ? [name] : [...new Set([host, name])]).then(
        (context: SecureContext) => done(null, context),
        (error: Error) => done(error),
      )
    },
  })
  stream.on('error', (error) => {
    // After the handshake a reset is the end of a session, while an alert is still a verdict on our TLS.
    if (!recorder.session.tls || /SSL|EPROTO/.test(describe(error))) recorder.tlsFailed(describe(error))
    socket.destroy()
  })
  stream.on('close', () => socket.destroy())
  // Reading from the first moment also tells of a peer that goes away in the middle of the handshake.
  const encrypted = readSmtp(stream)
  const shaken = !socket.readableEnded && (await handshake(stream, socket))
  if (!shaken) {
    recorder.tlsFailed('The client closed the connection during the handshake.')
    socket.destroy()
    return null
  }
  const facts: TlsFacts = {
    version: stream.getProtocol() ?? 'unknown',
    cipher: stream.getCipher().name,
    serverName: typeof stream.servername === 'string' ? stream.servername : null,
    begun: 'starttls',
  }
  recorder.tls(facts)
  return { stream, input: encrypted, facts }
}

async function handshake(stream: TLSSocket, socket: Socket): Promise<boolean> {
  const closed = new AbortController()
  stream.once('close', () => closed.abort())
  stream.once('end', () => closed.abort())
  socket.once('end', () => closed.abort())
  try {
    await once(stream, 'secure', { signal: closed.signal })
    return true
  } catch {
    return false
  }
}

/** Answers 220 and then, to the ClientHello, bytes that are no TLS. */
export async function answerWithGarbage(
  socket: Socket,
  input: SmtpInput,
  recorder: SessionRecorder,
  go: () => Promise<void>,
): Promise<void> {
  discardPlaintext(input, recorder)
  await go()
  await input.anything()
  recorder.tlsFailed('The ClientHello was answered with bytes that are no TLS, as this personality does.')
  socket.end(Buffer.from('\x00\xffgarbage instead of a ServerHello\r\n', 'latin1'))
}

function describe(error: Error): string {
  const { code, reason } = error as Error & { code?: string; reason?: string }
  return [code, reason ?? error.message].filter(Boolean).join(': ').slice(0, 300)
}
