import type { Reporter, TestCase, TestModule } from 'vitest/node'
import type { Judgement } from '../check/judgement.ts'
import type { About, Outcome, Role } from '../model.ts'

/** What became of one check in one role. */
export interface Recorded {
  readonly role: Role
  readonly about: About
  readonly title: string
  /** `null` until the check has ended. */
  judgement: Judgement | null
}

export interface Recorder extends Reporter {
  /** By role and id, in the order of the ids. */
  all(role: Role): Recorded[]
  /** What another runner says of a check; without a judgement that it exists. */
  add(role: Role, about: About, title: string, judgement: Judgement | null): void
  /** Files that could not be loaded, and errors that belong to no check. */
  readonly faults: string[]
  /** What ends from now on is not recorded: its target is being taken away. */
  stop(): void
}

/** Reads outcomes out of Vitest's results: what the checks say, never Vitest's own passed and failed. */
export function createRecorder(onEnd: (recorded: Recorded) => void = () => {}): Recorder {
  const byKey = new Map<string, Recorded>()
  const faults: string[] = []
  let stopped = false
  const record = (role: Role, about: About, title: string): Recorded => {
    const key = `${role} ${about.id}`
    const recorded = byKey.get(key) ?? { role, about, title, judgement: null }
    byKey.set(key, recorded)
    return recorded
  }
  const recordOf = (test: TestCase): Recorded | null => {
    const { about } = test.meta()
    return about === undefined ? null : record(test.project.name as Role, about, test.name)
  }
  const end = (recorded: Recorded, judgement: Judgement) => {
    if (stopped) return
    recorded.judgement = judgement
    onEnd(recorded)
  }
  return {
    faults,
    add(role, about, title, judgement) {
      const recorded = record(role, about, title)
      if (judgement !== null) end(recorded, judgement)
    },
    stop: () => {
      stopped = true
    },
    all: (role) =>
      [...byKey.values()].filter((r) => r.role === role).sort((a, b) => (a.about.id < b.about.id ? -1 : 1)),
    onTestModuleCollected(module: TestModule) {
      for (const test of module.children.allTests()) recordOf(test)
    },
    onTestModuleEnd(module: TestModule) {
      for (const error of module.errors()) faults.push(`${module.relativeModuleId}: ${error.message}`)
    },
    onTestCaseResult(test: TestCase) {
      const recorded = recordOf(test)
      if (recorded !== null) end(recorded, test.meta().judgement ?? crashed(test))
    },
    onTestRunEnd(_modules, errors) {
      for (const error of errors) faults.push(error.message)
    },
  }
}

/** The check did not get as far as a judgement: a fixture threw, or it ran out of time. */
function crashed(test: TestCase): Judgement {
  const [error] = test.result().errors ?? []
  return {
    verdict: 'error',
    reason: error?.message ?? 'the check ended without a judgement',
    findings: [],
    requests: 0,
    milliseconds: Math.round(test.diagnostic()?.duration ?? 0),
  }
}

/** The outcome as reports have it; what has not ended is unproven for `unfinished`. */
export function toOutcome(recorded: Recorded, proof: string | null, unfinished: string): Outcome {
  const { id, needs: _needs, exclusive: _exclusive, ...about } = recorded.about
  const judgement: Judgement = recorded.judgement ?? {
    verdict: 'unproven',
    reason: unfinished,
    findings: [],
    requests: 0,
    milliseconds: 0,
  }
  return { ...about, check: id, title: recorded.title, judge: null, proof, ...judgement }
}
