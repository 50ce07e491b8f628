import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { fingerprintOf } from '../../reports/fingerprint.ts'
import type { Report } from '../model.ts'
import { inPlace } from './spawned.testing.ts'

// Whole processes, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 600_000 })

const verdicts = ({ outcomes }: Report) =>
  Object.fromEntries(
    outcomes.map(({ check, verdict, variants, findings }) => [
      check,
      {
        verdict,
        variants: variants.map(({ name, state }) => `${name} ${state}`).sort(),
        findings: findings.map((finding) => fingerprintOf(check, finding)).sort(),
      },
    ]),
  )

test('three machines come to what one comes to: the same verdicts, the same findings, the same exit code', async () => {
  await inPlace(async ({ folder, postern }) => {
    const selected = ['--suite', 'access', '--check', 'headers/cors', '--check', 'discovery/error-leak']
    const weak = ['--weakness', 'reflects-any-origin', '--weakness', 'looks-up-by-id-alone']
    const at = (name: string) => path.join(folder, name)
    const report = async (name: string) =>
      JSON.parse(await readFile(at(`${name}/report.json`), 'utf8')) as Report
    const run = (name: string, ...more: string[]) =>
      postern(['run', ...selected, ...weak, ...more, '--out', at(name)]).ended
    expect((await run('whole')).code).toBe(1)
    const previous = ['--previous', at('whole/report.json')]
    for (const index of [1, 2, 3]) await run(`part-${index}`, ...previous, '--shard', `${index}/3`)
    const files = [1, 2, 3].map((index) => at(`part-${index}/report.json`))

    const short = await postern(['merge', ...files.slice(1), '--out', at('short')]).ended
    expect([short.code, short.stderr]).toEqual([
      3,
      expect.stringMatching(/seen none of 1\/3; run postern run/),
    ])
    const merged = await postern(['merge', ...files, ...previous, '--out', at('merged')]).ended
    expect([merged.code, merged.stderr]).toEqual([1, ''])

    const [whole, joined] = [await report('whole'), await report('merged')]
    expect(verdicts(joined)).toEqual(verdicts(whole))
    expect(joined.outcomes.map(({ check }) => check)).toEqual(whole.outcomes.map(({ check }) => check))
    expect(joined.notSelected).toEqual(whole.notSelected)
    expect(joined.previous?.changed).toEqual([])
    const parts = await Promise.all([1, 2, 3].map((index) => report(`part-${index}`)))
    const looked = parts.flatMap(({ outcomes }) => outcomes.map(({ check }) => check))
    // Each looks at the errors that its own checks were answered.
    expect(looked.filter((check) => check === 'discovery/error-leak')).toHaveLength(3)
    expect(new Set(looked).size).toBe(looked.length - 2)
  })
})

test('a machine that cannot be one of them sends nothing', async () => {
  await inPlace(async ({ out, postern }) => {
    const { code, stderr } = await postern(['run', '--check', 'headers/cors', '--shard', '3/2', '--out', out])
      .ended
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^--shard: expected i\/n.*did you mean 2\/3\?$/m),
    ])
    const idle = await postern(['run', '--check', 'headers/cors', '--shard', '1/2', '--out', out]).ended
    expect([idle.code, idle.stderr]).toEqual([
      3,
      expect.stringMatching(/seen 1 check; run them without --shard/),
    ])
  })
})
