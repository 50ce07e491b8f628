import type { Duplex } from 'node:stream'

export interface SmtpReply {
  /** `0` where the server closed the connection instead of answering. */
  readonly code: number
  /** RFC 3463, as `5.7.11`; `null` where there is none. */
  readonly enhanced: string | null
  /** The text of each line, behind the code. */
  readonly lines: readonly string[]
}

/** The session cannot go on as RFC 5321 has it. */
export class SmtpFailure extends Error {
  override readonly name = 'SmtpFailure'
  readonly kind: 'unreachable' | 'timeout' | 'malformed' | 'tls'
  constructor(kind: SmtpFailure['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

export interface ReplyReader {
  /** The next reply. Throws SmtpFailure: `timeout` after `within` ms, `malformed` for what is no reply. */
  reply(within: number): Promise<SmtpReply>
  /** Stops reading; returns what has come and was not read. */
  detach(): Buffer
}

const maximumBytes = 65_536
const maximumSession = 4_194_304

/** Reads replies (RFC 5321 §4.2) from a connection; `heard` sees every line as it was, latin1. */
export function readReplies(stream: Duplex, heard: (line: string) => void): ReplyReader {
  let bytes: Buffer = Buffer.alloc(0)
  let heardBytes = 0
  /** Bytes of the lines of a reply that has not ended. */
  let open = 0
  let endless = false
  let closed = false
  let wake = () => {}
  const lines: string[] = []
  const onData = (chunk: Buffer) => {
    heardBytes += chunk.length
    // A server that talks on and on is cut off, whether or not anybody waits for it.
    if (endless) return
    if (heardBytes > maximumSession) stream.destroy()
    bytes = Buffer.concat([bytes, chunk])
    for (let end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n')) {
      const line = bytes.subarray(0, end).toString('latin1').replace(/\r$/, '')
      bytes = bytes.subarray(end + 1)
      heard(line)
      lines.push(line)
      open = isLast(line) ? 0 : open + line.length
    }
    endless = open + bytes.length > maximumBytes
    if (endless) stream.destroy()
    wake()
  }
  const onClose = () => {
    closed = true
    wake()
  }
  stream.on('data', onData).on('close', onClose).on('end', onClose)
  return {
    async reply(within) {
      const deadline = Date.now() + within
      for (;;) {
        const last = lines.findIndex(isLast)
        if (last !== -1) return parse(lines.splice(0, last + 1))
        if (endless)
          throw new SmtpFailure(
            'malformed',
            `Expected a reply, saw more than ${maximumBytes} bytes without its end.`,
          )
        if (closed) return { code: 0, enhanced: null, lines: ['connection closed by the server'] }
        await moved(deadline - Date.now(), (go) => {
          wake = go
        })
      }
    },
    detach() {
      stream.off('data', onData).off('close', onClose).off('end', onClose)
      return Buffer.concat([Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1'), bytes])
    },
  }
}

function isLast(line: string): boolean {
  return !/^\d{3}-/.test(line)
}

function moved(within: number, onMove: (go: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new SmtpFailure('timeout', 'Expected a reply, saw none in time; is the server up?'))
    const timer = setTimeout(late, Math.max(0, within))
    onMove(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function parse(lines: readonly string[]): SmtpReply {
  const texts = lines.map((line) => /^(\d{3})(?:[ -](.*))?$/s.exec(line))
  const [first] = texts
  if (first?.[1] === undefined || texts.some((match) => match?.[1] !== first[1]))
    throw new SmtpFailure(
      'malformed',
      `Expected an SMTP reply, saw ${JSON.stringify(lines[0]?.slice(0, 80))}.`,
    )
  const [, enhanced = null] = /^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(first[2] ?? '') ?? []
  return { code: Number(first[1]), enhanced, lines: texts.map((match) => match?.[2] ?? '') }
}
