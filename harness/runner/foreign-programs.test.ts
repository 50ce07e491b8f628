import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { inPlace } from './spawned.testing.ts'

// Whole runs, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 300_000 })

const profile = fileURLToPath(new URL('../../fixtures/targets/aws-ses-v2-local.yaml', import.meta.url))

test('of a stand-in for Amazon SES that nobody here wrote it is said what fixtures/targets/aws-ses-v2-local.md tells', () =>
  inPlace(async ({ out, postern, report }) => {
    const checks = ['injection/bcc-leak', 'injection/html-var', 'headers/cors']
    const { code, stdout, stderr } = await postern([
      ...['run', '--target', profile, '--reach', 'intrusive', '--out', out],
      ...checks.flatMap((id) => ['--check', id]),
    ]).ended
    const { outcomes } = await report()
    const found = outcomes.map(({ check, verdict, findings }) => ({
      check,
      verdict,
      worst: [...new Set(findings.map(({ severity }) => severity))],
    }))
    expect({ code, said: stdout + stderr, found }).toMatchObject({
      code: 1,
      found: expect.arrayContaining([
        { check: 'injection/bcc-leak', verdict: 'fail', worst: ['low'] },
        { check: 'injection/html-var', verdict: 'fail', worst: ['high'] },
        { check: 'headers/cors', verdict: 'pass', worst: [] },
      ]),
    })
  }))
