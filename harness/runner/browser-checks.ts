import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { type Order, withOrder } from '../browser/order.ts'
import { playwrightCommand } from '../browser/playwright.ts'
import type { Told } from '../browser/reporter.ts'
import { createRunFolder, signalGroup } from '../drivers/run-folder.ts'
import { isPackage, root } from '../tree.ts'
import type { Recorder } from './recorder.ts'

/** For what is on its way when it is stopped: milliseconds. */
const grace = 3000

/**
 * Runs browser checks in Playwright's process, or only lists them, into the recorder. A part that does not come is a
 * fault of the recorder: it is never silently left out.
 */
export async function runBrowserChecks(
  order: Order,
  recorder: Recorder,
  { list = false, signal }: { readonly list?: boolean; readonly signal?: AbortSignal } = {},
): Promise<void> {
  // Chromium leaves some of its files where it is ended.
  const folder = await createRunFolder('browser')
  if (playwrightCommand === null) throw new TypeError('expected Playwright')
  const child = fork(playwrightCommand, ['test', ...(list ? ['--list'] : [])], {
    cwd: root,
    env: {
      ...withOrder(process.env, order),
      ...{ TMPDIR: folder.path, TEMP: folder.path, TMP: folder.path },
      // What it compiles is kept with the packages, not among temporary files; a package is compiled already.
      ...(isPackage ? {} : { PWTEST_CACHE_DIR: `${root}node_modules/.cache/playwright` }),
      PLAYWRIGHT_BROWSERS_PATH: process.env['PLAYWRIGHT_BROWSERS_PATH'],
    },
    execArgv: [],
    // A group of its own, so that nothing of it is left, whatever became of Playwright itself.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  let done = false
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000)
  })
  child.on('message', (told: Told) => {
    if (told.kind === 'done') done = true
    else if (told.kind === 'fault') recorder.faults.push(told.message.split('\n')[0] ?? '')
    else recorder.add(told)
  })
  const stop = () => {
    child.kill('SIGINT')
    setTimeout(() => child.kill('SIGKILL'), grace).unref()
  }
  signal?.addEventListener('abort', stop, { once: true })
  const closed = once(child, 'close').catch((error: Error) => [error.message]) as Promise<[unknown]>
  if (child.pid !== undefined) await folder.serves(child.pid)
  const [code] = await closed
  signal?.removeEventListener('abort', stop)
  await groupEnded(child)
  await folder.remove()
  if (!done)
    recorder.faults.push(
      `the browser part of the report is missing: Playwright ended with ${code} ${said.trim().split('\n')[0] ?? ''}`,
    )
}

/**
 * Resolves when nothing of the group is left. Playwright's workers end where Playwright did, and take Chromium with them,
 * which has a group of its own; what has not ended after the grace is killed.
 */
async function groupEnded({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return
  const deadline = performance.now() + grace
  while (signalGroup(pid, 0) && performance.now() < deadline) await after(20)
  signalGroup(pid, 'SIGKILL')
}
