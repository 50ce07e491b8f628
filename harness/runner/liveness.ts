import { connect, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Milliseconds. */
const patience = 5000

/** Why no connection comes about, as what the target does or is; `null` where one does. */
export async function unreachable(url: string, lookup: LookupFunction): Promise<string | null> {
  const socket = connect(placeOf(url, lookup))
  try {
    const failure = await first(socket, ['connect'], patience)
    if (failure === 'ENOTFOUND') return 'has a name that does not resolve'
    return failure === null ? null : 'takes no connections'
  } finally {
    socket.destroy()
  }
}

/**
 * Whether no byte comes of it in that time (seconds) to a request for its first page, or as its greeting where it speaks SMTP: it hangs, or
 * was stopped, and its system alone takes connections. Who hangs up, or whose TLS fails, is there.
 */
export async function isMute(url: string, lookup: LookupFunction, seconds: number): Promise<boolean> {
  const { protocol, host } = new URL(url)
  const place = placeOf(url, lookup)
  const secure = protocol === 'https:' || protocol === 'smtps:'
  const servername = /^[\d.]+$|^\[/.test(place.host) ? {} : { servername: place.host }
  const socket: Socket = secure
    ? // Its certificate is judged by checks.
      connectTls({ ...place, ...servername, rejectUnauthorized: false })
    : connect(place)
  if (protocol.startsWith('http'))
    socket.once(secure ? 'secureConnect' : 'connect', () =>
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: postern\r\nConnection: close\r\n\r\n`),
    )
  try {
    return (await first(socket, ['data', 'end', 'close'], seconds * 1000)) === 'late'
  } finally {
    socket.destroy()
  }
}

function placeOf(url: string, lookup: LookupFunction) {
  const { hostname, port, protocol } = new URL(url)
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    lookup,
  }
}

/** `null` for one of the events; else the code of the error, or `late`. */
function first(socket: Socket, events: readonly string[], milliseconds: number): Promise<string | null> {
  return new Promise((settle) => {
    const timer = setTimeout(() => settle('late'), milliseconds)
    const done = (outcome: string | null) => {
      clearTimeout(timer)
      settle(outcome)
    }
    for (const event of events) socket.once(event, () => done(null))
    socket.on('error', ({ code }: NodeJS.ErrnoException) => done(code ?? 'an error'))
  })
}
