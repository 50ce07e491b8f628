import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readProfile, resolveProfile } from './profile.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-layers-'))
})
afterAll(() => rm(folder, { recursive: true }))

const write = async (name: string, text: string) => {
  await writeFile(path.join(folder, name), text)
  return path.join(folder, name)
}

const base = `name: base
target: { embedded: ../api.ts, url: 'http://127.0.0.1:1' }
principals: { sender: { bearer: "\${env:KEY}", scopes: [send] } }
operations:
  message.send: { method: POST, path: '/send', body: '{"to": [to.email]}' }
mail: { from: a@b.test }
`

const complaint = (file: string) =>
  readProfile(file).then(
    () => 'nothing to complain about',
    (error: Error) => error.message.replaceAll(folder, ''),
  )

test('maps merge, lists and scalars replace, null takes away, and paths stay those of their file', async () => {
  await write('base.yaml', base)
  const file = await write(
    'top.yaml',
    `extends: base.yaml
name: top
target: { embedded: null, url: 'http://127.0.0.1:2' }
mail: { submission: null, recipients: { route: relay, domains: null } }
principals: { sender: { scopes: [] }, anonymous: { none: true } }
`,
  )
  const document = await readProfile(file)
  expect(document.data).toMatchObject({
    name: 'top',
    principals: { sender: { scopes: [] }, anonymous: { none: true } },
  })
  expect(document.data.mail).toEqual({ from: 'a@b.test', recipients: { route: 'relay' } })
  expect(document).toMatchObject({ comesUp: 'external', embedded: null })
  expect(document.locate(['principals', 'sender', 'bearer'])).toMatchObject({
    file: path.join(folder, 'base.yaml'),
    line: 3,
  })
  const profile = await resolveProfile(document, { KEY: 'k-1234' })
  expect(profile.target.url).toBe('http://127.0.0.1:2')
  expect(document.pathOf(['mail', 'from'], 'key.pem')).toBe(path.join(folder, 'key.pem'))
})

test('a mistake names the file that it stands in', async () => {
  await write('base.yaml', base.replace("'/send'", "'/send/{nobody}'"))
  const file = await write('top.yaml', 'extends: base.yaml\nname: 7\n')
  expect(await complaint(file)).toMatch(/^\/top\.yaml:2:7 name: /)
  const other = await write('top.yaml', 'extends: base.yaml\n')
  expect(await complaint(other)).toMatch(/\n\/base\.yaml:5:\d+ operations\.message\.send\.path: /)
})

test('what a preset leaves to its user is named with the file to write it in', async () => {
  const file = await write('top.yaml', 'extends: preset:sendgrid\n')
  expect(await complaint(file)).toMatch(
    /presets\/sendgrid\.yaml:\d+:\d+ mail: expected a field from; seen .+; add mail\.from in \/top\.yaml, which extends this file$/,
  )
  const own = await write('top.yaml', 'extends: preset:sendgrid\nmail: { from: a@b.test }\n')
  const { message } = await resolveProfile(await readProfile(own), { SENDGRID_API_KEY: 'k-1234' }).then(
    () => new Error('nothing to complain about'),
    (error: Error) => error,
  )
  expect(message).toMatch(
    / target\.url: expected authorization .* until when in .*top\.yaml, which extends this file$/,
  )
})

test('a chain that does not end, and a file that is not there', async () => {
  await write('base.yaml', 'extends: top.yaml\n')
  const file = await write('top.yaml', 'extends: base.yaml\n')
  expect(await complaint(file)).toBe(
    '/base.yaml:1:10 extends: expected a chain of at most 10 profiles that ends; seen top.yaml again, or too many; take one of them out',
  )
  expect(await complaint(await write('top.yaml', 'extends: preset:../../secret\n'))).toMatch(
    /^\/top\.yaml:1:10 extends: expected a readable file of at most 1048576 bytes; seen ENOENT for .*presets\/secret\.yaml; /,
  )
})
