import { readFile, writeFile } from 'node:fs/promises'
import { startVitest } from 'vitest/node'
import { switches } from '../../fixtures/reference-api/weaknesses/all.ts'
import type { Provided } from '../check/provided.ts'
import { stableName } from '../check/variants.ts'
import type { Role } from '../model.ts'
import { root } from '../tree.ts'
import { runBrowserChecks } from './browser-checks.ts'
import { assertSelection, collectChecks, filesByRunner, idOf, type Listed } from './checks.ts'
import { digestsOf } from './digests.ts'
import { generatedFiles } from './generated.ts'
import { inTurn } from './in-turn.ts'
import { nameOf, problemOf } from './proof-problem.ts'
import { felledBy, neverFelled, type Proof, readProofs, writeProof } from './proofs.ts'
import { createRecorder, type Recorded, type Recorder } from './recorder.ts'
import { type Reasons, readReasons } from './unfelled.ts'
import { checksProject, printed } from './vitest.ts'
import { startWorld, type World } from './world.ts'

export interface ProveOptions {
  /** Proves what changed since its proof, and writes what is generated; otherwise proves all, and compares. */
  readonly update?: boolean
  /** Only these. */
  readonly check?: readonly string[]
}

/**
 * Proves checks: each passes on the sound reference API, also with each of its habits by itself, and fails on the one with each
 * of its weaknesses by itself, by a finding on the operation that the weakness touches. Returns the exit code.
 */
export async function prove({ update = false, check = [] }: ProveOptions): Promise<0 | 1> {
  const only = await assertSelection({ check })
  const checks = await collectChecks()
  const digests = await digestsOf(checks)
  const before = await readProofs()
  const changed = checks.map(({ id }) => id).filter((id) => before.get(id)?.digest !== digests.get(id))
  const chosen = only.length > 0 ? only : update ? changed : checks.map(({ id }) => id)
  const problems: string[] = [...unnamed(checks)]
  const after = new Map(before)
  if (chosen.length > 0) {
    // What has not changed fells again what it felled: the rest was tried when it was proved.
    const known = new Map(update ? [] : [...before].filter(([id]) => !changed.includes(id)))
    const recorder = await proved(chosen, known, ['sound', 'weak'])
    problems.push(...recorder.faults)
    const made = new Map<string, Proof>()
    for (const id of chosen) {
      const { proof, failed } = proofOf(id, recorder, digests.get(id) ?? '')
      problems.push(...failed)
      if (proof !== null) made.set(id, known.get(id) ?? proof)
    }
    const { lost, failed } = await triedTwice(made, recorder, update)
    problems.push(...failed)
    for (const [id, proof] of made) {
      const gone = lost.get(id) ?? []
      const kept = update ? without(proof, gone) : proof
      after.set(id, kept)
      if (update) await writeProof(id, kept)
      else problems.push(...gone.map((one) => `${nameOfPair(id, one)} does not fall any more${one.remark}`))
    }
  }
  problems.push(...(await generated(checks, update ? after : before, update)))
  if (!update)
    problems.push(
      ...changed
        .filter((id) => chosen.includes(id))
        .map((id) => `the proof of ${id} is stale: run \`npm run generate\` and commit it`),
      ...[...before.keys()]
        .filter((id) => !digests.has(id))
        .map(
          (id) =>
            `there is a proof of ${id}, and no such check: delete suites/${id.replace('/', '/proofs/')}.json`,
        ),
    )
  for (const problem of problems) console.log(`FAILED  ${problem}`)
  console.log(
    `\n${chosen.length} of ${checks.length} checks ${problems.length === 0 ? 'proved' : `looked at, ${problems.length} problems`}`,
  )
  return problems.length === 0 ? 0 : 1
}

/** Checks that are proved at once: a worker remembers all that it has seen, and has room for so much. */
const atOnce = 36

async function proved(
  ids: readonly string[],
  known: ReadonlyMap<string, Proof>,
  roles: readonly Role[],
): Promise<Recorder> {
  const recorder = createRecorder((recorded) => {
    const problem = problemOf(recorded)
    const what = `${recorded.role.padEnd(5)}  ${nameOf(recorded)}`
    console.log(problem === null ? `proved  ${what}` : `open    ${what}: ${problem}`)
  })
  for (let at = 0; at < ids.length; at += atOnce)
    await proveSome(ids.slice(at, at + atOnce), recorder, felledOf(known), roles)
  return recorder
}

/** What was unproven is tried once more by itself, since a busy machine proves nothing. */
async function proveSome(
  ids: readonly string[],
  recorder: Recorder,
  felled: NonNullable<Provided['felled']>,
  roles: readonly Role[],
): Promise<void> {
  // As much as some hundred runs: each check in front of each of its weaknesses and habits.
  const budget = { requests: 1_000_000, mails: 1_000_000 }
  const world = await startWorld({ reach: 'disruptive', seed: 1, budget })
  const all = () =>
    [...recorder.all('sound'), ...recorder.all('weak')].filter(({ about }) => ids.includes(about.id))
  const runAll = async () => {
    await runRoles(world, recorder, ids, felled, roles)
    const open = all().filter((one) => one.judgement?.verdict === 'unproven')
    const again = [...new Set(open.map(({ about }) => about.id))]
    const first = new Map(all().map((one) => [one, one.judgement]))
    for (const id of again) await runRoles(world, recorder, [id], felled, roles)
    for (const [one, judgement] of first) if (judgement?.verdict !== 'unproven') one.judgement = judgement
    process.exitCode = 0
  }
  await inTurn(runAll, world.cleanUp, world.close)
}

async function runRoles(
  world: World,
  recorder: Recorder,
  ids: readonly string[],
  felled: NonNullable<Provided['felled']>,
  roles: readonly Role[],
): Promise<void> {
  const files = await filesByRunner(ids)
  const among = (inBrowser: boolean) => ({
    ...world.provided,
    felled: Object.fromEntries(
      Object.entries(felled).filter(([id]) => files.browser.some((file) => idOf(file) === id) === inBrowser),
    ),
  })
  const inVitest = async () => {
    const provided = among(false)
    const options = {
      ...{ config: false as const, root, watch: false, maxWorkers: 2, reporters: [recorder] },
      projects: roles.map((role) => checksProject(role, { provided, files: files.vitest })),
    }
    const vitest = await startVitest('test', [], options, {}, printed())
    await vitest.close()
  }
  await world.runs({
    vitest: files.vitest.length === 0 ? null : inVitest,
    browser:
      files.browser.length === 0
        ? null
        : () => runBrowserChecks({ roles, files: files.browser, provided: among(true) }, recorder),
  })
}

/** `null` where something failed. */
function proofOf(id: string, recorder: Recorder, digest: string): { proof: Proof | null; failed: string[] } {
  const of = (role: 'sound' | 'weak') => recorder.all(role).filter(({ about }) => about.id === id)
  const [sound, weak] = [of('sound'), of('weak')]
  const failed = [...sound, ...weak].flatMap((recorded) => {
    const problem = problemOf(recorded)
    return problem === null ? [] : [`${recorded.role} ${nameOf(recorded)}: ${problem}`]
  })
  const [plain] = sound
  if (plain?.judgement == null) return { proof: null, failed: [...failed, `${id} was not run`] }
  if (failed.length > 0) return { proof: null, failed }
  const variants = namesOf(plain)
  const { requests, operations, spent } = plain.judgement
  const felled = weak.map((recorded) => [recorded.switched ?? '', felledIn(recorded, variants)] as const)
  return {
    failed,
    proof: { digest, requests, spent, operations, variants, felled: Object.fromEntries(felled) },
  }
}

/** The check as a whole, where it has no variants. */
const whole = 'the check itself'

function namesOf({ judgement }: Recorded): string[] {
  const judged = (judgement?.variants ?? []).filter(({ state }) => state === 'held')
  return judged.length === 0 ? [whole] : [...new Set(judged.map(({ name }) => stableName(name)))].sort()
}

/** Places in `names`. */
function felledIn({ judgement }: Recorded, names: readonly string[]): number[] {
  const felled = new Set((judgement?.findings ?? []).map(({ variant }) => stableName(variant ?? whole)))
  return names.flatMap((name, at) => (felled.has(name) ? [at] : []))
}

function felledOf(known: ReadonlyMap<string, Proof>): NonNullable<Provided['felled']> {
  return Object.fromEntries(
    [...known].map(([id, proof]) => {
      const felled = Object.keys(proof.felled).map((name) => [name, felledBy(proof, name)] as const)
      // What is found in a variant that the sound API has not is found where all are tried.
      return [id, Object.fromEntries(felled.filter(([, variants]) => variants.length > 0))]
    }),
  )
}

/** A variant that a weakness felled, and that was held in front of it. */
interface Lost {
  readonly weakness: string
  readonly variant: string
  /** What was said of it; empty where nothing was. */
  readonly remark: string
}

/**
 * What fell once of two times fell by chance, and what did not fall may not have by chance: a proof that is made is tried again, and one that
 * is compared where it lost something. By check, what it lost by that; of what is made, as well what failed in it.
 */
async function triedTwice(proofs: ReadonlyMap<string, Proof>, first: Recorder, update: boolean) {
  const lost = new Map<string, Lost[]>()
  const open = [...proofs].filter(([id, proof]) => update || lostOf(id, proof, first).length > 0)
  if (open.length === 0) return { lost, failed: [] }
  const second = await proved(
    open.map(([id]) => id),
    new Map(open),
    ['weak'],
  )
  for (const [id, proof] of open) {
    const [then, now] = [lostOf(id, proof, first), lostOf(id, proof, second)]
    const isAmong = (some: readonly Lost[], one: Lost) =>
      some.some(({ weakness, variant }) => weakness === one.weakness && variant === one.variant)
    for (const one of [...then, ...now])
      if (!isAmong(then, one) || !isAmong(now, one))
        console.log(`once    ${nameOfPair(id, one)} fell one time of two`)
    lost.set(id, update ? now : now.filter((one) => isAmong(then, one)))
  }
  const failed = second.all('weak').flatMap((recorded) => {
    const problem = problemOf(recorded)
    return problem === null || !update ? [] : [`weak ${nameOf(recorded)}: one time of two, ${problem}`]
  })
  return { lost, failed: [...second.faults, ...failed] }
}

function nameOfPair(id: string, { weakness, variant }: Lost): string {
  return `${id} [${weakness}]: ${variant}`
}

/** What could not be judged says nothing. */
function lostOf(id: string, then: Proof, recorder: Recorder): Lost[] {
  return recorder.all('weak').flatMap(({ about, switched: weakness, judgement }) => {
    if (about.id !== id || weakness === null) return []
    const felled = new Set((judgement?.findings ?? []).map(({ variant }) => stableName(variant ?? whole)))
    const held = new Map(
      (judgement?.variants ?? [])
        .filter(({ state }) => state === 'held')
        .map(({ name, reason }) => [stableName(name), reason]),
    )
    return felledBy(then, weakness)
      .filter((variant) => !felled.has(variant) && held.has(variant))
      .map((variant) => {
        const remark = held.get(variant) ?? null
        return { weakness, variant, remark: remark === null ? '' : `: ${remark}` }
      })
  })
}

function without(proof: Proof, lost: readonly Lost[]): Proof {
  const felled = Object.entries(proof.felled).map(([weakness, places]) => {
    const gone = new Set(lost.filter((one) => one.weakness === weakness).map(({ variant }) => variant))
    return [weakness, places.filter((at) => !gone.has(proof.variants[at] ?? ''))] as const
  })
  return { ...proof, felled: Object.fromEntries(felled) }
}

/** Weaknesses and habits that no check names. */
function unnamed(checks: readonly Listed[]): string[] {
  const named = new Set(checks.flatMap(({ weaknesses, habits = [] }) => [...weaknesses, ...habits]))
  return Object.keys(switches)
    .filter((name) => !named.has(name))
    .map((name) => `${name} of the reference API is named by no check`)
}

async function generated(
  checks: readonly Listed[],
  proofs: ReadonlyMap<string, Proof>,
  update: boolean,
): Promise<string[]> {
  const reasons = await readReasons()
  const { files, problems } = await generatedFiles(checks, proofs, reasons)
  const stale: string[] = []
  for (const [file, text] of files) {
    if (update) await writeFile(`${root}${file}`, text)
    if ((await readFile(`${root}${file}`, 'utf8').catch(() => '')) !== text) stale.push(file)
  }
  return [
    ...unexplained(proofs, reasons),
    ...problems,
    ...stale.map((file) => `${file} is stale: run \`npm run generate\` and commit it`),
  ]
}

function unexplained(proofs: ReadonlyMap<string, Proof>, reasons: Reasons): string[] {
  const never = new Map([...proofs].map(([id, proof]) => [id, neverFelled(proof)]))
  return [
    ...[...never].flatMap(([id, variants]) =>
      variants
        .filter((variant) => reasons.why(id, variant) === null)
        .map(
          (variant) =>
            `${id}: no weakness fells ${variant}: name one that does, or say why none can in suites/${id.split('/')[0]}/unfelled.json`,
        ),
    ),
    ...reasons
      .idle(never)
      .map((pattern) => `unfelled.json gives a reason for what is felled, or gone: ${pattern}`),
  ]
}
