import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { readFleet } from '../fleet/fleet-file.ts'
import { root } from '../tree.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'postern-examples-'))
  // It says what it was called with, and ends as it is told to.
  for (const name of ['postern', 'npx'])
    writeFileSync(path.join(folder, name), '#!/bin/sh\necho "$*"\nexit $CODE\n', { mode: 0o755 })
})
afterAll(() => rmSync(folder, { recursive: true }))

const example = (name: string) => readFileSync(path.join(root, 'docs/shards', name), 'utf8')

/** What a line of the example calls in a shell. */
function called(line: string, env: Record<string, string>): string {
  const PATH = `${folder}:${process.env['PATH']}`
  return execFileSync('sh', ['-ec', line], {
    encoding: 'utf8',
    env: { CODE: '0', ...env, PATH },
    cwd: folder,
  }).trim()
}

const endsWith = (line: string, CODE: string) => {
  try {
    called(line, { CODE })
    return 0
  } catch (error) {
    return (error as { readonly status: number }).status
  }
}

test('each index of the Job has a shard of its own, and only a part without a report fails', () => {
  const [shards, merge] = parseAllDocuments(example('kubernetes.yaml')).map((document) => document.toJS())
  expect(shards).toMatchObject({ apiVersion: 'batch/v1', kind: 'Job', spec: { completionMode: 'Indexed' } })
  const { completions, parallelism, template } = shards.spec
  const [{ command, args }] = template.spec.containers
  expect([completions, parallelism, command]).toEqual([4, 4, ['sh', '-c']])
  const said = Array.from({ length: completions }, (_, at) =>
    called(args[0], { SEED: '7', JOB_COMPLETION_INDEX: `${at}` }),
  )
  expect(said).toEqual(
    [1, 2, 3, 4].map(
      (index) =>
        `run --target /profile/target.yaml --reach intrusive --seed 7 --shard ${index}/4 --out /reports/shard-${index - 1}`,
    ),
  )
  expect(['0', '1', '2', '3'].map((code) => endsWith(args[0], code) === 0)).toEqual([true, true, true, false])
  const [{ args: joining }] = merge.spec.template.spec.containers
  expect(called(joining[0], {})).toBe('merge /reports/shard-*/report.json --out /reports/whole')
  for (const { spec } of [shards.spec.template, merge.spec.template]) {
    const volumes = spec.volumes.map(({ name }: { name: string }) => name)
    const mounted = spec.containers.flatMap(({ volumeMounts }: { volumeMounts: { name: string }[] }) =>
      volumeMounts.map(({ name }) => name),
    )
    expect(mounted.sort()).toEqual(volumes.sort())
    expect(spec.securityContext.runAsNonRoot).toBe(true)
  }
})

test('the matrix has all of the shards, and its merge fails where the run does', () => {
  const { jobs } = parse(example('github.yaml'))
  const { matrix } = jobs.shard.strategy
  const lines = (job: { steps: { run?: string }[] }) =>
    job.steps.flatMap(({ run = '' }) => (/postern/.test(run) ? [run] : []))
  const [running = ''] = lines(jobs.shard)
  const said = matrix.shard.map((SHARD: number) => called(running, { SHARD: `${SHARD}`, GITHUB_RUN_ID: '7' }))
  expect(said).toEqual(
    matrix.shard.map(
      (shard: number) =>
        `--no postern run --target target.yaml --shard ${shard}/${matrix.shard.length} --seed 7 --out parts/shard-${shard}`,
    ),
  )
  expect(['0', '1', '2', '3'].map((code) => endsWith(running, code) === 0)).toEqual([true, true, true, false])
  const [joining = ''] = lines(jobs.merge)
  expect([0, 1, 2, 3].map((code) => endsWith(joining, `${code}`))).toEqual([0, 1, 2, 3])
  expect(jobs.merge.needs).toBe('shard')
})

test('the fleet of the example is one', async () => {
  const entries = await readFleet(path.join(root, 'docs/shards/fleet.yaml'))
  expect(entries.map(({ name, owner, maximumAge }) => [name, owner, maximumAge])).toEqual([
    ['Shop mail', 'mail-team', 7],
    ['Newsletter', 'growth', 30],
  ])
})
