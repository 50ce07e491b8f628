import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { inPlace } from '../runner/spawned.testing.ts'
import { root } from '../tree.ts'

// Each is a process of its own, on machines that may have little to run it on.
vi.setConfig({ testTimeout: 120_000 })

const message =
  'From shop@shop.test Thu Nov 26 10:00:00 2026\nFrom: shop@shop.test\nTo: ann@inbox.test\nSubject: Hello\n\nHello\n'
/** Where no name server is. */
const noDns = ['--dns', '127.0.0.1:1']

test('a message in a file, on standard input or in a Mailpit is judged, whatever its line ends', async () => {
  const server = createServer(({ url }, response) => {
    response.statusCode = url === '/mail/api/v1/message/latest/raw' ? 200 : 404
    response.end(message)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const mailpit = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mail/`
  await inPlace(async ({ folder, postern, bash }) => {
    const file = path.join(folder, 'mail.eml')
    await writeFile(file, message)
    const fromFile = await postern(['mail', file, ...noDns]).ended
    expect(fromFile).toMatchObject({ code: 1, stderr: '' })
    expect(fromFile.stdout).toMatch(/^ok +from +shop@shop\.test, of shop\.test$/m)
    expect(fromFile.stdout).not.toMatch(/CR or LF alone|ill-formed field name/)
    expect((await postern(['mail', 'latest', '--mailpit', mailpit, ...noDns]).ended).stdout).toBe(
      fromFile.stdout,
    )
    const piped = await bash(
      `${process.execPath} ${root}harness/postern.js mail - ${noDns.join(' ')} < mail.eml`,
    ).ended
    expect(piped.stdout).toBe(fromFile.stdout)
    const lenient = await postern(['mail', file, ...noDns, '--fail-on', 'critical', '--json']).ended
    expect(lenient.code).toBe(2)
    expect(JSON.parse(lenient.stdout)).toContainEqual({
      ...{ area: 'dkim', what: '', state: 'wrong', severity: 'medium' },
      ...{ says: 'it is not signed', remedy: 'sign for the domain of its From (RFC 6376)' },
    })
    const missing = await postern(['mail', 'no-such-id', '--mailpit', mailpit]).ended
    expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining('status 404')])
  }).finally(() => server.close())
})

test('what is no message, no address and no name server is told, with what to do', async () => {
  await inPlace(async ({ folder, postern }) => {
    const file = path.join(folder, 'mail.eml')
    await writeFile(file, `X: ${'x'.repeat(2_000_000)}\r\n\r\n`)
    const refused = async (...args: string[]) => {
      const { code, stdout, stderr } = await postern(['mail', ...args]).ended
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
      return stderr
    }
    expect(await refused('nowhere.eml')).toMatch(
      /expected a message in nowhere\.eml; seen no such file; name an \.eml/,
    )
    expect(await refused(folder)).toContain('seen a folder')
    expect(await refused(file)).toContain('its header has 2000003 bytes')
    expect(await refused(file, '--ip', 'mx.test')).toContain(
      'expected an IP address after --ip; seen mx.test',
    )
    expect(await refused(file, '--dns', 'ns.test')).toContain(
      'expected a name server as ADDRESS or ADDRESS:PORT',
    )
    expect((await postern(['mail', 'latest', '--mailpit', 'http://127.0.0.1:1']).ended).code).toBe(2)
  })
})

test.each([
  ['nothing', ''],
  ['a zone file', '; no message\r\n@ 3600 IN MX 10 mx.shop.test.\r\n'],
  ['random octets', String.fromCharCode(...Array.from({ length: 4000 }, (_, n) => (n * 7919 + 13) % 251))],
])('%s is no message, which is said as bad use', async (_, text) => {
  await inPlace(async ({ folder, postern }) => {
    const file = path.join(folder, 'x.eml')
    await writeFile(file, text, 'latin1')
    expect(await postern(['mail', file]).ended).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/seen no header field in it/),
    })
  })
})
