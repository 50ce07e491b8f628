import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readProfile } from './profile/profile.ts'
import { checkFiles } from './runner/checks.ts'
import { targetKey } from './runner/cleaning.ts'
import { createJournalFile } from './runner/journal-file.ts'
import { type Ended, inPlace } from './runner/spawned.testing.ts'
import { version } from './runner/version.ts'
import { root } from './tree.ts'

// Many processes, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 120_000 })

let connections = 0
const listener = createServer((socket) => {
  connections++
  socket.destroy()
})
let url = ''

beforeAll(async () => {
  await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening))
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
})
afterAll(() => new Promise((closed) => listener.close(closed)))

const profile = () => `name: a target
target: { url: '${url}' }
principals:
  sender: { bearer: '\${env:POSTERN_TEST_KEY}' }
operations:
  message.send: { method: POST, path: /send, as: sender, body: '{"to": to}' }
mail: { from: shop@sender.example }
`

interface Refusal {
  readonly args: readonly string[]
  /** The profile; none is named where it is left out. */
  readonly yaml?: string
  readonly env?: Record<string, string>
  readonly says: readonly (string | RegExp)[]
}

const unwritable = ['--out', `${import.meta.filename}/reports`]
const key = { POSTERN_TEST_KEY: 'a-secret-of-the-target' }

const refusals: Record<string, () => Refusal> = {
  'a profile that is not there': () => ({
    args: ['--target', 'nowhere.yaml'],
    says: ['nowhere.yaml:1:1', 'ENOENT', '--target or TARGET'],
  }),
  'a profile that is no YAML': () => ({
    args: [],
    yaml: `${profile()}policies: { limits: {\n`,
    says: [/target\.yaml:\d+:\d+ the document: expected YAML; seen /],
  }),
  'a profile that is not of the schema': () => ({
    args: [],
    yaml: profile().replace('method: POST', 'method: 7'),
    says: [/target\.yaml:6:\d+ operations\.message\.send\.method: expected .+; seen 7; /],
  }),
  'an operation that there is not': () => ({
    args: [],
    yaml: profile().replace('message.send', 'message.sent'),
    says: [/target\.yaml:6:\d+ operations\.message\.sent: expected .+; seen .+; .*message\.send/],
  }),
  'a variable that is unset': () => ({
    args: [],
    yaml: profile(),
    env: {},
    says: [
      /target\.yaml:4:\d+ principals\.sender\.bearer: expected .*POSTERN_TEST_KEY.*; seen it unset; set /,
    ],
  }),
  'a variable of a program that is unset': () => ({
    args: [],
    yaml: profile().replace(
      /^target: .*$/m,
      `target: { url: '${url}', command: { run: [node], environment: { LEVEL: '\${env:POSTERN_TEST_LEVEL}' } } }`,
    ),
    says: [
      /target\.yaml:2:\d+ target\.command\.environment\.LEVEL: expected the variable POSTERN_TEST_LEVEL .*; seen it unset; set /,
    ],
  }),
  'an OpenAPI file that is not there': () => ({
    args: [],
    yaml: `${profile()}openapi: ./nowhere.json\n`,
    says: [/target\.yaml:8:\d+ openapi: expected .+; seen ENOENT; /],
  }),
  'a target that is not loopback, without authorization': () => ({
    args: [],
    yaml: profile().replace(url, 'https://192.0.2.1'),
    says: [/target\.yaml:2:\d+ target\.url: expected authorization .*; seen 192\.0\.2\.1; /],
  }),
  'an unknown suite': () => ({
    args: ['--suite', 'injction'],
    says: ['no suite injction; did you mean injection?; there are access, '],
  }),
  'an unknown check': () => ({ args: ['--check', 'keys/x'], says: ['no check keys/x', 'postern checks'] }),
  'a check without its suite': () => ({
    args: ['--check', 'crlf-subjet'],
    says: ['no check crlf-subjet; did you mean injection/crlf-subject?'],
  }),
  'an unknown weakness': () => ({
    args: ['--weakness', 'passes-linebreaks'],
    says: ['no weakness passes-linebreaks; did you mean passes-line-breaks-on?; there are '],
  }),
  'a weakness of somebody else’s target': () => ({
    args: ['--weakness', 'passes-line-breaks-on'],
    yaml: profile(),
    says: ['--weakness works with the embedded reference API, and where run:weaknesses'],
  }),
  'an unknown reach': () => ({ args: ['--reach', 'far'], says: ['far', 'safe, intrusive, disruptive'] }),
  'an unknown threshold': () => ({ args: ['--fail-on', 'some'], says: ['low, medium, high, critical'] }),
  'an unknown flag': () => ({
    args: ['--wekness', 'x'],
    says: ["unknown option '--wekness'", 'Did you mean --weakness?', 'postern --help'],
  }),
  'a state folder that cannot be made': () => ({
    args: ['--reach', 'intrusive'],
    yaml: profile(),
    env: { ...key, XDG_STATE_HOME: import.meta.filename },
    says: ['expected a folder for the journal of what a run makes; seen ENOTDIR', 'XDG_STATE_HOME'],
  }),
  'a word too many': () => ({ args: ['plan'], says: ['too many arguments'] }),
  'a profile without its flag': () => ({
    args: ['staging.yaml'],
    says: ['too many arguments', 'Did you mean postern run --target staging.yaml?'],
  }),
  'a suite as a check': () => ({
    args: ['--check', 'tls'],
    says: ['no check tls; it is a suite: --suite tls;'],
  }),
  'a check as a suite': () => ({
    args: ['--suite', 'tls/versions'],
    says: ['no suite tls/versions; it is a check: --check tls/versions;'],
  }),
  'a profile of no name, as of a variable that is not set': () => ({
    args: ['--target', ''],
    says: ['--target: expected the file of a profile; seen nothing; name it'],
  }),
  'a folder that cannot be made': () => ({
    args: unwritable,
    yaml: profile(),
    says: ['--out', 'ENOTDIR'],
  }),
  ...(process.platform === 'linux'
    ? {
        'a folder of a file system that takes no files': () => ({
          args: ['--out', '/proc/postern'],
          says: ['--out', 'ENOENT'],
        }),
      }
    : {}),
  'a folder that cannot be made, for the logs of a container': () => ({
    args: unwritable,
    yaml: profile().replace(
      /^target: .*$/m,
      `target: { url: '${url}', container: { image: x, ports: [80] } }`,
    ),
    env: { ...key, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    says: ['--out', 'ENOTDIR'],
  }),
  'a folder that cannot be made, for the logs of a program': () => ({
    args: unwritable,
    yaml: profile().replace(
      /^target: .*$/m,
      `target: { url: '${url}', command: { run: [postern-no-such-program] } }`,
    ),
    says: ['--out', 'ENOTDIR'],
  }),
  'a folder that cannot be made, for the logs of ZAP': () => ({
    args: unwritable,
    yaml: `${profile()}zap: { home: /nowhere }\n`,
    says: ['--out', 'ENOTDIR'],
  }),
}

test('what is wrong with profile or command line is said, ends with 3, and nothing is sent', async () => {
  await inPlace(async ({ folder, postern, documents }) => {
    // Two at a time: there may be no more processors.
    const queue = Object.entries(refusals)
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [name, refusal] = next
        const { args, yaml, env = key, says } = refusal()
        const file = path.join(folder, name.replaceAll(' ', '-'), 'target.yaml')
        if (yaml !== undefined) await writeProfile(file, yaml)
        const target = yaml === undefined ? [] : ['--target', file]
        const out = args.includes('--out') ? [] : ['--out', path.join(folder, 'out')]
        const ended = await postern(['run', ...target, ...out, ...args], env).ended
        expect({ name, code: ended.code, stdout: ended.stdout }).toEqual({ name, code: 3, stdout: '' })
        for (const words of says) expect(ended.stderr).toMatch(words)
        expect(ended.stderr).not.toMatch(/\n\s+at |a-secret-of-the-target/)
      }
    }
    await Promise.all([work(), work()])
    expect(await documents()).toEqual({})
  })
  expect(connections).toBe(0)
})

async function writeProfile(file: string, yaml: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, yaml)
}

test('without a command nothing runs: the help; a slip in one gets what was meant', async () => {
  await inPlace(async ({ postern, documents }) => {
    const bare = await postern([]).ended
    expect({ code: bare.code, stdout: bare.stdout }).toEqual({ code: 3, stdout: '' })
    expect(bare.stderr).toMatch(/^Usage: postern /)
    const slip = await postern(['rnu']).ended
    expect({ code: slip.code, stdout: slip.stdout }).toEqual({ code: 3, stdout: '' })
    expect(slip.stderr).toMatch(/unknown command 'rnu'\n\(Did you mean run\?\)/)
    const flagsAlone = await postern(['--target', 'a.yaml']).ended
    expect(flagsAlone).toMatchObject({ code: 3, stdout: '' })
    expect(flagsAlone.stderr).toContain('Did you mean postern run --target a.yaml?')
    expect(await postern(['--version']).ended).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
    expect(await documents()).toEqual({})
  })
  expect(connections).toBe(0)
})

test('who reads the output may leave: the run goes on to its reports', async () => {
  await inPlace(async ({ bash, documents }) => {
    const run = `${process.execPath} ${root}harness/postern.js run --check mail-auth/dkim-key --out out`
    const { stdout } = await bash(`${run} | head -1; echo "$PIPESTATUS"`).ended
    expect(stdout).toMatch(/^postern .*\n0\n$/)
    expect(Object.keys(await documents())).toContain('report.html')
  })
})

test('a plan says what does not apply, and what the reach holds back; nothing is sent', async () => {
  const [external, embedded, unset, safe] = await inPlace(async ({ folder, postern }): Promise<Ended[]> => {
    const file = path.join(folder, 'target.yaml')
    await writeFile(file, profile())
    return [
      await postern(['plan', '--target', file], key).ended,
      await postern(['plan']).ended,
      await postern(['plan', '--target', file]).ended,
      await postern(['plan', '--reach', 'safe']).ended,
    ]
  })
  expect(external?.stderr).toBe('')
  expect(external?.code).toBe(0)
  expect(external?.stdout).toContain(url)
  expect(external?.stdout).toMatch(/injection\/crlf-subject +not applicable: /)
  expect(external?.stdout).not.toContain('a-secret-of-the-target')
  expect(embedded?.code).toBe(0)
  expect(embedded?.stdout).toMatch(/injection\/crlf-subject +about [\d?]+ requests/)
  expect(safe?.stdout).toMatch(/injection\/crlf-subject +held back: .* allow it with --reach intrusive/)
  expect(safe?.stdout).toMatch(
    /^\d+ of \d+ checks, [1-9]\d held back and 0 not applicable; about \d+ requests/m,
  )
  expect(unset).toMatchObject({ code: 0, stderr: '' })
  expect(unset?.stdout).toMatch(/^unset +POSTERN_TEST_KEY: a run asks for them$/m)
  expect(external?.stdout).not.toMatch(/^unset/m)
  expect(embedded?.stdout).toMatch(/; about \d+ requests, \d+ connections and \d+ mails, by the count of/)
  expect(embedded?.stdout).toMatch(/^about \d+ mails are more than 10 in 1 s, which is promised by/m)
  expect(connections).toBe(0)
})

test('a profile is validated without its secrets, with all that is wrong, and nothing is sent', async () => {
  const before = connections
  const yaml = profile()
  await inPlace(async ({ folder, postern }) => {
    const file = path.join(folder, 'target.yaml')
    await writeFile(file, yaml)
    const sound = await postern(['validate', '--target', file]).ended
    expect(sound).toMatchObject({ code: 0, stderr: '' })
    expect(sound.stdout).toContain(`${file} is sound: a target, 1 operation, 1 principal; nothing was sent`)
    expect(sound.stdout).toContain('unset  POSTERN_TEST_KEY: a run asks for them')
    expect((await postern(['validate', '--target', file], key).ended).stdout).not.toContain('unset')
    await writeFile(file, yaml.replace('as: sender', 'as: nobody').replace('POST', 'SEND'))
    const wrong = await postern(['validate', '--target', file]).ended
    expect([wrong.code, wrong.stdout]).toEqual([3, ''])
    expect(wrong.stderr).toMatch(/target\.yaml:6:\d+ operations\.message\.send/)
  })
  expect(connections).toBe(before)
})

test('a plan of a submission service alone speaks of connections and mails, and of what takes HTTP as not applicable', async () => {
  const { code, stdout, stderr } = await inPlace(
    async ({ postern }) =>
      postern(['plan', '--target', `${root}fixtures/targets/reference-submission.yaml`]).ended,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^target +reference API, .+, a submission service, embedded: /m)
  expect(stdout).toMatch(/^as +apikey, neighbour, revoked, expired$/m)
  expect(stdout).toMatch(/smtp\/sub-auth-clear +about \d+ connections and 0 mails; submission:starttls$/m)
  expect(stdout).toMatch(
    /auth\/anon-access +not applicable: the target is a submission service alone, and this takes an HTTP API$/m,
  )
  expect(stdout).toMatch(
    /^14 of \d+ checks, 0 held back and \d+ not applicable; about \d+ connections and \d+ mails, /m,
  )
})

test('clean runs nothing: 3 for a wrong profile, 0 where nothing is left, and where nothing can be', async () => {
  await inPlace(async ({ folder, postern }) => {
    const file = path.join(folder, 'target.yaml')
    await writeFile(file, profile())
    const wrong = await postern(['clean', '--target', file]).ended
    expect({ code: wrong.code, stdout: wrong.stdout }).toEqual({ code: 3, stdout: '' })
    expect(wrong.stderr).toContain('POSTERN_TEST_KEY')
    const secretly = { ...key, POSTERN_TEST_KEY: url.replace('http:', '') }
    for (const [env, at] of [
      [key, url],
      [secretly, 'http:$POSTERN_TEST_KEY'],
    ] as const)
      expect(await postern(['clean', '--target', file], env).ended).toMatchObject({
        code: 0,
        stdout: `nothing is left of runs against a target at ${at}\n`,
        stderr: '',
      })
    const elsewhere = { ...key, XDG_STATE_HOME: import.meta.filename }
    const unread = await postern(['clean', '--target', file], elsewhere).ended
    expect({ code: unread.code, stdout: unread.stdout }).toEqual({ code: 3, stdout: '' })
    expect(unread.stderr).toMatch(
      /^expected to read what earlier runs have left; seen ENOTDIR for \S+; make it readable, or set XDG_STATE_HOME to another\n$/,
    )
    expect(await postern(['clean']).ended).toMatchObject({
      code: 0,
      stdout: 'nothing is left: this target goes with each run, and all that is in it\n',
    })
  })
  expect(connections).toBe(0)
})

test('a journal that clean cannot read is told, ends with 2, and stays', async () => {
  await inPlace(async ({ folder, postern }) => {
    const file = path.join(folder, 'target.yaml')
    await writeFile(file, profile())
    const state = path.join(folder, 'state')
    vi.stubEnv('XDG_STATE_HOME', state)
    createJournalFile(targetKey(await readProfile(file), url)).open()
    vi.unstubAllEnvs()
    const all = await readdir(state, { recursive: true, withFileTypes: true })
    const [journal] = all.filter((entry) => entry.isFile())
    const damaged = path.join(journal?.parentPath ?? '', journal?.name ?? '')
    await writeFile(damaged, '{"owner":\n')
    for (let n = 0; n < 2; n++)
      expect(await postern(['clean', '--target', file], key).ended).toMatchObject({
        code: 2,
        stdout: '',
        stderr: `left behind, perhaps: what a run has written to ${damaged}, which cannot be read: its first line does not say whose it is; look at it and remove it\n`,
      })
  })
  expect(connections).toBe(0)
})

test('the checks are listed as lines and as JSON', async () => {
  await inPlace(async ({ postern }) => {
    const [lines, json] = await Promise.all([postern(['checks']).ended, postern(['checks', '--json']).ended])
    const checks = JSON.parse(json.stdout) as { id: string; title: string; weaknesses: string[] }[]
    expect(checks.map(({ id }) => id)).toEqual([...(await checkFiles()).keys()])
    for (const { id, title, weaknesses } of checks) {
      expect(weaknesses.join(' ')).toMatch(/^[a-z0-9- ]+$/)
      expect(lines.stdout).toMatch(new RegExp(`^${id} .*`, 'm'))
      expect(lines.stdout).toContain(title)
    }
    expect([lines.code, json.code, lines.stderr, json.stderr]).toEqual([0, 0, '', ''])
  })
})

test('a port of the sandbox that is taken: a remedy, exit code 2, nothing sent, nothing left behind', async () => {
  await inPlace(async ({ folder, postern, out, documents, temporary }) => {
    const file = path.join(folder, 'target.yaml')
    const { port } = new URL(url)
    await writeFile(file, `${profile()}sandbox: { ports: { sound: ${port} } }\n`)
    const { code, stdout, stderr } = await postern(['run', '--target', file, '--out', out], key).ended
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      `expected port ${port} of 127.0.0.1 to be free; seen EADDRINUSE; end what listens there, or choose another in sandbox.ports`,
    )
    expect([await documents(), await readdir(temporary)]).toEqual([{}, []])
  })
  expect(connections).toBe(0)
})

test('a target that is down is said so at once: nothing is proven, exit code 2', async () => {
  await inPlace(async ({ folder, postern, report, out, documents }) => {
    const closed = createServer()
    await new Promise<void>((listening) => closed.listen(0, '127.0.0.1', listening))
    const { port } = closed.address() as AddressInfo
    await new Promise((done) => closed.close(done))
    const file = path.join(folder, 'target.yaml')
    const yaml = profile().replace('"to": to', '"to": to, "subject": subject')
    const relayed = yaml.replace('.example }', '.example, recipients: { route: relay } }')
    await writeFile(file, relayed.replace(url, `http://127.0.0.1:${port}`))
    const ended = await postern(['run', '--target', file, '--reach', 'disruptive', '--out', out], key).ended
    const { complete, incompleteBecause, outcomes, exitCode } = await report()
    expect({ code: ended.code, exitCode, complete }).toEqual({ code: 2, exitCode: 2, complete: false })
    expect(incompleteBecause).toContain('the target takes no connections: see target.url')
    const [lost = [], others = []] = [true, false].map((is) =>
      outcomes.filter(({ reason }) => (reason === incompleteBecause) === is),
    )
    expect(new Set(lost.map(({ verdict }) => verdict))).toEqual(new Set(['unproven']))
    // What the profile does not declare would not have been judged in any case.
    expect(new Set(others.map(({ verdict }) => verdict))).toEqual(new Set(['not-applicable']))
    const { stdout } = await postern(['plan', '--target', file, '--reach', 'disruptive'], key).ended
    expect(others.length).toBe(stdout.match(/ not applicable: /g)?.length)
    expect(Object.keys(await documents())).toEqual([
      'junit.xml',
      'report.html',
      'report.json',
      'report.sarif',
    ])
  })
})

test('a profile may name any variable, also one that those who run the checks set themselves', async () => {
  const api = createHttpServer((request, response) => {
    const known = request.headers.authorization === 'Bearer a-secret-of-the-target'
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' }).end('{"id": "1"}')
  })
  await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening))
  try {
    await inPlace(async ({ folder, postern, report, out }) => {
      const file = path.join(folder, 'target.yaml')
      const yaml = `name: a target
target: { url: '\${env:BASE_URL}' }
principals: { admin: { bearer: '\${env:MODE}' }, anonymous: { none: true } }
operations: { principal.get: { method: GET, path: /me, as: admin, result: { id: body.id } } }
mail: { from: shop@sender.example }
`
      await writeFile(file, yaml)
      const env = {
        BASE_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
        MODE: 'a-secret-of-the-target',
      }
      const args = ['run', '--target', file, '--out', out, '--check', 'headers/cors']
      const { code, stderr } = await postern(args, env).ended
      const { outcomes } = await report()
      expect({ code, stderr, verdicts: outcomes.map(({ verdict }) => verdict) }).toEqual({
        ...{ code: 0, stderr: '', verdicts: ['pass'] },
      })
    })
  } finally {
    api.closeAllConnections()
    await new Promise((closed) => api.close(closed))
  }
})
