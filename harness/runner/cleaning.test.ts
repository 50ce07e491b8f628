import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Leftover } from '../api/cleanup.ts'
import { readProfile } from '../profile/profile.ts'
import { leftLines, targetKey } from './cleaning.ts'

function leftover(operation: string, id: string | null, reason: string, never = false): Leftover {
  const undo = id === null ? null : { operation: 'key.revoke', input: { id } }
  const entry = {
    id: 'e',
    operation,
    principal: 'admin',
    input: {},
    marks: ['0123456789abcdef'],
    answered: true,
  }
  return { entry: { ...entry, undo }, reason, never }
}
const redact = (text: string) => text.replaceAll('sk_live_12345', '$KEY')
const lines = (left: readonly Leftover[], staying: readonly (readonly [string, number])[] = []) =>
  leftLines(left, new Map(staying), redact, 'target.yaml')

test('what is left is told by kind and reason, with a few of the names, and how to take it back', () => {
  const refused = ['k1', 'k2', 'k3', 'k4', 'k5'].map((id) =>
    leftover('key.create', id, `key.revoke was answered 403 “not yours: ${id}”`),
  )
  const lost = leftover('key.create', null, 'key.list was answered 500')
  expect(lines([...refused, lost], [['domain.create', 1]])).toEqual([
    'left behind: 5 objects of key.create: key.revoke was answered 403 “not yours: k1” (k1, k2, k3 and 2 more)',
    'left behind: perhaps 1 object of key.create: key.list was answered 500 (0123456789abcdef)',
    'postern clean --target target.yaml takes them back, and the next run tries to',
    'left behind: 1 object of domain.create: the profile names no call that takes them back, such as domain.delete',
  ])
  expect(lines([leftover('key.create', null, 'nothing in it tells it from others', true)])).toHaveLength(1)
  expect(lines([])).toEqual([])
  expect(leftLines([lost], new Map(), redact, null)).toHaveLength(1)
})

test('what bears no mark is named by what its maker called it', () => {
  const named = (input: object) => {
    const { entry, ...why } = leftover('key.create', null, 'nothing in it tells it from others', true)
    return { entry: { ...entry, marks: [], input: { ...input } }, ...why }
  }
  const inputs = [{ email: 'qa\u202e@shop.test' }, { name: `sk_live_12345${'x'.repeat(900)}` }, {}]
  expect(lines(inputs.map(named))).toEqual([
    expect.stringMatching(/ \(qa\[U\+202E\]@shop\.test, \$KEYx{70,} … \(\d+ more characters\), unnamed\)$/),
  ])
})

test('names and reasons of a target cannot steer a terminal, fill it, or hold a secret', () => {
  const hostile = ['\u009b2J\u001b[2J', 'a\u202eb\u2028c', `sk_live_12345${'x'.repeat(900_000)}`]
  const left = hostile.map((id) => leftover('key.create', id, `a reason\n${'y'.repeat(900_000)}`))
  const many = Array.from({ length: 500 }, (_, n) => leftover('user.create', 'u', `reason ${n}`))
  const told = lines([...left, ...many])
  expect(told[0]).toContain('([U+009B')
  for (const line of told) {
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
    expect(line).not.toContain('sk_live')
    expect(line.length).toBeLessThan(1000)
  }
  expect(told.length).toBeLessThan(15)
  expect(told).toContain('left behind: … 491 more such lines')
})

test('a target stays the same where its profile has moved, and is another by its name, its URL or its folder', async () => {
  const folders = await Promise.all([0, 1].map(() => mkdtemp(path.join(tmpdir(), 'postern-cleaning-'))))
  const keyIn = async (folder = '', name = 'staging', more = '') => {
    const file = path.join(folder, `${name}.yaml`)
    const rest = `principals: {anonymous: {none: true}}
operations: {principal.get: {method: GET, path: /me}}
mail: {from: a@b.test}
`
    await writeFile(file, `name: ${name}\ntarget: {url: 'http://127.0.0.1:1'${more}}\n${rest}`)
    return targetKey(await readProfile(file), 'http://127.0.0.1:1')
  }
  const [here, there] = folders
  expect(await keyIn(there)).toBe(await keyIn(here))
  expect(await keyIn(here, 'production')).not.toBe(await keyIn(here))
  const program = ', command: {run: [node, api.js]}'
  expect(await keyIn(there, 'staging', program)).not.toBe(await keyIn(here, 'staging', program))
  const fixed = `, command: {run: [node, api.js], cwd: ${here}}`
  expect(await keyIn(there, 'staging', fixed)).toBe(await keyIn(here, 'staging', fixed))
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))
})
