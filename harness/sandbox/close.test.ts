import { spawn } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { connectSandbox } from './client.ts'
import { startSandbox } from './sandbox.ts'

test('a process that used a sandbox and closed it ends by itself', async () => {
  const program = `
    import { connect } from 'node:net'
    import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
    import { startSandbox } from ${JSON.stringify(new URL('sandbox.ts', import.meta.url).href)}
    import { connectSandbox } from ${JSON.stringify(new URL('client.ts', import.meta.url).href)}
    const sandbox = await startSandbox()
    const client = connectSandbox(sandbox.address)
    const socket = connect(sandbox.address.exchangers.slow)
    await once(socket, 'data')
    const arrival = sandbox.wire.arrival({ to: 'a@b' }, { within: 1e6 }).catch(() => 'ended')
    const remote = client.wire.arrival({ to: 'a@b' }, { within: 1e6 }).catch(() => 'ended')
    await client.dns.queries({})
    await sandbox.close()
    console.log(await arrival, await remote)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [out] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), once(child, 'exit')])
  expect(child.exitCode).toBe(0)
  expect(out.join('')).toBe('ended ended\n')
})

test('a port that is taken is an error that says so, and nothing stays up', async () => {
  const first = await startSandbox()
  const { port } = first.address.exchangers.sound
  await expect(startSandbox({ ports: { sound: port, slow: port } })).rejects.toThrow(`port ${port}`)
  await first.close()
  const second = await startSandbox({ ports: { sound: port } })
  expect(second.address.exchangers.sound.port).toBe(port)
  await second.close()
})

test('two sandboxes know nothing of each other', async () => {
  const [one, other] = await Promise.all([startSandbox(), startSandbox()])
  expect(one.address.zone).not.toBe(other.address.zone)
  one.dns.publish([{ name: `a.${one.address.zone}`, type: 'A', value: '127.0.0.1' }])
  expect(() =>
    other.dns.publish([{ name: `a.${one.address.zone}`, type: 'A', value: '127.0.0.1' }]),
  ).toThrow()
  await one.close()
  expect((await fetch(`${other.address.mailbox.url}/readyz`)).status).toBe(200)
  await other.close()
})

test('zone, ports and address can be fixed, for a target that was told of them before', async () => {
  const { dns, egress } = (await inPassing()).address
  const egressPort = Number(new URL(egress).port)
  const sandbox = await startSandbox({
    zone: 'mail.postern.test',
    host: '127.0.0.2',
    ports: { dns: dns.port, egress: egressPort },
  })
  const { zone, seenAs, ...address } = sandbox.address
  const resolver = new Resolver()
  resolver.setServers([`127.0.0.2:${dns.port}`])
  const [callback] = await resolver.resolve4('callback.mail.postern.test')
  await sandbox.close()
  expect({ zone, seenAs, callback, egress: address.egress }).toEqual({
    zone: 'mail.postern.test',
    seenAs: '127.0.0.2',
    callback: '127.0.0.2',
    egress: `http://127.0.0.2:${egressPort}`,
  })
})

/** A sandbox whose ports are free again. */
async function inPassing() {
  const sandbox = await startSandbox()
  await sandbox.close()
  return sandbox
}

test('as many as have something to wait for wait at once', async () => {
  const sandbox = await startSandbox()
  const client = connectSandbox(sandbox.address)
  const waiting = Array.from({ length: 2500 }, (_, n) =>
    client.wire.arrival({ to: `${n}@nobody.test` }, { within: 10 }).catch(({ name }: Error) => name),
  )
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['NotSeen']))
  await client.close()
  await sandbox.close()
})
