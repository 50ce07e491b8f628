/**
 * `npm run bench`: whole runs against the embedded reference API, as a user starts them. Times are wall clock in
 * seconds, memory is the peak of the process in MB. Prints; judges nothing.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkFiles } from './runner/checks.ts'
import { root } from './runner/vitest.ts'

const rounds = 3
const tellPeak = 'data:text/javascript,process.on("exit",()=>process.send?.(process.resourceUsage().maxRSS))'

interface Run {
  readonly seconds: number
  readonly megabytes: number
  readonly exitCode: number | null
}

function runOnce(flags: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    let peak = 0
    const child = spawn(process.execPath, ['--import', tellPeak, 'harness/postern.js', 'run', ...flags], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.on('message', (kilobytes) => {
      peak = Number(kilobytes)
    })
    child.on('error', reject)
    child.on('close', (exitCode) =>
      resolve({ seconds: (performance.now() - started) / 1000, megabytes: peak / 1024, exitCode }),
    )
  })
}

async function measure(name: string, flags: readonly string[]): Promise<number> {
  const runs: Run[] = []
  for (let round = 0; round < rounds; round++) runs.push(await runOnce(flags))
  const sorted = runs.map(({ seconds }) => seconds).sort((a, b) => a - b)
  const middle = sorted[Math.floor(rounds / 2)] ?? 0
  const peak = Math.max(...runs.map(({ megabytes }) => megabytes))
  const exits = [...new Set(runs.map(({ exitCode }) => exitCode))].join(', ')
  console.log(
    `${name.padEnd(34)} ${middle.toFixed(2)} s (${sorted.map((s) => s.toFixed(2)).join(', ')}), ${peak.toFixed(0)} MB, exit ${exits}`,
  )
  return middle
}

const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'))
try {
  const out = ['--out', join(folder, 'out')]
  await measure('all checks', out)
  await measure('all checks, mail 5 s late', [...out, '--delivery-delay', '5000'])

  // Nothing is declared, so every check is not applicable: what is left is the runner's own time.
  const bare = join(folder, 'bare.yaml')
  const lines = [
    'name: bare',
    'target: { url: http://127.0.0.1:9 }',
    'principals: { anonymous: { none: true } }',
    'operations: { analytics.get: { method: GET, path: / } }',
    'mail: { from: a@example.com }',
  ]
  await writeFile(bare, `${lines.join('\n')}\n`)
  const ids = [...(await checkFiles()).keys()]
  const every = await measure('runner alone, all checks', [...out, '--target', bare])
  const one = await measure('runner alone, one check', [...out, '--target', bare, '--check', ids[0] ?? ''])
  console.log(
    `overhead a check                   ${(((every - one) * 1000) / (ids.length - 1)).toFixed(1)} ms`,
  )
} finally {
  await rm(folder, { recursive: true })
}
