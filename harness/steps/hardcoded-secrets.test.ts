import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { field, type Recorded, type Scripted } from '../api/recording-target.testing.ts'
import type { Kit } from '../check/kit.ts'
import { artifactsHoldNoSecret, holdsNoSecret, servedFiles } from './hardcoded-secrets.ts'
import { judgedOver } from './judged-ground.testing.ts'

const given = 'sk_live_9aB8cD7eF6gH5iJ4'
const other = 'sk_live_1zY2xW3vU4tS5rQ6'
const dead = 'sk_live_0pO9nM8lK7jI6hG5'

const profile = `
principals:
  admin: {bearer: "\${env:KEY}"}
  revoked: {bearer: "\${env:DEAD}"}
  anonymous: {none: true}
operations:
  principal.get: {method: GET, path: /me, result: {id: body.id}}
mail: {from: a@shop.test}
`

/** What is found where the target serves these files, and lets in by these keys. */
async function judged(files: Record<string, string>, live: readonly string[] = [given]) {
  const shown: (string | undefined)[] = []
  const answer = (request: Recorded): Scripted | null => {
    const [path = '/'] = request.path.split('?')
    const body = files[path]
    if (body !== undefined) return { body }
    if (path !== '/me') return { status: 404, body: {} }
    const key = field(request, 'authorization')?.replace('Bearer ', '')
    shown.push(key)
    return live.includes(key ?? '') ? { body: { id: 'usr_1' } } : { status: 401 }
  }
  const judge = async (kit: Kit) =>
    kit.verify.each(await servedFiles(kit), (served) => holdsNoSecret(kit, served))
  const result = await judgedOver(
    { profile, env: { KEY: given, DEAD: dead }, answer, about: { severity: 'critical' } },
    judge,
  )
  return {
    ...{ verdict: result.verdict, shown, said: result.findings.map(({ actual }) => actual).join() },
    found: result.findings.map(({ variant, severity }) => `${variant}: ${severity}`),
    states: Object.fromEntries(result.variants.map(({ name, state }) => [name, state])),
  }
}

test('files without a secret are sound, and so is a host that serves none', async () => {
  const page = '<script src="/app.js"></script>'
  const sound = await judged({ '/': page, '/app.js': 'f("sk_live_xxxxxxxxxxxxxxxx")', '/app.js.map': '{}' })
  expect([sound.verdict, sound.found]).toEqual(['pass', []])
  expect(sound.states['source maps']).toBe('held')
  const none = await judged({})
  expect([none.verdict, none.states['pages and scripts'], none.states['source maps']]).toEqual([
    ...['pass', 'held', 'not-applicable'],
  ])
})

test.each([
  ['pages and scripts', { '/': '<script src="app.js"></script>', '/app.js': `send("${given}")` }],
  ['source maps', { '/': '<script src="app.js"></script>', '/app.js': 'f()', '/app.js.map': `"${given}"` }],
  ['documents', { '/openapi.json': JSON.stringify({ example: given }) }],
  ['files that were left there', { '/.env': `KEY=${given}` }],
])('a secret that the run was given is found in %s, and is not shown', async (name, files) => {
  const { found, said } = await judged(files as Record<string, string>)
  expect(found).toEqual([`${name}: critical`])
  expect(said).not.toContain(given)
})

test('a key that opens nothing any more is none to be found', async () => {
  expect((await judged({ '/.env': `KEY=${dead}` })).found).toEqual([])
})

test('another key of the target is found where it lets in, and one that does not is an example', async () => {
  const files = { '/config.js': `const key = "${other}"` }
  const { found, said, shown } = await judged(files, [given, other])
  expect([found, shown.includes(other)]).toEqual([['pages and scripts: critical'], true])
  expect(said).not.toContain(other)
  expect((await judged(files)).found).toEqual([])
})

test('files that the profile names are searched as well', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'postern-artifacts-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const searched = async (artifacts?: readonly string[]) => {
    const more = artifacts === undefined ? '' : `artifacts: ${JSON.stringify(artifacts)}\n`
    const scene = {
      profile: profile + more,
      env: { KEY: given, DEAD: dead },
      answer: () => ({ status: 401 }),
    }
    const { verdict, findings } = await judgedOver(scene, (kit) =>
      kit.verify.each([{ name: 'artifacts' }], () => artifactsHoldNoSecret(kit)),
    )
    return { verdict, found: findings.map(({ severity, actual }) => `${severity}: ${actual}`) }
  }
  await writeFile(path.join(folder, 'main.ts'), 'const key = process.env.KEY')
  expect(await searched([folder])).toEqual({ verdict: 'pass', found: [] })
  await writeFile(path.join(folder, 'build.log'), `KEY=${given}`)
  const name = path.join(path.basename(folder), 'build.log')
  expect((await searched([folder])).found).toEqual([`critical: ${name} holds KEY, which the run was given`])
  expect((await searched([path.join(folder, 'nowhere')])).verdict).toBe('unproven')
  expect((await searched()).verdict).toBe('not-applicable')
})
