import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import type { Told } from './reporter.ts'

// A process of its own, on machines that may have little to run it on.
vi.setConfig({ testTimeout: 60_000 })

test('nothing of what checks became is lost where whoever reads it is busy when they end', async () => {
  // As Playwright does: it waits for the end of its reporters, and ends.
  const program = `
    import Reporter from ${JSON.stringify(new URL('reporter.ts', import.meta.url).href)}
    const reporter = new Reporter()
    const check = { type: 'check', description: JSON.stringify({ about: { id: 'a/b' }, switched: null }) }
    const judgement = { type: 'judgement', description: JSON.stringify({ reason: 'x'.repeat(20_000) }) }
    const one = { title: 'a', annotations: [check], parent: { project: () => ({ name: 'sound' }) } }
    for (let n = 0; n < 200; n++) reporter.onTestEnd(one, { annotations: [judgement], duration: 1 })
    await reporter.onEnd()
    process.exit(0)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const told: Told['kind'][] = []
  child.on('message', ({ kind }: Told) => told.push(kind))
  const closed = once(child, 'close')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
  expect(await closed).toEqual([0, null])
  expect([told.length, told.at(-1)]).toEqual([201, 'done'])
})
