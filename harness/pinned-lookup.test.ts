import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from './api/client.ts'
import { pinnedLookup, resolveHosts } from './pinned-lookup.ts'
import { connectSmtp } from './probes/smtp.ts'
import { offerTls } from './probes/tls.ts'

const here = { address: '127.0.0.1', family: 4 }
const elsewhere = { address: '192.0.2.1', family: 4 }

/** Closes each connection, after what SMTP or HTTP would say. */
let met = 0
const server = createServer((socket) => {
  met++
  socket.on('error', () => {}).end('220 hello\r\n')
})
let port = 0
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

/** A name server that says something else each time. */
function rebinding() {
  const answers = [[here], [elsewhere]]
  return async () => answers.shift() ?? []
}

const found = (lookup: ReturnType<typeof pinnedLookup>, host: string, family = 0) =>
  new Promise((resolve) =>
    lookup(host, { all: true, family }, (error, addresses) => resolve(error?.code ?? addresses)),
  )

test('a name leads where it led at first, whatever its server says later', async () => {
  const lookup = pinnedLookup({}, rebinding())
  expect([await found(lookup, 'api.shop.test'), await found(lookup, 'API.shop.test')]).toEqual([
    [here],
    [here],
  ])
})

test('a name that did not resolve when the run began does not later', async () => {
  const known = await resolveHosts(['gone.shop.test', '127.0.0.1', '[::1]'], async () => {
    throw Object.assign(new Error('no'), { code: 'ENOTFOUND' })
  })
  expect(known).toEqual({ 'gone.shop.test': [] })
  expect(await found(pinnedLookup(known, rebinding()), 'gone.shop.test')).toBe('ENOTFOUND')
})

test('who wants addresses of one family gets no others', async () => {
  const lookup = pinnedLookup({ 'api.shop.test': [here, { address: '::1', family: 6 }] })
  expect(await found(lookup, 'api.shop.test', 6)).toEqual([{ address: '::1', family: 6 }])
})

test('HTTP, SMTP and TLS connect where the name led at first', async () => {
  const lookup = pinnedLookup({}, rebinding())
  const host = 'api.shop.test'
  const client = createClient({ ca: [], timeout: 5, lookup })
  for (let n = 0; n < 2; n++)
    await client.send({ method: 'GET', origin: `http://${host}:${port}`, path: '/', headers: [], body: null })
  await client.close()
  const smtp = await connectSmtp({ host, port, lookup })
  smtp.close()
  await offerTls({ host, port, lookup }, { version: 'TLSv1.2', suites: [] })
  expect(met).toBe(4)
})
