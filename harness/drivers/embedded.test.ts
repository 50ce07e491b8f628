import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts'
import { embeddedDriver } from './embedded.ts'

const target = `export const start = async ({ zone }) => ({
  records: [{ name: zone, type: 'TXT', value: 'v=spf1 -all' }, { name: 'a.' + zone, type: 'TXT', value: 'b' }, { name: zone, type: 'TXT', value: 'c' }],
  exports: { ZONE: zone },
  close: async () => {},
})`

test('what a target publishes goes with it, so that no number of them fills the zone', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-embedded-'))
  const module = path.join(folder, 'target.mjs')
  await writeFile(module, target)
  const sandbox: Sandbox = await startSandbox({ handlers: {} })
  const driver = embeddedDriver(module, { deliveryDelay: 0, answerDelay: 0 })
  const published = new Set<string>()
  const watched = {
    ...sandbox,
    dns: {
      ...sandbox.dns,
      publish: (records: Parameters<Sandbox['dns']['publish']>[0]) => {
        for (const { name } of records) published.add(name)
        sandbox.dns.publish(records)
      },
      withdraw: (name: string) => {
        published.delete(name)
        sandbox.dns.withdraw(name)
      },
    },
  }
  try {
    const first = await driver.up(watched, { weaknesses: [] })
    const second = await driver.up(watched, { weaknesses: [] })
    expect(published.size).toBe(4)
    await driver.down(first.id)
    expect([...published].every((name) => name.endsWith(second.exports['ZONE'] ?? '-'))).toBe(true)
    await driver.down(second.id)
    expect([...published]).toEqual([])
  } finally {
    await driver.close()
    await sandbox.close()
    await rm(folder, { recursive: true })
  }
})
