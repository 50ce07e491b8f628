import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'undici'
import { expect, test } from 'vitest'
import { createCertificates } from '../sandbox/certificates.ts'
import { type Aim, type Front, type Strike, startFront } from './front.ts'

/** A target that signs everybody in by his name, behind a front that strikes. */
async function behind(
  aim: Aim,
  strike: Strike,
  use: (
    call: (method: 'GET' | 'POST', path: string, more?: object) => Promise<number>,
    front: Front,
  ) => Promise<void>,
): Promise<void> {
  const certificates = await createCertificates('0a1b2c3d.postern.test')
  const tls = await certificates.issue(['127.0.0.1'])
  const target = createServer(tls, async (incoming, outgoing) => {
    let body = ''
    for await (const chunk of incoming) body += String(chunk)
    outgoing.end(
      incoming.url === '/v1/session' ? `{"access_token":"token-of-${JSON.parse(body).email}"}` : '{}',
    )
  }).listen(0, '127.0.0.1')
  await once(target, 'listening')
  const url = `https://127.0.0.1:${(target.address() as AddressInfo).port}`
  const front = await startFront({ target: url, tls, admin: 'admin@a.test', aim, strike })
  const dispatcher = new Agent({ connect: { ca: certificates.ca } })
  try {
    await use(async (method, path, more = {}) => {
      const { statusCode, body } = await request(`${front.url}${path}`, { method, dispatcher, ...more })
      await body.dump()
      return statusCode
    }, front)
  } finally {
    await dispatcher.destroy()
    await front.close()
    target.close()
    target.closeAllConnections()
  }
}

const refuses: Strike = (_, to) =>
  to.write('HTTP/1.1 418 Struck\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')

test('aimed at attacks it leaves the admin, sign-ins and benign mail alone, and strikes all others', async () => {
  await behind('attacks', refuses, async (call, front) => {
    const as = (who: string) => ({ headers: { authorization: `Bearer token-of-${who}` } })
    const sessions = ['admin@a.test', 'eve@b.test'].map((email) =>
      call('POST', '/v1/session', { body: JSON.stringify({ email }) }),
    )
    expect(await Promise.all(sessions)).toEqual([200, 200])
    expect(await call('GET', '/v1/keys/1', as('admin@a.test'))).toBe(200)
    expect(await call('POST', '/v1/messages', { ...as('key'), body: '{"subject":"Hello"}' })).toBe(200)
    expect(await call('GET', '/v1/keys/1', as('eve@b.test'))).toBe(418)
    expect(await call('POST', '/v1/messages', { ...as('key'), body: '{"subject":"a\\r\\nBcc: b"}' })).toBe(
      418,
    )
    expect(front.struck).toBe(2)
    front.heal()
    expect(await call('GET', '/v1/keys/1', as('eve@b.test'))).toBe(200)
  })
})

test('aimed at every answer it strikes sign-ins, too, and a reset is one', async () => {
  await behind(
    'every answer',
    (_, to) => to.reset(),
    async (call) => {
      await expect(call('POST', '/v1/session', { body: '{"email":"admin@a.test"}' })).rejects.toThrow(
        /ECONNRESET|other side closed/,
      )
    },
  )
})
