import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { beforeAll, expect, vi } from 'vitest'
import type { Report } from '../model.ts'
import { testWith } from '../runner/parts.testing.ts'
import { besideOthers, inPlace, type Place } from '../runner/spawned.testing.ts'
import { root } from '../tree.ts'
import { engine, inventory, mailpit, runsOf } from './containers.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const { NODE_IMAGE: node = 'node:26-slim' } = process.env
const dockerTest = testWith('docker', engine === null ? 'no Docker engine' : null)

beforeAll(() => {
  if (engine !== null)
    execFileSync('npm', ['run', 'images'], {
      cwd: root,
      stdio: 'ignore',
      env: { ...process.env, NODE_IMAGE: node },
    })
})

/** A run with a profile that extends the one of the reference image. */
const inContainers: typeof runsOf = (more, use) => {
  const base = `extends: ${root}fixtures/targets/reference-container.yaml\nsandbox: { mailpit: { image: ${mailpit} } }\n`
  return runsOf(more.startsWith('sandbox:') ? base.replace(/sandbox:.*\n/, more) : base + more, use)
}

const verdicts = ({ outcomes }: Report) =>
  Object.fromEntries(outcomes.map(({ check, verdict }) => [check, verdict]))

dockerTest('every check passes in containers as it does embedded', async () => {
  await inContainers(besideOthers, async (start, place) => {
    const { code, stdout } = await start(['--reach', 'disruptive']).ended
    expect(code, stdout).toBe(0)
    const report = await place.report()
    expect(report.driver).toBe('containers')
    const others = Object.entries(verdicts(report)).filter(([, verdict]) => verdict !== 'pass')
    // It calls itself by an address that nobody outside of its container has.
    expect(others.filter(([check]) => !check.startsWith('oauth/'))).toEqual([])
    expect(new Set(others.map(([, verdict]) => verdict))).toEqual(new Set(['not-applicable']))
    expect(await readdir(path.join(place.out, 'logs'))).toEqual(['mailpit.log', 'target.log'])
  })
})

dockerTest('a weakness of the image is found', async () => {
  await inContainers('', async (start, place) => {
    const args = [
      '--reach',
      'intrusive',
      '--check',
      'injection/crlf-subject',
      '--weakness',
      'passes-line-breaks-on',
    ]
    expect((await start(args).ended).code).toBe(1)
    expect(verdicts(await place.report())).toEqual({ 'injection/crlf-subject': 'fail' })
  })
})

dockerTest(
  'an image is built from a Dockerfile; files and volumes are there; what was learnt is kept out of the log',
  async () => {
    const more = `name: built
target:
  container:
    image: null
    build: { context: ., args: { BASE: postern-reference-api } }
    run: [--database, /data/api.sqlite]
    files: { /run/tls/key.pem: "\${sandbox:key}" }
    volumes: [/data]
    environment: { REFERENCE_TLS_KEY: /run/tls/key.pem, REFERENCE_MASTER_KEY: "\${env:MASTER_KEY}" }
`
    await inContainers(more, async (start, place) => {
      const dockerfile =
        'ARG BASE\nFROM $BASE\nUSER 0:0\nRUN ["node", "-e", "fs.mkdirSync(\'/data\'); fs.chownSync(\'/data\', 65532, 65532)"]\nUSER 65532:65532\n'
      await writeFile(path.join(place.folder, 'Dockerfile'), dockerfile)
      const masterKey = randomBytes(32).toString('base64')
      const { code, stderr } = await start(['--check', 'tls/versions'], { MASTER_KEY: masterKey }).ended
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(await readFile(path.join(place.out, 'logs', 'target.log'), 'utf8')).not.toContain(masterKey)
    })
    await engine?.container.dockerode.getImage('postern-target-built').remove()
  },
)

dockerTest('what a run that was killed has left, the next one removes', async () => {
  const before = await inventory()
  await inContainers('', async (start, place) => {
    const first = start(['--reach', 'disruptive'])
    await first.printed('postern 0.')
    expect((await inventory()).length).toBeGreaterThan(before.length)
    process.kill(-first.pid, 'SIGKILL')
    await first.ended
    expect((await readdir(place.temporary)).length).toBeGreaterThan(0)
    expect((await start(['--check', 'tls/versions']).ended).code).toBe(0)
  })
})

dockerTest(
  'two runs at once leave each other alone, and Ctrl-C takes all down while the target comes up',
  async () => {
    const sleeper = `target: { container: { image: ${node}, run: [node, -e, "setInterval(() => {}, 1000)"], ready: { within: 60 } } }\n`
    await inContainers('', async (start) => {
      const long = start(['--reach', 'disruptive', '--suite', 'injection', '--suite', 'keys'])
      await long.printed('postern 0.')
      await inContainersBeside(sleeper, async (interrupted, left) => {
        while ((await left()) < 3) await after(50)
        process.kill(interrupted.pid, 'SIGINT')
        expect(await interrupted.ended).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('interrupted'),
        })
      })
      expect((await long.ended).code).toBe(0)
    })
  },
)

/** As `inContainers`, while another run goes on. `left` counts what the run has of the engine. */
async function inContainersBeside(
  more: string,
  use: (run: ReturnType<Place['postern']>, left: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const before = new Set(await inventory())
  const left = async () => (await inventory()).filter((name) => !before.has(name)).length
  await inPlace(async (place) => {
    const profile = path.join(place.folder, 'target.yaml')
    await writeFile(
      profile,
      `extends: ${root}fixtures/targets/reference-container.yaml\nsandbox: { mailpit: { image: ${mailpit} } }\n${more}`,
    )
    await use(place.postern(['run', '--target', profile, '--out', place.out]), left)
    expect(await readdir(place.temporary)).toEqual([])
  })
  expect(await left()).toBe(0)
}

const nothing = createServer()
const taken = await new Promise<number>((resolve) => {
  nothing.listen(0, () => resolve((nothing.address() as { port: number }).port))
  nothing.unref()
})

for (const [what, more, says, env] of [
  [
    'no engine',
    '',
    'expected a Docker engine; seen none that answers; start one',
    { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  ],
  [
    'an image that is not there',
    'target: { container: { image: postern-no-such-image } }\n',
    'expected the image postern-no-such-image; seen none here and none to pull',
  ],
  [
    'an image by a name that is none',
    'target: { container: { image: Not An Image } }\n',
    'expected the image Not An Image; seen none here and none to pull',
  ],
  [
    'a registry that does not answer',
    'target: { container: { image: "localhost:1/postern-no-such-image" } }\n',
    'expected the image localhost:1/postern-no-such-image; seen none here and none to pull',
  ],
  [
    'a Mailpit that is not there',
    'sandbox: { mailpit: { image: postern-no-such-mailpit } }\n',
    'expected the image postern-no-such-mailpit',
  ],
  [
    'a program that is not in the image',
    `target: { container: { image: ${node}, run: [no-such-program] } }\n`,
    new RegExp(`expected a program no-such-program in the image ${node}; seen none`),
  ],
  [
    'a health path that never answers',
    `target: { container: { image: ${node}, run: [node, -e, "console.log('busy'); setInterval(() => {}, 1000)"], ready: { within: 2 } } }\n`,
    /to be ready within 2 s; seen it not; see target\.container\.ready in the profile; the end of its log:\nbusy/,
  ],
  [
    'a target that ends at once',
    `target: { container: { image: ${node}, run: [node, -e, "throw new Error('no database')"] } }\n`,
    /seen it end; see its settings in the profile; the end of its log:\n(.*\n)*.*no database/,
  ],
  [
    'a target that announces nothing',
    `target: { container: { image: ${node}, run: [node, -e, "require('http').createServer((_, r) => r.end()).listen(8443)"], ready: { tls: false, within: 3 } } }\n`,
    "expected a line of JSON with exports or records in the target's log within 3 s",
  ],
  [
    'a port that is taken',
    `sandbox: { mailpit: { image: ${mailpit} }, ports: { sound: ${taken} } }\n`,
    new RegExp(`expected port ${taken} of [0-9.]+ to be free; seen EADDRINUSE; end what listens there`),
  ],
] as const)
  dockerTest(`${what}: a remedy, exit code 2, nothing left behind`, async () => {
    await inContainers(more, async (start) => {
      const { code, stdout, stderr } = await start([], env).ended
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(says)
    })
  })

/** A Node program in an image of that name. */
async function imageOf(program: string, tag: string, folder: string, more = ''): Promise<void> {
  await writeFile(path.join(folder, 'program.js'), program)
  const dockerfile = `FROM ${node}\nCOPY program.js /\n${more}ENTRYPOINT ["node", "/program.js"]\n`
  await writeFile(path.join(folder, 'Dockerfile'), dockerfile)
  execFileSync('docker', ['build', '-q', '-t', tag, folder], { stdio: 'ignore' })
}

dockerTest('a health check that never turns green: a remedy, exit code 2, nothing left behind', async () => {
  const more =
    'target: { container: { image: postern-unhealthy, ready: { path: null, port: null, tls: null, healthcheck: true, within: 20 } } }\n'
  await inContainers(more, async (start, { folder }) => {
    const check = 'HEALTHCHECK --interval=1s --retries=1 CMD ["node", "-e", "process.exit(1)"]\n'
    await imageOf("console.log('busy'); setInterval(() => {}, 1000)", 'postern-unhealthy', folder, check)
    const { code, stdout, stderr } = await start([]).ended
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      /to be ready within 20 s; seen it not; see target\.container\.ready in the profile; the end of its log:\nbusy/,
    )
  })
  await engine?.container.dockerode.getImage('postern-unhealthy').remove()
})

/** A mailbox that is up and has no room. */
const full = `
  require('http').createServer((_, response) => response.end()).listen(8025)
  require('net').createServer((socket) => {
    socket.on('error', () => {}).write('220 full\\r\\n')
    require('readline').createInterface(socket).on('line', (line) => {
      const reply = { DATA: '354 go', '.': '452 4.3.1 Insufficient system storage', QUIT: '221 bye' }[line]
      if (reply !== undefined || /^(EHLO|MAIL|RCPT|RSET)/.test(line)) socket.write((reply ?? '250 ok') + '\\r\\n')
    })
  }).listen(1025)`

dockerTest(
  'a Mailpit that is full: verdicts stand on the wire, a remedy, exit code 2, nothing left behind',
  async () => {
    await inContainers('sandbox: { mailpit: { image: postern-full } }\n', async (start, place) => {
      await imageOf(full, 'postern-full', place.folder)
      expect((await start(['--reach', 'intrusive', '--check', 'injection/crlf-subject']).ended).code).toBe(2)
      const report = await place.report()
      expect(verdicts(report)).toEqual({ 'injection/crlf-subject': 'pass' })
      expect(report.incompleteBecause).toMatch(
        /^the mailbox takes no mail any more \(.*452 4\.3\.1 Insufficient system storage.*\): its disk may be full, make room/,
      )
    })
    await engine?.container.dockerode.getImage('postern-full').remove()
  },
)

// What is removed by force is killed first, and may be seen in between.
for (const [what, image, says, by] of [
  [
    'the target',
    'postern-reference-api',
    /^the target is lost: its container (is gone|ended with 137)/,
    'remove',
  ],
  ['the target', 'postern-reference-api', /^the target is lost: its container ended with 137/, 'kill'],
  ['Mailpit', mailpit, /^the mailbox is lost: its container (is gone|ended with 137)/, 'remove'],
  ['Mailpit', mailpit, /^the mailbox is lost: its container ended with 137/, 'kill'],
] as const)
  dockerTest(
    `${what} is taken away (${by}) in the middle of a run: not relied on, exit code 2, nothing left behind`,
    async () => {
      await inContainers('', async (start, place) => {
        const run = start(['--reach', 'disruptive'])
        await run.printed('postern 0.')
        const containers = (await engine?.container.list()) ?? []
        const [found] = containers.filter(({ Image }) => Image.startsWith(image))
        const container = engine?.container.dockerode.getContainer(found?.Id ?? '')
        await (by === 'kill' ? container?.kill() : container?.remove({ force: true, v: true }))
        expect((await run.ended).code).toBe(2)
        expect((await place.report()).incompleteBecause).toMatch(says)
      })
    },
  )
