import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Log } from 'sarif'
import { expect, test, vi } from 'vitest'
import { inPlace } from './spawned.testing.ts'

// Three whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

const weaknesses = [
  ...['passes-line-breaks-on', 'lists-what-every-tenant-has', 'reflects-any-origin', 'sends-from-any-domain'],
  ...['checks-roles-in-the-browser-only', 'counts-objects'],
]
const checks = [
  ...['injection/crlf-subject', 'access/bola-read', 'access/id-enum', 'access/rbac-matrix'],
  ...['access/sender-unverified', 'headers/cors'],
]

test('findings have the same fingerprints in each run, whatever its seed', async () => {
  await inPlace(async ({ out, postern }) => {
    const flags = [
      ...weaknesses.flatMap((name) => ['--weakness', name]),
      ...checks.flatMap((id) => ['--check', id]),
    ]
    const found: string[][] = []
    for (const seed of ['1', '22', '333']) {
      expect((await postern(['run', '--out', out, '--seed', seed, ...flags]).ended).code).toBe(1)
      const { runs }: Log = JSON.parse(await readFile(path.join(out, 'report.sarif'), 'utf8'))
      const results = runs[0]?.results ?? []
      expect(new Set(results.map(({ ruleId }) => ruleId))).toEqual(new Set(checks))
      found.push(results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints)).sort())
    }
    const [first = [], ...others] = found
    expect(new Set(first).size).toBe(first.length)
    expect(first.length).toBeGreaterThan(50)
    for (const other of others) expect(other).toEqual(first)
  })
})
