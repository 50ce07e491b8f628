import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { inPlace, isRunning, type Place } from '../runner/spawned.testing.ts'
import { root } from '../runner/vitest.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 180_000 })

/** Runs with a profile that extends the one of the reference API as a program; nothing may be left of it afterwards. */
async function byCommand(
  more: string,
  use: (start: (args: readonly string[]) => ReturnType<Place['postern']>, place: Place) => Promise<void>,
): Promise<void> {
  await inPlace(async (place) => {
    const profile = path.join(place.folder, 'target.yaml')
    await writeFile(profile, `extends: ${root}fixtures/targets/reference-command.yaml\n${more}`)
    await use((args) => place.postern(['run', '--target', profile, '--out', place.out, ...args]), place)
    expect(await readdir(place.temporary)).toEqual([])
  })
}

/** The groups of programs that runs in this place have started. */
async function programs({ temporary }: Place): Promise<number[]> {
  const folders = (await readdir(temporary)).filter((name) => name.startsWith('postern-command-'))
  const texts = folders.map((name) => readFile(path.join(temporary, name, 'program'), 'utf8'))
  return (await Promise.all(texts)).map((text) => Number(text.split(' ')[1]))
}

test('a program is started, judged and ended, and its log holds no secret', async () => {
  await byCommand('', async (start, place) => {
    const run = start(['--suite', 'keys', '--suite', 'injection', '--reach', 'intrusive'])
    await run.printed('postern 0.')
    const [program = 0] = await programs(place)
    expect(isRunning(program)).toBe(true)
    expect((await run.ended).code).toBe(0)
    expect(isRunning(program)).toBe(false)
    const { driver, outcomes } = await place.report()
    expect({ driver, verdicts: new Set(outcomes.map(({ verdict }) => verdict)) }).toEqual({
      driver: 'command',
      verdicts: new Set(['pass']),
    })
    const log = await readFile(path.join(place.out, 'logs', 'target.log'), 'utf8')
    expect(log).toMatch(/^\(an announcement of \d+ variables and \d+ DNS records\)\n$/)
  })
})

test('a weakness of the program is found', async () => {
  await byCommand('', async (start, place) => {
    const args = [
      '--reach',
      'intrusive',
      '--check',
      'injection/crlf-subject',
      '--weakness',
      'passes-line-breaks-on',
    ]
    expect((await start(args).ended).code).toBe(1)
    expect((await place.report()).outcomes.map(({ verdict }) => verdict)).toEqual(['fail'])
  })
})

test('a program that dies in the middle of a run: not relied on, exit code 2, nothing left behind', async () => {
  await byCommand('', async (start, place) => {
    const run = start(['--reach', 'disruptive'])
    await run.printed('passed ')
    const [program = 0] = await programs(place)
    expect(program).toBeGreaterThan(1)
    process.kill(-program, 'SIGKILL')
    expect((await run.ended).code).toBe(2)
    const { complete, incompleteBecause, outcomes } = await place.report()
    expect({ complete, incompleteBecause }).toEqual({
      complete: false,
      incompleteBecause: expect.stringMatching(/^the target is lost: it ended with SIGKILL/),
    })
    expect(outcomes.filter(({ verdict }) => verdict === 'fail' || verdict === 'error')).toEqual([])
    expect(isRunning(program)).toBe(false)
  })
})

test('the program of a run that was killed is ended by the next one', async () => {
  await byCommand('', async (start, place) => {
    const first = start(['--reach', 'disruptive'])
    await first.printed('postern 0.')
    const [program = 0] = await programs(place)
    process.kill(-first.pid, 'SIGKILL')
    await first.ended
    expect(isRunning(program)).toBe(true)
    expect((await start(['--check', 'tls/versions']).ended).code).toBe(0)
    // Until whoever adopted it has buried it.
    await expect.poll(() => isRunning(program), { timeout: 30_000 }).toBe(false)
  })
})

for (const [what, more, says] of [
  [
    'a program that is not there',
    'target: { command: { run: [postern-no-such-program] } }\n',
    /expected postern-no-such-program to start; seen ENOENT; see target\.command/,
  ],
  [
    'a program that ends at once',
    `target: { command: { run: [node, -e, "throw new Error('no database')"] } }\n`,
    /it ended with 1; see target\.command in the profile; the end of its log:\n(.*\n)*.*no database/,
  ],
  [
    'a program that announces nothing',
    `target: { command: { run: [node, -e, "setInterval(() => {}, 1000)"], ready: { within: 1 } } }\n`,
    /expected a line of JSON with exports or records .* within 1 s; seen none; see target\.command\.announces/,
  ],
  [
    'a program that never answers',
    `target: { url: "http://127.0.0.1:1", command: { run: [node, -e, "setInterval(() => {}, 1000)"], announces: false, ready: { url: "http://127.0.0.1:1/health", within: 1 } } }\n`,
    /expected http:\/\/127\.0\.0\.1:1\/health to be ready within 1 s; seen it not; see target\.command\.ready/,
  ],
] as const)
  test(`${what}: a remedy, exit code 2, nothing left behind`, async () => {
    await byCommand(more, async (start) => {
      const { code, stdout, stderr } = await start([]).ended
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(says)
    })
  })
