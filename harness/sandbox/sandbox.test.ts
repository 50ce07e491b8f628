import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import { ProxyAgent, request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectSandbox, type SandboxClient } from './client.ts'
import { type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox
let client: SandboxClient

beforeAll(async () => {
  sandbox = await startSandbox({ handlers: { 'driver.echo': async (args) => args } })
  client = connectSandbox(JSON.parse(JSON.stringify(sandbox.address)))
})

afterAll(async () => {
  await client.close()
  await sandbox.close()
})

test('mail through the egress is on the wire with its TLS facts, and then in the mailbox', async () => {
  const domain = client.wire.domain('sound', 'world')
  const arrival = client.wire.arrival({ to: `ann@${domain}` }, { within: 5000 })
  const host = `mx.${domain}`
  const socket = await through(host)
  const transport = createTransport({
    connection: socket,
    name: 'out.example',
    requireTLS: true,
    tls: { ca: sandbox.address.ca, servername: host },
  })
  const to = [`ann@${domain}`, `hidden@${domain}`]
  await transport.sendMail({
    envelope: { from: 'bounce@example.test', to },
    raw: `From: <a@example.test>\r\nTo: <ann@${domain}>\r\nSubject: On the wire\r\n\r\n.dotted\r\n`,
  })
  const [delivery] = await arrival
  expect(delivery).toMatchObject({
    host,
    helo: 'out.example',
    envelope: { from: 'bounce@example.test', to },
    tls: { version: 'TLSv1.3', serverName: host, begun: 'starttls' },
  })
  expect(Buffer.from(delivery?.raw ?? []).toString()).toMatch(/\r\n\r\n\.dotted\r\n$/)
  const stored = await client.mailbox.waitForMessage({ query: `to:ann@${domain}` }, { interval: 10 })
  expect(stored.Bcc).toEqual([{ Name: '', Address: `hidden@${domain}` }])
  const [session] = await client.wire.session({ recipient: `hidden@${domain}` }, { within: 5000 })
  expect(session?.transcript.find(({ text }) => text.startsWith('RCPT'))?.encrypted).toBe(true)
})

test('the egress lets nothing out, and says so', async () => {
  const [response] = await dial('example.com:443')
  expect(response.statusCode).toBe(403)
  expect(await client.egress.attempts()).toContainEqual(
    expect.objectContaining({ host: 'example.com', port: 443, outcome: 'refused' }),
  )
})

test('a callback fails once where it is to be asked again, and several requests are awaited', async () => {
  await client.callback.failOnce('again')
  const ask = async () => {
    const { statusCode, body } = await request(client.callback.url('again'), { method: 'POST' })
    await body.dump()
    return statusCode
  }
  const both = client.callback.hit('again', { within: 5000, count: 2 })
  expect([await ask(), await ask()]).toEqual([500, 200])
  expect(await both).toHaveLength(2)
})

test('a callback is seen directly, through the egress, and over HTTPS', async () => {
  await (await request(client.callback.url('direct'), { method: 'POST', body: 'hello' })).body.dump()
  const proxy = new ProxyAgent({ uri: sandbox.address.egress, requestTls: { ca: sandbox.address.ca } })
  const seen = client.callback.hit('proxied', { within: 5000 })
  const url = `https://callback.${sandbox.address.zone}/proxied?a=1`
  await (await request(url, { dispatcher: proxy })).body.dump()
  await proxy.close()
  expect(await seen).toMatchObject([{ method: 'GET', path: '/proxied?a=1' }])
  expect(await client.callback.hits('/direct')).toMatchObject([{ method: 'POST', body: 'hello' }])
})

test('the control server refuses a caller without the token, and hands errors on by name', async () => {
  const { url } = sandbox.address.control
  const { statusCode, body } = await request(`${url}/call`, { method: 'POST', body: '{}' })
  await body.dump()
  expect(statusCode).toBe(401)
  expect(await client.call('driver.echo', { a: 1 })).toEqual({ a: 1 })
  await expect(client.call('no.such', {})).rejects.toThrow('driver.echo')
  await expect(client.wire.arrival({ to: 'nobody@nowhere' }, { within: 1 })).rejects.toMatchObject({
    name: 'NotSeen',
  })
})

async function through(host: string): Promise<Socket> {
  const [response, socket, head] = await dial(`${host}:25`)
  expect(response.statusCode).toBe(200)
  if (head.length > 0) socket.unshift(head)
  return socket
}

async function dial(path: string): Promise<[response: IncomingMessage, socket: Socket, head: Buffer]> {
  const asked = httpRequest(sandbox.address.egress, { method: 'CONNECT', path }).end()
  return (await once(asked, 'connect')) as [IncomingMessage, Socket, Buffer]
}
