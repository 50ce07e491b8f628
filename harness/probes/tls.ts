import { once } from 'node:events'
import { connect, type LookupFunction, type Socket } from 'node:net'
import { deadlineAfter } from './deadline.ts'
import { readReplies, SmtpFailure, type SmtpReply } from './smtp-replies.ts'
import { readAnswer, type ServerHello, type TlsAnswer } from './tls-answer.ts'
import { groupName } from './tls-groups.ts'
import { clientHello, type TlsOffer } from './tls-hello.ts'

export interface TlsEndpoint {
  readonly host: string
  readonly port: number
  /** For SNI; `null` for none; default `host`. An address is never sent. */
  readonly serverName?: string | null
  /** Upgrades an SMTP session first (RFC 3207). */
  readonly starttls?: 'smtp'
  /** Milliseconds for the whole; default 10 000. */
  readonly within?: number
  /** Where `host` leads; the system says so where it is left out. */
  readonly lookup?: LookupFunction
}

/**
 * Offers one version and list of suites in a hand-made ClientHello and reads what the server chooses; goes no further. The
 * local OpenSSL has no part in it. Never throws for what the server does.
 */
export async function offerTls(endpoint: TlsEndpoint, offer: TlsOffer): Promise<TlsAnswer> {
  const { host, serverName = host, within = 10_000 } = endpoint
  const until = deadlineAfter(within)
  let socket: Socket
  try {
    socket = await openForTls(endpoint, within, until)
  } catch (error) {
    return error instanceof NoStarttls
      ? { kind: 'no-starttls', reply: error.message }
      : { kind: 'unreachable', reason: causeOf(error) }
  }
  try {
    const answer = firstAnswer(socket, until)
    socket.write(clientHello(offer, serverName))
    return await answer
  } finally {
    socket.destroy()
  }
}

/** For evidence: `TLSv1 with CBC, RC4` and the like. */
export function describeOffer({ version, suites, compression }: TlsOffer): string {
  return `${version} with ${suites.join(', ')}${compression ? ' and DEFLATE compression' : ''}`
}

/** For evidence: what the server answered, in one line. */
export function describeAnswer(answer: TlsAnswer): string {
  switch (answer.kind) {
    case 'server-hello':
      return `ServerHello: ${describeHello(answer).join(', ')}`
    case 'alert':
      return `${answer.level} alert: ${answer.description}`
    case 'no-starttls':
      return `STARTTLS was answered ${answer.reply}`
    case 'unreachable':
      return `unreachable: ${answer.reason}`
    default:
      return {
        closed: 'connection closed',
        timeout: 'no answer in time',
        'not-tls': 'bytes that are no TLS',
      }[answer.kind]
  }
}

function describeHello({ version, cipher, key, compression, secureRenegotiation }: ServerHello): string[] {
  return [
    ...[version, cipher],
    ...(key?.kind === 'DH' ? [`a group of ${key.bits} bits`] : []),
    ...(key?.kind === 'ECDH' ? [`curve ${groupName(key.curve)}`] : []),
    ...(compression ? ['compressed'] : []),
    ...(secureRenegotiation ? [] : ['without renegotiation_info']),
  ]
}

/** The server does not offer STARTTLS, and refuses it for good. */
export class NoStarttls extends Error {}

/** A connection on which TLS may begin; throws NoStarttls, and whatever keeps one from coming about. */
export async function openForTls(
  { host, port, starttls, lookup }: TlsEndpoint,
  within: number,
  until: AbortSignal,
): Promise<Socket> {
  const socket = connect({ host, port, ...(lookup === undefined ? {} : { lookup }) })
  try {
    await once(socket, 'connect', { signal: until })
    socket.on('error', () => {})
    if (starttls === 'smtp') await askForTls(socket, within)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function askForTls(socket: Socket, within: number): Promise<void> {
  const reader = readReplies(socket, () => {})
  const said = async (line: string | null, expected: number): Promise<SmtpReply> => {
    if (line !== null) socket.write(`${line}\r\n`)
    const reply = await reader.reply(within)
    if (reply.code === expected) return reply
    const seen = `${reply.code} ${reply.lines[0]}`
    if (line === 'STARTTLS' && !isOffered && reply.code >= 500) throw new NoStarttls(seen)
    throw new SmtpFailure('tls', `${expected} to ${line ?? 'the connection'} expected, saw ${seen}`)
  }
  let isOffered = false
  await said(null, 220)
  const { lines } = await said('EHLO [127.0.0.1]', 250)
  isOffered = lines.some((line) => /^STARTTLS\s*$/i.test(line))
  await said('STARTTLS', 220)
  reader.detach()
}

function firstAnswer(socket: Socket, until: AbortSignal): Promise<TlsAnswer> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0)
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const answer = readAnswer(bytes)
      if (answer !== null) settle(answer)
    }
    const onClose = () => settle(readAnswer(bytes, true) ?? { kind: 'closed' })
    const onTimeout = () => settle(readAnswer(bytes, true) ?? { kind: 'timeout' })
    const settle = (answer: TlsAnswer) => {
      socket.off('data', onData).off('end', onClose).off('close', onClose)
      until.removeEventListener('abort', onTimeout)
      resolve(answer)
    }
    socket.on('data', onData).on('end', onClose).on('close', onClose)
    until.addEventListener('abort', onTimeout)
  })
}

/** A word for what went wrong with a connection. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.name === 'AbortError'
    ? 'no answer in time'
    : ((error as NodeJS.ErrnoException).code ?? error.message)
}
