import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { startVitest } from 'vitest/node'
import { weaknesses } from '../../fixtures/reference-api/weaknesses/all.ts'
import { runBrowserChecks } from './browser-checks.ts'
import { catalogueMarkdown } from './catalogue.ts'
import { filesByRunner } from './checks.ts'
import { problemOf } from './proof-problem.ts'
import { digestOf, type Proof, readProofFile, writeProofs } from './proofs.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { checksProject, root } from './vitest.ts'
import { startWorld } from './world.ts'

/**
 * Proves every check: it passes on the sound reference API, and fails on the one with its weakness, by a finding on
 * the operation that the weakness touches. Compares what is generated from that, or writes it. Returns the exit code.
 */
export async function prove(update: boolean): Promise<0 | 1> {
  const world = await startWorld({ reach: 'disruptive', seed: 1 })
  const recorder = createRecorder((recorded) => {
    const problem = problemOf(recorded)
    console.log(
      `${problem === null ? 'proved' : 'FAILED'}  ${recorded.role.padEnd(5)}  ${recorded.about.id}${problem === null ? '' : `: ${problem}`}`,
    )
  })
  try {
    const vitest = startVitest('test', [], {
      config: false,
      root,
      watch: false,
      reporters: [recorder],
      projects: [
        checksProject('sound', { provided: world.provided }),
        checksProject('weak', { provided: world.provided }),
      ],
    })
    const order = {
      roles: ['sound', 'weak'],
      files: (await filesByRunner([])).browser,
      provided: world.provided,
    } as const
    await Promise.all([vitest.then((started) => started.close()), runBrowserChecks(order, recorder)])
    process.exitCode = 0
  } finally {
    await world.cleanUp()
    await world.close()
  }
  const problems = [...recorder.faults, ...unmatched(recorder), ...(await generated(recorder, update))]
  for (const problem of problems) console.log(`FAILED  ${problem}`)
  const roles = [...recorder.all('sound'), ...recorder.all('weak')].map(problemOf)
  const failed = roles.filter((problem) => problem !== null).length + problems.length
  console.log(`\n${roles.length + problems.length - failed} passed, ${failed} failed`)
  return failed === 0 && roles.length > 0 ? 0 : 1
}

/** Weaknesses that no check names, or more than one. */
function unmatched(recorder: Recorder): string[] {
  return Object.keys(weaknesses).flatMap((name) => {
    const named = recorder.all('weak').filter(({ about }) => about.weakness === name)
    return named.length === 1 ? [] : [`the weakness ${name} is named by ${named.length} checks, expected one`]
  })
}

async function generated(recorder: Recorder, update: boolean): Promise<string[]> {
  const sound = recorder.all('sound')
  const unproved = new Set(
    [...sound, ...recorder.all('weak')]
      .filter((role) => problemOf(role) !== null)
      .map(({ about }) => about.id),
  )
  const entries = await Promise.all(
    sound
      .filter(({ about }) => !unproved.has(about.id))
      .map(
        async ({ about, judgement }): Promise<[string, Proof]> => [
          about.id,
          { digest: await digestOf(about.id), weakness: about.weakness, requests: judgement?.requests ?? 0 },
        ],
      ),
  )
  const readme = `${root}suites/README.md`
  const markdown = catalogueMarkdown(sound.map(({ about, title }) => ({ ...about, title })))
  if (update) {
    const revision = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
    }).trim()
    await writeProofs({ revision, proofs: Object.fromEntries(entries) })
    await writeFile(readme, markdown)
    return []
  }
  const { proofs } = await readProofFile()
  const stale = entries.filter(([id, proof]) => proofs[id]?.digest !== proof.digest).map(([id]) => id)
  const gone = Object.keys(proofs).filter((id) => !sound.some(({ about }) => about.id === id))
  const text = await readFile(readme, 'utf8').catch(() => '')
  return [
    ...[...stale, ...gone].map(
      (id) => `suites/proofs.json is stale for ${id}: run \`npm run generate\` and commit it`,
    ),
    ...(text === markdown ? [] : ['suites/README.md is stale: run `npm run generate` and commit it']),
  ]
}
