import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { crashed, type Judgement } from '../check/judgement.ts'
import { plainTitle } from '../check/title.ts'
import { type About, type Outcome, type Role, severities } from '../model.ts'

/** What became of one check in one role, with what was switched on: see `switchesOf`. */
export interface Recorded {
  readonly role: Role
  readonly switched: string | null
  readonly about: About
  readonly title: string
  /** `null` until the check has ended. */
  judgement: Judgement | null
}

export interface Recorder extends Reporter {
  /** By role, in the order of ids and of what was switched on, nothing first. */
  all(role: Role): Recorded[]
  /** What another runner says of a check; without a judgement that it exists. */
  add(recorded: Recorded): void
  /** Files that could not be loaded, and errors that belong to no check. */
  readonly faults: string[]
  /** What ends from now on is not recorded: its target is being taken away. */
  stop(): void
}

/** Reads outcomes out of Vitest's results: what the checks say, never Vitest's own passed and failed. */
export function createRecorder(
  onEnd: (recorded: Recorded) => void = () => {},
  onBegin: (check: string) => void = () => {},
): Recorder {
  const byKey = new Map<string, Recorded>()
  const faults: string[] = []
  let stopped = false
  const record = (made: Omit<Recorded, 'judgement'>): Recorded => {
    const key = keyOf(made)
    const recorded = byKey.get(key) ?? { ...made, judgement: null }
    byKey.set(key, recorded)
    return recorded
  }
  const recordOf = (test: TestCase): Recorded | null => {
    const { about, switched = null } = test.meta()
    if (about === undefined) return null
    return record({
      role: test.project.name as Role,
      switched,
      about,
      title: plainTitle(test.name),
    })
  }
  const end = (recorded: Recorded, judgement: Judgement) => {
    if (stopped) return
    recorded.judgement = judgement
    onEnd(recorded)
  }
  return {
    faults,
    add({ judgement, ...made }) {
      if (judgement === null && byKey.has(keyOf(made))) faults.push(twoInOne(made))
      const recorded = record(made)
      if (judgement !== null) end(recorded, judgement)
    },
    stop: () => {
      stopped = true
    },
    all: (role) =>
      [...byKey.values()]
        .filter((recorded) => recorded.role === role)
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    onTestModuleCollected(module: TestModule) {
      const seen = new Set<string>()
      for (const test of module.children.allTests()) {
        const recorded = recordOf(test)
        if (recorded === null) continue
        if (seen.has(keyOf(recorded))) faults.push(twoInOne(recorded))
        seen.add(keyOf(recorded))
      }
    },
    onTestCaseReady(test: TestCase) {
      const recorded = recordOf(test)
      if (recorded !== null && !stopped) onBegin(recorded.about.id)
    },
    onTestModuleEnd(module: TestModule) {
      for (const error of module.errors()) faults.push(`${module.relativeModuleId}: ${error.message}`)
    },
    onTestCaseResult(test: TestCase) {
      const recorded = recordOf(test)
      if (recorded !== null) end(recorded, test.meta().judgement ?? withoutJudgement(test))
    },
    onTestRunEnd(_modules, errors) {
      for (const error of errors) faults.push(withCause(error))
    },
  }
}

/** That a worker died says nothing by itself: what killed it, such as the end of its memory, stands behind it. */
function withCause({ message, cause }: { readonly message: string; readonly cause?: unknown }): string {
  const { message: why } = (cause ?? {}) as { readonly message?: unknown }
  return typeof why === 'string' ? `${message} ${why}` : message
}

/** One of them would be taken for the other. */
function twoInOne({ about }: Pick<Recorded, 'about'>): string {
  return `${about.id}: expected one check in its file; seen two; give each a file of its own`
}

function keyOf({ role, about, switched }: Omit<Recorded, 'judgement'>): string {
  return `${role} ${about.id} ${switched ?? ''}`
}

/** The check did not get as far as a judgement. */
function withoutJudgement(test: TestCase): Judgement {
  const [error] = test.result().errors ?? []
  return crashed(error?.message ?? 'the check ended without a judgement', test.diagnostic()?.duration ?? 0)
}

/** The outcome as reports have it; what has not ended is unproven for `unfinished`. */
export function toOutcome(
  { about: said, title, judgement }: Recorded,
  proof: string | null,
  unfinished: string,
): Outcome {
  const {
    id,
    needs: _needs,
    habits: _habits,
    silentOn: _silentOn,
    exclusive: _exclusive,
    showsBadCredentials: _shows,
    awaitsClocks: _awaits,
    looksBack: _looksBack,
    ...about
  } = said
  const unproven = { ...crashed(unfinished, 0), verdict: 'unproven' } as const
  const {
    mistake: _mistake,
    operations: _operations,
    spent: _spent,
    absences: _absences,
    ...judged
  } = judgement ?? unproven
  const findings = judged.findings.toSorted(
    (a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity),
  )
  return { ...about, check: id, title, judge: null, proof, ...judged, findings }
}
