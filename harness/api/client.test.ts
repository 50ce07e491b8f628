import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createCertificates } from '../sandbox/certificates.ts'
import { selfSigned } from '../sandbox/self-signed.ts'
import { createClient } from './client.ts'

test('a private authority is trusted where it is named, and only there; connections are kept', async () => {
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
    expect(await other?.send(request)).toEqual({ response: null, failure: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  } finally {
    await Promise.all([trusting?.close(), other?.close()])
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
