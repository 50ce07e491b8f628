import { once } from 'node:events'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { setImmediate as immediate } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { HttpRequest } from '../model.ts'
import { createCertificates } from '../sandbox/certificates.ts'
import { selfSigned } from '../sandbox/self-signed.ts'
import { type Client, createClient, maximumBody } from './client.ts'
import { Unsendable } from './sendable.ts'
import { type Ready, releasedTogether } from './starting-line.ts'

test('a private authority is trusted where it is named, and only there; connections are kept, but those of one request', async () => {
  const certificates = await createCertificates('0a1b2c3d.postern.test')
  const server = createServer(await certificates.issue(['127.0.0.1']), (_, response) => response.end('hello'))
  let connections = 0
  server.on('secureConnection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const request = { method: 'GET', origin, path: '/', headers: [], body: null }
  const [trusting, other] = [[certificates.ca], []].map((ca) => createClient({ ca, timeout: 10 }))
  try {
    for (const _ of Array(6))
      expect(await trusting?.send(request)).toMatchObject({
        response: { status: 200, body: 'hello' },
        failure: null,
      })
    expect(connections).toBeLessThan(3)
    const kept = connections
    for (const _ of Array(3)) await trusting?.send(request, { ownConnection: true })
    expect(connections).toBe(kept + 3)
    expect(await other?.send(request)).toEqual({
      response: null,
      sent: false,
      failure: expect.stringMatching(
        /^UNABLE_TO_VERIFY_LEAF_SIGNATURE: .* name its authority under ca in the/,
      ),
    })
  } finally {
    await Promise.all([trusting?.close(), other?.close()])
    server.close()
    server.closeAllConnections()
  }
})

test('requests that are released together go out when each has a connection of its own, more than are used else', async () => {
  const certificates = await createCertificates('0a1b2c3d.postern.test')
  let [connections, first] = [0, 0]
  const server = createServer(await certificates.issue(['127.0.0.1']), (_, response) => {
    first ||= connections
    response.end()
  })
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ ca: [certificates.ca], timeout: 60 })
  try {
    const request = { method: 'POST', origin, path: '/', headers: [], body: '{}' }
    const answers = await releasedTogether(
      Array.from({ length: 40 }, () => (ready: Ready) => client.send(request, { ready })),
    )
    expect([first, connections]).toEqual([40, 40])
    expect(new Set(answers.map(({ response }) => response?.status))).toEqual(new Set([200]))
  } finally {
    await client.close()
    server.close()
  }
})

test('what is answered before it was asked is no answer, and keeps nobody waiting', async () => {
  const early = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno'
  let first: Socket | undefined
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}).on('data', () => socket.end(early))
    // The other is asked when this one has been answered.
    if (first === undefined) socket.write(early)
    first ??= socket
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = createClient({ ca: [], timeout: 60 })
  try {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const request = { method: 'POST', origin, path: '/', headers: [], body: '{}' }
    const answered = Promise.withResolvers<void>()
    const [one, other] = await releasedTogether([
      (ready: Ready) => client.send(request, { ready }).finally(answered.resolve),
      async (ready: Ready) => {
        await answered.promise
        return client.send(request, { ready })
      },
    ])
    expect(one).toMatchObject({ response: null, failure: 'it was answered before it was asked' })
    expect(other).toMatchObject({ response: { status: 200 }, failure: null })
  } finally {
    await client.close()
    server.close()
  }
})

test('a request that says another host goes to the server of its origin, by its address and by its name', async () => {
  const certificates = await createCertificates('0a1b2c3d.postern.test')
  const asked: string[] = []
  const tls = await certificates.issue(['127.0.0.1', 'localhost'])
  const server = createServer(tls, ({ headers, socket }, response) => {
    asked.push(`${headers.host} by ${(socket as TLSSocket).servername || 'no name'}`)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = createClient({ ca: [certificates.ca], timeout: 10 })
  const { port } = server.address() as AddressInfo
  try {
    for (const host of ['127.0.0.1', 'localhost'])
      for (const headers of [[['Host', 'claimed.example']], []] as const) {
        const request = { method: 'GET', origin: `https://${host}:${port}`, path: '/', headers, body: null }
        expect(await client.send(request)).toMatchObject({ response: { status: 200 } })
      }
    expect(asked).toEqual([
      'claimed.example by no name',
      `127.0.0.1:${port} by no name`,
      'claimed.example by localhost',
      `localhost:${port} by localhost`,
    ])
  } finally {
    await client.close()
    server.close()
    server.closeAllConnections()
  }
})

test.for([
  ['CERT_NOT_YET_VALID', 1, 3],
  ['CERT_HAS_EXPIRED', -3, -1],
] as const)('%s says that clocks are to be compared', async ([word, from, until]) => {
  const tls = await selfSigned(from, until)
  const server = createServer(tls).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ ca: [tls.cert], timeout: 10 })
  try {
    const { response, failure } = await client.send({
      method: 'GET',
      origin,
      path: '/',
      headers: [],
      body: null,
    })
    expect(response).toBeNull()
    expect(failure).toMatch(new RegExp(`^${word}: compare this machine's clock with the target's`))
  } finally {
    await client.close()
    server.close()
  }
})

test('what speaks no TLS, and a name that leads nowhere, are told with what to look at', async () => {
  const plain = createTcpServer(
    (socket) => void socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  )
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const client = createClient({ ca: [], timeout: 10 })
  const failureAt = async (origin: string) =>
    (await client.send({ method: 'GET', origin, path: '/', headers: [], body: null })).failure
  try {
    const { port } = plain.address() as AddressInfo
    expect(await failureAt(`https://127.0.0.1:${port}`)).toMatch(
      /: what answers there speaks no TLS: see whether/,
    )
    expect(await failureAt('http://nowhere.invalid')).toBe('ENOTFOUND: the name does not resolve')
  } finally {
    await client.close()
    plain.close()
  }
})

/** A server of bytes; `answer` gets the connection at the first byte of each request, with the path that was asked for. */
async function withServer(
  options: { timeout: number; answer: (socket: Socket, path: string) => void },
  use: (server: {
    client: Client
    ask: (path: string) => Promise<{ status: number | null; failure: string | null }>
    request: HttpRequest
    /** Connections that are open. */
    open: ReadonlySet<Socket>
    /** Resolves once no connection is open. */
    closed: () => Promise<void>
  }) => Promise<void>,
): Promise<void> {
  const open = new Set<Socket>()
  let emptied = () => {}
  const server = createTcpServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      open.delete(socket)
      if (open.size === 0) emptied()
    })
    socket.on('data', (chunk) => options.answer(socket, chunk.toString('latin1').split(' ')[1] ?? ''))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ ca: [], timeout: options.timeout })
  const request = { method: 'GET', origin, path: '/', headers: [], body: null }
  try {
    await use({
      client,
      request,
      open,
      async ask(path) {
        const { response, failure } = await client.send({ ...request, path })
        return { status: response?.status ?? null, failure }
      },
      closed: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => (emptied = resolve))),
    })
  } finally {
    await client.close()
    for (const socket of open) socket.destroy()
    server.close()
  }
}

const good = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'
/** Every few milliseconds, until the connection is gone. */
function drip(socket: Socket, what: string): void {
  const timer = setInterval(() => socket.write(what), 5)
  socket.on('close', () => clearInterval(timer))
}

const neverEnding: Readonly<Record<string, (socket: Socket) => void>> = {
  silence: () => {},
  'a header that drips': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx-slow: ')
    drip(socket, 'x')
  },
  'a body that drips': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
    drip(socket, '1\r\nx\r\n')
  },
  'a body without an end': (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi'),
  'interim answers for ever': (socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'),
}

test.for(Object.entries(neverEnding))(
  'an answer that does not end fails in our words, and its connection is free again: %s',
  async ([, answer]) => {
    const byPath = (socket: Socket, path: string) =>
      path === '/good' ? void socket.write(good) : answer(socket)
    await withServer({ timeout: 0.2, answer: byPath }, async ({ ask, closed }) => {
      // More than there are connections.
      const all = await Promise.all(Array.from({ length: 30 }, () => ask('/bad')))
      expect(new Set(all.map(({ failure }) => failure))).toEqual(
        new Set(['no complete answer within 0.2 s (target.timeout)']),
      )
      await closed()
      expect(await ask('/good')).toEqual({ status: 200, failure: null })
    })
  },
)

test('who waits for a connection that others use has all of its time yet', async () => {
  const answer = (socket: Socket) => void setTimeout(() => socket.write(good), 400)
  await withServer({ timeout: 1.5, answer }, async ({ ask, open }) => {
    const began = performance.now()
    const all = Promise.all(Array.from({ length: 24 * 5 }, () => ask('/')))
    expect(new Set((await all).map(({ status }) => status))).toEqual(new Set([200]))
    expect(open.size).toBeLessThanOrEqual(24)
    expect(performance.now() - began).toBeGreaterThan(1900)
  })
})

const broken: readonly (readonly [string, string, (socket: Socket) => void])[] = [
  ['closed before a word', 'UND_ERR_SOCKET', (socket) => socket.destroy()],
  ['closed half way', 'UND_ERR_SOCKET', (socket) => socket.end('HTTP/1.1 200 OK\r\nx: ')],
  [
    'closed half way through a body',
    'UND_ERR_SOCKET',
    (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi'),
  ],
  [
    'a huge header',
    'UND_ERR_HEADERS_OVERFLOW: the answer has more than 16 KiB of header fields',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(17 * 1024)}`),
  ],
  [
    'very many header fields',
    'UND_ERR_HEADERS_OVERFLOW: the answer has more than 16 KiB of header fields',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(17 * 1024)}`),
  ],
  [
    'no HTTP',
    'HTTPParserError: the answer is no HTTP/1.1',
    (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
  ],
]

test.for(broken)(
  'a connection that fails is a failure, and the next request is answered: %s',
  async ([, word, answer]) => {
    const byPath = (socket: Socket, path: string) =>
      path === '/good' ? void socket.write(good) : answer(socket)
    await withServer({ timeout: 30, answer: byPath }, async ({ ask }) => {
      const all = await Promise.all(Array.from({ length: 30 }, () => ask('/bad')))
      expect(new Set(all.map(({ failure }) => failure))).toEqual(new Set([word]))
      expect(await ask('/good')).toEqual({ status: 200, failure: null })
    })
  },
)

test('a connection that was kept and is closed in the meantime: what reads is asked once more, what may change something is not', async () => {
  const asked: string[] = []
  const connections = new Map<Socket, number>()
  // Each connection is good for one answer, and does not say so.
  const onlyOnce = (socket: Socket, path: string) => {
    asked.push(path)
    const before = connections.get(socket) ?? 0
    connections.set(socket, before + 1)
    if (before === 0 && path !== '/never') socket.write(good)
    else socket.destroy()
  }
  await withServer({ timeout: 30, answer: onlyOnce }, async ({ ask, client, request }) => {
    const answered = { status: 200, failure: null }
    /** Connection free again: then it is the one that is taken. */
    const next = async (path: string) => {
      await immediate()
      return ask(path)
    }
    expect(await ask('/first')).toEqual(answered)
    expect(await next('/second')).toEqual(answered)
    expect(asked).toEqual(['/first', '/second', '/second'])
    expect(await next('/never')).toEqual({ status: null, failure: 'UND_ERR_SOCKET' })
    expect(await next('/third')).toEqual(answered)
    await immediate()
    const sent = await client.send({ ...request, method: 'POST', path: '/changes' })
    expect(sent).toEqual({ response: null, failure: 'UND_ERR_SOCKET', sent: true })
    expect(asked.slice(3)).toEqual(['/never', '/never', '/third', '/changes'])
  })
})

test('nobody takes the connection: a failure in our words', async () => {
  const server = createTcpServer(() => {}).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It never greets, so that TLS does not come about.
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ ca: [], timeout: 0.2 })
  try {
    const { failure } = await client.send({ method: 'GET', origin, path: '/', headers: [], body: null })
    expect(failure).toBe('no connection within 0.2 s (target.timeout)')
  } finally {
    await client.close()
    server.close()
  }
})

test('what cannot be sent takes nothing of the pool', async () => {
  await withServer(
    { timeout: 30, answer: (socket) => void socket.write(good) },
    async ({ ask, client, request, open }) => {
      const unsendable = Array.from({ length: 100 }, (_, i) => ({
        ...request,
        ...([{ headers: [['x', 'a\r\nb: c']] }, { path: '/a b' }, { method: 'A B' }][i % 3] as object),
      }))
      const refused = await Promise.allSettled(unsendable.map((each) => client.send(each)))
      expect(
        refused.filter((each) => each.status === 'rejected' && each.reason instanceof Unsendable),
      ).toHaveLength(100)
      expect(open.size).toBe(0)
      expect(await ask('/')).toEqual({ status: 200, failure: null })
    },
  )
})

test('a body that comes byte by byte is cut where it is too long, and costs no object a byte', async () => {
  const answer = (socket: Socket) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
    socket.write('1\r\nx\r\n'.repeat(maximumBody + 1))
  }
  await withServer({ timeout: 30, answer }, async ({ client, request }) => {
    const { response } = await client.send(request)
    expect([response?.body.length, response?.truncated]).toEqual([maximumBody, true])
  })
})

test('an answer that is always compressed is read as any other, with its fields as they came', async () => {
  const body = gzipSync('{"token":"t"}')
  const answer = (socket: Socket) =>
    socket.write(
      Buffer.concat([
        Buffer.from(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`),
        body,
      ]),
    )
  await withServer({ timeout: 30, answer }, async ({ client, request }) => {
    const { response } = await client.send(request)
    expect(response).toMatchObject({ body: '{"token":"t"}', truncated: false })
    expect(response?.headers).toContainEqual(['content-encoding', 'gzip'])
  })
})
