import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { isGone, ownerText, parentOf, processWith, readOwner, thisProcess } from './owner.ts'

test('who is written down is found again', () => {
  expect(readOwner(ownerText(thisProcess()))).toEqual(thisProcess())
  expect(isGone(thisProcess())).toBe(false)
  expect(isGone({ ...thisProcess(), host: 'another machine' })).toBe(false)
})

test.runIf(process.platform === 'linux')(
  'a process that nobody has buried is gone all the same',
  async () => {
    // Its parent is another program by the time it ends, which waits for no child.
    const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'])
    try {
      const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
      const child = processWith(Number(line))
      expect([isGone(child), parentOf(child.pid)]).toEqual([false, parent.pid])
      process.kill(child.pid, 'SIGKILL')
      await expect.poll(() => isGone(child)).toBe(true)
      expect(parentOf(child.pid)).toBe(parent.pid)
    } finally {
      parent.kill('SIGKILL')
    }
  },
)
