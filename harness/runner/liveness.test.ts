import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { pinnedLookup } from '../pinned-lookup.ts'
import { isMute, unreachable } from './liveness.ts'

const lookup = pinnedLookup()

/** A server that does so with each connection; the result of `use`, which gets its port. */
async function serving<T>(greet: (socket: Socket) => void, use: (port: number) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    greet(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

test('a target that is not there is told from one whose name leads nowhere', async () => {
  const free = await serving(
    () => {},
    async (port) => port,
  )
  expect(await unreachable(`http://127.0.0.1:${free}`, lookup)).toBe('takes no connections')
  expect(await unreachable('http://nowhere.invalid:1', lookup)).toBe('has a name that does not resolve')
  await serving(
    () => {},
    async (port) => expect(await unreachable(`http://127.0.0.1:${port}`, lookup)).toBeNull(),
  )
})

test.each<[string, boolean, (socket: Socket) => void]>([
  ['says nothing', true, () => {}],
  ['answers', false, (socket) => socket.once('data', () => socket.write('HTTP/1.1 204 No Content\r\n'))],
  [
    'answers late',
    false,
    (socket) => socket.once('data', () => setTimeout(() => socket.write('HTTP/1.1 204 No Content\r\n'), 50)),
  ],
  ['hangs up', false, (socket) => socket.end()],
  ['resets', false, (socket) => socket.resetAndDestroy()],
])('a target that %s is mute: %s', async (_, isSo, greet) => {
  await serving(greet, async (port) => {
    for (const scheme of ['http', 'https'])
      expect(await isMute(`${scheme}://127.0.0.1:${port}`, lookup, isSo ? 0.2 : 60)).toBe(isSo)
  })
})

test('a submission service is asked nothing: its greeting tells', async () => {
  const asked: string[] = []
  await serving(
    (socket) => socket.on('data', (chunk) => asked.push(String(chunk))).write('220 mail\r\n'),
    async (port) => expect(await isMute(`smtp://127.0.0.1:${port}`, lookup, 60)).toBe(false),
  )
  expect(asked).toEqual([])
})
