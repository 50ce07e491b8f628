import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sample } from '../../reports/sample.testing.ts'
import type { Outcome } from '../model.ts'
import { readProfile } from '../profile/profile.ts'
import { located } from './locations.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'postern-locations-'))
  await mkdir(path.join(folder, 'qa'))
})
afterAll(() => rm(folder, { recursive: true }))

const [model] = sample.outcomes as readonly Outcome[]
const [finding] = model?.findings ?? []
if (model === undefined || finding === undefined) throw new Error('expected a finding')

async function places(yaml: string, operations: readonly string[], from = folder) {
  const file = path.join(folder, 'qa', 'target.yaml')
  await writeFile(file, yaml)
  const findings = operations.map((operation) => ({ ...finding, operation }))
  const [outcome] = located([{ ...model, findings } as Outcome], await readProfile(file), from)
  return outcome?.findings.map(({ location }) =>
    location === undefined ? null : `${location.file}:${location.line}`,
  )
}

const own = `name: shop
target: { url: 'http://127.0.0.1:1' }
principals:
  admin: { bearer: '\${env:KEY}' }
operations:
  message.send: { method: POST, path: /send, body: '{"to": [to.email]}' }
  message.get:
    method: GET
    path: '/mails/{id}'
mail:
  from: a@shop.test
`

test('a finding stands at the line of its call, what is none at what it is about', async () => {
  expect(
    await places(own, ['message.send', 'message.get', 'api.tls', 'domain.get', 'GET /v1/panel']),
  ).toEqual([
    ...['qa/target.yaml:6', 'qa/target.yaml:7', 'qa/target.yaml:2', 'qa/target.yaml:11', 'qa/target.yaml:2'],
  ])
})

test('what a preset says stands where the profile names it', async () => {
  const preset = `extends: preset:mailpit
name: mine
target: { url: 'http://127.0.0.1:1' }
mail: { from: a@shop.test }
`
  expect(await places(preset, ['message.send'])).toEqual(['qa/target.yaml:1'])
})

test('a profile outside of the folder has no place in it', async () => {
  expect(await places(own, ['message.send'], path.join(folder, 'elsewhere'))).toEqual([null])
})
