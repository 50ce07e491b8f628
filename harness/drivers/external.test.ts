import { readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { type Forwarder, type Passed, startForwarder } from '../runner/forwarder.testing.ts'
import { besideOthers, type Place, type Spawned } from '../runner/spawned.testing.ts'
import { freePort } from '../sandbox/free-port.ts'
import { inventoryOf } from './inventory.testing.ts'
import { withStaging } from './sample-staging.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

interface Staging {
  readonly place: Place
  /** In front of the staging, and what the runs call. */
  readonly front: Forwarder
  readonly run: (args: readonly string[]) => Spawned
  readonly postern: (args: readonly string[]) => Spawned
  /** What is there of keys, users, templates, domains, contacts and suppressions, by their ids. */
  readonly inventory: () => Promise<string[]>
}

/** A staging that was told beforehand where the sandbox will be. */
async function withToldStaging(
  use: (staging: Staging) => Promise<void>,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const [dns, egress] = await Promise.all([freePort(), freePort()])
  const settings = { REFERENCE_DNS: `127.0.0.1:${dns}`, REFERENCE_EGRESS: `http://127.0.0.1:${egress}` }
  await withStaging(
    async () => ({ ...settings, ...more }),
    async ({ place, authority, exports, records, postern, tls }) => {
      const sandbox = { authority: 'authority.pem', records, ports: { dns, egress } }
      const front = await startForwarder(exports['REFERENCE_URL'] ?? '', tls)
      const start = (args: readonly string[]) =>
        // The authorization server calls itself by an address of its own, and what stands before it has another.
        postern(`sandbox: ${JSON.stringify(sandbox)}\noauth: null\n${besideOthers}`, args, {
          REFERENCE_URL: front.url,
        })
      try {
        await use({
          ...{ place, front, postern: start },
          run: (args) => start(['run', '--out', place.out, ...args]),
          inventory: await inventoryOf(exports, authority),
        })
      } finally {
        await front.close()
      }
    },
  )
}

test('a staging has the verdicts of the embedded target, and nothing is left there', async () => {
  await withToldStaging(async ({ place, run, inventory }) => {
    const before = await inventory()
    const { code, stdout } = await run(['--reach', 'disruptive']).ended
    expect(code, stdout).toBe(0)
    const { driver, outcomes, leftovers } = await place.report()
    expect(driver).toBe('external')
    // Of what exchangers refuse some stays in its queue.
    expect(leftovers).toEqual({ objects: 0, lines: [], lost: false, mails: expect.any(Number) })
    expect(leftovers?.mails).toBeGreaterThan(0)
    expect(
      outcomes
        .filter(({ check, verdict }) => verdict !== 'pass' && !check.startsWith('oauth/'))
        .map(({ check, verdict, reason }) => ({ check, verdict, reason })),
    ).toEqual([
      {
        ...{ check: 'keys/log-leak', verdict: 'not-applicable' },
        reason: expect.stringContaining('nobody here sees the log of a target that runs already'),
      },
    ])
    expect(await inventory()).toEqual(before)
  })
})

test('a staging is left alone beyond what was allowed: reading, unless more is asked for', async () => {
  await withToldStaging(async ({ place, run, inventory }) => {
    const before = await inventory()
    const { code, stdout } = await run([]).ended
    expect(code, stdout).toBe(0)
    const { reach, outcomes } = await place.report()
    expect(reach).toBe('safe')
    const held = outcomes.filter(({ verdict }) => verdict === 'held-back')
    expect(held.length).toBeGreaterThan(5)
    const without = outcomes.filter(
      ({ check, verdict }) => verdict === 'not-applicable' && !check.startsWith('oauth/'),
    )
    expect(without.map(({ check }) => check)).toEqual(['keys/log-leak'])
    expect(stdout).toContain(`\n${held.length} of ${outcomes.length} checks were held back: `)
    for (const { reason } of held) expect(reason).toMatch(/allow it with --reach (intrusive|disruptive)$/)
    expect(await inventory()).toEqual(before)
  })
})

const creations = ({ method, status }: Passed) => method === 'POST' && status === 201
const keys = ({ method, path, status }: Passed) =>
  method === 'POST' && status === 201 && path.endsWith('/keys')

/** A run that has made something, keys among it, when it gets the signal. */
async function ended(signal: NodeJS.Signals, { front, run }: Staging) {
  const started = run(['--reach', 'intrusive'])
  await front.seen(keys, 20)
  process.kill(-started.pid, signal)
  return started.ended
}

async function journalIn({ folder }: Place): Promise<string> {
  const all = await readdir(path.join(folder, 'state'), { recursive: true, withFileTypes: true })
  const files = all.filter((entry) => entry.isFile())
  return (
    await Promise.all(files.map(({ parentPath, name }) => readFile(path.join(parentPath, name), 'utf8')))
  ).join()
}

test('what a run has made that was killed, the next one takes back first', async () => {
  await withToldStaging(async (staging) => {
    const { run, inventory } = staging
    const before = await inventory()
    await ended('SIGKILL', staging)
    expect((await inventory()).length).toBeGreaterThan(before.length + 10)
    const journal = await journalIn(staging.place)
    expect(journal).toContain('key.revoke')
    // Its keys, and the passwords of users that checks make.
    expect(journal).not.toMatch(/rk_[0-9a-f]{8}_|Right-|Aa1-/)
    const { code, stdout, stderr } = await run(['--check', 'tls/versions']).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^took back \d{2,} objects of an earlier run/m)
    expect(await inventory()).toEqual(before)
  })
})

test('what a run has made that was killed is taken back by postern clean, once', async () => {
  await withToldStaging(async (staging) => {
    const { postern, inventory } = staging
    const before = await inventory()
    await ended('SIGKILL', staging)
    const { code, stdout, stderr } = await postern(['clean']).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^took back \d{2,} objects\nnothing is left of runs against .+ at https:\S+\n$/)
    expect(await inventory()).toEqual(before)
    expect(await postern(['clean']).ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^nothing is left of runs /),
    })
  })
})

test('a target that refuses: what stays is told, kept for the next time, and the run goes on', async () => {
  await withToldStaging(async (staging) => {
    const { front, place, postern, run, inventory } = staging
    const before = await inventory()
    await ended('SIGKILL', staging)
    front.instead(({ method }) => (method === 'DELETE' ? 403 : null))
    const refused = await postern(['clean']).ended
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toMatch(
      /^left behind: \d+ objects? of key\.create: key\.revoke was answered 403 \(/m,
    )
    expect(refused.stderr).toMatch(/^postern clean --target \S*target\.yaml takes them back/m)
    const next = await run(['--check', 'tls/versions']).ended
    expect({ code: next.code, stdout: next.stdout }).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining('took back'),
    })
    expect(next.stderr).toContain('left behind: ')
    const told = next.stderr.match(/^\d+ objects of the run stay .*$/m)?.[0] ?? 'nothing'
    const documents = await place.documents()
    for (const name of ['report.html', 'report.sarif', 'junit.xml']) expect(documents[name]).toContain(told)
    const { leftovers, notSelected } = await place.report()
    expect(leftovers).toMatchObject({ objects: Number.parseInt(told, 10), lost: false, mails: 0 })
    expect(notSelected).toContain('keys/scope-matrix')
    expect(notSelected).not.toContain('tls/versions')
    front.instead(() => null)
    expect((await postern(['clean']).ended).code).toBe(0)
    expect(await inventory()).toEqual(before)
  })
})

test('a run that only reads needs no journal: what it cannot look at is told, and it ends', async () => {
  await withToldStaging(async ({ place, run }) => {
    await writeFile(path.join(place.folder, 'state'), '')
    const { code, stderr } = await run(['--check', 'tls/versions']).ended
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^expected to read what earlier runs have left; seen ENOTDIR for .*\n$/),
    })
  })
})

/** What becomes of a journal while a run is at it. */
const losses: Record<string, (state: string, file: string) => Promise<void>> = {
  async ENOTDIR(state) {
    await rename(state, `${state}-before`)
    await writeFile(state, '')
  },
  async ENOSPC(_state, file) {
    // At once: between two steps the run would make the file anew.
    await symlink('/dev/full', `${file}.full`)
    await rename(`${file}.full`, file)
  },
}
for (const [code, lose] of Object.entries(losses))
  test(`a journal that can no longer be written (${code}): what is known is taken back, the rest is told, and the run ends`, async () => {
    await withToldStaging(async ({ place, front, run, inventory }) => {
      const before = await inventory()
      front.instead(({ method, path }) =>
        method === 'DELETE' && path.startsWith('/v1/templates') ? 403 : null,
      )
      const started = run(['--reach', 'intrusive', '--suite', 'keys', '--suite', 'access'])
      await front.seen(
        ({ method, path, status }) => method === 'POST' && path === '/v1/templates' && status === 201,
      )
      await front.seen(creations, 20)
      const state = path.join(place.folder, 'state')
      const all = await readdir(state, { recursive: true, withFileTypes: true })
      const [file] = all.filter((entry) => entry.isFile())
      await lose(state, path.join(file?.parentPath ?? '', file?.name ?? ''))
      const ended = await started.ended
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(
          new RegExp(
            `left behind: .* of template\\.create: template\\.delete was answered 403 [^]*postern clean may not know of all of it: expected to write what the run makes to its journal; seen ${code} for .*; make room there`,
          ),
        ),
      })
      expect(ended.stderr).not.toMatch(/could not run|\n\s+at |takes them back/)
      const stays = (await inventory()).filter((id) => !before.includes(id))
      // What a link of a message has done is in no journal: its address is one of the sandbox.
      const isTold = (id: string) => id.startsWith('tpl_') || id.endsWith('.staging.postern.test')
      expect(stays.filter((id) => !isTold(id))).toEqual([])
      expect(await readdir(place.temporary)).toEqual([])
    })
  })

test('the end of the terminal ends a run as Ctrl-C does: a report, and what was made is taken back', async () => {
  await withToldStaging(async (staging) => {
    const { place, postern, inventory } = staging
    const before = await inventory()
    const { code, signal, stderr } = await ended('SIGHUP', staging)
    expect({ code, signal, stderr }).toEqual({
      code: 2,
      signal: null,
      stderr: expect.stringContaining('interrupted: cleaning up'),
    })
    expect(await place.report()).toMatchObject({ incompleteBecause: 'the run was interrupted', exitCode: 2 })
    expect(await readdir(place.temporary)).toEqual([])
    // On a busy machine there may have been no time for all.
    expect((await postern(['clean']).ended).code).toBe(0)
    expect(await inventory()).toEqual(before)
  })
})

test('an interrupt ends a run also where the target takes its time: what there was none for is told and kept', async () => {
  await withToldStaging(async (staging) => {
    const { front, place, postern, inventory } = staging
    const before = await inventory()
    front.instead(({ method }) => (method === 'DELETE' ? 'held' : null))
    const { code, signal, stderr } = await ended('SIGINT', staging)
    expect({ code, signal }).toEqual({ code: 2, signal: null })
    expect(stderr).toMatch(/^left behind: \d+ objects of contact\.create: there was no time \(con_/m)
    expect(stderr).toMatch(/^postern clean --target \S*target\.yaml takes them back/m)
    const { complete, leftovers } = await place.report()
    expect({ complete, lines: leftovers?.lines }).toEqual({
      complete: false,
      lines: expect.arrayContaining([expect.stringMatching(/contact\.create: there was no time/)]),
    })
    front.instead(() => null)
    expect((await postern(['clean']).ended).code).toBe(0)
    expect(await inventory()).toEqual(before)
  })
})

test('an attack that succeeds leaves nothing, whoever made it', async () => {
  await withToldStaging(
    async ({ front, run, inventory }) => {
      const before = await inventory()
      const { code, stderr } = await run(['--reach', 'intrusive', '--check', 'auth/anon-access']).ended
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
      expect(front.passed.filter(creations).length).toBeGreaterThan(10)
      expect(await inventory()).toEqual(before)
    },
    { REFERENCE_WEAKNESS: 'authenticates-only-lower-case-paths' },
  )
})
