import { execFileSync } from 'node:child_process'
import { readdir, watch } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { inPlace, type Place, type Spawned } from './spawned.testing.ts'

// A browser starts, on machines that may have little to run it on, and is unpacked where that was never done.
vi.setConfig({ testTimeout: 180_000 })

const check = ['run', '--check', 'injection/stored-output']

/** Resolves once the run's browser is up. */
async function browserOf({ temporary }: Place): Promise<void> {
  for await (const { filename } of watch(temporary, { recursive: true }))
    if (filename?.includes('profile')) return
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

function processes(): Process[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args=', '-ww'], { encoding: 'utf8' }).split('\n')
  return lines.map((line) => {
    const [pid, parent, ...command] = line.trim().split(/\s+/)
    return { pid: Number(pid), parent: Number(parent), command: command.join(' ') }
  })
}

/** Of the run's browser; each says where its profile is. */
function left({ temporary }: Place): Process[] {
  return processes().filter(({ command }) => command.includes(temporary))
}

async function expectNothingLeft(place: Place): Promise<void> {
  await vi.waitFor(() => expect(left(place)).toEqual([]), { timeout: 10_000 })
  expect(await readdir(place.temporary)).toEqual([])
}

async function inBrowser(use: (run: Spawned, place: Place) => Promise<void>): Promise<void> {
  await inPlace(async (place) => {
    const up = browserOf(place)
    const run = place.postern([...check, '--out', place.out])
    await Promise.race([up, run.ended])
    await use(run, place)
    await expectNothingLeft(place)
  })
}

test('a browser check has its outcome in the report, and its browser leaves nothing', async () => {
  await inBrowser(async (run, { report }) => {
    const { code, stdout, stderr } = await run.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.match(/^passed .*$/gm)).toHaveLength(1)
    const { outcomes } = await report()
    expect(outcomes.map(({ check, verdict }) => ({ check, verdict }))).toEqual([
      { check: 'injection/stored-output', verdict: 'pass' },
    ])
  })
})

test('Ctrl-C ends the browser as well', async () => {
  await inBrowser(async (run, { report }) => {
    process.kill(-run.pid, 'SIGINT')
    expect(await run.ended).toMatchObject({ code: 2, signal: null })
    const { incompleteBecause, outcomes } = await report()
    expect(incompleteBecause).toBe('the run was interrupted')
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(['unproven'])
  })
})

test('a browser part that does not come fails the run', async () => {
  await inBrowser(async (run, { report }) => {
    const playwright = processes().find(
      ({ parent, command }) => parent === run.pid && command.includes('cli'),
    )
    process.kill(playwright?.pid ?? 0, 'SIGKILL')
    expect((await run.ended).code).toBe(2)
    const { incompleteBecause, outcomes } = await report()
    expect(incompleteBecause).toContain('the browser part of the report is missing')
    expect(outcomes.map(({ check, verdict }) => ({ check, verdict }))).toEqual([
      { check: 'injection/stored-output', verdict: 'unproven' },
    ])
  })
})

test('a run that is killed takes its browser with it, and the next one removes its files', async () => {
  await inBrowser(async (run, place) => {
    process.kill(-run.pid, 'SIGKILL')
    await run.ended
    await vi.waitFor(() => expect(left(place)).toEqual([]), { timeout: 30_000 })
    expect(await readdir(place.temporary)).toEqual([expect.stringMatching(/^postern-browser-/)])
    const next = place.postern(['run', '--check', 'tls/versions', '--out', place.out])
    expect((await next.ended).code).toBe(0)
  })
})
