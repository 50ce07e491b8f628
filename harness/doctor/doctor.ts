import path from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import pc from 'picocolors'
import { block, sentence } from '../../reports/visible.ts'
import { plural } from '../../reports/wording.ts'
import { openKit } from '../check/kit.ts'
import { obstacleOf } from '../check/obstacle.ts'
import type { About, Reach } from '../model.ts'
import { pinnedLookup } from '../pinned-lookup.ts'
import type { Profile, ProfileDocument } from '../profile/profile.ts'
import { isSubmissionAlone, placeOfTarget } from '../profile/submission-alone.ts'
import { collectChecks } from '../runner/checks.ts'
import { amounts, comparisons, expectedOfAll } from '../runner/expected.ts'
import { documentOf } from '../runner/further.ts'
import { inTurn } from '../runner/in-turn.ts'
import { onInterrupt } from '../runner/interrupt.ts'
import { readProofs } from '../runner/proofs.ts'
import { startWorld, type World, type WorldOptions } from '../runner/world.ts'
import { aboutDoctor, examine } from './examine.ts'
import type { Diagnosis, LeftOut, Line } from './lines.ts'
import { type Suggestion, suggestionsFor } from './suggestions.ts'

/**
 * Proves the profile line by line against its target, by legitimate calls, and says which checks it leaves out and why.
 * Prints a table, or JSON (`Diagnosis`). 0 where nothing is wrong. Throws ProfileError, UsageError and Unavailable.
 */
export async function doctor(options: WorldOptions & { readonly json?: true }): Promise<0 | 2> {
  const interrupt = onInterrupt('cleaning up')
  const world = await startWorld({ ...options, signal: interrupt.signal }).catch((error: unknown) => {
    interrupt.release()
    throw error
  })
  const print = options.json === true ? () => {} : (text: string) => console.log(text)
  let code: 0 | 2 = 2
  const examineAll = async () => {
    const { profile, provided } = world
    const url = world.redact(profile.target.url)
    const kind = isSubmissionAlone(profile) ? ', a submission service' : ''
    print(`${sentence(profile.name)}${kind} at ${sentence(url)}, reach ${provided.reach}\n`)
    const lost = await world.lost()
    const lines: Line[] = []
    const note = (line: Line) => {
      lines.push(line)
      print(shown(line))
    }
    if (lost === null) await Promise.race([tryLines(world, interrupt.signal, note), ended(interrupt.signal)])
    const diagnosis: Diagnosis = {
      ...{ target: profile.name, url, driver: world.driver, reach: provided.reach },
      lines: lost === null ? lines : [unreachable(lost, world)],
      ...(await checksOf(world)),
    }
    if (lost !== null) for (const line of diagnosis.lines) print(shown(line))
    if (options.json === true) console.log(JSON.stringify(diagnosis, null, 2))
    else print(summary(diagnosis, profile, keysOf(world.document)))
    if (!interrupt.signal.aborted && !diagnosis.lines.some(({ state }) => state === 'wrong')) code = 0
  }
  const cleanUp = async () => {
    const { lines, lost } = await world.cleanUp()
    for (const line of lines) console.error(line)
    if (lost) code = 2
  }
  await inTurn(examineAll, cleanUp, world.close, interrupt.release)
  return code
}

/** What stands at the top of the profile's own file, beside what it extends. */
function keysOf(document: ProfileDocument): string[] {
  return Object.keys(document.data).filter((key) => document.locate([key]).file === document.file)
}

/** For what is on its way when it is interrupted: milliseconds. */
const grace = 3000

/** Resolves soon after an interrupt: a target that answers late, or never, is not waited for. */
async function ended(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await after(grace, null, { ref: false })
}

async function tryLines(
  { provided, document, leftOut }: World,
  signal: AbortSignal,
  note: (line: Line) => void,
): Promise<void> {
  const alone = async () => {}
  const { kit, redact, close } = await openKit({
    role: 'target',
    switched: null,
    provided,
    about: aboutDoctor,
    alone,
  })
  const patient = { kit, document, reach: provided.reach, leftOut, redact }
  try {
    for await (const line of examine(patient)) {
      note(line)
      if (signal.aborted) break
    }
  } finally {
    await close()
  }
}

function unreachable(lost: string, { profile, provided: { profile: file } }: World): Line {
  const says = `${lost}; see ${placeOfTarget(profile)} in the profile, and whether it is up`
  return { area: 'target', what: 'connection', state: 'wrong', says, at: `${file}:1`, milliseconds: 0 }
}

async function checksOf({ profile, provided }: World): Promise<Pick<Diagnosis, 'checks' | 'run'>> {
  const { reach, sandbox, addresses } = provided
  const means = { ca: sandbox.ca, lookup: pinnedLookup(addresses) }
  const [checks, proofs, document] = await Promise.all([
    collectChecks(),
    readProofs(),
    documentOf(profile, means),
  ])
  const chosen = checks.filter((check) => obstacleOf(check, profile, reach) === null)
  const leftOut = checks.flatMap((check): LeftOut[] => {
    const obstacle = obstacleOf(check, profile, reach)
    return obstacle === null ? [] : [{ check: check.id, severity: check.severity, because: obstacle.reason }]
  })
  const run = expectedOfAll(chosen, proofs)
  return {
    checks: {
      applicable: chosen.length,
      leftOut,
      byReach: { ...countedBy(checks, profile), of: checks.length },
      suggestions: isSubmissionAlone(profile) ? [] : suggestionsFor(checks, profile, document),
    },
    run: { ...run, compared: comparisons(run, profile) },
  }
}

function countedBy(checks: readonly About[], profile: Profile): Record<Reach, number> {
  const within = (reach: Reach) => checks.filter((check) => obstacleOf(check, profile, reach) === null).length
  return { safe: within('safe'), intrusive: within('intrusive'), disruptive: within('disruptive') }
}

/** Lines to paste at the end of the table: more are in the JSON. */
const mostSuggested = 3

const marks = {
  works: () => pc.green('works   '),
  wrong: () => pc.red('wrong   '),
  untried: () => pc.dim('untried '),
} as const

function shown({ area, what, state, says, at, milliseconds }: Line): string {
  const time = milliseconds === 0 ? '' : pc.dim(` ${milliseconds} ms`)
  const place = state === 'wrong' ? `\n         ${pc.dim(path.relative(process.cwd(), at))}` : ''
  return `${marks[state]()} ${`${area} ${sentence(what, 60)}`.padEnd(32)} ${sentence(says)}${time}${place}`
}

function summary({ lines, checks, run }: Diagnosis, profile: Profile, written: readonly string[]): string {
  const wrong = lines.filter(({ state }) => state === 'wrong').length
  const reasons = Map.groupBy(checks.leftOut, ({ because }) => because)
  const missing = [...reasons]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([because, left]) => `  ${String(left.length).padStart(3)}  ${sentence(because)}`)
  const takes = [
    `A run takes ${amounts(run, profile)}, by the count of the reference API.`,
    ...run.compared,
  ].join('\n')
  const rest = missing.length === 0 ? '' : `; left out, and why:\n${missing.join('\n')}`
  const { of, ...reaches } = checks.byReach
  const judged = Object.entries(reaches).map(([name, count]) => `${count} at ${name}`)
  return [
    `\n${wrong === 0 ? 'Nothing is wrong.' : `${wrong} of ${plural(lines.length, 'line')} ${wrong === 1 ? 'is' : 'are'} wrong.`}`,
    `${checks.applicable} checks apply${rest}`,
    `Of ${plural(of, 'check')}, a run with this profile carries out ${judged.join(', ')}; some of them may turn out not to apply once it looks.`,
    ...checks.suggestions
      .filter(({ yaml }) => yaml !== null)
      .slice(0, mostSuggested)
      .flatMap((each) => suggested(each, written)),
    takes,
  ].join('\n')
}

/**
 * What to add next, to paste: at the end of the profile, or below a key that it has. `written`: those that it has.
 */
function suggested({ missing, brings, helps, yaml }: Suggestion, written: readonly string[]): string[] {
  const [first = helps[0]] = brings
  const more =
    brings.length > 0
      ? `brings ${plural(brings.length, 'check')}`
      : `is one part of what ${plural(helps.length, 'check')} want`
  const named = missing.replace(/^(?:principal|profile):/, '')
  // Names of the document stand in it.
  const parts = block(yaml?.trimEnd() ?? '').split(/^(?=[a-z]+:)/m)
  const placed = parts.flatMap((part) => {
    const [, key = ''] = /^([a-z]+):/.exec(part) ?? []
    if (key === '' || !written.includes(key)) return [part.trimEnd()]
    return [`# below ${key}: of the profile`, part.replace(/^[a-z]+: *\n?/, '').trimEnd()]
  })
  return [
    `\nNext: ${named} ${more}, such as ${first}. At the end of the profile, where no other place is said:`,
    ...placed,
  ]
}
