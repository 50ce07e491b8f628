import { once } from 'node:events'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { parseOpenApi } from '../api/openapi.ts'
import { readProfile } from '../profile/profile.ts'
import { inPlace, type Place } from '../runner/spawned.testing.ts'
import { freePort } from '../sandbox/free-port.ts'
import { root } from '../tree.ts'
import { circumstancesOf } from './init.ts'
import { questionsAt } from './questions.ts'
import { relayPortOf } from './relay-port.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 180_000 })

const mail = {
  requestBody: { content: { 'application/json': { schema: { properties: { to: { type: 'string' } } } } } },
}
const document = {
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  paths: { '/send': { post: mail } },
}

async function withDocument(use: (place: Place, file: string) => Promise<void>): Promise<void> {
  await inPlace(async (place) => {
    const file = path.join(place.folder, 'openapi.json')
    await writeFile(file, JSON.stringify(document))
    await use(place, file)
  })
}

/** The commands that `docs/targets.md` shows, on ports that are free; its own clone stands for the one beside the folder. */
async function shownCommands(): Promise<string> {
  const page = await readFile(`${root}docs/targets.md`, 'utf8')
  const [, block = ''] = /## From an OpenAPI document.*?```sh\n(.*?)```/s.exec(page) ?? []
  const [api, relay] = await Promise.all([freePort(), freePort()])
  const own = `sed -Ei 's/sound: [0-9]+/sound: ${relay}/' target.yaml\n`
  return block
    .replaceAll('8443', String(api))
    .replace('127.0.0.1:2525', `127.0.0.1:${relay}`)
    .replace(/^postern doctor/m, `${own}postern doctor`)
}

test('what docs/targets.md shows works: init, three secrets, doctor, run', async () => {
  await inPlace(async ({ folder, bash }) => {
    await symlink(root, path.join(folder, 'postern'))
    const script = `set -e\nmkdir try\ncd try\n${await shownCommands()}`
    const { code, stdout, stderr } = await bash(script).ended
    expect(code, stdout + stderr).toBe(0)
    expect(stdout).toContain('Nothing is wrong.')
    // It ends with a finding, and the fault was switched on for it.
    expect(stdout).toMatch(/failed +access\/bola-read/)
    expect(stdout).toContain('exit code 1: it has found something')

    // It finds the same calls as the profile that was written by hand.
    const operations = async (file: string) => {
      const { data } = await readProfile(file)
      return Object.fromEntries(
        Object.entries(data.operations).map(([name, { method, path }]) => [name, `${method} ${path}`]),
      )
    }
    expect(await operations(path.join(folder, 'try/target.yaml'))).toEqual(
      await operations(`${root}fixtures/targets/reference.yaml`),
    )
  })
})

test('a profile that is there stays, unless it is to be replaced', async () => {
  await withDocument(async ({ folder, postern }, file) => {
    const out = path.join(folder, 'target.yaml')
    const init = (...more: string[]) => postern(['init', '--openapi', file, '--out', out, ...more]).ended
    expect(await init()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('set TARGET_URL, MAIL_FROM'),
    })
    await writeFile(out, 'mine')
    const { code, stderr } = await init()
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/EEXIST.*--force\n$/) })
    expect(await readFile(out, 'utf8')).toBe('mine')
    expect((await init('--force')).code).toBe(0)
    expect(parse(await readFile(out, 'utf8'))).toMatchObject({ name: 'Shop', openapi: './openapi.json' })
  })
})

test('a target that is not loopback is closed until somebody allows the test', async () => {
  await withDocument(async ({ folder, postern }, file) => {
    const out = path.join(folder, 'target.yaml')
    const flags = ['--url', 'https://mail.staging.example', '--from', 'a@staging.example']
    expect((await postern(['init', '--openapi', file, '--out', out, ...flags]).ended).code).toBe(0)
    const keys = {
      ADMIN_KEY: 'k-1111',
      NEIGHBOUR_KEY: 'k-2222',
      SENDER_KEY: 'k-3333',
      NEIGHBOUR_FROM: 'b@b.example',
    }
    const { code, stderr } = await postern(['run', '--target', out], keys).ended
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/authorization\.until: .*renew it\n$/),
    })
  })
})

test('what is said on the command line stands in the profile; a document without a send is told of first', async () => {
  await inPlace(async ({ folder, postern }) => {
    const paths = {
      '/tx': { $ref: 'tx.yaml' },
      '/keys': { get: {}, post: {} },
      '/gone': { $ref: 'gone.yaml' },
    }
    const file = path.join(folder, 'openapi.json')
    const servers = [
      {
        url: 'http://{region}.mail.localhost:{port}/v1',
        variables: { region: { default: 'eu' }, port: { default: '81' } },
      },
    ]
    await writeFile(file, JSON.stringify({ ...document, servers, paths }))
    await writeFile(path.join(folder, 'tx.yaml'), 'post: {operationId: transact}\n')
    const out = path.join(folder, 'target.yaml')
    const flags = ['--from', 'hello@acme.example', '--port', '2600', '--out', out]
    const { code, stdout } = await postern(['init', '--openapi', file, ...flags]).ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^message\.send was not found, .*is it POST \/v1\/tx\?\n/)
    expect(stdout).toMatch(/left out of the document: gone\.yaml: is not there/)
    expect(stdout).toContain('127.0.0.1:2600')
    const text = await readFile(out, 'utf8')
    expect(text).toContain('# domains: [acme.example]')
    expect(parse(text)).toMatchObject({
      target: { url: 'http://eu.mail.localhost:81' },
      mail: { from: 'hello@acme.example', recipients: { route: 'relay' } },
      sandbox: { ports: { sound: 2600 } },
      operations: { 'key.list': { path: '/v1/keys' } },
    })
  })
})

test('where 2525 is taken, another port is written', async () => {
  const taken = createServer().listen(2525, '127.0.0.1')
  // Somebody else may have it already.
  await Promise.race([once(taken, 'listening'), once(taken, 'error')]).catch(() => {})
  const port = await relayPortOf(undefined)
  expect(port).not.toBe(2525)
  expect(port).toBeGreaterThan(1024)
  taken.close()
})

test.each([
  [
    'no file',
    ['--openapi', 'none.yaml'],
    /--openapi: the OpenAPI document none\.yaml cannot be read \(ENOENT\)/,
  ],
  ['no document', ['--openapi', 'package.json'], /is no OpenAPI document with paths; name a file or URL/],
  ['nobody there', ['--openapi', 'http://127.0.0.1:1/x.json'], /seen ECONNREFUSED; see that it is there/],
  ['no authority', ['--openapi', 'package.json', '--ca', 'README.md'], /--ca: expected certificates in PEM/],
  ['no port', ['--openapi', 'SHOP', '--port', '0'], /--port: expected a port from 1 to 65535; seen 0/],
  ['no email API', ['--openapi', 'PETS'], /seen 1 calls, none of which sends or manages mail/],
])('%s: exit code 3, and nothing is written', async (_, args, message) => {
  await inPlace(async ({ folder, postern }) => {
    const pets = path.join(folder, 'pets.json')
    await writeFile(pets, JSON.stringify({ ...document, paths: { '/pets': { get: {} } } }))
    const out = path.join(folder, 'target.yaml')
    const shop = path.join(folder, 'shop.json')
    await writeFile(shop, JSON.stringify(document))
    const named = args.map((arg) => (arg === 'PETS' ? pets : arg === 'SHOP' ? shop : arg))
    const { code, stderr } = await postern(['init', '--out', out, ...named]).ended
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(message) })
    await expect(readFile(out)).rejects.toThrow('ENOENT')
  })
})

test('somebody at a terminal is asked for what the document does not say, and for nothing else', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const questions = questionsAt(input, output)
  input.write('https://mail.staging.example\nshop@staging.example\nqa@staging.example\n\n')
  const options = { openapi: 'openapi.json', out: 'target.yaml' }
  expect(
    await circumstancesOf(options, parseOpenApi(JSON.stringify(document), 'test'), questions),
  ).toMatchObject({
    url: { value: 'https://mail.staging.example' },
    from: { value: 'shop@staging.example' },
    authorization: { owner: 'qa@staging.example', until: '2000-01-01', scope: ['mail.staging.example'] },
  })
  questions.close()
  const said = { ...options, url: 'http://127.0.0.1:1', from: 'a@b.test' }
  const silent = questionsAt(new PassThrough(), output)
  await expect(
    circumstancesOf(said, parseOpenApi(JSON.stringify(document), 'test'), silent),
  ).resolves.toMatchObject({ authorization: null })
  silent.close()
})
