import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isGone, ownerText, processWith } from './owner.ts'
import { createRunFolder, removeLeftFolders, signalGroup } from './run-folder.ts'

let parent = ''
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'run-folders-'))
})
afterEach(() => rm(parent, { recursive: true }))

/** A process that makes a folder, has another in a group of its own serve it, says which, and waits. */
async function owner() {
  const script = `
    import { spawn } from 'node:child_process'
    import { createRunFolder } from ${JSON.stringify(import.meta.resolve('./run-folder.ts'))}
    const folder = await createRunFolder('test', ${JSON.stringify(parent)})
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
    await folder.serves(child.pid)
    console.log(child.pid)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script])
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, served: processWith(Number(line)) }
}

test('what a process has left that was killed is removed and ended; what others have is theirs', async () => {
  const { child, served } = await owner()
  try {
    await removeLeftFolders(parent)
    expect([isGone(served), (await readdir(parent)).length]).toEqual([false, 1])
    child.kill('SIGKILL')
    await once(child, 'exit')
    const own = await createRunFolder('test', parent)
    await mkdir(path.join(parent, 'postern-of-nobody'))
    await removeLeftFolders(parent)
    expect((await readdir(parent)).sort()).toEqual([path.basename(own.path), 'postern-of-nobody'].sort())
    await expect.poll(() => isGone(served)).toBe(true)
  } finally {
    child.kill('SIGKILL')
    signalGroup(served.pid, 'SIGKILL')
  }
})

test.skipIf(process.platform === 'win32')('where nothing can be written no folder stays', async () => {
  const script = `
    import { createRunFolder } from ${JSON.stringify(import.meta.resolve('./run-folder.ts'))}
    await createRunFolder('test', ${JSON.stringify(parent)}).catch(({ code }) => console.log(code))`
  const full = 'ulimit -f 0 && exec "$0" --input-type=module -e "$1"'
  const child = spawn('bash', ['-c', full, process.execPath, script])
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  expect([line, await readdir(parent)]).toEqual(['EFBIG', []])
})

test.runIf(process.getuid?.() === 0)('what somebody else says is to be ended is not', async () => {
  const victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true })
  try {
    const folder = path.join(parent, 'postern-test-planted')
    await mkdir(folder)
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'exit')
    const gone = { ...processWith(dead.pid ?? 0), since: 'x' }
    await writeFile(path.join(folder, 'owner'), ownerText(gone))
    await writeFile(path.join(folder, 'group'), ownerText(processWith(victim.pid ?? 0)))
    await chown(folder, 65_534, 65_534)
    await removeLeftFolders(parent)
    expect([await readdir(parent), victim.exitCode, victim.signalCode]).toEqual([
      ['postern-test-planted'],
      null,
      null,
    ])
  } finally {
    victim.kill('SIGKILL')
  }
})

test('what comes while a folder is removed, or after, does not make it anew', async () => {
  const folder = await createRunFolder('late')
  const early = folder.add('early/file', 'x')
  const removed = folder.remove()
  await Promise.all([early, removed])
  await folder.add('late/file', 'x')
  await expect(access(folder.path)).rejects.toThrow('ENOENT')
})
