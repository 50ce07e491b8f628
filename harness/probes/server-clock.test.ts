import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../sandbox/free-port.ts'
import { certify } from './certificates.testing.ts'
import { serverClock } from './server-clock.ts'

const closing: (() => unknown)[] = []
afterEach(() => closing.splice(0).map((close) => close()))

const day = 24 * 60 * 60 * 1000

async function at(scheme: 'http' | 'https', answer: RequestListener): Promise<string> {
  const server =
    scheme === 'http' ? createServer(answer) : createSecureServer(await certify({ until: -1 }), answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.for(['http', 'https'] as const)('what a server over %s says the time is', async (scheme) => {
  const tomorrow = new Date(Date.now() + day).toUTCString()
  const origin = await at(scheme, (request, response) => {
    expect([request.method, request.url, request.headers.authorization]).toEqual(['HEAD', '/', undefined])
    response.setHeader('date', tomorrow).end()
  })
  const ahead = await serverClock(origin, { within: 5000 })
  expect(Math.abs((ahead ?? 0) - day)).toBeLessThan(60_000)
})

test('a server that does not say, says nonsense, or is not there', async () => {
  const silent = await at('http', (_, response) => {
    response.sendDate = false
    response.end()
  })
  const wrong = await at('http', (_, response) => response.setHeader('date', 'today').end())
  for (const origin of [silent, wrong, `http://127.0.0.1:${await freePort()}`])
    expect(await serverClock(origin, { within: 5000 })).toBe(null)
})
