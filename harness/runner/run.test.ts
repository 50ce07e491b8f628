import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { expect, test, vi } from 'vitest'
import type { Report } from '../model.ts'
import { createCertificates, type KeyAndCertificate } from '../sandbox/certificates.ts'
import { selfSigned } from '../sandbox/self-signed.ts'
import { root } from '../tree.ts'
import { type Forwarder, startForwarder } from './forwarder.testing.ts'
import { forms, secretsOf } from './secrets-seen.testing.ts'
import { inPlace, isRunning, type Place } from './spawned.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

const reports = ['junit.xml', 'report.html', 'report.json', 'report.sarif']
const zone = '0a1b2c3d.postern.test'

/** The reference API as somebody else's: running already, and its mail goes nowhere. `certified`: by itself. */
async function withExternal(
  more: string,
  use: (
    target: Forwarder,
    start: (args: readonly string[]) => ReturnType<Place['postern']>,
    place: Place,
  ) => Promise<void>,
  certified?: KeyAndCertificate,
): Promise<void> {
  const { start } = await import(pathToFileURL(`${root}fixtures/reference-api/start.ts`).href)
  const certificates = await createCertificates(zone)
  const tls = certified ?? (await certificates.issue(['127.0.0.1']))
  const nowhere = { dns: '127.0.0.1:1', egress: 'http://127.0.0.1:1' }
  const reference = await start({ zone: `t1.${zone}`, tls, ...nowhere, seed: true })
  const target = await startForwarder(reference.url, tls)
  try {
    await inPlace(async (place) => {
      const profile = path.join(place.folder, 'target.yaml')
      const yaml = await readFile(`${root}fixtures/targets/reference.yaml`, 'utf8')
      const external = yaml
        .replace(/^ {2}embedded: .*\n/m, '')
        .replace(/^ {2}recipients: .*\n/m, '')
        .replace(/^principals:/m, `ca: ./ca.pem\n${more}\nprincipals:`)
      await writeFile(profile, external)
      await writeFile(path.join(place.folder, 'ca.pem'), certified?.cert ?? certificates.ca)
      const env = { ...reference.exports, REFERENCE_URL: target.url }
      const args = ['run', '--target', profile, '--reach', 'intrusive', '--out', place.out]
      await use(target, (restriction) => place.postern([...args, ...restriction], env), place)
    })
  } finally {
    await target.close()
    await reference.close()
  }
}

/** A profile whose embedded target is the reference API behind a forwarder; `then` says what the forwarder is for. */
async function forwardedProfile(folder: string, then: string): Promise<string> {
  const from = (file: string) => JSON.stringify(pathToFileURL(`${root}${file}`).href)
  const target = `import { appendFileSync } from 'node:fs'
    import { start as startReference } from ${from('fixtures/reference-api/start.ts')}
    import { startForwarder } from ${from('harness/runner/forwarder.testing.ts')}
    export async function start(settings) {
      const reference = await startReference(settings)
      const forwarder = await startForwarder(reference.url, settings.tls)
      const exports = { ...reference.exports, REFERENCE_URL: forwarder.url }
      ${then}
      const close = async () => {
        await forwarder.close()
        await reference.close()
      }
      return { ...reference, exports, close }
    }`
  await writeFile(path.join(folder, 'target.mjs'), target)
  const yaml = await readFile(`${root}fixtures/targets/reference.yaml`, 'utf8')
  const profile = path.join(folder, 'target.yaml')
  await writeFile(profile, yaml.replace('../reference-api/start.ts', './target.mjs'))
  return profile
}

/** What was made at the target and not deleted there: the paths. */
function left({ passed }: Forwarder): string[] {
  const made = passed.flatMap(({ method, path, status, body }) =>
    method === 'POST' && status === 201 ? [`${path}/${JSON.parse(body).id ?? JSON.parse(body).email}`] : [],
  )
  const deleted = passed.flatMap(({ method, path, status }) =>
    method === 'DELETE' && status < 300 ? [decodeURIComponent(path)] : [],
  )
  return made.filter((path) => !deleted.includes(path))
}

const creations = ({ method, status }: { method: string; status: number }) =>
  method === 'POST' && status === 201

function verdicts({ outcomes }: Report, verdict: string): string[] {
  return outcomes.filter((outcome) => outcome.verdict === verdict).map(({ check }) => check)
}

test('Ctrl-C: a partial report, what was made is taken back, nothing is left, exit code 2', async () => {
  await withExternal('', async (target, start, { report, documents, temporary }) => {
    const run = start(['--suite', 'keys', '--suite', 'access', '--suite', 'auth'])
    await target.seen(creations, 3)
    process.kill(-run.pid, 'SIGINT')
    const { code, signal, stderr } = await run.ended
    expect({ code, signal, left: left(target) }).toEqual({ code: 2, signal: null, left: [] })
    expect(stderr).toContain('interrupted: cleaning up')
    expect(stderr).not.toContain('left behind')
    const { complete, incompleteBecause, exitCode, outcomes } = await report()
    expect({ complete, incompleteBecause, exitCode }).toEqual({
      complete: false,
      incompleteBecause: 'the run was interrupted',
      exitCode: 2,
    })
    expect(
      outcomes.every(({ verdict }) => ['pass', 'unproven', 'not-applicable', 'held-back'].includes(verdict)),
    ).toBe(true)
    expect(Object.keys(await documents())).toEqual(reports)
    expect(isRunning(run.pid)).toBe(false)
    expect(await readdir(temporary)).toEqual([])
  })
})

for (const [what, from, until] of [
  ['is not valid yet', 1, 3],
  ['has expired', -3, -1],
] as const)
  test(`a certificate that ${what}: compare the clocks, exit code 2, nothing left behind`, async () => {
    await withExternal(
      '',
      async (_target, start, { report, temporary }) => {
        const run = start(['--suite', 'auth', '--check', 'injection/stored-output'])
        const { code, stderr } = await run.ended
        expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
        const { outcomes } = await report()
        const judged = outcomes.filter(
          ({ verdict }) => verdict !== 'not-applicable' && verdict !== 'held-back',
        )
        expect(judged.length).toBeGreaterThan(3)
        for (const { check, verdict, reason } of judged)
          expect({ check, verdict, reason }).toEqual({
            check,
            verdict: 'unproven',
            reason: expect.stringMatching(
              /CERT_(NOT_YET_VALID|HAS_EXPIRED): compare this machine's clock with/,
            ),
          })
        expect(isRunning(run.pid)).toBe(false)
        expect(await readdir(temporary)).toEqual([])
      },
      await selfSigned(from, until),
    )
  })

test('reports that cannot be written: the findings are told, a remedy, exit code 2, nothing left behind', async () => {
  await inPlace(async ({ folder, out, postern, temporary }) => {
    await mkdir(path.join(out, 'report.json'), { recursive: true })
    const args = [
      'run',
      '--check',
      'injection/crlf-subject',
      '--weakness',
      'passes-line-breaks-on',
      '--out',
      out,
    ]
    const run = postern(args)
    const { code, stdout, stderr } = await run.ended
    expect(code).toBe(2)
    expect(stdout).toMatch(/seen: +a message for hidden-\S+ reached the wire/)
    expect(stderr).toBe(
      `--out: expected to write the reports to ${out}; seen EISDIR; make room there or name another folder, and run again\n`,
    )
    expect(isRunning(run.pid)).toBe(false)
    expect([await readdir(out), await readdir(folder), await readdir(temporary)]).toEqual([
      ['report.json'],
      ['out', 'temporary'],
      [],
    ])
  })
})

test('a used-up budget does not keep a run from taking back what it made', async () => {
  await withExternal('budget: { requests: 15 }', async (target, start, { report }) => {
    const { code } = await start(['--suite', 'keys', '--suite', 'access']).ended
    expect(target.passed.filter(creations).length).toBeGreaterThan(0)
    expect({ code, left: left(target) }).toEqual({ code: 2, left: [] })
    expect(verdicts(await report(), 'fail')).toEqual([])
  })
})

test('a target that dies halfway: what was proven stays, the rest is unproven, exit code 2', async () => {
  await inPlace(async ({ folder, out, postern, report }) => {
    const then = 'forwarder.seen(() => true, 300).then(() => forwarder.close())'
    const target = await forwardedProfile(folder, then)
    const { code, stdout } = await postern(['run', '--target', target, '--out', out]).ended
    const result = await report()
    const { complete, incompleteBecause } = result
    expect({ code, complete, incompleteBecause }).toEqual({
      code: 2,
      complete: false,
      incompleteBecause: 'the target no longer takes connections',
    })
    expect(verdicts(result, 'fail')).toEqual([])
    expect(verdicts(result, 'error')).toEqual([])
    expect(verdicts(result, 'unproven').length).toBeGreaterThan(0)
    const printed = [...stdout.matchAll(/^passed +(\S+)/gm)].map(([, check]) => check).sort()
    expect(verdicts(result, 'pass')).toEqual(printed)
  })
})

test('a target that dies in a run that is paced ends it: nobody waits for turns to ask it', async () => {
  await inPlace(async ({ folder, out, postern, report }) => {
    const target = await forwardedProfile(
      folder,
      'forwarder.seen(() => true, 60).then(() => forwarder.close())',
    )
    await writeFile(target, `${await readFile(target, 'utf8')}\nbudget: { perSecond: 20 }\n`)
    const selection = ['--suite', 'keys', '--suite', 'access', '--suite', 'injection']
    const { code } = await postern(['run', '--target', target, ...selection, '--out', out]).ended
    const { incompleteBecause, outcomes } = await report()
    expect({ code, incompleteBecause }).toEqual({
      code: 2,
      incompleteBecause: 'the target no longer takes connections',
    })
    // These had not ended: each has hundreds of requests before it.
    const cut = outcomes.filter(({ reason }) => reason === incompleteBecause)
    expect(cut.length).toBeGreaterThan(3)
  })
})

test('a target that hangs ends the run as well: its system still takes connections', async () => {
  await inPlace(async ({ folder, out, postern, report }) => {
    const hangs = `forwarder.seen(() => true, 60).then(() => forwarder.instead(() => 'held'))`
    const target = await forwardedProfile(folder, hangs)
    const yaml = await readFile(target, 'utf8')
    await writeFile(target, yaml.replace(/^target:$/m, 'target:\n  timeout: 2'))
    const selection = ['--suite', 'keys', '--suite', 'access', '--suite', 'injection']
    const { code } = await postern(['run', '--target', target, ...selection, '--out', out]).ended
    const { incompleteBecause, outcomes } = await report()
    expect({ code, incompleteBecause }).toEqual({
      code: 2,
      incompleteBecause: 'the target takes connections, and answered nothing for 6 s',
    })
    expect(outcomes.filter(({ reason }) => reason === incompleteBecause).length).toBeGreaterThan(3)
  })
})

test('npm passes Ctrl-C and SIGTERM on, and one is not taken for two; SIGHUP is noticed where it ends npm', async () => {
  // npm itself ends by the signal that it got.
  for (const [name, group] of [
    ['SIGINT', true],
    ['SIGTERM', false],
    // Elsewhere the end of npm alone is not seen: a terminal signals all of its group.
    ['SIGHUP', process.platform !== 'linux'],
  ] as const)
    await inPlace(async ({ npm, out, report, documents }) => {
      const run = npm(['test', '--', '--suite', 'tls', '--suite', 'injection', '--out', out])
      await run.printed('postern 0.')
      process.kill(group ? -run.pid : run.pid, name)
      const { signal } = await run.ended
      expect({ signal, complete: (await report()).complete }).toEqual({ signal: name, complete: false })
      expect(Object.keys(await documents())).toEqual(reports)
    })
})

test('two runs at once do not disturb each other, and leave nothing', async () => {
  await inPlace(async (place) => {
    const selection = [
      '--suite',
      'tls',
      '--check',
      'keys/revoke-immediate',
      '--check',
      'mail-auth/dkim-valid',
    ]
    const runs = [0, 1].map((n) => {
      const out = path.join(place.out, String(n))
      return { out, run: place.postern(['run', ...selection, '--out', out]) }
    })
    for (const { run, out } of runs) {
      const { code, signal, stderr } = await run.ended
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
      const { outcomes } = JSON.parse(await readFile(path.join(out, 'report.json'), 'utf8')) as Report
      expect(new Set(outcomes.map(({ verdict }) => verdict))).toEqual(new Set(['pass']))
      expect(isRunning(run.pid)).toBe(false)
    }
    expect(await readdir(place.temporary)).toEqual([])
  })
})

test('the README’s example: npm test with a weakness exits 1 and reports the finding', async () => {
  await inPlace(async ({ npm, folder, out, report, documents }) => {
    const summary = path.join(folder, 'summary.md')
    const args = ['test', '--', '--weakness', 'passes-line-breaks-on', '--suite', 'injection', '--out', out]
    const { code, stdout } = await npm(args, { GITHUB_STEP_SUMMARY: summary }).ended
    expect(code).toBe(1)
    const { outcomes, target } = await report()
    expect(target.weaknesses).toEqual(['passes-line-breaks-on'])
    const found = outcomes.find(({ check }) => check === 'injection/crlf-subject')
    expect(found?.verdict).toBe('fail')
    expect(found?.findings.map(({ operation }) => operation)).toContain('message.send')
    const problem = found?.problem ?? 'no problem'
    expect((await documents())['report.html']).toContain(problem)
    expect(await readFile(summary, 'utf8')).toContain(problem)
    expect(stdout).toContain(problem)
  })
})

test('an embedded target that dies of an error is no finding and no hang: a report, exit code 2', async () => {
  await inPlace(async ({ folder, out, postern, report, documents }) => {
    const then = `forwarder.seen(() => true).then(() => { throw new Error('astray') })`
    const target = await forwardedProfile(folder, then)
    const args = ['run', '--target', target, '--check', 'injection/bcc-leak', '--out', out]
    const { code } = await postern(args).ended
    const { complete, incompleteBecause } = await report()
    expect({ code, complete, incompleteBecause }).toEqual({
      code: 2,
      complete: false,
      incompleteBecause: 'the target is lost: its thread ended',
    })
    expect(Object.keys(await documents())).toEqual(reports)
  })
})

test('a second Ctrl-C leaves at once', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  try {
    await inPlace(async ({ folder, out, postern, documents }) => {
      const target = path.join(folder, 'target.yaml')
      const { port } = silent.address() as AddressInfo
      const yaml = `name: silent
target: { url: 'http://127.0.0.1:${port}' }
principals: { admin: { bearer: '\${env:POSTERN_TEST_KEY}' }, neighbour: { bearer: '\${env:POSTERN_TEST_KEY}' } }
operations: { principal.get: { method: GET, path: /me, result: { id: body.id } } }
mail: { from: shop@sender.example, recipients: { route: mx } }
`
      await writeFile(target, yaml)
      const args = ['run', '--target', target, '--reach', 'intrusive', '--suite', 'access', '--out', out]
      const run = postern(args, { POSTERN_TEST_KEY: 'a-secret' })
      await once(silent, 'connection')
      await once(silent, 'connection')
      process.kill(run.pid, 'SIGINT')
      await run.printed('interrupted')
      // What comes sooner is the same Ctrl-C, passed on.
      await after(600)
      process.kill(run.pid, 'SIGINT')
      const { code, stdout } = await run.ended
      expect({ code, documents: await documents() }).toEqual({ code: 2, documents: {} })
      expect(stdout).not.toContain('report:')
    })
  } finally {
    silent.close()
  }
})

/** Every weakness whose finding shows a call that somebody made with a credential, or a sign-in. */
const telling = [
  'looks-up-by-id-alone',
  'checks-roles-in-the-browser-only',
  'checks-no-scope-on-exports',
  'accepts-unsigned-tokens',
  'ignores-token-expiry',
  'mints-keys-wider-than-their-creator',
  'caches-keys-after-revocation',
  'accepts-auth-before-tls',
  'throttles-only-the-web-sign-in',
  'authenticates-only-lower-case-paths',
]

test('no secret stands in a report or on the terminal, and reproduce lines are shell with variables', async () => {
  await inPlace(async ({ folder, out, postern, report, documents }) => {
    const file = path.join(folder, 'seen.json')
    const then = `const note = (what) => appendFileSync(${JSON.stringify(file)}, JSON.stringify(what) + '\\n')
      note(exports)
      const listen = async () => {
        for (let n = 1; ; n++) {
          await forwarder.seen(() => true, n)
          note(forwarder.passed[n - 1].body)
        }
      }
      listen()`
    const target = await forwardedProfile(folder, then)
    const suites = ['access', 'auth'].flatMap((name) => ['--suite', name])
    // Those that are fooled by keys which go on after their end watch them for a minute each: one of them tells enough.
    const ofKeys = ['entropy-match', 'leak-in-output', 'revoke-immediate', 'scope-matrix', 'self-escalate']
    const checks = [
      ...['smtp/sub-auth-clear', 'rate-limit/cred-guess'],
      ...ofKeys.map((name) => `keys/${name}`),
    ].flatMap((id) => ['--check', id])
    const weaknesses = telling.flatMap((name) => ['--weakness', name])
    const args = ['run', '--target', target, '--out', out, ...suites, ...checks, ...weaknesses]
    const { code, stdout, stderr } = await postern(args).ended
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    const { outcomes } = await report()
    const findings = outcomes.flatMap((outcome) => outcome.findings)
    const failed = outcomes
      .filter(({ verdict }) => verdict === 'fail')
      .flatMap(({ weaknesses }) => weaknesses)
    expect(failed).toEqual(expect.arrayContaining(telling))

    const [exports = '', ...bodies] = (await readFile(file, 'utf8')).trim().split('\n')
    const secrets = secretsOf(
      JSON.parse(exports) as Record<string, string>,
      bodies.map((line) => JSON.parse(line) as string),
    )
    expect(secrets.length).toBeGreaterThan(30)
    const texts = { ...(await documents()), stdout, stderr }
    for (const [place, text] of Object.entries(texts))
      for (const { name, value } of secrets)
        for (const [form, encoded] of Object.entries(forms(value)))
          if (text.includes(encoded)) expect(`${name} stands in ${place}, ${form}`).toBe('nowhere')

    const lines = findings.map(({ reproduce }) => reproduce)
    expect(lines.filter((line) => /authorization: Bearer /i.test(line) && !line.includes('$'))).toEqual([])
    expect(lines.filter((line) => line.includes('$')).length).toBeGreaterThan(5)
    for (const { findings } of outcomes.filter(({ verdict }) => verdict === 'fail'))
      execFileSync('sh', ['-n'], { input: findings[0]?.reproduce })
  })
})
