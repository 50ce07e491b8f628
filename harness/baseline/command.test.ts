import { copyFile, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { inPlace } from '../runner/spawned.testing.ts'

// Whole processes, on machines that may have little to run them on.
vi.setConfig({ testTimeout: 120_000 })

const weak = ['--weakness', 'reflects-any-origin']

test('findings are accepted, the run is green, and once they are mended or over it is red', async () => {
  await inPlace(async ({ folder, out, postern }) => {
    const [file, report] = [path.join(folder, 'b.yaml'), path.join(out, 'report.json')]
    const run = (...more: string[]) =>
      postern(['run', '--out', out, '--check', 'headers/cors', ...more]).ended
    const accept = (...more: string[]) =>
      postern(['baseline', '--report', report, '--out', file, '--reason', 'r', '--owner', 'o', ...more]).ended
    expect((await run(...weak)).code).toBe(1)
    await copyFile(report, path.join(folder, 'first.json'))
    expect(await accept('--until', '2020-01-01')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^--until: expected a day from \d{4}-\d\d-\d\d on/),
    })
    const { code, stdout } = await accept('--until', '2999-12-31')
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/b\.yaml: \d+ findings accepted until 2999-12-31/),
    ])

    const green = await run(...weak, '--baseline', file)
    expect([green.code, green.stdout]).toEqual([
      0,
      expect.stringMatching(/that is not accepted; \d+ findings accepted\./),
    ])
    const junit = await readFile(path.join(out, 'junit.xml'), 'utf8')
    expect(junit).toMatch(/<skipped message="accepted until 2999-12-31 by o: r"/)
    const { runs } = JSON.parse(await readFile(path.join(out, 'report.sarif'), 'utf8'))
    expect(runs[0].results[0].suppressions).toEqual([
      { kind: 'external', status: 'accepted', justification: 'accepted until 2999-12-31 by o: r' },
    ])

    const since = await run('--previous', path.join(folder, 'first.json'))
    expect([since.code, since.stdout]).toEqual([
      0,
      expect.stringMatching(/^Against the run of [^:]+:\d\d:\d\d UTC: \d+ mended\.$/m),
    ])
    expect((await run('--previous', path.join(folder, 'none.json'))).code).toBe(3)

    const strict = ['--fail-on', 'new']
    expect((await run(...weak, ...strict, '--baseline', file)).code).toBe(0)
    expect(await run(...strict)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^--fail-on new: expected --baseline/),
    })

    const mended = await run('--baseline', file)
    expect([mended.code, mended.stdout]).toEqual([
      1,
      expect.stringMatching(/what o accepted is no more .*take the entry out/),
    ])
    const { code: worse } = await postern(['compare', report, path.join(folder, 'first.json')]).ended
    expect(worse).toBe(1)
    const better = await postern(['compare', path.join(folder, 'first.json'), report]).ended
    expect([better.code, better.stdout]).toEqual([0, expect.stringMatching(/^mended +medium/)])

    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('headers/cors', 'headers/cros'))
    expect(await run('--baseline', file)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/did you mean headers\/cors\?/),
    })
    const again = [
      '--out',
      path.join(folder, 'c.yaml'),
      '--reason',
      'r',
      '--owner',
      'o',
      '--until',
      '2999-12-31',
    ]
    expect((await postern(['baseline', path.join(folder, 'first.json'), ...again]).ended).code).toBe(0)
    expect(await postern(['baseline', report, '--report', report, ...again]).ended).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^--report: expected one report; seen .+, and .+; leave one of them out/),
    })
    await writeFile(report, (await readFile(report, 'utf8')).slice(0, 500))
    expect(await accept('--until', '2999-12-31')).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/which is no whole JSON; it may have been cut short/),
    })
    await writeFile(report, '{"results": []}')
    expect((await accept('--until', '2999-12-31')).stderr).toMatch(/which another program wrote/)
  })
})
