import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { startRecordingTarget } from '../api/recording-target.testing.ts'
import { readProfile, resolveProfile } from '../profile/profile.ts'
import { root } from '../tree.ts'
import { furtherOf } from './further.ts'
import { referenceProfile } from './reference-profile.ts'
import { inPlace, type Place } from './spawned.testing.ts'

const document = {
  openapi: '3.1.0',
  info: { title: 'x', version: '1' },
  paths: { '/hooks': { get: {} }, '/hooks/{id}': { get: {} } },
}

const profile = (operations: string, more = '', url = 'http://127.0.0.1:1') => `name: a target
target: {url: '${url}'}
openapi: api.json
principals: {admin: {none: true}}
operations: ${operations}
mail: {from: a@b.test}
${more}`

async function further(place: Place, yaml: string) {
  const file = path.join(place.folder, 'target.yaml')
  await writeFile(path.join(place.folder, 'api.json'), JSON.stringify(document))
  await writeFile(file, yaml)
  const read = await readProfile(file)
  return furtherOf(read, await resolveProfile(read, {}))
}

const complaint = (place: Place, yaml: string) =>
  further(place, yaml).then(
    () => 'nothing to complain about',
    (error: Error) => error.message.replaceAll(place.folder, ''),
  )

test('what the document has beyond the profile is taken up where the profile wants it', () =>
  inPlace(async (place) => {
    expect(await further(place, profile('{hooks.list: {method: GET, path: /hooks}}'))).toBe(null)
    const found = await further(place, profile('{from: openapi, hook.list: {method: GET, path: /hooks}}'))
    expect(Object.keys(found?.operations ?? {})).toEqual(['hook.get'])
    const named = profile('{from: openapi}', 'roles: {Admin: [hooks.get]}')
    expect(Object.keys((await further(place, named))?.operations ?? {})).toEqual(['hooks.list', 'hooks.get'])
  }))

test.each([
  [
    'a call that is excepted and is not there',
    profile("{from: openapi, except: [/hooks, 'POST /hook*']}"),
    '/target.yaml:5:46 operations.except.1: expected a call of the document, so that none is made by mistake; seen "POST /hook*"; write it as the document has it, METHOD /path, with * for any text; or remove it',
  ],
  [
    'exceptions from nothing',
    profile('{except: [/hooks]}'),
    '/target.yaml:5:13 operations: expected from beside except, which says nothing without it; seen except alone; add it, or remove the other',
  ],
  [
    'no document',
    profile('{from: openapi}').replace('openapi: api.json\n', ''),
    '/target.yaml:4:20 operations.from: expected openapi: the path or URL of the document that operations are taken from; seen none; name it, or remove operations.from',
  ],
  [
    'a table that names what neither has',
    profile('{from: openapi}', 'scopes: {read: [hooks.get, hooks.gets]}'),
    '/target.yaml:7:28 scopes.read.1: expected an operation of the profile or its document: one of ',
  ],
])('%s is a mistake of the profile', (_, yaml, expected) =>
  inPlace(async (place) => {
    const said = await complaint(place, yaml)
    expect(said.slice(0, expected.length)).toBe(expected)
  }),
)

test('a document that cannot be had is a mistake of the profile, and one behind a target is asked for', async () => {
  const target = await startRecordingTarget(({ path: asked }) =>
    asked === '/api.json' ? { body: document } : { status: 404, body: { error: 'none' } },
  )
  try {
    await inPlace(async (place) => {
      const at = (source: string) => profile('{from: openapi}', '', target.url).replace('api.json', source)
      const found = await further(place, at(`${target.url}/api.json`))
      expect(Object.keys(found?.operations ?? {})).toEqual(['hooks.list', 'hooks.get'])
      const said = await complaint(place, at(`${target.url}/other.json`))
      expect(said).toMatch(
        /openapi: expected an OpenAPI document, JSON or YAML; seen .*answered 404 .*; name one that can be had/,
      )
    })
  } finally {
    await target.close()
  }
})

/** The reference API by its document alone: of its operations, the profile has how one signs in. */
async function referenceByDocument(): Promise<string> {
  const changed = parseDocument(
    await import('node:fs/promises').then(({ readFile }) => readFile(referenceProfile, 'utf8')),
  )
  const signIn = changed.getIn(['operations', 'session.create'])
  changed.set('operations', changed.createNode({ from: 'openapi' }))
  changed.setIn(['operations', 'session.create'], signIn)
  changed.setIn(['target', 'embedded'], path.join(root, 'fixtures/reference-api/start.ts'))
  for (const name of ['dashboard', 'mcp', 'pages', 'scopes']) changed.delete(name)
  changed.setIn(['roles', 'Support'], ['audit-log.list', 'me.read'])
  for (const name of ['sender', 'reader', 'keymaster', 'expendable-sender'])
    changed.deleteIn(['principals', name, 'scopes'])
  changed.deleteIn(['policies', 'limits'])
  return String(changed)
}

test('checks of who may do what find a fault in calls that no profile names', { timeout: 0 }, () =>
  inPlace(async (place) => {
    const file = path.join(place.folder, 'reference.yaml')
    await writeFile(file, await referenceByDocument())
    const run = async (...flags: string[]) => {
      const checks = ['access/bola-read', 'auth/anon-access', 'headers/cors'].flatMap((id) => ['--check', id])
      const args = ['run', '--target', file, '--reach', 'intrusive', '--out', place.out, ...checks, ...flags]
      const { code, stderr } = await place.postern(args).ended
      return { code, stderr, outcomes: (await place.report()).outcomes }
    }
    const sound = await run()
    expect(sound).toMatchObject({ code: 0, stderr: '' })
    expect(sound.outcomes.map(({ check, verdict }) => [check, verdict])).toEqual([
      ...[
        ['access/bola-read', 'pass'],
        ['auth/anon-access', 'pass'],
        ['headers/cors', 'pass'],
      ],
    ])
    const weak = await run('--weakness', 'looks-up-by-id-alone', '--weakness', 'authenticates-nobody')
    const found = weak.outcomes.flatMap(({ findings }) => findings.map(({ operation }) => operation))
    expect(weak.code).toBe(1)
    expect(found).toEqual(expect.arrayContaining(['templates.get', 'contacts.get', 'contacts.export']))
    // What was made is taken back by the document, too.
    expect(weak.stderr).toBe('')
  }),
)

/** With the fault of the reference API that each is to find, in calls by the names of the document alone. */
const needNoMapping: Readonly<Record<string, string>> = {
  'headers/cors': 'reflects-any-origin',
  'headers/cache-referrer': 'lets-caches-keep-its-answers',
  'headers/reflected-input': 'links-to-the-host-of-the-request',
  'headers/csrf-cookies': 'lets-any-page-act-by-its-cookie',
  'discovery/error-leak': 'answers-with-stack-traces',
  'discovery/exposed-panels': 'serves-its-repository',
  'discovery/shadow-routes': 'serves-other-endings-to-anybody',
  'discovery/spec-drift': 'tells-password-hashes',
}

test(
  'checks of headers and of what is there find theirs in calls that no profile names',
  { timeout: 0 },
  () =>
    inPlace(async (place) => {
      const file = path.join(place.folder, 'reference.yaml')
      await writeFile(file, await referenceByDocument())
      const checks = Object.keys(needNoMapping).flatMap((id) => ['--check', id])
      const run = async (weaknesses: readonly string[]) => {
        const switches = weaknesses.flatMap((name) => ['--weakness', name])
        const args = [
          'run',
          '--target',
          file,
          '--reach',
          'intrusive',
          '--out',
          place.out,
          ...checks,
          ...switches,
        ]
        await place.postern(args).ended
        const { outcomes } = await place.report()
        return Object.fromEntries(outcomes.map(({ check, verdict }) => [check, verdict]))
      }
      const all = (verdict: string) =>
        Object.fromEntries(Object.keys(needNoMapping).map((id) => [id, verdict]))
      expect(await run([])).toEqual(all('pass'))
      expect(await run(Object.values(needNoMapping))).toEqual(all('fail'))
    }),
)
