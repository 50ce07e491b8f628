import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { inPlace, isRunning, type Place } from '../runner/spawned.testing.ts'
import { freePort } from '../sandbox/free-port.ts'
import { root } from '../tree.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

/** Runs with a profile that extends the one of the reference API as a program; nothing may be left of it afterwards. */
async function byCommand(
  more: string,
  use: (
    start: (args: readonly string[], env?: Record<string, string>) => ReturnType<Place['postern']>,
    place: Place,
  ) => Promise<void>,
): Promise<void> {
  await inPlace(async (place) => {
    const profile = path.join(place.folder, 'target.yaml')
    await writeFile(profile, `extends: ${root}fixtures/targets/reference-command.yaml\n${more}`)
    const run = ['run', '--target', profile, '--out', place.out]
    await use((args, env) => place.postern([...run, ...args], env), place)
    expect(await readdir(place.temporary)).toEqual([])
  })
}

/** The groups of programs that runs in this place have started. */
async function programs({ temporary }: Place): Promise<number[]> {
  const folders = (await readdir(temporary)).filter((name) => name.startsWith('postern-command-'))
  const texts = folders.map((name) => readFile(path.join(temporary, name, 'group'), 'utf8'))
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
    expect(log).toMatch(
      /^\(an announcement of \d+ variables and \d+ DNS records\)\n(?:(?:[A-Z]+ \S* \d{3}|SMTP AUTH \S* \d{3})\n)+$/,
    )
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

test('a program that writes credentials to its log is found, and they stand in no file of the run', async () => {
  await byCommand('', async (start, place) => {
    const args = ['--check', 'keys/log-leak', '--weakness', 'logs-header-fields']
    expect((await start(args).ended).code).toBe(1)
    const [outcome] = (await place.report()).outcomes
    const found = outcome?.findings.find(({ variant }) => variant === 'credential of admin')
    expect(found?.actual).toMatch(
      /^\d+ of \d+ lines of the log hold it, the first: GET \S+ 200 \{.*Bearer \$/,
    )
    const log = await readFile(path.join(place.out, 'logs', 'target.log'), 'utf8')
    expect(log).toMatch(/"authorization":"Bearer \$[A-Z_]+"/)
    // Of a token its signature: without one it opens nothing.
    for (const text of [log, ...Object.values(await place.documents())])
      expect(text).not.toMatch(/eyJ[\w-]+\.[\w$-]+\.[\w-]{16,}|rk_[0-9a-f]{8}_/)
  })
})

test('what a program gives out and writes to its log stands in no file of the run, also where nobody looks for it', async () => {
  await byCommand('', async (start, place) => {
    const args = ['--check', 'keys/self-escalate', '--reach', 'intrusive', '--weakness', 'logs-answers']
    expect((await start(args).ended).code).toBe(0)
    const log = await readFile(path.join(place.out, 'logs', 'target.log'), 'utf8')
    expect(log).toMatch(/"access_token":"\$[A-Z_]+"/)
    expect(log).toMatch(/"secret":"\$KEY_CREATE_SECRET/)
    expect(log).not.toMatch(/eyJ[\w-]+\.[\w$-]+\.[\w-]{16,}|rk_[0-9a-f]{8}_/)
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

test('a program that ends once it was connected to: the run tells how, and the end of its log', async () => {
  const ends = `require('node:net').createServer(() => {
    console.error('no handler for errors')
    process.exit(7)
  }).listen(process.env.PORT, '127.0.0.1')`
  await inPlace(async ({ folder, out, postern }) => {
    const [profile, port] = [path.join(folder, 'target.yaml'), await freePort()]
    const command = { run: ['node', '-e', ends], environment: { PORT: String(port) } }
    const submission = { host: '127.0.0.1', implicit: port, username: 'a', secret: `\${env:KEY}` }
    const target = JSON.stringify({ submission, command })
    await writeFile(profile, `name: ends\ntarget: ${target}\nmail: { from: a@shop.example }\n`)
    const { code, stdout } = await postern(['run', '--target', profile, '--out', out], { KEY: 'k-12345' })
      .ended
    expect(code).toBe(2)
    expect(stdout).toMatch(/! the target is lost: it ended with 7; the end of its log: no handler for errors/)
  })
})

test('a program finds the project’s own Node, whoever starts the run', async () => {
  const writes = `require('node:fs').writeFileSync(process.env.SEEN, process.execPath)`
  await inPlace(async (place) => {
    const [profile, seen] = ['target.yaml', 'seen'].map((name) => path.join(place.folder, name))
    const command = { run: ['node', '-e', writes], environment: { SEEN: seen } }
    const rest = { embedded: null, url: 'http://127.0.0.1:1', command }
    await writeFile(
      profile ?? '',
      `extends: ${root}fixtures/targets/reference.yaml\ntarget: ${JSON.stringify(rest)}\n`,
    )
    await place.postern(['run', '--target', profile ?? '', '--out', place.out], { PATH: '/usr/bin:/bin' })
      .ended
    expect(await readFile(seen ?? '', 'utf8')).toContain(`${root}node_modules/`)
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
    expect(await start(['--check', 'headers/cors']).ended).toMatchObject({ code: 0, stderr: '' })
    // Until whoever adopted it has buried it.
    await expect.poll(() => isRunning(program), { timeout: 30_000 }).toBe(false)
  })
})

test('what a program writes down of what it is given and of what it will be sent is in no log and no error', async () => {
  const script =
    'for (const name of ["HANDED", "SENT", "OTHER"]) console.error(process.env[name]); process.exit(3)'
  const more = `principals: { sender: { bearer: "\${env:SENT}", values: { note: "\${env:OTHER}" } } }
target: { command: { run: [node, -e, ${JSON.stringify(script)}], environment: { HANDED: "\${env:GIVEN}" } } }\n`
  const secrets = { GIVEN: 'given-4711', SENT: 'sent-4711', OTHER: 'other-4711' }
  await byCommand(more, async (start, place) => {
    const { code, stderr } = await start([], secrets).ended
    const log = await readFile(path.join(place.out, 'logs', 'target.log'), 'utf8')
    expect([code, log]).toEqual([2, '$GIVEN\n$SENT\n$OTHER\n'])
    expect(stderr).toMatch(/it ended with 3; .*\n\$GIVEN\n\$SENT\n\$OTHER$/m)
    expect(stderr).not.toContain('4711')
  })
})

/** A program that keeps its keys in a file, answers no deletion while that file says so, and is found at any port. */
const keeper = `
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
const { FILE } = process.env
const read = () => JSON.parse(readFileSync(FILE, 'utf8'))
const server = createServer(async (request, response) => {
  const state = read()
  const [, , id] = request.url.split('/')
  if (request.method === 'DELETE' && state.held) return
  if (request.method === 'POST') {
    const key = JSON.parse(Buffer.concat(await Array.fromAsync(request)))
    writeFileSync(FILE, JSON.stringify({ ...state, keys: [...state.keys, { ...key, id: String(state.keys.length) }] }))
  }
  if (request.method === 'DELETE')
    writeFileSync(FILE, JSON.stringify({ ...state, keys: state.keys.filter((key) => key.id !== id) }))
  response.end(JSON.stringify({ id: String(state.keys.length), data: read().keys }))
})
server.listen(0, '127.0.0.1', () =>
  console.log(JSON.stringify({ exports: { KEEPER: 'http://127.0.0.1:' + server.address().port }, records: [] })),
)`

test('what a program keeps beyond a run that was killed is taken back, wherever it is found then', async () => {
  await inPlace(async (place) => {
    const file = (name: string) => path.join(place.folder, name)
    const state = async () => JSON.parse(await readFile(file('state.json'), 'utf8')) as { keys: unknown[] }
    await writeFile(file('keeper.mjs'), keeper)
    await writeFile(file('state.json'), '{"held": true, "keys": [{"id": "0", "name": "production"}]}')
    await writeFile(
      file('target.yaml'),
      `name: a keeper of keys
target: {url: '\${env:KEEPER}', command: {run: [node, keeper.mjs], environment: {FILE: state.json}, announces: true}}
principals: {admin: {bearer: '\${random:admin}'}}
operations:
  key.create: {method: POST, path: /keys, body: '{"name": name}', result: {id: body.id}}
  key.list: {method: GET, path: /keys, result: {items: body.data}}
  key.revoke: {method: DELETE, path: '/keys/{id}'}
mail: {from: shop@sender.example}
`,
    )
    const args = ['--target', file('target.yaml')]
    const run = place.postern(['doctor', ...args, '--reach', 'intrusive'])
    await expect.poll(async () => (await state()).keys.length, { timeout: 60_000 }).toBeGreaterThan(1)
    process.kill(-run.pid, 'SIGKILL')
    await run.ended
    await writeFile(file('state.json'), JSON.stringify({ keys: (await state()).keys }))
    const { code, stdout, stderr } = await place.postern(['clean', ...args]).ended
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^took back \d objects?\nnothing is left of runs against a keeper of keys at \S+\n$/,
      ),
      stderr: '',
    })
    expect((await state()).keys).toEqual([{ id: '0', name: 'production' }])
    expect(await readdir(place.temporary)).toEqual([])
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

for (const [what, command, says] of [
  [
    'a folder that is not there',
    '{ run: [node, -v], cwd: nowhere }',
    /^target\.command\.cwd: expected a folder to run the program in; seen none at \S+\/nowhere; /,
  ],
  [
    'a folder of which the variable is unset',
    `{ run: [node, -v], cwd: "\${env:POSTERN_TEST_FOLDER}" }`,
    /target\.command\.cwd: expected the variable POSTERN_TEST_FOLDER in the environment; seen it unset/,
  ],
  [
    'a program without a name',
    `{ run: ["\${env:POSTERN_TEST_PROGRAM}"] }`,
    /^target\.command\.run\.0: expected a program; seen an empty text; name one$/m,
  ],
] as const)
  test(`${what}: the place in the profile, and exit code 3`, async () => {
    await byCommand(`target: { command: ${command} }\n`, async (start) => {
      const { code, stdout, stderr } = await start([], { POSTERN_TEST_PROGRAM: '' }).ended
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
      expect(stderr).toMatch(says)
    })
  })
