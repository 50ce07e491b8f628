import type { Duplex } from 'node:stream'

export type Line = { readonly bytes: Buffer } | 'too-long'
export type Content = { readonly raw: Buffer } | 'too-big' | 'endless'

export interface SmtpInput {
  /** The next line without its CR LF; `null` once the peer is gone. Only CR LF ends a line (RFC 5321 §2.3.8). */
  line(): Promise<Line | null>
  /** Message content up to CR LF dot CR LF, dot-unstuffed; `null` where the peer went before it ended, and `endless` where it has gone far beyond `maximum` bytes without an end. */
  content(maximum: number): Promise<Content | null>
  /** Takes away what has been received and not yet read. */
  discard(): Buffer
  /** Resolves with what is there as soon as anything is; `null` once the peer is gone. */
  anything(): Promise<Buffer | null>
  /** Stops listening to the socket, so that TLS can take it over. */
  detach(): void
}

/** RFC 5321 §4.5.3.1.4 asks for 512 and extensions add to it. */
const maximumLine = 4096
/** Pipelined commands wait in memory; beyond this the socket is paused. */
const maximumBuffered = 256 * 1024
/** So many times the size that may be is read to tell a sender that his message is too big; then it has no end. */
const patience = 4
const endOfData = Buffer.from('\r\n.\r\n')
const stuffedDot = Buffer.from('\r\n.')

/** Reads lines and message content off a socket byte by byte as they came. */
export function readSmtp(socket: Duplex, head: Buffer = Buffer.alloc(0)): SmtpInput {
  let buffered = head
  let ended = false
  let wake: (() => void) | null = null

  const onData = (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
    if (buffered.length > maximumBuffered && !wake) socket.pause()
    wake?.()
  }
  const onEnd = () => {
    ended = true
    wake?.()
  }
  socket.on('data', onData)
  socket.on('end', onEnd)
  socket.on('close', onEnd)

  /** Waits for bytes beyond what is buffered; false once there will be none. */
  const more = async () => {
    if (ended) return false
    const before = buffered.length
    socket.resume()
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    wake = null
    return buffered.length > before || !ended
  }
  const take = (length: number) => {
    const taken = buffered.subarray(0, length)
    buffered = buffered.subarray(length)
    return taken
  }

  return {
    async line() {
      for (;;) {
        const end = buffered.indexOf('\r\n')
        if (end > maximumLine || (end < 0 && buffered.length > maximumLine)) return 'too-long'
        if (end >= 0) {
          const bytes = Buffer.from(take(end))
          take(2)
          return { bytes }
        }
        if (!(await more())) return null
      }
    },
    async content(maximum) {
      const parts: Buffer[] = [Buffer.from('\r\n')]
      let length = 0
      // The CR LF of the DATA command counts as the first of "CR LF dot CR LF" (an empty message).
      let tail = Buffer.from('\r\n')
      for (;;) {
        const window = Buffer.concat([tail, buffered])
        const end = window.indexOf(endOfData)
        const consumed = end < 0 ? buffered.length : end + endOfData.length - tail.length
        const chunk = take(consumed)
        length += chunk.length
        if (length <= maximum + endOfData.length) parts.push(chunk)
        else parts.length = 0
        if (end < 0 && length > patience * maximum) return 'endless'
        if (end >= 0) return length > maximum + 3 ? 'too-big' : { raw: unstuff(Buffer.concat(parts)) }
        tail = Buffer.from(window.subarray(-(endOfData.length - 1)))
        if (!(await more())) return null
      }
    },
    discard: () => take(buffered.length),
    async anything() {
      while (buffered.length === 0) if (!(await more())) return null
      return buffered
    },
    detach() {
      socket.off('data', onData)
      socket.off('end', onEnd)
      socket.off('close', onEnd)
    },
  }
}

/**
 * RFC 5321 §4.5.2. `framed` begins with the CR LF before the content and ends with CR LF dot CR LF, whose first CR LF
 * ends the content's last line and so belongs to it (§4.1.1.4).
 */
function unstuff(framed: Buffer): Buffer {
  const end = framed.length - 3
  const kept: Buffer[] = []
  let from = 2
  for (
    let at = framed.indexOf(stuffedDot);
    at >= 0 && at + 2 < end;
    at = framed.indexOf(stuffedDot, at + 2)
  ) {
    kept.push(framed.subarray(from, at + 2))
    from = at + 3
  }
  kept.push(framed.subarray(from, Math.max(from, end)))
  return Buffer.concat(kept)
}
